"""The flow of returns: where each lands, with which reasons and dates, and what counts afterwards."""

from __future__ import annotations

import uuid
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import func, select

from service.cases.course import step_line
from service.cases.levels import criteria_at_all_levels, levels_of
from service.cases.operations import Consent, go_on_without_opinion
from service.cases.opinions import changed_since_member_read, stale_opinions
from service.cases.timeline import timeline
from service.database import db
from service.errors import BadInput, NotAllowed, WrongState
from service.models import Submission, Task
from service.rounds.standing import standing_of
from service.tasks.queries import former_answers, return_reasons
from tests.builders import (
    NOON,
    SIGNERS,
    a_case_at,
    case_of,
    do_step,
    hand_up,
    open_task,
    person,
    story_answers,
)
from tests.integration.service.scenes import (
    a_case_with_all_met,
    given_back,
    nothing_is_wrong,
    open_tasks,
    step_done,
)
from tests.integration.service.test_evidence import uploaded


def landed(case_id: uuid.UUID, element: str) -> Task:
    assert list(open_tasks(case_id)) == [element]
    return db.session.get_one(Task, open_task(case_id, element), populate_existing=True)


def line_of(case_id: uuid.UUID) -> list[str]:
    return [step.state for step in step_line(case_of(case_id))]


@pytest.mark.parametrize(
    ("returning", "landing"),
    [
        ("district_appraise", "self_assess"),
        ("member_opinion", "district_appraise"),
        ("district_consolidate", "self_assess"),
        ("department_verify", "district_consolidate"),
        ("reconciliation_meeting", "district_consolidate"),
    ],
)
def test_a_return_lands_with_its_reasons_its_date_and_the_former_values(
    core: Flask, returning: str, landing: str
):
    case_id = a_case_at(returning)

    given_back(case_id, returning)

    task = landed(case_id, landing)
    reasons = return_reasons(task, person(SIGNERS[landing][1])) or {}
    assert (task.returned, task.note) == (True, "")
    assert (reasons["reason"], reasons["criteria_reasons"]) == ("Thiếu minh chứng", {"2.6": "Thiếu bảng kê"})
    assert (task.due_on, task.due_reason) == (date(2023, 12, 5), "Thời hạn ghi khi trả lại hồ sơ")
    assert (former_answers(task) or {}).get("criteria") == story_answers(landing).get("criteria")
    assert nothing_is_wrong()


def test_after_a_return_to_the_commune_every_later_step_comes_again_with_its_own_former_values(core: Flask):
    case_id = a_case_at("department_verify")
    given_back(case_id, "department_verify")
    assert line_of(case_id) == ["done", "done", "done", "now", "former", "ahead", "ahead", "ahead"]
    given_back(case_id, "district_consolidate")
    assert line_of(case_id) == ["now", "former", "former", "former", "former", "ahead", "ahead", "ahead"]

    for element in ("self_assess", "district_appraise", "member_opinion", "district_consolidate"):
        former = former_answers(landed(case_id, element)) or {}
        assert former.get("criteria") == story_answers(element).get("criteria")
        do_step(case_id, element)

    assert list(open_tasks(case_id)) == ["department_verify"]
    assert line_of(case_id) == ["done", "done", "done", "done", "now", "ahead", "ahead", "ahead"]


def test_after_a_return_that_the_district_only_consolidates_the_department_is_next(core: Flask):
    case_id = a_case_at("department_verify")
    given_back(case_id, "department_verify")

    do_step(case_id, "district_consolidate")

    assert list(open_tasks(case_id)) == ["department_verify"]


def test_every_version_of_every_step_is_kept(core: Flask):
    case_id = a_case_at("district_appraise")
    given_back(case_id, "district_appraise")
    corrected = story_answers("self_assess")
    corrected["criteria"]["2.6"]["raw"] = "55,1%"

    step_done(case_id, "self_assess", corrected)

    kept = [
        orjson.loads(content)["answers"]["criteria"]["2.6"]["raw"]
        for content in db.session.execute(
            select(Submission.content)
            .where(Submission.case_id == case_id, Submission.element == "self_assess")
            .order_by(Submission.seq)
        ).scalars()
    ]
    assert kept == ["54,4%", "55,1%"]


def test_a_dossier_may_be_returned_any_number_of_times(core: Flask):
    case_id = a_case_at("district_appraise")

    for _ in range(5):
        given_back(case_id, "district_appraise")
        do_step(case_id, "self_assess")

    count = db.session.execute(
        select(func.count()).where(Submission.case_id == case_id, Submission.element == "self_assess")
    ).scalar_one()
    assert (count, list(open_tasks(case_id))) == (6, ["district_appraise"])
    assert nothing_is_wrong()


def test_a_second_visit_without_a_date_has_the_steps_own_deadline_again(core: Flask):
    case_id = a_case_at("district_appraise")

    given_back(case_id, "district_appraise", due_on=None)

    assert landed(case_id, "self_assess").due_on == date(2023, 12, 3)


def test_a_return_asks_for_a_reason(core: Flask):
    case_id = a_case_at("district_appraise")

    with pytest.raises(BadInput) as refused:
        given_back(case_id, "district_appraise", reason="", criteria_reasons={})

    assert set(refused.value.fields) <= {"reason", "criteria_reasons"}
    assert refused.value.fields


@pytest.mark.parametrize(("due_on", "accepted"), [("2023-11-19", False), ("2023-11-20", True)])
def test_a_return_is_due_on_the_day_of_the_act_or_later(core: Flask, due_on: str, accepted: bool):
    case_id = a_case_at("member_opinion")  # NOON is on 20/11/2023

    if accepted:
        given_back(case_id, "member_opinion", due_on=due_on)
    else:
        with pytest.raises(BadInput) as refused:
            given_back(case_id, "member_opinion", due_on=due_on)
        assert refused.value.fields == {"due_on": ["Thời hạn bổ sung phải từ hôm nay trở đi."]}

    assert list(open_tasks(case_id)) == ["district_appraise" if accepted else "member_opinion"]


def test_a_return_handed_up_with_a_day_that_has_passed_is_refused_to_the_officer_too(core: Flask):
    case_id = a_case_at("district_appraise")
    answers = {"action": "return", "reason": "Thiếu minh chứng", "due_on": "2020-01-01"}

    with pytest.raises(BadInput) as refused:
        hand_up(case_id, "district_appraise", "huyen-bimson-chuyenvien", answers)

    assert list(refused.value.fields) == ["due_on"]


def test_a_step_without_a_way_back_refuses_to_return(core: Flask):
    case_id = a_case_at("self_assess")

    with pytest.raises(WrongState):
        given_back(case_id, "self_assess")


def test_an_opinion_on_a_dossier_that_was_appraised_anew_no_longer_counts(core: Flask):
    case_id = a_case_at("district_consolidate")
    given_back(case_id, "district_consolidate")
    changed = story_answers("district_appraise")
    changed["criteria"]["2.6"] |= {"raw": "55,2%", "reason": "Theo bảng kê bổ sung của xã"}

    do_step(case_id, "self_assess")
    step_done(case_id, "district_appraise", changed)

    case = case_of(case_id)
    assert levels_of(case).member is None
    assert stale_opinions(case) == {"2.6"}
    shown = next(row for row in criteria_at_all_levels(case) if row.criterion.id == "2.6")
    assert (shown.values["member_opinion"].raw, shown.values["member_opinion"].current) == ("56,3%", False)


def test_an_opinion_is_on_an_old_version_where_only_the_communes_evidence_was_replaced(
    core: Flask, tmp_path: Path
):
    case_id = a_case_at("district_consolidate")
    given_back(case_id, "district_consolidate")
    replaced = story_answers("self_assess")
    task_id = open_task(case_id, "self_assess")
    file_id = uploaded(task_id, tmp_path, by="xa-thidu-chuyenvien")
    replaced["criteria"]["2.6"]["evidence"] = [str(file_id)]

    step_done(case_id, "self_assess", replaced)
    do_step(case_id, "district_appraise")

    case = case_of(case_id)
    assert stale_opinions(case) == {"2.6"}
    assert changed_since_member_read(case) == {"2.6"}


def test_what_changed_since_the_member_sent_the_dossier_back_is_told_to_the_member(core: Flask):
    case_id = a_case_at("member_opinion")
    given_back(case_id, "member_opinion")
    changed = story_answers("district_appraise")
    changed["criteria"]["2.6"] |= {"raw": "55,2%", "reason": "Theo bảng kê bổ sung của xã"}

    step_done(case_id, "district_appraise", changed)

    case = case_of(case_id)
    assert changed_since_member_read(case) == {"2.6"}
    assert stale_opinions(case) == frozenset()  # no opinion has been given yet


def test_an_opinion_on_the_same_values_and_files_is_not_on_an_old_version(core: Flask):
    case_id = a_case_at("district_consolidate")
    given_back(case_id, "district_consolidate")

    do_step(case_id, "self_assess")
    do_step(case_id, "district_appraise")

    assert stale_opinions(case_of(case_id)) == frozenset()


def waived(
    case_id: uuid.UUID,
    by: str = "so-tttt-giamdoc",
    reason: str = "Thành viên đi công tác dài ngày",
    number: str = "12/UBND-CNTT",
    issued_on: date | None = date(2023, 11, 20),
) -> None:
    go_on_without_opinion(
        case_id=case_id, consent=Consent(number, issued_on), reason=reason, by=person(by), now=NOON
    )


def test_going_on_without_an_opinion_is_never_agreement(either_core: Flask):
    case_id = a_case_with_all_met("member_opinion")

    waived(case_id)
    step_done(case_id, "district_consolidate", {**story_answers("district_consolidate", "minh-hoa")})
    step_done(case_id, "department_verify", story_answers("department_verify", "minh-hoa"))

    assert list(open_tasks(case_id)) == ["reconciliation_meeting"]
    assert case_of(case_id).variables["opinions_agree"] is False
    assert nothing_is_wrong()


def test_an_old_opinion_does_not_stand_in_for_the_one_that_was_waived(core: Flask):
    case_id = a_case_with_all_met("district_consolidate")
    given_back(case_id, "district_consolidate")
    for element in ("self_assess", "district_appraise"):
        step_done(case_id, element, story_answers(element, "minh-hoa"))

    waived(case_id)
    for element in ("district_consolidate", "department_verify"):
        step_done(case_id, element, story_answers(element, "minh-hoa"))

    assert list(open_tasks(case_id)) == ["reconciliation_meeting"]


@pytest.mark.parametrize("person_", ["xa-thidu-lanhdao", "huyen-bimson-lanhdao", "so-tttt-chuyenvien"])
def test_only_the_departments_leader_records_that_the_chairman_lets_it_go_on(core: Flask, person_: str):
    case_id = a_case_at("member_opinion")

    with pytest.raises(NotAllowed):
        waived(case_id, by=person_)

    assert list(open_tasks(case_id)) == ["member_opinion"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"number": " "}, "number"),
        ({"number": "1" * 61}, "number"),
        ({"issued_on": None}, "issued_on"),
        ({"issued_on": date(2023, 11, 21)}, "issued_on"),  # tomorrow
    ],
)
def test_the_chairmans_consent_has_a_number_a_date_and_a_reason(
    core: Flask, typed: dict[str, Any], field: str
):
    case_id = a_case_at("member_opinion")

    with pytest.raises(BadInput) as refused:
        waived(case_id, **typed)

    assert list(refused.value.fields) == [field]
    assert list(open_tasks(case_id)) == ["member_opinion"]


def test_the_history_names_the_chairmans_document_and_who_recorded_it(core: Flask):
    case_id = a_case_at("member_opinion")

    waived(case_id)

    told = [entry for entry in timeline(case_of(case_id)) if entry.kind == "opinion_waived"]
    sentence = (
        "Sở TTTT ghi nhận văn bản số 12/UBND-CNTT ngày 20/11/2023 của Chủ tịch UBND tỉnh "
        "cho phép đi tiếp khi chưa có ý kiến của Thành viên: Thành viên đi công tác dài ngày"
    )
    assert [(entry.actor, entry.sentence) for entry in told] == [(person("so-tttt-giamdoc").name, sentence)]


def test_nobody_goes_on_once_the_member_has_spoken(core: Flask):
    case_id = a_case_at("member_opinion")

    do_step(case_id, "member_opinion")
    with pytest.raises(WrongState):
        waived(case_id)


def test_agreement_skips_the_meeting_and_leaves_the_list_to_the_quota(core: Flask):
    case_id = a_case_with_all_met("reconciliation_meeting")

    standing = standing_of(case_of(case_id))

    assert list(open_tasks(case_id)) == ["department_submit"]
    assert (standing.list, standing.eligible) == ("assigned", "yes")


def test_a_criterion_that_stays_undecided_is_not_proposed(core: Flask):
    open_question = {"1.8": {"decision": None, "reason": ""}}
    doubted = {"1.8": {"decision": None, "reason": "Chưa đủ căn cứ"}}
    case_id = a_case_with_all_met(
        "reconciliation_meeting", member_opinion=doubted, department_verify=open_question
    )

    standing = standing_of(case_of(case_id))

    assert case_of(case_id).variables["eligible"] == "undecided"
    assert (standing.list, standing.eligible) == ("not_proposed", "undecided")


NOT_APPLICABLE: dict[str, Any] = {
    "raw": "",
    "decision": "not_applicable",
    "reason": "Xã không có điểm bưu chính",
}


def test_not_applicable_counts_where_district_and_department_both_accept_it(core: Flask):
    change = {"4.6": NOT_APPLICABLE}
    case_id = a_case_with_all_met(
        "reconciliation_meeting",
        district_appraise=change,
        member_opinion=change,
        department_verify=change,
    )

    standing = standing_of(case_of(case_id))

    assert standing.eligible == "yes"
    assert standing.not_applicable == ("4.6: Xã không có điểm bưu chính",)


def test_not_applicable_is_no_result_where_only_the_department_says_so(core: Flask):
    change = {"4.6": NOT_APPLICABLE}
    case_id = a_case_with_all_met("reconciliation_meeting", member_opinion=change, department_verify=change)

    standing = standing_of(case_of(case_id))

    assert (standing.eligible, standing.not_applicable) == ("undecided", ())
