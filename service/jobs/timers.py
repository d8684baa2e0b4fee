"""Timers are rows: whoever sees a due one first fires it, late ones too, in order.

One process fires in the order of due times. Of several at once each takes what the others do not hold just
then, and the timers of one case still fire in their order. A timer that cannot be fired rests and is tried
again: it holds up nobody, and an administrator sees it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, bindparam, exists, literal_column, or_, select, tuple_, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from service.audit.operations import SYSTEM
from service.database import AnyRow, as_shortage, db, table_of, transaction
from service.engine import runtime
from service.errors import CaseChangedMeanwhile, Unavailable
from service.models import Case, Timer
from service.processes.queries import procedure
from service.processes.statements import CASE_COLUMNS
from service.processes.steps import apply_step, context_for
from service.trace import tracing

log = structlog.get_logger(__name__)

CHUNK = 200
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
        for number, (timer_id, _) in enumerate(chunk):
            # One at least: where looking them up alone takes all the time, none would ever fire.
            if fired >= most or ((number or fired) and not keep_on()):
                return fired
            earliest_set = _fire(timer_id, now)
            if earliest_set is None:
                passed_over.add(timer_id)
                continue
            fired += 1
            if number + 1 < len(chunk) and earliest_set <= min(now, chunk[number + 1].due_at):
                break
    return fired


def _due(now: datetime, passed_over: set[uuid.UUID]) -> list[AnyRow]:
    db.session.rollback()
    query = (
        select(Timer.id, Timer.due_at)
        .where(Timer.state == "set", Timer.due_at <= now, _awake(Timer, now))
        .order_by(Timer.due_at, Timer.id)
        .limit(CHUNK)
    )
    if passed_over:
        query = query.where(Timer.id.not_in(passed_over))
    return list(db.session.execute(query))


def _first_of_case() -> Any:
    """The timer with its case, if no other of the case comes before it and nobody else holds the case."""
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
        .where(and_(Timer.id == bindparam("of_timer"), Timer.state == "set", ~before))
        # The case first, as every act on it does: who takes the two crosswise stops the other.
        .with_for_update(of=Case, skip_locked=True)
    )


_FIRST_OF_CASE = _first_of_case()
_TIMER = table_of(Timer)
_FIRED = (
    update(_TIMER).where(_TIMER.c.id == bindparam("of_timer"), _TIMER.c.state == "set").values(state="fired")
)


def _fire(timer_id: uuid.UUID, now: datetime) -> datetime | None:
    """Fire one; the earliest due time that this set (or the end of time). None: not fired here."""
    try:
        with tracing(), transaction() as session:
            return _step(session.connection(), timer_id, now)
    except CaseChangedMeanwhile:
        return None  # the case moved first: the timer is cleared, or is looked at again on the next pass
    except Exception as error:  # one bad timer must not hold up the others
        db.session.rollback()
        if isinstance(error, Unavailable) or as_shortage(error) is not None:
            raise  # nothing is wrong with the timer
        _rest(timer_id, now, error)
        return None


def _step(connection: Connection, timer_id: uuid.UUID, now: datetime) -> datetime | None:
    case = connection.execute(
        _FIRST_OF_CASE, {"of_timer": timer_id, "now": now, "rested": now + LONGEST_REST}
    ).one_or_none()
    if case is None:
        return None
    bundle = procedure(case.process_version_id)
    at = max(now, case.last_event_at)
    context, deadlines = context_for(connection, case, bundle, [case.timer_element], at)
    step = runtime.fire_timer(bundle.definition, case.state, case.timer_ref, context)
    apply_step(
        connection,
        case,
        bundle,
        step,
        kind="timer_fired",
        data={"timer": case.timer_ref, "element": case.timer_element},
        by=SYSTEM,
        now=at,
        deadlines=deadlines,
    )
    if connection.execute(_FIRED, {"of_timer": timer_id}).rowcount != 1:
        raise CaseChangedMeanwhile()
    return min([timer.due_at for timer in (*step.timers_set, *step.timers_moved)] + [NEVER])


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
