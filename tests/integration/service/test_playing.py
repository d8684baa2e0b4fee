"""Playing drafts: courses of the recognition procedure, what they come to, and that nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from service.clock import local_day
from service.database import Base, db
from service.errors import BadDefinition, BadInput
from service.models import ProcessDraft
from service.processes.packaged import packaged_diagram, packaged_forms
from service.studio.forms import import_forms
from service.studio.operations import draft_from_files, draft_from_version, save_draft
from service.studio.play.acts import MOST_ACTS, Act, CourseRefused, as_text, read_text
from service.studio.play.ground import Ground, compiled, ground_for
from service.studio.play.player import Player
from service.studio.play.playing import play_draft, replay
from service.studio.play.samples import ALL_MET, ONE_NOT_MET, SAMPLE_FILE, sample_answers
from service.studio.play.values import scalar_of
from service.studio.queries import read_draft
from tests.builders import NOON, person

DAY = date(2023, 11, 20)  # a Monday
START = Act("start", day=DAY, year=2023, district="thi-xa-bim-son")
DRAWER = "quytrinh-so-tttt"


def a_draft(diagram: bytes | None = None) -> ProcessDraft:
    draft = draft_from_version(key="recognition", version=1, by=person(DRAWER), now=NOON)
    if diagram is not None:
        save_draft(draft_id=draft, rev=1, diagram=diagram, by=person(DRAWER), now=NOON)
    db.session.rollback()
    return read_draft(draft)


def ground(draft: ProcessDraft, start: Act = START) -> Ground:
    return ground_for(compiled(draft, DAY), start)


def course(on: Ground, *steps: str, start: Act = START) -> list[Act]:
    """From the start, each step "element", "element action", or either with a "!": one criterion not met."""
    acts, player = [start], Player(on)
    player.do(1, start)
    for step in steps:
        element, _, action = step.removesuffix("!").partition(" ")
        played = player.told()
        task = next(one for one in played.tasks if one.element == element)
        kind = ONE_NOT_MET if step.endswith("!") else ALL_MET
        answers = sample_answers(on, played, task, action or "complete", kind, local_day(played.now))
        acts.append(Act("complete", element, answers))
        player.do(len(acts), acts[-1])
    return acts


def rows() -> dict[str, int]:
    count = {table.name: select(func.count()).select_from(table) for table in Base.metadata.sorted_tables}
    return {name: db.session.execute(query).scalar_one() for name, query in count.items()}


def explained(moves: Iterable[Any], element: str) -> str:
    return next(one.explanation for move in moves for one in move.decisions if one.element == element)


def test_a_form_that_demands_a_file_can_be_played(core: Flask) -> None:
    form = json.loads(packaged_forms()["self_assess"])
    picker = {"type": "filepicker", "id": "proof", "key": "proof", "label": "Minh chứng"}
    form["components"].append({**picker, "validate": {"required": True}})
    draft = a_draft()
    files = {"self_assess": json.dumps(form).encode()}
    import_forms(draft_id=draft.id, rev=1, files=files, by=person(DRAWER), now=NOON)
    db.session.rollback()

    acts = course(ground(read_draft(draft.id)), "self_assess")

    assert acts[1].answers["proof"] == [SAMPLE_FILE]


def test_a_course_that_returns_once_is_recognised_and_writes_nothing(core: Flask) -> None:
    draft = a_draft()
    on, before = ground(draft), rows()

    acts = course(
        on,
        "self_assess",
        "district_appraise return",
        "self_assess",
        "district_appraise",
        "member_opinion",
        "district_consolidate",
        "department_verify",
        "department_submit",
        "chairman_decide recognise",
    )
    played = play_draft(draft, read_text(as_text(acts)), day=DAY)

    assert (played.outcome, played.finished, played.tasks) == ("commune_recognised", True, ())
    returned = [one for one in played.moves[2].path if one.startswith("dossier_complete")]
    assert returned == ["dossier_complete", "dossier_complete_no"]
    assert played.variables["opinions_agree"] is True
    assert played.variables["eligible"] == "yes"
    assert "reconciliation_meeting" not in played.passed
    assert "35/35 chỉ tiêu" in explained(played.moves, "check_conditions")
    db.session.rollback()
    assert rows() == before
    with pytest.raises(CourseRefused, match=r"Bước 11.*đã kết thúc"):
        replay(on, [*acts, Act("complete", "self_assess", {})])


def test_a_course_whose_levels_differ_goes_to_the_meeting(core: Flask) -> None:
    on = ground(a_draft())
    acts = course(
        on, "self_assess", "district_appraise", "member_opinion", "district_consolidate", "department_verify!"
    )

    met = replay(on, acts)
    over = course(on, *[act.what for act in acts[1:-1]], "department_verify!", "reconciliation_meeting!")

    # The first criterion that a value decides alone is 1.1; the member found it met, Sở did not.
    assert met.active[-1] == "reconciliation_meeting"
    assert "Chỉ tiêu 1.1: Sở chưa đạt, Thành viên đạt" in explained(met.moves, "compare_opinions")
    minutes = over[-1].answers["criteria"]
    assert list(minutes) == ["1.1"]
    assert replay(on, over).variables["eligible"] == "no"


def test_days_and_reasons_are_those_of_a_live_case(core: Flask) -> None:
    on = ground(a_draft())

    begun = replay(on, [START])
    late = replay(on, [START, Act("wait", day=date(2023, 12, 5))])

    (task,) = begun.tasks
    assert (task.due_on, task.groups, task.signer) == (date(2023, 12, 3), ("commune",), "leader")
    assert "trước ngày 04/12/2023" in task.why
    assert begun.messages == ("commune_dissolved", "withdrawal_requested")
    assert local_day(late.now) == date(2023, 12, 5)
    assert late.tasks == begun.tasks  # a deadline that passes moves no token
    gone = replay(on, [START, Act("message", "withdrawal_requested")])
    assert (gone.outcome, gone.moves[-1].name) == ("dossier_withdrawn", "Nhận văn bản xin rút hồ sơ")


REMINDED = """<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t" id="d">
<bpmn:message id="m" name="paid"/>
<bpmn:process id="played" name="Chơi thử" isExecutable="true">
 <bpmn:startEvent id="begun"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
 <bpmn:userTask id="write" name="Viết" camunda:candidateGroups="commune">
  <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:userTask>
 <bpmn:boundaryEvent id="overdue" name="Quá hạn" attachedToRef="write"><bpmn:outgoing>f3</bpmn:outgoing>
  <bpmn:timerEventDefinition id="t1"><bpmn:timeDuration>P10D</bpmn:timeDuration></bpmn:timerEventDefinition>
 </bpmn:boundaryEvent>
 <bpmn:intermediateCatchEvent id="payment" name="Chờ nộp">
  <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing>
  <bpmn:messageEventDefinition id="m1" messageRef="m"/></bpmn:intermediateCatchEvent>
 <bpmn:exclusiveGateway id="enough" name="Đủ tiền?" default="f6">
  <bpmn:incoming>f4</bpmn:incoming><bpmn:outgoing>f5</bpmn:outgoing><bpmn:outgoing>f6</bpmn:outgoing>
 </bpmn:exclusiveGateway>
 <bpmn:serviceTask id="tell" name="Báo" camunda:type="external" camunda:topic="notify.group">
  <bpmn:extensionElements><camunda:properties><camunda:property name="group" value="commune"/>
   <camunda:property name="text" value="Xong"/></camunda:properties></bpmn:extensionElements>
  <bpmn:incoming>f5</bpmn:incoming><bpmn:outgoing>f7</bpmn:outgoing></bpmn:serviceTask>
 <bpmn:boundaryEvent id="failed" attachedToRef="tell"><bpmn:outgoing>f8</bpmn:outgoing>
  <bpmn:errorEventDefinition id="e1"/></bpmn:boundaryEvent>
 <bpmn:endEvent id="done"><bpmn:incoming>f7</bpmn:incoming></bpmn:endEvent>
 <bpmn:endEvent id="untold"><bpmn:incoming>f8</bpmn:incoming></bpmn:endEvent>
 <bpmn:endEvent id="late"><bpmn:incoming>f3</bpmn:incoming></bpmn:endEvent>
 <bpmn:endEvent id="poor"><bpmn:incoming>f6</bpmn:incoming></bpmn:endEvent>
 <bpmn:sequenceFlow id="f1" sourceRef="begun" targetRef="write"/>
 <bpmn:sequenceFlow id="f2" sourceRef="write" targetRef="payment"/>
 <bpmn:sequenceFlow id="f3" sourceRef="overdue" targetRef="late"/>
 <bpmn:sequenceFlow id="f4" sourceRef="payment" targetRef="enough"/>
 <bpmn:sequenceFlow id="f5" sourceRef="enough" targetRef="tell">
  <bpmn:conditionExpression>payment.sum &gt;= 2.5</bpmn:conditionExpression></bpmn:sequenceFlow>
 <bpmn:sequenceFlow id="f6" sourceRef="enough" targetRef="poor"/>
 <bpmn:sequenceFlow id="f7" sourceRef="tell" targetRef="done"/>
 <bpmn:sequenceFlow id="f8" sourceRef="failed" targetRef="untold"/>
</bpmn:process></bpmn:definitions>""".encode()


def test_timers_messages_and_jobs_are_played_too(core: Flask) -> None:
    made = draft_from_files(diagram=REMINDED, forms={}, by=person(DRAWER), now=NOON)
    start = Act("start", day=DAY, year=2023)
    on = ground(read_draft(made), start)
    written = [start, Act("complete", "write")]
    paid = [*written, Act("message", "paid", {"sum": "2,5"})]

    def outcome(*acts: Act) -> str | None:
        return replay(on, acts).outcome

    assert [one.due_at.isoformat() for one in replay(on, [start]).timers] == ["2023-11-30T01:00:00+00:00"]
    assert outcome(start, Act("timer", "overdue")) == "late"
    assert outcome(start, Act("wait", day=date(2023, 11, 29))) is None
    assert outcome(start, Act("wait", day=date(2023, 11, 30))) == "late"
    assert outcome(*written, Act("message", "paid", {"sum": "2"})) == "poor"
    assert outcome(*paid, Act("job", "tell")) == "done"
    assert outcome(*paid, Act("fail", "tell", code="E1")) == "untold"
    for act, why in (
        (Act("timer", "overdue"), "Bước 4 .“Quá hạn”.*không còn hiệu lực"),
        (Act("message", "paid"), "Bước 4 .*không chờ thông điệp"),
        (Act("signal", "paid"), "không chờ tín hiệu"),
        (Act("job", "write"), "không còn mở"),
        (Act("complete", "write"), "không còn mở"),
        (Act("wait", day=DAY), "chỉ trôi về sau"),
    ):
        with pytest.raises(CourseRefused, match=why):
            replay(on, [*paid, act])


def test_bad_courses_are_told_by_their_step(core: Flask) -> None:
    draft = a_draft()
    on = ground(draft)

    with pytest.raises(CourseRefused, match=r"Bước 2 .“Tự đánh giá") as told:
        replay(on, [START, Act("complete", "self_assess", {"action": "complete", "criteria": {"9.9": {}}})])
    assert {"criteria.9.9", "report_summary"} <= told.value.fields.keys()
    for year, district in ((1999, ""), (2023, "khong-co")):
        with pytest.raises(CourseRefused):
            ground(draft, Act("start", day=DAY, year=year, district=district))
    begun = '{"act":"start","day":"2023-11-20","year":2023}'
    for text in (
        "{",
        "{}",
        "[1]",
        f"[{begun},{begun}]",
        '[{"act":"wait","day":"2023-11-21"}]',
        '[{"act":"start","day":"mai","year":2023}]',
        '[{"act":"start","day":"2023-11-20","year":true}]',
        f'[{begun},{{"act":"message","what":"m","answers":{{"a":1}}}}]',
        f"[{','.join([begun] * (MOST_ACTS + 1))}]",
        "\ud800",
    ):
        with pytest.raises(BadInput):
            read_text(text)
    broken = packaged_diagram().replace(b'default="dossier_complete_yes"', b"")
    with pytest.raises(BadDefinition) as refused:
        play_draft(draft, [START], day=DAY, diagram=broken)
    assert "dossier_complete" in {one["element"] for one in refused.value.details["problems"]}


def test_what_is_typed_becomes_the_value_that_conditions_compare() -> None:
    typed = ["true", "false", " 12 ", "-3", "2,5", "x", "", "1.000", "12345678901234567"]

    values = [scalar_of(text) for text in typed]

    assert [*map(str, values)] == ["True", "False", "12", "-3", "2.5", "x", "None", "1.000", typed[-1]]
