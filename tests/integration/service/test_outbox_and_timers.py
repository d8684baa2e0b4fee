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
from sqlalchemy import insert, select, update

from service.database import db, transaction
from service.errors import BadDefinition
from service.jobs import outbox
from service.jobs.abandoned import DIED, ClaimWatch, release_abandoned
from service.jobs.outbox import CLAIM, LONGEST_PAUSE, MOST_ATTEMPTS, claim, deliver, drain
from service.jobs.stopwatch import Watch
from service.jobs.timers import LONGEST_REST, fire_due
from service.models import Case, Event, OutboxRow, Timer
from service.processes.publishing import publish_version
from service.tasks.operations import complete_task
from tests.builders import NOON, case_of, open_task, person
from tests.integration.service.conftest import Stopwatch
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


def a_row(name: str, case_id: uuid.UUID | None = None, available_at: datetime = NOON) -> None:
    with transaction() as session:
        session.execute(
            insert(OutboxRow).values(
                kind="test",
                case_id=case_id,
                payload={"name": name},
                available_at=available_at,
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
    # Twice as long each time, at most half an hour, less up to a quarter.
    wholes = [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800, 1800]
    assert all(0.75 * whole <= wait <= whole for wait, whole in zip(waits, wholes, strict=True))


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


SECOND = timedelta(seconds=1)
JUMPS = [timedelta(0), timedelta(days=400), timedelta(days=-400), timedelta(minutes=-20)]


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_a_claim_of_a_process_that_died_is_taken_again_whatever_the_clock_says(
    core: Flask, time_passing: Stopwatch, jump: timedelta
):
    a_row("a")
    watch: ClaimWatch = Watch()

    with handled_by(nothing) as done:
        assert claim(NOON) is not None  # and this dispatcher dies
        assert release_abandoned(watch, NOON + jump) == 0
        time_passing.pass_by(CLAIM)
        assert release_abandoned(watch, NOON + jump) == 0
        assert drain(NOON + jump) == 0  # it might still be at it
        time_passing.pass_by(SECOND)
        assert release_abandoned(watch, NOON + jump) == 1
        assert drain(NOON + jump) == 1

    assert done == ["a"]


def test_a_second_attempt_is_not_taken_for_the_first(core: Flask, time_passing: Stopwatch):
    a_row("a")
    watch: ClaimWatch = Watch()

    with handled_by(fails):
        outbox_id = claim(NOON) or 0
        release_abandoned(watch, NOON)
        time_passing.pass_by(CLAIM)
        deliver(outbox_id, NOON)
        assert claim(NOON + 5 * SECOND) == outbox_id
        time_passing.pass_by(SECOND)

        assert release_abandoned(watch, NOON) == 0


def test_a_row_at_which_every_process_dies_is_left_dead(core: Flask, time_passing: Stopwatch):
    a_row("a")
    watch: ClaimWatch = Watch()

    with handled_by(nothing):
        for _ in range(MOST_ATTEMPTS):
            assert claim(NOON) is not None  # and this process dies
            release_abandoned(watch, NOON)
            time_passing.pass_by(CLAIM + SECOND)
            release_abandoned(watch, NOON)

        assert claim(NOON) is None
    assert (outbox_rows()[0].state, outbox_rows()[0].last_error) == ("dead", DIED)


@pytest.mark.parametrize("back", [timedelta(minutes=20), timedelta(days=400)], ids=str)
def test_a_clock_set_back_stalls_no_delivery(core: Flask, back: timedelta):
    a_row("fresh")
    with handled_by(nothing) as done:
        drain(NOON - back)
    assert done == ["fresh"]

    a_row("tried")
    with handled_by(fails):
        for minutes in (0, 1, 2, 3):
            drain(NOON + timedelta(minutes=minutes))
    with handled_by(nothing) as done:
        # Paused by a clock that was ahead: at the latest after the longest pause by the clock that is right.
        drain(NOON - back + LONGEST_PAUSE)
    assert done == ["tried"]


def test_a_row_that_was_put_off_waits_for_its_time(core: Flask):
    a_row("later", available_at=NOON + timedelta(hours=2))

    with handled_by(nothing) as done:
        drain(NOON + timedelta(hours=1))
        assert done == []
        drain(NOON + timedelta(hours=2))

    assert done == ["later"]


def test_a_dispatcher_that_was_too_slow_does_not_undo_what_another_did(
    either_core: Flask, time_passing: Stopwatch
):
    a_row("a")
    watch: ClaimWatch = Watch()

    def slow(name: str) -> None:
        release_abandoned(watch, NOON)
        time_passing.pass_by(CLAIM + SECOND)
        assert release_abandoned(watch, NOON) == 1
        with handled_by(nothing):
            assert drain(NOON) == 1
        raise Fault(name)

    with handled_by(slow):
        deliver(claim(NOON) or 0, NOON)

    assert outbox_rows()[0].state == "done"


def test_the_rest_of_a_batch_is_given_back_when_its_time_runs_out(core: Flask, time_passing: Stopwatch):
    for name in "abc":
        a_row(name)

    def slow(name: str) -> None:
        time_passing.pass_by(CLAIM / 3)

    with handled_by(slow) as done:
        drain(NOON, most=3)

    assert done == ["a", "b", "c"]
    assert [row.attempts for row in outbox_rows()] == [1, 1, 1]
    assert all(row.claimed_until is None for row in outbox_rows())


def test_a_dispatcher_that_is_told_to_stop_finishes_one_delivery_and_gives_the_others_back(core: Flask):
    for name in "abc":
        a_row(name)

    with handled_by(nothing) as done:
        assert drain(NOON, keep_on=lambda: not done) == 1

    assert [(row.state, row.attempts) for row in outbox_rows()] == [
        ("done", 1),
        ("waiting", 0),
        ("waiting", 0),
    ]
    assert all(row.claimed_until is None for row in outbox_rows())


def test_where_claiming_takes_all_the_time_something_is_delivered_all_the_same(core: Flask):
    a_row("a")
    a_row("b")
    turns = iter([True])  # the time is over once the rows are claimed

    with handled_by(nothing) as done:
        assert drain(NOON, keep_on=lambda: next(turns, False)) == 1

    assert done == ["a"]


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
    before = everything_but_timers()

    for number in range(20):
        with suppress(Fault), a_fault_at(number):
            fire_due(DUE + number * LONGEST_REST)
        if fired(case_id):
            break
        assert everything_but_timers() == before
        assert timer_states(case_id) == ["set"]

    # Every statement before its commit was tried; PostgreSQL writes a step's rows by one.
    assert number >= (4 if db.engine.dialect.name == "postgresql" else 6)
    assert fired(case_id) == ["late"]
    assert nothing_is_wrong()


def everything_but_timers() -> dict[str, list[tuple[Any, ...]]]:
    """A timer notes that its firing failed, and nothing else does."""
    return {name: rows for name, rows in everything_stored().items() if name != "timer"}


def spoil(case_id: uuid.UUID) -> bytes:
    """The case's state is unreadable; returns what it was."""
    state = case_of(case_id).state
    with transaction() as session:
        session.execute(update(Case).where(Case.id == case_id).values(state=b"{}"))
    return state


def mend(case_id: uuid.UUID, state: bytes) -> None:
    with transaction() as session:
        session.execute(update(Case).where(Case.id == case_id).values(state=state))


def timer_of(case_id: uuid.UUID) -> Timer:
    db.session.rollback()
    return db.session.scalars(
        select(Timer).where(Timer.case_id == case_id).execution_options(populate_existing=True)
    ).one()


def test_a_timer_that_cannot_fire_rests_longer_and_longer_and_holds_up_nobody(either_core: Flask):
    procedure = looping_procedure()
    poisoned, sound = a_case_of(procedure), a_case_of(procedure, year=2024)
    state = spoil(poisoned)

    now, rests = DUE, []
    for _ in range(9):
        fire_due(now)
        timer = timer_of(poisoned)
        rests.append((timer.retry_at - now).total_seconds() if timer.retry_at else None)
        assert fire_due(now + timedelta(seconds=1)) == 0
        now = timer.retry_at or now

    assert fired(sound) == ["late"]
    assert rests == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert (timer.state, timer.attempts, timer.last_error != "") == ("set", 9, True)

    mend(poisoned, state)
    assert fire_due(now) == 1
    assert (fired(poisoned), nothing_is_wrong()) == (["late"], True)


def test_a_clock_set_back_does_not_let_a_timer_rest_for_ever(core: Flask):
    case_id = a_case_of(looping_procedure())
    state = spoil(case_id)
    fire_due(DUE + timedelta(days=400))  # by a clock that was ahead
    mend(case_id, state)

    assert fire_due(DUE) == 1


def test_timers_of_one_case_fire_in_order_whoever_fires_them(either_core: Flask):
    case_id = a_case_of(three_timers())
    late = NOON + timedelta(days=100)

    assert sum(at_once(either_core, [partial(fire_due, late)] * 4)) + fire_due(late) == 3

    assert fired(case_id) == ["first", "second", "third"]
    assert nothing_is_wrong()


def test_a_person_who_acts_while_the_timer_fires_is_not_stopped_nor_stops_it(either_core: Flask):
    case_id = a_case_of(looping_procedure())
    task_id, officer = open_task(case_id, "work"), person("xa-thidu-chuyenvien")
    act = partial(complete_task, task_id=task_id, answers={"action": "again"}, by=officer, now=DUE)

    answers = at_once(either_core, [act, partial(fire_due, DUE)])

    assert not any(isinstance(answer, Exception) for answer in answers)
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
