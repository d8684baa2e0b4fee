"""Two drawings on one: what came, went, changed or only moved, by hand in a drawing of four elements."""

from __future__ import annotations

import json

from service.processes.packaged import packaged_forms
from service.studio.comparing import Drawing, compare
from service.studio.forms_compared import compare_forms
from service.studio.merging import merged
from service.studio.said import said_of

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:z="urn:z">'
)


def drawing(nodes: str, shapes: dict[str, int]) -> Drawing:
    drawn = "".join(
        f'<di:BPMNShape id="{one}_di" bpmnElement="{one}"><dc:Bounds x="{x}" y="0" width="9" height="9"/>'
        "</di:BPMNShape>"
        for one, x in shapes.items()
    )
    plane = f'<di:BPMNDiagram><di:BPMNPlane bpmnElement="p">{drawn}</di:BPMNPlane></di:BPMNDiagram>'
    return Drawing(f'{HEAD}<process id="p" name="P">{nodes}</process>{plane}</definitions>'.encode())


def test_elements_that_came_went_changed_or_moved_are_told_apart() -> None:
    before = drawing(
        '<startEvent id="s"/><userTask id="a" name="A" camunda:candidateGroups="commune"/>'
        '<userTask id="b" name="B"/><endEvent id="e"/><sequenceFlow id="f" sourceRef="a" targetRef="b"/>'
        '<sequenceFlow id="g" sourceRef="s" targetRef="a"/><task id="x"/>',
        {"s": 0, "a": 10, "b": 20, "e": 30},
    )
    after = drawing(
        '<startEvent id="s"><outgoing>g</outgoing></startEvent>'
        '<userTask id="a" name="A" camunda:candidateGroups="district"/><userTask id="c" name="C" '
        'camunda:candidateGroups="department" camunda:formKey="f" camunda:dueDate="today()"/>'
        '<endEvent id="e"><extensionElements><z:o/></extensionElements></endEvent>'
        '<sequenceFlow id="g" sourceRef="s" targetRef="c"/>',
        {"s": 5, "a": 10, "c": 20, "e": 30},
    )

    found = {
        one.element: (one.how, [(d.what, d.before, d.after) for d in one.details])
        for one in compare(before, after)
    }

    assert found == {
        "s": ("moved", []),
        "a": ("changed", [("Nhóm thực hiện", "UBND cấp xã", "UBND cấp huyện")]),
        "c": (
            "added",
            [
                ("Nhóm thực hiện", "", "Sở TTTT"),
                ("Biểu mẫu", "", "f"),
                ("Thời hạn", "", "today()"),
            ],
        ),
        "e": ("changed", [("Nội dung khác (phần mở rộng, chú thích, thuộc tính)", "", "")]),
        "g": ("changed", [("Đến", "A", "C")]),
        "b": ("removed", []),
        "f": ("removed", []),
        "x": ("removed", []),
    }
    assert compare(before, before) == []
    both = Drawing(merged(before, after))
    assert {"a", "b", "c"} <= both.elements.keys()
    assert both.places.keys() == {"s", "a", "b", "c", "e"}
    assert "b" not in after.elements  # what is compared is left as it is


def test_forms_are_told_apart_field_by_field() -> None:
    old = '{"components": [{"key": "a", "label": "A"}, {"key": "b", "label": "B"}]}'
    new = '{"components": [{"components": [{"key": "a", "label": "A2"}]}, {"key": "c", "label": "C"}]}'

    changes = compare_forms({"same": "x", "gone": "{}", "form": old}, {"same": "x", "form": new, "new": old})

    assert [(one.element, one.how) for one in changes] == [
        ("form", "changed"),
        ("gone", "removed"),
        ("new", "added"),
    ]
    assert [detail.what for detail in changes[2].details] == ["Ô “A”", "Ô “B”"]
    told = [(detail.what, detail.before, detail.after) for detail in changes[0].details]
    assert ("Ô “A2”", "Tên ô: A", "Tên ô: A2") in told
    assert ("Ô “B”", "bỏ", "") in told
    assert ("Ô “C”", "", "thêm") in told


def test_what_the_standard_takes_for_granted_is_no_change_however_it_is_written() -> None:
    said = drawing('<userTask id="a"/><boundaryEvent id="b" attachedToRef="a" cancelActivity="true"/>', {})
    silent = drawing('<userTask id="a"/><boundaryEvent id="b" attachedToRef="a"/>', {})
    beside = drawing('<userTask id="a"/><boundaryEvent id="b" attachedToRef="a" cancelActivity="false"/>', {})

    assert compare(said, silent) == compare(silent, said) == []
    assert [(one.element, one.details[0].what) for one in compare(silent, beside)] == [
        ("b", "Ngắt việc đang làm")
    ]


def test_values_are_said_in_the_words_of_the_panel() -> None:
    """By hand, from docs/huong-dan-su-dung and the packaged form on which Sở verifies."""
    forms = {"department_verify": packaged_forms()["department_verify"].decode()}

    def with_words(nodes: str) -> Drawing:
        xml = f'{HEAD}<process id="p" name="P">{nodes}</process></definitions>'.encode()
        return Drawing(
            xml, lambda one: said_of(one, forms, {"so-tu-phap": "Sở Tư pháp"}, {"support": "Hỗ trợ"})
        )

    def nodes(task: str, properties: str, flow: str, timer: str, call: str) -> str:
        return (
            f'<userTask id="a" name="Thẩm tra" {task}><extensionElements><camunda:properties>{properties}'
            f'</camunda:properties></extensionElements></userTask><exclusiveGateway id="x"/>'
            f'<sequenceFlow id="f" sourceRef="x" targetRef="a"><conditionExpression>{flow}'
            f'</conditionExpression></sequenceFlow><boundaryEvent id="b" attachedToRef="a" {call}>'
            f"<timerEventDefinition><timeDuration>{timer}</timeDuration></timerEventDefinition></boundaryEvent>"
        )

    def prop(name: str, value: str) -> str:
        return f'<camunda:property name="{name}" value="{value}"/>'

    before = nodes(
        'camunda:candidateGroups="commune" camunda:formKey="other" camunda:dueDate="deadline(&quot;a&quot;)"',
        prop("signer", "none") + prop("remindBefore", "none"),
        'a.action = "complete"',
        "P5D",
        'cancelActivity="true"',
    )
    after = nodes(
        'camunda:candidateGroups="so-tu-phap" camunda:formKey="department_verify" '
        'camunda:dueDate="working days after(today(), 5)"',
        prop("signer", "leader") + prop("remindBefore", "5,2"),
        'a.action = "return" or a.x &gt; 3',
        "PT4H",
        'cancelActivity="false"',
    )

    changes = compare(with_words(before), with_words(after))

    assert {one.element: {d.what: (d.before, d.after) for d in one.details} for one in changes} == {
        "a": {
            "Nhóm thực hiện": ("UBND cấp xã", "Sở Tư pháp"),
            "Biểu mẫu": ("other", "Thẩm tra, đánh giá độc lập (department_verify)"),
            "Thời hạn": (
                "theo thời hạn đã nhập cho bước “Thẩm tra”",
                "5 ngày làm việc sau khi nhận việc",
            ),
            "Người ký": ("Không ký", "Lãnh đạo đơn vị"),
            "Nhắc trước hạn": ("không", "5, 2 ngày làm việc"),
        },
        "f": {
            "Điều kiện": (
                # The older drawing has another form: its button has no name.
                "a.action là “complete”",
                "Nút đã bấm ở bước “Thẩm tra” là “Trả lại bổ sung” hoặc a.x lớn hơn 3",
            )
        },
        "b": {
            "Sự kiện": (
                "Hẹn giờ: 5 ngày sau khi tới bước này",
                "Hẹn giờ: 4 giờ sau khi tới bước này",
            ),
            "Ngắt việc đang làm": ("có", "không"),
        },
    }


def test_what_changed_in_a_field_of_a_form_is_said_in_words() -> None:
    def form(**changed: object) -> str:
        answer = {
            "type": "radio",
            "key": "agrees",
            "label": "Kết luận",
            "values": [{"value": "no", "label": "Không"}],
        }
        reason = {"type": "textarea", "key": "reason", "label": "Lý do", **changed}
        buttons = {"actions": "complete,return", "action.return": "Trả lại"}
        return json.dumps({"properties": buttons, "components": [answer, reason]})

    changed = form(
        type="textfield",
        validate={"required": True},
        conditional={"hide": '=agrees = "no" and action != "return"'},
        properties={"routing": "true"},
    )

    (told,) = compare_forms({"form": form()}, {"form": changed})

    assert [(one.what, one.before) for one in told.details] == [("Ô “Lý do”", "Loại: Ô chữ nhiều dòng")]
    assert told.details[0].after == (
        "Loại: Ô chữ một dòng; Phải điền: có; Ẩn khi: Kết luận là “Không” và Nút đã bấm khác “Trả lại”; "
        "Đưa ra sơ đồ: có"
    )
