"""Sở Tư pháp is asked for its opinion: unit and seats entered by an administrator, a step drawn, no code."""

from __future__ import annotations

import json
from datetime import date

import pytest
from flask import Flask

from service.administration.appointments import add_position, appoint_person
from service.administration.people import create_person
from service.administration.unit_changes import add_unit, checked
from service.cases.queries import read_case
from service.comments.rights import speaking_seat
from service.database import db
from service.errors import BadInput, NotFound
from service.models import Task
from service.processes.packaged import packaged_diagram
from service.processes.publishing import examine
from service.studio.approval import approve_draft, publish_draft, submit_draft
from service.studio.guards import LegalBasis
from service.studio.operations import draft_from_files
from service.studio.queries import read_draft
from service.tasks.operations import claim_task
from service.tasks.worklist import list_tasks
from tests.builders import NOON, an_open_case, open_task, person
from tests.integration.service.scenes import a_case_with_all_met

AGENCY = "so-tu-phap"
BASIS = LegalBasis("2023/QĐ-UBND", date(2023, 11, 15), date(2023, 11, 20), "")
STEP = """<bpmn:userTask id="legal_opinion" name="Xin ý kiến Sở Tư pháp" camunda:candidateGroups="so-tu-phap"
  camunda:formKey="legal_opinion" camunda:dueDate="working days after(today(), 5)">
  <bpmn:extensionElements><camunda:properties><camunda:property name="signer" value="leader" />
  </camunda:properties></bpmn:extensionElements>
  <bpmn:incoming>eligible_question_yes</bpmn:incoming><bpmn:incoming>eligible_question_no</bpmn:incoming>
  <bpmn:incoming>eligible_question_undecided</bpmn:incoming><bpmn:outgoing>legal_done</bpmn:outgoing>
</bpmn:userTask>
<bpmn:sequenceFlow id="legal_done" sourceRef="legal_opinion" targetRef="department_submit" />
"""
FORM = {
    "type": "default",
    "id": "legal_opinion",
    "schemaVersion": 16,
    "properties": {
        "title": "Ý kiến pháp lý",
        "actions": "complete",
        "action.complete": "Gửi ý kiến",
    },
    "components": [
        {
            "type": "radio",
            "key": "agrees",
            "id": "agrees",
            "label": "Kết luận",
            "values": [{"value": "yes", "label": "Thống nhất"}, {"value": "no", "label": "Không thống nhất"}],
            "properties": {"routing": "true"},
        }
    ],
}


def drawing() -> bytes:
    diagram = packaged_diagram().decode()
    for answer in ("yes", "no", "undecided"):
        diagram = diagram.replace(f"      <bpmn:incoming>eligible_question_{answer}</bpmn:incoming>\n", "", 1)
    diagram = diagram.replace(
        'sourceRef="eligible_question" targetRef="department_submit"',
        'sourceRef="eligible_question" targetRef="legal_opinion"',
    )
    start = diagram.index('<bpmn:userTask id="department_submit"')
    asked = diagram[:start] + STEP + diagram[start:]
    return asked.replace(
        "<bpmn:outgoing>department_submit_done",
        "<bpmn:incoming>legal_done</bpmn:incoming><bpmn:outgoing>department_submit_done",
    ).encode()


def enter_the_agency() -> None:
    by = {"by": person("quantri"), "now": NOON}
    values = checked("Sở Tư pháp tỉnh Thanh Hóa", "tinh-thanh-hoa", date(2023, 1, 1), None, "")
    add_unit(code=AGENCY, kind="agency", values=values, **by)
    for role, title, username in (
        ("officer", "Chuyên viên", "so-tu-phap-cv"),
        ("leader", "Giám đốc", "so-tu-phap-gd"),
    ):
        create_person(username=username, display_name=title, **by)
        seat = add_position(unit_code=AGENCY, role=role, title=title, capacity="", **by)
        appoint_person(
            unit_code=AGENCY,
            position_id=seat,
            username=username,
            first=date(2023, 1, 1),
            last=None,
            legal_basis="",
            **by,
        )


def test_a_step_for_a_new_agency_reaches_its_officer_with_five_working_days(either_core: Flask) -> None:
    forms = {"legal_opinion": json.dumps(FORM).encode()}
    drawer, approver = person("quytrinh-so-tttt"), person("quytrinh-vanphong")
    draft = draft_from_files(diagram=drawing(), forms=forms, by=drawer, now=NOON)
    stored = read_draft(draft)
    faults = examine(
        diagram=stored.diagram,
        forms={key: text.encode() for key, text in stored.forms.items()},
        catalogue=stored.catalogue,
        effective_on=NOON.date(),
        now=NOON,
    ).errors
    assert [(fault.element, fault.rule) for fault in faults] == [("legal_opinion", "known-group")]
    assert "trang Đơn vị" in faults[0].remedy

    enter_the_agency()
    submit_draft(draft_id=draft, rev=1, basis=BASIS, by=drawer, now=NOON)
    agreed = read_draft(draft).content_hash
    rights = approve_draft(draft_id=draft, rev=2, content_hash=agreed, note="", by=approver, now=NOON)
    publish_draft(draft_id=draft, rev=3, by=drawer, now=NOON)
    gained = [one.sentence for one in rights if one.step == "legal_opinion"]
    assert "Lãnh đạo Sở Tư pháp tỉnh Thanh Hóa ký và chuyển hồ sơ ở bước “Xin ý kiến Sở Tư pháp”." in gained

    case_id = a_case_with_all_met("department_submit")
    officer = person("so-tu-phap-cv")
    (row,) = list_tasks(officer, day=NOON.date()).items
    assert (row.name, row.due_on) == ("Xin ý kiến Sở Tư pháp", date(2023, 11, 27))
    claim_task(task_id=row.id, by=officer, now=NOON)
    case = read_case(case_id, officer)
    assert speaking_seat(case, officer) is not None
    task = db.session.get(Task, open_task(case_id, "legal_opinion"))
    assert task is not None
    assert (task.group, task.signer) == (AGENCY, "leader")


def test_an_agency_sees_only_the_cases_that_ask_it(core: Flask) -> None:
    enter_the_agency()
    case_id = an_open_case()

    officer = person("so-tu-phap-cv")

    assert not officer.sees_all_cases
    with pytest.raises(NotFound):
        read_case(case_id, officer)
    with pytest.raises(NotFound):
        claim_task(task_id=open_task(case_id, "self_assess"), by=officer, now=NOON)


def test_an_agencys_code_must_do_as_a_group(core: Flask) -> None:
    values = checked("Sở khác", "tinh-thanh-hoa", date(2023, 1, 1), None, "")

    for code in ("department", "9-so", "s" * 41):
        with pytest.raises(BadInput) as refusal:
            add_unit(code=code, kind="agency", values=values, by=person("quantri"), now=NOON)
        assert list(refusal.value.fields) == ["code"]
