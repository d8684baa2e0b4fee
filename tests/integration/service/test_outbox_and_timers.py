"""What a commit promised happens once, in order, in spite of failures; timers fire when due."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from flask import Flask
from sqlalchemy import insert, select

from service.database import db, transaction
from service.errors import BadDefinition
from service.jobs import outbox
from service.jobs.outbox import CLAIM, MOST_ATTEMPTS, claim, deliver, drain
from service.jobs.timers import fire_due
from service.models import Event, OutboxRow, Timer
from service.processes.publishing import publish_version
from service.tasks.operations import complete_task
from tests.builders import NOON, open_task, person
from tests.integration.service.scenes import (
    Fault,
    a_case_of,
    a_fault_at,
    at_once,
    everything_stored,
    looping_procedure,
    nothing_is_wrong,
    outbox_rows,
    published,
)
from tests.unit.engine.drawing import Drawing


@contextmanager
def handled_by(handler: Any) -> Iterator[list[str]]:
    """Rows of kind *test* go to `handler(name)`; the names that came through, in order."""
    done: list[str] = []

    def handle(*, case_id: uuid.UUID | None, payload: dict[str, Any], now: datetime, outbox_id: int) -> None:
        handler(payload["name"])
        done.append(payload["name"])

    with patch.object(outbox, "HANDLERS", {"test": handle}):
        yield done


def a_row(name: str, case_id: uuid.UUID | None = None) -> None:
    with transaction() as session:
        session.execute(
            insert(OutboxRow).values(
                kind="test",
                case_id=case_id,
                payload={"name": name},
                available_at=NOON,
                created_at=NOON,
            )
        )


def fails(name: str) -> None:
    raise Fault(name)


def nothing(name: str) -> None:
    pass


def test_a_failed_delivery_is_tried_again_later_and_later_and_at_last_left_dead(either_core: Flask):
    a_row("a")
    now, waits = NOON, []

    with handled_by(fails):
        for _ in range(MOST_ATTEMPTS):
            assert drain(now) == 0
            row = outbox_rows()[0]
            waits.append((row.available_at - now).total_seconds())
            assert drain(now) == 0  # not before its time
            assert outbox_rows()[0].attempts == row.attempts
            now = row.available_at

    row = outbox_rows()[0]
    assert (row.state, row.attempts, "Fault" in row.last_error) == ("dead", MOST_ATTEMPTS, True)
    assert waits[:4] == [5, 10, 20, 40]


def test_a_row_that_failed_once_succeeds_later(either_core: Flask):
    a_row("a")
    with handled_by(fails):
        drain(NOON)

    with handled_by(nothing) as done:
        drain(NOON + timedelta(seconds=5))

    assert (done, outbox_rows()[0].state) == (["a"], "done")


def test_rows_of_one_case_are_delivered_in_order_and_others_do_not_wait(either_core: Flask):
    first, second = uuid.uuid4(), uuid.uuid4()
    for name, case_id in (("1a", first), ("1b", first), ("2a", second), ("1c", first)):
        a_row(name, case_id)

    with handled_by(lambda name: fails(name) if name == "1a" else None) as done:
        drain(NOON)
    assert done == ["2a"]

    with handled_by(nothing) as done:
        drain(NOON + timedelta(seconds=5))
    assert done == ["1a", "1b", "1c"]


def test_a_claim_that_was_lost_is_taken_again_after_its_time(either_core: Flask):
    a_row("a")

    with handled_by(nothing) as done:
        assert claim(NOON) is not None  # and this dispatcher dies
        assert claim(NOON + CLAIM) is None
        assert drain(NOON + CLAIM + timedelta(seconds=1)) == 1

    assert done == ["a"]


def test_a_dispatcher_that_was_too_slow_does_not_undo_what_another_did(either_core: Flask):
    a_row("a")
    later = NOON + CLAIM + timedelta(seconds=1)

    def slow(name: str) -> None:
        with handled_by(nothing):
            assert drain(later) == 1  # its claim had run out
        raise Fault(name)

    with handled_by(slow):
        deliver(claim(NOON) or 0, NOON)

    assert outbox_rows()[0].state == "done"


def test_four_dispatchers_deliver_thirty_rows_once_each(either_core: Flask):
    cases = [uuid.uuid4() for _ in range(3)]
    for number in range(30):
        a_row(f"{number:02}", cases[number % 3])

    with handled_by(nothing) as done:
        at_once(either_core, [partial(drain, NOON)] * 4)
        drain(NOON)

    assert sorted(done) == [f"{number:02}" for number in range(30)]
    for index in range(3):
        of_case = [name for name in done if int(name) % 3 == index]
        assert of_case == sorted(of_case)


def timer_states(case_id: uuid.UUID) -> list[str]:
    db.session.rollback()
    rows = db.session.execute(
        select(Timer.state).where(Timer.case_id == case_id).order_by(Timer.due_at, Timer.ref)
    )
    return list(rows.scalars())


def fired(case_id: uuid.UUID) -> list[str]:
    db.session.rollback()
    rows = db.session.execute(
        select(Event.body)
        .where(Event.stream_id == str(case_id), Event.type == "timer_fired")
        .order_by(Event.seq)
    )
    return [orjson.loads(body)["data"]["element"] for body in rows.scalars()]


DUE = NOON + timedelta(days=30)


def test_a_timer_fires_when_it_is_due_and_not_before(either_core: Flask):
    case_id = a_case_of(looping_procedure())

    assert fire_due(DUE - timedelta(seconds=1)) == 0
    assert fire_due(DUE) == 1

    assert timer_states(case_id) == ["fired"]
    assert nothing_is_wrong()


def test_two_passes_at_once_fire_a_timer_once(either_core: Flask):
    case_id = a_case_of(looping_procedure())

    counts = at_once(either_core, [partial(fire_due, DUE)] * 3)

    assert sum(counts) == 1
    assert fired(case_id) == ["late"]
    assert nothing_is_wrong()


def test_the_timer_of_a_completed_task_does_not_fire(either_core: Flask):
    case_id = a_case_of(looping_procedure())
    complete_task(
        task_id=open_task(case_id, "work"),
        answers={"action": "done"},
        by=person("xa-thidu-chuyenvien"),
        now=NOON,
    )

    assert fire_due(DUE) == 0
    assert (timer_states(case_id), fired(case_id)) == (["cleared"], [])


def three_timers() -> str:
    drawing = Drawing("timers")
    drawing.start()
    drawing.task("work")
    drawing.end()
    drawing.chain("opened", "work", "done")
    for name, days in (("third", 3), ("first", 1), ("second", 2)):
        drawing.boundary(name, "work", drawing.timer("timeDuration", f"P{days}D"), interrupting=False)
        drawing.node("endEvent", f"{name}_told")
        drawing.flow(name, f"{name}_told")
    return published(drawing)


def test_after_a_standstill_late_timers_fire_in_the_order_in_which_they_were_due(core: Flask):
    case_id = a_case_of(three_timers())

    assert fire_due(NOON + timedelta(days=100)) == 3

    assert fired(case_id) == ["first", "second", "third"]
    assert nothing_is_wrong()


def test_a_repeating_timer_catches_up_in_order_with_the_others(core: Flask):
    drawing = Drawing("reminders")
    drawing.start()
    drawing.task("work")
    drawing.end()
    drawing.chain("opened", "work", "done")
    for name, form, when in (("daily", "timeCycle", "R3/P1D"), ("once", "timeDuration", "P2DT12H")):
        drawing.boundary(name, "work", drawing.timer(form, when), interrupting=False)
        drawing.node("endEvent", f"{name}_told")
        drawing.flow(name, f"{name}_told")
    case_id = a_case_of(published(drawing))

    for _ in range(4):
        fire_due(NOON + timedelta(days=10))

    assert sorted(fired(case_id)) == ["daily", "daily", "daily", "once"]
    assert nothing_is_wrong()


def test_a_crash_at_any_statement_while_firing_leaves_the_timer_set(core: Flask):
    case_id = a_case_of(looping_procedure())
    before = everything_stored()

    for number in range(20):
        with suppress(Fault), a_fault_at(number):
            fire_due(DUE)
        if everything_stored() != before:
            break

    assert number >= 6  # every statement before its commit was tried
    assert fired(case_id) == ["late"]
    assert nothing_is_wrong()


def test_a_diagram_with_work_that_no_service_does_is_not_published(core: Flask):
    drawing = Drawing("unserved")
    drawing.start()
    drawing.job("notify")
    drawing.end()
    drawing.chain("opened", "notify", "done")

    with pytest.raises(BadDefinition) as refused:
        publish_version(
            diagram=drawing.xml(),
            forms={},
            catalogue="qd-1829",
            legal_basis="thử",
            effective_on=NOON.date(),
            now=NOON,
        )

    assert [problem["rule"] for problem in refused.value.details["problems"]] == ["known-job"]
