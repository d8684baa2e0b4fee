"""What forms, people and the law say to a drawing, beside its shape: rules of the gate that need them."""

from __future__ import annotations

import json
from datetime import date

from flask import Flask

from service.processes.duties import duties_on
from service.processes.packaged import CATALOGUE, packaged_diagram, packaged_forms
from service.processes.publishing import examine
from tests.builders import NOON
from tests.integration.service.scenes import end_appointments, give_seat, position_of
from tests.integration.service.test_agencies import FORM, drawing, enter_the_agency
from tests.unit.engine.drawing import Drawing

DAY = date(2023, 11, 20)
# Said of every drawing: most communes of the province have nobody yet.
NO_SEAT = ("self_assess", "no-seat", "warning")


def found(diagram: bytes, day: date = DAY, **forms: bytes) -> set[tuple[str, str, str]]:
    examined = examine(
        diagram=diagram,
        forms={**packaged_forms(), **forms},
        catalogue=CATALOGUE,
        effective_on=day,
        now=NOON,
    )
    told = {(one.element, one.rule, one.severity) for one in examined.problems}
    return told - {NO_SEAT}


def with_condition(text: str, flow: str = "eligible_question_yes") -> set[tuple[str, str, str]]:
    """Of the recognition procedure with this condition on the flow, instead of `eligible = "yes"`."""
    diagram = packaged_diagram().replace(b'feel">eligible = "yes"<', f'feel">{text}<'.encode())
    return {one for one in found(diagram) if one[0] == flow}


def test_the_packaged_procedure_fits_its_forms_its_people_and_the_law(core: Flask) -> None:
    assert found(packaged_diagram()) == set()


def test_a_condition_is_held_against_what_forms_and_rules_write(core: Flask) -> None:
    flow = "eligible_question_yes"

    assert with_condition('eligible = "undecided"') == set()
    assert with_condition('eligible = "maybe"') == {(flow, "known-choice", "error")}
    assert with_condition('department_verify.action = "approve"') == {(flow, "known-choice", "error")}
    assert with_condition("department_verify.verification_summary != null") == {
        (flow, "known-field", "error")
    }
    assert with_condition('opinions_agree = "yes"') == {(flow, "value-kind", "error")}
    assert with_condition("eligible > 3") == {(flow, "value-kind", "error")}
    # The chairman comes later, but may have sent the case back: on that way it has been written.
    assert with_condition('chairman_decide.action = "refuse"') == set()


def test_what_no_step_before_writes_is_told(core: Flask) -> None:
    early = packaged_diagram().replace(
        b'feel">member_opinion.action = "return"<', b'feel">legal_opinion.agrees = "no"<'
    )
    assert ("member_requests_supplement_yes", "unknown-variable", "warning") in found(early)

    enter_the_agency()
    form = json.dumps(FORM).encode()
    # Sở Tư pháp's conclusion is given to the diagram, and no gateway asks for it.
    assert found(drawing(), legal_opinion=form) == {("legal_opinion", "unasked-choice", "warning")}


def test_a_value_read_before_its_step_is_told(core: Flask) -> None:
    step = {"camunda_formKey": "legal_opinion"}
    drawn = Drawing("hoi_y_kien")
    drawn.chain(drawn.start(), drawn.xor("asked", default="usual"))
    drawn.flow("asked", drawn.task("first", **step), 'second.agrees = "yes"', "special")
    drawn.flow("asked", drawn.task("second", **step), identifier="usual")
    drawn.chain("first", drawn.end("one"))
    drawn.chain("second", drawn.end("other"))

    told = found(drawn.xml(), legal_opinion=json.dumps(FORM).encode())

    assert {one for one in told if one[1] == "read-too-early"} == {("special", "read-too-early", "warning")}


def test_units_that_nobody_has_a_seat_in_are_counted_and_the_first_three_named(core: Flask) -> None:
    """service/demo/data: of 19 communes Ngọc Trạo, Minh Họa and Thí Dụ have people; every district has."""
    examined = examine(
        diagram=packaged_diagram(), forms=packaged_forms(), catalogue=CATALOGUE, effective_on=DAY, now=NOON
    )

    (told,) = examined.problems

    assert (told.element, told.rule, told.severity) == NO_SEAT
    assert told.message == (
        "16 đơn vị chưa có ai giữ vị trí nào: UBND phường Ba Đình, UBND phường Đông Sơn, UBND xã Luận Khê và "
        "13 đơn vị khác. Hồ sơ ở đó sẽ đứng ở bước này."
    )


def test_a_flow_without_a_name_is_called_by_its_ends(core: Flask) -> None:
    named = packaged_diagram().replace(
        'id="eligible_question_yes" name="Có"'.encode(), b'id="eligible_question_yes"'
    )
    wrong = named.replace(b'eligible = "yes"', b'eligible = "maybe"')
    examined = examine(diagram=wrong, forms=packaged_forms(), catalogue=CATALOGUE, effective_on=DAY, now=NOON)

    (told,) = examined.errors

    assert (told.element, told.rule) == ("eligible_question_yes", "known-choice")
    assert told.name == "đường từ “Đủ điều kiện?” đến “Tổng hợp, trình Chủ tịch UBND tỉnh”"


def test_a_deadline_is_asked_of_a_step_that_has_one(core: Flask) -> None:
    def asking(step: bytes) -> set[tuple[str, str, str]]:
        return found(packaged_diagram().replace(b'deadline("chairman_decide")', b'deadline("%s")' % step))

    assert asking(b"self_assess") == set()
    assert asking(b"chairman_decides") == {("chairman_decide", "known-deadline", "error")}
    # Nobody has entered a deadline for a rule, which works at once.
    assert asking(b"compare_opinions") == {("chairman_decide", "known-deadline", "warning")}


def test_the_law_lets_no_duty_be_left_out_or_passed_by(core: Flask) -> None:
    around = packaged_diagram().replace(
        b'sourceRef="consolidated_dossier_complete" targetRef="department_verify"',
        b'sourceRef="consolidated_dossier_complete" targetRef="department_submit"',
    )
    renamed = packaged_diagram().replace(b"reconciliation_meeting", b"hoi_nghi")
    meeting = packaged_forms()["reconciliation_meeting"]

    assert {one for one in found(around) if one[1] == "legal-duty"} == {
        ("department_verify", "legal-duty", "error"),
        ("compare_opinions", "legal-duty", "error"),
    }
    assert ("", "legal-duty", "error") in found(renamed, hoi_nghi=meeting)


def test_a_duty_given_to_another_level_is_said_with_its_basis_and_keeps_nothing_back(core: Flask) -> None:
    step = b'<bpmn:userTask id="department_submit"'
    start = packaged_diagram().index(step)
    before, after = packaged_diagram()[:start], packaged_diagram()[start:]
    moved = before + after.replace(b'Groups="department"', b'Groups="district"', 1)
    examined = examine(diagram=moved, forms=packaged_forms(), catalogue=CATALOGUE, effective_on=DAY, now=NOON)

    (told,) = [one for one in examined.problems if one.rule == "legal-duty-of-another"]

    assert (told.element, told.severity) == ("department_submit", "warning")
    assert "QĐ 1829/QĐ-UBND, Phụ lục 02, mục 2.4" in told.message
    assert "department" in told.remedy
    assert examined.errors == []


def test_the_duties_of_the_district_end_with_the_district() -> None:
    ended = {duty.step for duty in duties_on(date(2025, 6, 30))} - {
        duty.step for duty in duties_on(date(2025, 7, 1))
    }

    assert ended == {"district_appraise", "member_opinion", "district_consolidate"}


def test_separation_of_duties_tells_where_nobody_is_left(core: Flask) -> None:
    assert not [one for one in found(packaged_diagram()) if one[1] == "nobody-left"]

    # Sở's director, without a deputy, becomes the only leader of the district as well.
    district = position_of("huyen-bimson-lanhdao")
    for former in ("huyen-bimson-lanhdao", "so-tttt-phogiamdoc"):
        end_appointments(former, date(2023, 11, 19))
    give_seat("so-tttt-giamdoc", district)

    assert [one for one in found(packaged_diagram()) if one[1] == "nobody-left"] == [
        ("district_consolidate", "nobody-left", "warning")
    ]
