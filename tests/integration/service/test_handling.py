"""Who looks after a task: assigned, handed over, delegated and given back; on record, never across a rule."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from service.audit.queries import case_events
from service.cases.timeline import timeline
from service.database import db, transaction
from service.errors import BadInput, NotAllowed, SeparationOfDuties, TaskTaken, WrongState
from service.identity.operations import give_role
from service.jobs.announcing import announce_due
from service.models import Event, Notification, Task, User
from service.tasks.bulk import for_each
from service.tasks.colleagues import colleagues_for
from service.tasks.handling import (
    assign_task,
    delegate_task,
    give_back_task,
    hand_over_task,
)
from service.tasks.operations import claim_task, release_task
from service.tasks.pressing import set_follow_up, set_priority
from service.tasks.queries import read_task
from service.tasks.received import handed_to
from tests.builders import NOON, a_case_at, an_open_case, case_of, hand_up, open_task, person, story_answers
from tests.integration.service.scenes import give_seat, nothing_is_wrong, position_of

OFFICER, LEADER, COLLEAGUE = "xa-thidu-chuyenvien", "xa-thidu-lanhdao", "xa-thidu-dongnghiep"


def a_colleague(username: str = COLLEAGUE, role: str = "officer", unit: str = "xa-thi-du") -> uuid.UUID:
    """Another person of the unit, named after their account."""
    user_id = uuid.uuid4()
    values = {"username": username, "display_name": username, "password_hash": "", "created_at": NOON}
    with transaction() as session:
        session.execute(insert(User).values(id=user_id, must_change_password=False, **values))
    give_role(username=username, role=role, unit_code=unit, now=NOON)
    return user_id


def held(task_id: uuid.UUID) -> tuple[uuid.UUID | None, uuid.UUID | None, str]:
    """(owner, who delegated it, state)"""
    db.session.rollback()
    row = db.session.execute(
        select(Task.owner_id, Task.delegated_by, Task.state).where(Task.id == task_id)
    ).one()
    return row.owner_id, row.delegated_by, row.state


def refused(kind: type[Exception], act: Callable[..., None], **given: object) -> str:
    before = held(given["task_id"])  # type: ignore[arg-type]
    with pytest.raises(kind) as caught:
        act(now=NOON, **given)
    assert held(given["task_id"]) == before  # type: ignore[arg-type]
    return str(caught.value)


def test_a_task_goes_from_hand_to_hand_and_the_case_tells_it(either_core: Flask) -> None:
    colleague_id = a_colleague()
    case_id = an_open_case()
    task_id = open_task(case_id, "self_assess")
    officer, leader, colleague = person(OFFICER), person(LEADER), person(COLLEAGUE)

    assign_task(task_id=task_id, to=officer.id, by=leader, now=NOON, seen_owner="")
    assert held(task_id) == (officer.id, None, "reserved")
    announce_due(NOON)
    told = db.session.scalars(select(Notification.title).where(Notification.user_id == officer.id)).all()
    assert [title for title in told if title.startswith("Việc được chuyển đến ông/bà: Tự đánh giá")]
    assert handed_to(officer) == {task_id}

    delegate_task(task_id=task_id, to=colleague_id, by=officer, now=NOON)
    assert held(task_id) == (colleague_id, officer.id, "reserved")
    assert "trả lại người nhờ" in refused(
        WrongState, delegate_task, task_id=task_id, to=officer.id, by=colleague
    )
    refused(TaskTaken, hand_over_task, task_id=task_id, to=colleague_id, by=officer)
    give_back_task(task_id=task_id, by=colleague, now=NOON)
    assert held(task_id) == (officer.id, None, "reserved")
    refused(WrongState, give_back_task, task_id=task_id, by=officer)

    hand_over_task(task_id=task_id, to=colleague_id, by=officer, now=NOON, seen_owner=str(officer.id))
    delegate_task(task_id=task_id, to=officer.id, by=colleague, now=NOON)
    release_task(task_id=task_id, by=officer, now=NOON)
    assert held(task_id) == (None, None, "ready")

    name = f"“{read_task(task_id, officer).name}”"
    assert [entry.sentence for entry in timeline(case_of(case_id))[1:-1]] == [
        f"Giao bước {name} cho {officer.name}.",
        f"Nhờ {COLLEAGUE} xử lý bước {name}.",
        f"Trả bước {name} lại cho {officer.name}, người đã nhờ xử lý.",
        f"Chuyển bước {name} cho {COLLEAGUE}.",
        f"Nhờ {officer.name} xử lý bước {name}.",
    ]
    assert nothing_is_wrong()


def test_a_task_is_given_only_to_who_may_do_it_by_who_may_give_it(core: Flask) -> None:
    a_colleague()
    case_id = an_open_case()
    task_id = open_task(case_id, "self_assess")
    officer, leader, stranger = person(OFFICER), person(LEADER), person("huyen-bimson-chuyenvien")
    colleague = person(COLLEAGUE)

    assert [one.id for one in colleagues_for(read_task(task_id, officer), officer, NOON)] == [colleague.id]
    assert colleagues_for(read_task(task_id, stranger), stranger, NOON) == []
    refused(NotAllowed, assign_task, task_id=task_id, to=colleague.id, by=officer)
    refused(NotAllowed, assign_task, task_id=task_id, to=stranger.id, by=leader)
    refused(NotAllowed, assign_task, task_id=task_id, to=leader.id, by=leader)  # signs, does not prepare
    refused(NotAllowed, hand_over_task, task_id=task_id, to=colleague.id, by=stranger)
    refused(BadInput, assign_task, task_id=task_id, to=uuid.uuid4(), by=leader)
    assert "Hãy nhận việc trước" in refused(
        WrongState, hand_over_task, task_id=task_id, to=colleague.id, by=officer
    )

    claim_task(task_id=task_id, by=officer, now=NOON)
    sentence = refused(TaskTaken, assign_task, task_id=task_id, to=colleague.id, by=leader, seen_owner="")
    assert officer.name in sentence  # who was faster
    delegate_task(task_id=task_id, to=colleague.id, by=officer, now=NOON)
    with transaction() as session:
        session.execute(update(User).where(User.id == officer.id).values(active=False))
    assert "Người nhờ không còn giữ vị trí" in refused(
        WrongState, give_back_task, task_id=task_id, by=colleague
    )


def test_separation_of_duties_holds_for_who_is_given_a_task(core: Flask) -> None:
    give_seat(OFFICER, position_of("huyen-bimson-chuyenvien"))
    give_seat("huyen-bimson-chuyenvien", position_of("huyen-bimson-lanhdao"))
    case_id = a_case_at("district_appraise")
    task_id = open_task(case_id, "district_appraise")
    leader, officer = person("huyen-bimson-lanhdao"), person("huyen-bimson-chuyenvien")

    sentence = refused(SeparationOfDuties, assign_task, task_id=task_id, to=person(OFFICER).id, by=leader)
    assert "ở cấp khác" in sentence

    hand_up(case_id, "district_appraise", officer.username, story_answers("district_appraise"))
    assert "Người soạn không tự ký" in refused(
        NotAllowed, assign_task, task_id=task_id, to=officer.id, by=leader
    )


def test_priority_and_follow_up_are_set_by_who_handles_and_change_no_deadline(either_core: Flask) -> None:
    case_id = an_open_case()
    task_id = open_task(case_id, "self_assess")
    officer, due = person(OFFICER), read_task(task_id, person(OFFICER)).due_on

    set_priority(task_id=task_id, priority=2, by=officer, now=NOON)
    set_priority(task_id=task_id, priority=2, by=officer, now=NOON)
    set_follow_up(task_id=task_id, day=date(2023, 11, 27), by=officer, now=NOON)

    task = read_task(task_id, officer)
    assert (task.priority, task.follow_up_on, task.due_on) == (2, date(2023, 11, 27), due)
    assert [event.type for event in case_events(case_id)] == ["case_opened", "task_priority_set"]
    access = db.session.scalars(select(Event.type).where(Event.stream == "access")).all()
    assert access == ["task_follow_up_set"]
    refused(BadInput, set_priority, task_id=task_id, priority=7, by=officer)
    refused(BadInput, set_follow_up, task_id=task_id, day=NOON.date() - timedelta(days=1), by=officer)
    refused(NotAllowed, set_priority, task_id=task_id, priority=5, by=person("kiemtra"))
    set_follow_up(task_id=task_id, day=None, by=officer, now=NOON)
    assert read_task(task_id, officer).follow_up_on is None
    assert nothing_is_wrong()


def test_each_row_of_many_stands_for_itself(core: Flask) -> None:
    a_colleague()
    free = open_task(an_open_case(), "self_assess")
    foreign = open_task(an_open_case("phuong-minh-hoa"), "self_assess")
    officer = person(OFFICER)

    first = for_each([free, foreign, free], lambda task: claim_task(task_id=task, by=officer, now=NOON))
    second = for_each([free], lambda task: claim_task(task_id=task, by=person(COLLEAGUE), now=NOON))

    assert [(one.task_id, type(one.refusal).__name__) for one in first] == [
        (free, "NoneType"),
        (foreign, "NotFound"),
    ]
    assert isinstance(second[0].refusal, TaskTaken)
    assert held(free)[0] == officer.id
    with pytest.raises(BadInput):
        for_each([], lambda _task: None)
