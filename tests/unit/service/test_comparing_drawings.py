"""Two drawings on one: what came, went, changed or only moved, by hand in a drawing of four elements."""

from __future__ import annotations

from service.studio.comparing import Drawing, compare
from service.studio.forms_compared import compare_forms
from service.studio.merging import merged

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
        "a": ("changed", [("Nhóm thực hiện", "commune", "district")]),
        "c": (
            "added",
            [
                ("Nhóm thực hiện", "", "department"),
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
    assert ("Ô “A2”", 'label: "A"', 'label: "A2"') in told
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
