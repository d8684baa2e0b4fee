"""Timers are rows: whoever sees a due one first fires it, late ones too, in order.

One process fires in the order of due times. Of several at once each takes what the others do not hold just
then, and the timers of one case still fire in their order. A timer that cannot be fired rests and is tried
again: it holds up nobody, and an administrator sees it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, bindparam, exists, literal_column, or_, select, tuple_, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from service.audit.operations import ADD_EVENT, SYSTEM
from service.database import AnyRow, as_shortage, db, transaction
from service.engine import runtime
from service.errors import CaseChangedMeanwhile, Unavailable
from service.models import Case, Timer
from service.processes.queries import procedure
from service.processes.statements import CASE_COLUMNS, FIRE_TIMER
from service.processes.steps import Writes, context_for
from service.trace import tracing

log = structlog.get_logger(__name__)

CHUNK = 200
# So many cases at most are held for the time it takes to move them all: a tenth of a second.
TOGETHER = 25
NEVER = datetime.max.replace(tzinfo=UTC)
FIRST_REST_SECONDS = 30
LONGEST_REST = timedelta(hours=1)
# Beyond so many that others hold just then, the next pass does better than going on.
MOST_PASSED_OVER = 1000


def _awake(timer: Any, now: Any) -> ColumnElement[bool]:
    """Not resting after a failure; a rest longer than rests are was written by a clock that ran ahead."""
    return or_(timer.retry_at.is_(None), timer.retry_at <= now, timer.retry_at > now + LONGEST_REST)


def fire_due(now: datetime, most: int = 1000, *, keep_on: Callable[[], bool] = lambda: True) -> int:
    """Fire timers that are due, oldest first, while `keep_on`; returns how many fired here.

    They are looked up in chunks. Where a firing sets another one that is due before the next of its chunk,
    the chunk is looked up anew: after a standstill things happen in the order in which they were due.
    """
    fired = 0
    passed_over: set[uuid.UUID] = set()
    while fired < most and len(passed_over) < MOST_PASSED_OVER:
        chunk = _due(now, passed_over)
        if not chunk:
            break
        number = alone = 0
        while number < len(chunk):
            # One at least: where looking them up alone takes all the time, none would ever fire.
            if fired >= most or ((number or fired) and not keep_on()):
                return fired
            some = chunk[number : number + min(1 if alone else TOGETHER, most - fired)]
            done = _fire(some, now, keep_on)
            if done is None:
                alone = len(some)
                continue
            alone = max(0, alone - done.looked_at)
            fired += done.fired
            passed_over |= done.passed_over
            number += done.looked_at
            if done.set_an_earlier_one:
                break
    return fired


@dataclass
class _Done:
    """What became of some timers in a row, from the first on."""

    fired: int = 0
    looked_at: int = 0
    passed_over: set[uuid.UUID] = field(default_factory=set)
    set_an_earlier_one: bool = False


def _due(now: datetime, passed_over: set[uuid.UUID]) -> list[AnyRow]:
    db.session.rollback()
    query = (
        select(Timer.id, Timer.case_id, Timer.due_at)
        .where(Timer.state == "set", Timer.due_at <= now, _awake(Timer, now))
        .order_by(Timer.due_at, Timer.id)
        .limit(CHUNK)
    )
    if passed_over:
        query = query.where(Timer.id.not_in(passed_over))
    return list(db.session.execute(query))


def _first_of_case() -> Any:
    """Timers with their cases, where no other of the case comes before and nobody else holds the case."""
    earlier = aliased(Timer)
    before = exists(
        select(literal_column("1")).where(
            earlier.case_id == Timer.case_id,
            earlier.state == "set",
            tuple_(earlier.due_at, earlier.id) < tuple_(Timer.due_at, Timer.id),
            or_(
                earlier.retry_at.is_(None),
                earlier.retry_at <= bindparam("now"),
                earlier.retry_at > bindparam("rested"),
            ),
        )
    )
    return (
        select(
            Timer.id.label("timer_id"),
            Timer.ref.label("timer_ref"),
            Timer.element.label("timer_element"),
            *CASE_COLUMNS,
        )
        .join(Case, Case.id == Timer.case_id)
        .where(and_(Timer.id.in_(bindparam("of_timers", expanding=True)), Timer.state == "set", ~before))
        # The case first, as every act on it does: who takes the two crosswise stops the other.
        .with_for_update(of=Case, skip_locked=True)
    )


_FIRST_OF_CASE = _first_of_case()


def _held(connection: Connection, timers: Sequence[AnyRow], now: datetime) -> dict[uuid.UUID, AnyRow]:
    """Those of `timers` that may fire now, with their cases, which nobody else moves until the commit."""
    rows = connection.execute(
        _FIRST_OF_CASE,
        {"of_timers": [timer.id for timer in timers], "now": now, "rested": now + LONGEST_REST},
    )
    return {row.timer_id: row for row in rows}


def _fire(timers: Sequence[AnyRow], now: datetime, keep_on: Callable[[], bool]) -> _Done | None:
    """Fire timers of different cases in one transaction, from the first on. None: none, try them singly.

    A commit waits for the disk, and a statement costs more than one of its rows. Whatever goes wrong with
    one takes back all.
    """
    try:
        with transaction() as session:
            return _steps(session.connection(), timers, now, keep_on)
    except Exception as error:
        db.session.rollback()
        # The case moved first: the timer is cleared, or is looked at again on the next pass.
        moved = isinstance(error, CaseChangedMeanwhile)
        if not moved and (isinstance(error, Unavailable) or as_shortage(error) is not None):
            raise  # nothing is wrong with the timer
        if len(timers) > 1:
            return None  # whose fault it is shows when they are tried one by one
        if not moved:
            _rest(timers[0].id, now, error)
        return _Done(looked_at=1, passed_over={timers[0].id})


def _steps(
    connection: Connection, timers: Sequence[AnyRow], now: datetime, keep_on: Callable[[], bool]
) -> _Done:
    held = _held(connection, timers, now)
    writes, events, done = Writes(), [], _Done()
    cases: set[uuid.UUID] = set()
    earliest_set = NEVER
    for timer in timers:
        if done.looked_at and not keep_on():
            break
        if timer.case_id in cases:
            break  # of a case that has only just moved: read again after the commit
        if earliest_set <= min(now, timer.due_at):
            done.set_an_earlier_one = True
            break
        done.looked_at += 1
        case = held.get(timer.id)
        if case is None:
            done.passed_over.add(timer.id)
            continue
        with tracing():
            event, sets = _step(connection, case, now, writes)
        events.append(event)
        cases.add(case.id)
        earliest_set = min(earliest_set, sets)
        done.fired += 1
    if events:
        writes.add(ADD_EVENT, *events)
        writes.run(connection)
    done.set_an_earlier_one |= earliest_set <= now
    return done


def _step(
    connection: Connection, case: AnyRow, now: datetime, writes: Writes
) -> tuple[Mapping[str, Any], datetime]:
    """Compute one and note what it writes: its event, and the earliest due time that it sets."""
    bundle = procedure(case.process_version_id)
    at = max(now, case.last_event_at)
    context, deadlines = context_for(connection, case, bundle, [case.timer_element], at)
    step = runtime.fire_timer(bundle.definition, case.state, case.timer_ref, context)
    event = writes.add_step(
        case,
        bundle,
        step,
        kind="timer_fired",
        data={"timer": case.timer_ref, "element": case.timer_element},
        by=SYSTEM,
        now=at,
        deadlines=deadlines,
    )
    writes.add(FIRE_TIMER, {"of_timer": case.timer_id})
    return event, min([timer.due_at for timer in (*step.timers_set, *step.timers_moved)] + [NEVER])


def _rest(timer_id: uuid.UUID, now: datetime, error: Exception) -> None:
    """Note what went wrong, and when to try again; a timer that is no longer set needs neither."""
    with transaction() as session:
        attempts = session.execute(
            select(Timer.attempts).where(Timer.id == timer_id, Timer.state == "set").with_for_update()
        ).scalar_one_or_none()
        if attempts is None:
            return
        pause = min(FIRST_REST_SECONDS * 2**attempts, LONGEST_REST.total_seconds())
        session.execute(
            update(Timer)
            .where(Timer.id == timer_id)
            .values(
                attempts=attempts + 1,
                retry_at=now + timedelta(seconds=pause),
                last_error=repr(error)[:2000],
            )
        )
    log.error("timer failed", timer=str(timer_id), attempt=attempts + 1, error=repr(error))
