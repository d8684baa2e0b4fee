"""Rows of the criteria table given to colleagues: who may give them, what they fill in, what is told."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, update

from service.cases.timeline import timeline
from service.database import db, transaction
from service.errors import BadInput, NotAllowed, SeparationOfDuties, TaskTaken, WrongState
from service.jobs.outbox import drain
from service.models import Appointment, Draft, Notification, Task
from service.processes.row_owners import row_owners, rows_of
from service.tasks.draft_saving import FieldsChanged, Typed
from service.tasks.handling import assign_task, hand_over_task
from service.tasks.operations import (
    claim_task,
    current_rev,
    save_draft,
    save_fields,
    send_back_to_officer,
    sign_task,
    submit_for_signature,
)
from service.tasks.rows import assign_rows, take_back_rows
from tests.builders import NOON, a_case_at, an_open_case, case_of, open_task, person, story_answers
from tests.integration.service.scenes import at_once, give_seat, nothing_is_wrong, position_of
from tests.integration.service.test_handling import a_colleague

OFFICER, LEADER, COLLEAGUE = "xa-thidu-chuyenvien", "xa-thidu-lanhdao", "xa-thidu-dongnghiep"


def cell(task_id: uuid.UUID, path: str, value: str, who: str, seen_rev: int | None = None) -> int:
    """One cell of the table as the page sends it by itself; the draft's rev."""
    _, criterion = path.split(".", 1)[0], path.split(".", 1)[1].rpartition(".")[0]
    answers = {"criteria": {criterion: {path.rpartition(".")[2]: value}}}
    rev = current_rev(task_id) if seen_rev is None else seen_rev
    typed = Typed(answers, rev, touched=frozenset({path}))
    return save_fields(task_id=task_id, typed=typed, by=person(who), now=NOON).rev


def stored(task_id: uuid.UUID) -> dict[str, str]:
    """{criterion: result}"""
    db.session.rollback()
    draft = db.session.get_one(Draft, task_id, populate_existing=True)
    return {criterion: entry["raw"] for criterion, entry in draft.answers["criteria"].items()}


def a_held_task() -> tuple[uuid.UUID, uuid.UUID, uuid.UUID]:
    """(case, its first task that the officer holds, a colleague of the officer)"""
    colleague_id, case_id = a_colleague(), an_open_case()
    task_id = open_task(case_id, "self_assess")
    claim_task(task_id=task_id, by=person(OFFICER), now=NOON)
    return case_id, task_id, colleague_id


def given(task_id: uuid.UUID, to: uuid.UUID, *criteria: str, by: str = OFFICER) -> tuple[str, ...]:
    return assign_rows(task_id=task_id, criteria=criteria, to=to, by=person(by), now=NOON)


def told_to(user_id: uuid.UUID) -> list[str]:
    drain(NOON)
    rows = db.session.scalars(
        select(Notification.title)
        .where(Notification.user_id == user_id, Notification.kind == "rows_given")
        .order_by(Notification.id)
    )
    return list(rows)


def refused(kind: type[Exception], act: Callable[[], object]) -> str:
    with pytest.raises(kind) as caught:
        act()
    return str(caught.value)


def test_a_colleague_fills_in_exactly_the_rows_that_were_given(either_core: Flask) -> None:
    case_id, task_id, colleague_id = a_held_task()
    save_draft(
        task_id=task_id, answers=story_answers("self_assess"), seen_rev=0, by=person(OFFICER), now=NOON
    )

    assert "người khác" in refused(TaskTaken, lambda: cell(task_id, "criteria.2.6.raw", "60%", COLLEAGUE))
    assert given(task_id, colleague_id, "2.6", "1.10") == ("1.10", "2.6")
    assert given(task_id, colleague_id, "2.6") == ()
    assert told_to(colleague_id) == ["Chỉ tiêu giao cho ông/bà: 1.10, 2.6 – UBND xã Thí Dụ"]

    cell(task_id, "criteria.2.6.raw", "60%", COLLEAGUE)
    cell(task_id, "criteria.3.2.raw", "70%", OFFICER)
    assert (stored(task_id)["2.6"], stored(task_id)["3.2"]) == ("60%", "70%")
    assert "Chỉ tiêu 3.2 không thuộc phần" in refused(
        NotAllowed, lambda: cell(task_id, "criteria.3.2.raw", "99%", COLLEAGUE)
    )
    summary = Typed({"report_summary": "Của tôi."}, current_rev(task_id), frozenset({"report_summary"}))
    refused(NotAllowed, lambda: save_fields(task_id=task_id, typed=summary, by=person(COLLEAGUE), now=NOON))
    refused(TaskTaken, lambda: submit_for_signature(task_id=task_id, by=person(COLLEAGUE), now=NOON))
    db.session.rollback()
    assert db.session.get_one(Task, task_id).owner_id == person(OFFICER).id

    assert take_back_rows(task_id=task_id, criteria=["2.6", "3.2"], by=person(LEADER), now=NOON) == ("2.6",)
    assert told_to(colleague_id)[1:] == ["Không còn giao cho ông/bà chỉ tiêu 2.6 – UBND xã Thí Dụ"]
    refused(NotAllowed, lambda: cell(task_id, "criteria.2.6.raw", "1%", COLLEAGUE))
    assert [entry.sentence for entry in timeline(case_of(case_id))[2:]] == [
        f"Giao chỉ tiêu 1.10, 2.6 ở bước “Tự đánh giá, lập hồ sơ đề nghị thẩm định” cho {COLLEAGUE}.",
        f"Nhận lại chỉ tiêu 2.6 ở bước “Tự đánh giá, lập hồ sơ đề nghị thẩm định” đã giao cho {COLLEAGUE}.",
    ]
    assert nothing_is_wrong()


def test_rows_follow_what_becomes_of_the_task_and_of_people(core: Flask) -> None:
    _, task_id, colleague_id = a_held_task()
    third = a_colleague("xa-thidu-nguoiba")
    given(task_id, colleague_id, "2.6", "3.2")

    given(task_id, third, "3.2", by=LEADER)  # from one to the other: both are told
    assert row_owners(task_id) == {"2.6": colleague_id, "3.2": third}
    assert told_to(colleague_id)[-1] == "Không còn giao cho ông/bà chỉ tiêu 3.2 – UBND xã Thí Dụ"

    hand_over_task(task_id=task_id, to=third, by=person(OFFICER), now=NOON)
    cell(task_id, "criteria.2.6.raw", "60%", COLLEAGUE)  # rows outlast who holds the task
    answers = story_answers("self_assess")
    rev = current_rev(task_id)
    submit_for_signature(
        task_id=task_id, answers=answers, seen_rev=rev, by=person("xa-thidu-nguoiba"), now=NOON
    )
    assert "đã trình ký" in refused(WrongState, lambda: cell(task_id, "criteria.2.6.raw", "1%", COLLEAGUE))
    refused(WrongState, lambda: given(task_id, colleague_id, "1.1", by=LEADER))
    send_back_to_officer(task_id=task_id, reason="Xem lại 2.6", by=person(LEADER), now=NOON)
    cell(task_id, "criteria.2.6.raw", "61%", COLLEAGUE)

    with transaction() as session:
        day = (NOON - timedelta(days=1)).date()
        session.execute(update(Appointment).where(Appointment.user_id == colleague_id).values(valid_to=day))
    with pytest.raises(Exception) as left:  # noqa: PT011 - whatever it is, nothing is stored
        cell(task_id, "criteria.2.6.raw", "62%", COLLEAGUE)
    assert "quyền" in str(left.value)
    assert stored(task_id)["2.6"] == "61%"
    assert rows_of(task_id, colleague_id) == {"2.6"}
    refused(NotAllowed, lambda: given(task_id, colleague_id, "1.1", by=LEADER))


def test_rows_are_given_by_who_may_to_who_may(core: Flask) -> None:
    colleague_id, task_id = a_colleague(), open_task(an_open_case(), "self_assess")

    assert "chưa ai nhận" in refused(WrongState, lambda: given(task_id, colleague_id, "2.6"))
    assert given(task_id, colleague_id, "2.6", by=LEADER) == ("2.6",)
    cell(task_id, "criteria.2.6.raw", "60%", COLLEAGUE)  # and does not take the task by it
    db.session.rollback()
    assert db.session.get_one(Task, task_id).owner_id is None
    assign_task(task_id=task_id, to=person(OFFICER).id, by=person(LEADER), now=NOON)
    refused(TaskTaken, lambda: given(task_id, colleague_id, "3.2", by=COLLEAGUE))
    refused(NotAllowed, lambda: given(task_id, person("huyen-bimson-chuyenvien").id, "3.2"))
    refused(NotAllowed, lambda: given(task_id, person(LEADER).id, "3.2"))  # signs, does not prepare
    assert "không đánh giá chỉ tiêu 1.11" in refused(BadInput, lambda: given(task_id, colleague_id, "1.11"))
    refused(BadInput, lambda: given(task_id, colleague_id))
    refused(BadInput, lambda: given(task_id, uuid.uuid4(), "3.2"))


def test_separation_of_duties_holds_for_rows_too(core: Flask) -> None:
    give_seat(OFFICER, position_of("huyen-bimson-chuyenvien"))
    task_id = open_task(a_case_at("district_appraise"), "district_appraise")

    sentence = refused(
        SeparationOfDuties,
        lambda: given(task_id, person(OFFICER).id, "2.6", by="huyen-bimson-lanhdao"),
    )

    assert "ở cấp khác" in sentence


def test_who_filled_in_rows_has_acted_at_that_level(core: Flask) -> None:
    case_id, task_id, colleague_id = a_held_task()
    given(task_id, colleague_id, "2.6")
    cell(task_id, "criteria.2.6.raw", "54,4%", COLLEAGUE)
    answers, rev = story_answers("self_assess"), current_rev(task_id)
    submit_for_signature(task_id=task_id, answers=answers, seen_rev=rev, by=person(OFFICER), now=NOON)
    sign_task(task_id=task_id, by=person(LEADER), now=NOON)

    acted = {str(one) for one in (person(OFFICER).id, person(LEADER).id, colleague_id)}
    assert set(case_of(case_id).acts["self_assess"]) == acted
    assert f"(cùng ghi nội dung: {COLLEAGUE})." in [e.sentence for e in timeline(case_of(case_id))][-1]
    give_seat(COLLEAGUE, position_of("huyen-bimson-chuyenvien"))
    at_district = open_task(case_id, "district_appraise")
    appraised = partial(submit_for_signature, answers=story_answers("district_appraise"), seen_rev=0)
    assert "ở cấp khác" in refused(
        SeparationOfDuties, lambda: appraised(task_id=at_district, by=person(COLLEAGUE), now=NOON)
    )
    assert nothing_is_wrong()


def test_two_at_different_fields_both_succeed_and_at_the_same_one_neither_is_lost(either_core: Flask) -> None:
    _, task_id, colleague_id = a_held_task()
    given(task_id, colleague_id, "2.6", "3.2")
    cell(task_id, "criteria.2.6.raw", "50%", OFFICER)

    def typing(path: str, value: str, who: str) -> Callable[[], object]:
        return lambda: cell(task_id, path, value, who, seen_rev=1)

    answers = at_once(
        either_core,
        [typing("criteria.2.6.raw", "60%", COLLEAGUE), typing("criteria.1.1.raw", "Có", OFFICER)],
    )
    assert sorted(answers) == [2, 3]
    assert stored(task_id) == {"1.1": "Có", "2.6": "60%"}

    with pytest.raises(FieldsChanged) as refusal:
        cell(task_id, "criteria.2.6.raw", "61%", OFFICER, seen_rev=1)
    (clash,) = refusal.value.clashes
    assert (clash.path, clash.mine, clash.theirs) == ("criteria.2.6.raw", "61%", "60%")
    assert (clash.stamp.by, clash.stamp.at) == (colleague_id, NOON)
    assert stored(task_id)["2.6"] == "60%"

    both = Typed(
        {"criteria": {"2.6": {"raw": "61%"}, "3.2": {"raw": "66,1%"}}},
        1,
        frozenset({"criteria.2.6.raw", "criteria.3.2.raw"}),
    )
    kept = save_fields(task_id=task_id, typed=both, leave_clashes=True, by=person(OFFICER), now=NOON)
    assert [one.path for one in kept.clashes] == ["criteria.2.6.raw"]
    assert (stored(task_id)["2.6"], stored(task_id)["3.2"]) == ("60%", "66,1%")
    assert cell(task_id, "criteria.2.6.raw", "61%", OFFICER, seen_rev=kept.rev) == kept.rev + 1
    assert cell(task_id, "criteria.2.6.raw", "61%", COLLEAGUE, seen_rev=1)  # the same words clash with nobody
