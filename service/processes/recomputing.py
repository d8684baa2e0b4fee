"""Setting right the open due dates and timers that changed holidays or deadlines move.

Each case in a transaction and with an event of its own; running it again finds what is still different, so
a crash in the middle loses nothing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case as sql_case
from sqlalchemy import literal, or_, update
from sqlalchemy.engine import Connection

from service.audit.operations import SYSTEM, Actor
from service.calendars.pending import EVERYTHING, clear_pending, pending_scopes
from service.database import AnyRow, db, transaction
from service.engine.errors import EngineError
from service.errors import CaseChangedMeanwhile
from service.models import Task
from service.models.cases import OPEN_STATES
from service.processes.changed_dates import Change
from service.processes.differences import AS_STORED, CaseDates, Look, open_cases
from service.processes.statements import READ_CASE, READ_HEAD
from service.processes.steps import append_case_event, apply_step

EVENT = "due_dates_recomputed"
ATTEMPTS = 5


@dataclass(frozen=True)
class Recomputed:
    """How many dates and timers were set right, in how many cases; what could not be computed, and why."""

    changed: int
    cases: int
    failed: tuple[str, ...]
    finished: bool


def recompute(
    *,
    reason: str,
    by: Actor = SYSTEM,
    now: datetime,
    scopes: frozenset[str] | None = None,
    most: int | None = None,
) -> Recomputed:
    """Set right every open due date and timer within `scopes` (None: what is noted as pending).

    `reason` says in Vietnamese what changed; it stands in each case's event. At most `most` cases are
    changed; `finished` False says that there is more to do. Timers keep their place in the diagram's state.
    """
    noted = pending_scopes()
    wanted = noted if scopes is None else scopes
    changed, cases = 0, 0
    failed: list[str] = []
    look = Look(AS_STORED)
    for case in open_cases(wanted, AS_STORED):
        if not _differs(case, look):
            continue
        if most is not None and cases >= most:
            return Recomputed(changed, cases, tuple(failed), finished=False)
        try:
            number = _recompute_case(case.id, reason, by, now)
        except EngineError as error:
            failed.append(f"{case.code}: {error}")
            continue
        changed, cases = changed + number, cases + (number > 0)
    with transaction() as session:
        done = not failed and (EVERYTHING in wanted or noted <= wanted)
        finished = done and (not noted or clear_pending(session.connection(), noted))
    return Recomputed(changed, cases, tuple(failed), finished=finished)


def _differs(case: AnyRow, look: Look) -> bool:
    """A look without any lock; what has moved meanwhile is looked at again under one."""
    try:
        return next(CaseDates(db.session.connection(), case, look).changes(), None) is not None
    except EngineError:
        return True


def _recompute_case(case_id: uuid.UUID, reason: str, by: Actor, now: datetime) -> int:
    for attempt in range(ATTEMPTS):
        try:
            with transaction() as session:
                connection = session.connection()
                connection.execute(READ_HEAD, {"of_case": case_id})  # nobody moves it until we are done
                case = connection.execute(READ_CASE, {"of_case": case_id}).one()
                return _set_right(CaseDates(connection, case, Look(AS_STORED)), reason, by, now)
        except CaseChangedMeanwhile:
            if attempt == ATTEMPTS - 1:
                raise
    raise CaseChangedMeanwhile()


def _set_right(dates: CaseDates, reason: str, by: Actor, now: datetime) -> int:
    """Write the changes and their event; returns how many there were."""
    changes = list(dates.changes())
    if not changes:
        return 0
    at = max(now, dates.case.last_event_at)
    for change in changes:
        if not change.is_timer:
            _set_task(dates.connection, change, at)
    data = {
        "reason": reason,
        "tasks": [_told(change) for change in changes if not change.is_timer],
        "timers": [_told(change) for change in changes if change.is_timer],
    }
    if dates.moved is None:
        append_case_event(dates.connection, dates.case.id, EVENT, data, by=by, now=at)
    else:
        apply_step(
            dates.connection,
            dates.case,
            dates.bundle,
            dates.moved,
            kind=EVENT,
            data=data,
            by=by,
            now=at,
            deadlines=dates.deadlines(at),
        )
    return len(changes)


def _set_task(connection: Connection, change: Change, at: datetime) -> None:
    """The new date; and somebody looks at once whether a reminder is due by it."""
    updated = connection.execute(
        update(Task)
        .where(Task.case_id == change.case_id, Task.ref == change.ref, Task.state.in_(OPEN_STATES))
        .values(
            due_on=change.after,
            due_reason=change.reason,
            due_why=change.why,
            attention_at=sql_case(
                (
                    or_(Task.attention_at.is_(None), Task.attention_at > at),
                    literal(at, Task.attention_at.type),
                ),
                else_=Task.attention_at,
            ),
        )
    )
    if updated.rowcount != 1:
        raise CaseChangedMeanwhile()


def _told(change: Change) -> dict[str, Any]:
    told = {
        "ref": change.ref,
        "element": change.element,
        "before": _iso(change.before),
        "after": _iso(change.after),
    }
    return told if change.is_timer else {**told, "why": change.reason}


def _iso(moment: date | datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
