"""When holidays or deadlines change: which open due dates and timers come out otherwise, and setting them so.

`differences` only looks, also at a change that is only tried out. `recompute` sets right what differs, each
case in a transaction and with an event of its own; running it again finds what is still different, so a
crash in the middle loses nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import case as sql_case
from sqlalchemy import literal, or_, select, update
from sqlalchemy.engine import Connection

from service.audit.operations import SYSTEM, Actor
from service.calendars.pending import CALENDAR, EVERYTHING, clear_pending, pending_scopes
from service.calendars.queries import load_calendar
from service.calendars.working_days import WorkingCalendar
from service.database import AnyRow, db, transaction
from service.deadlines.queries import (
    AllOfYear,
    StepDeadline,
    deadlines_of_year,
    in_district,
    steps_with_periods,
)
from service.engine import runtime
from service.engine.definition import Definition
from service.engine.errors import EngineError
from service.engine.step import Step, StepContext
from service.errors import CaseChangedMeanwhile
from service.models import Case, Task, Timer, Unit
from service.models.cases import OPEN_STATES
from service.processes.facts import Deadlines, deadlines_of
from service.processes.queries import Procedure, procedure
from service.processes.rules import RULES
from service.processes.statements import CASE_COLUMNS, READ_CASE, READ_HEAD
from service.processes.steps import append_case_event, apply_step
from service.processes.task_rows import due_columns

EVENT = "due_dates_recomputed"
AT_A_TIME = 200
ATTEMPTS = 5


@dataclass(frozen=True)
class Trial:
    """A change that is only tried out. A deadline of None is one taken away."""

    calendar: WorkingCalendar | None = None
    deadlines: Mapping[tuple[str, int, str, uuid.UUID | None], StepDeadline | None] = field(
        default_factory=dict
    )


@dataclass(frozen=True)
class Change:
    """One due date or timer that comes out otherwise. `after` and `reason` say how; times are UTC."""

    case_id: uuid.UUID
    code: str
    commune: str
    ref: str
    element: str
    name: str
    is_timer: bool
    before: date | datetime | None
    after: date | datetime | None
    reason: str
    why: str = ""


@dataclass(frozen=True)
class Recomputed:
    """How many dates and timers were set right, in how many cases; what could not be computed, and why."""

    changed: int
    cases: int
    failed: tuple[str, ...]
    finished: bool


AS_STORED = Trial()


def differences(scopes: frozenset[str], trial: Trial = AS_STORED) -> Iterator[Change]:
    """What would be set otherwise, case by case in the order of their codes, within `scopes`.

    `scopes`: names of calendars.pending. Nothing is written.
    """
    look = _Look(trial)
    for case in _cases(scopes, trial):
        try:
            yield from _Case(db.session.connection(), case, look).changes()
        except EngineError:
            continue  # told by `recompute`, which names the case


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
    look = _Look(AS_STORED)
    for case in _cases(wanted, AS_STORED):
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


def _differs(case: AnyRow, look: _Look) -> bool:
    """A look without any lock; what has moved meanwhile is looked at again under one."""
    try:
        return next(_Case(db.session.connection(), case, look).changes(), None) is not None
    except EngineError:
        return True


def _recompute_case(case_id: uuid.UUID, reason: str, by: Actor, now: datetime) -> int:
    for attempt in range(ATTEMPTS):
        try:
            with transaction() as session:
                connection = session.connection()
                connection.execute(READ_HEAD, {"of_case": case_id})  # nobody moves it until we are done
                case = connection.execute(READ_CASE, {"of_case": case_id}).one()
                return _Case(connection, case, _Look(AS_STORED)).set_right(reason, by, now)
        except CaseChangedMeanwhile:
            if attempt == ATTEMPTS - 1:
                raise
    raise CaseChangedMeanwhile()


class _Case:
    """One open case: what of it depends on days, and how that comes out now."""

    def __init__(self, connection: Connection, case: AnyRow, look: _Look) -> None:
        self.connection = connection
        self.case = case
        self.look = look
        self.bundle: Procedure = procedure(case.process_version_id)
        self.moved: Step | None = None

    def changes(self) -> Iterator[Change]:
        elements = dependent_elements(self.bundle.definition)
        for task in self._tasks(elements):
            yield from self._task_change(task)
        for timer in self._timers(elements):
            yield from self._timer_change(timer)

    def set_right(self, reason: str, by: Actor, now: datetime) -> int:
        """Write the changes and their event; returns how many there were."""
        changes = list(self.changes())
        if not changes:
            return 0
        at = max(now, self.case.last_event_at)
        for change in changes:
            if not change.is_timer:
                _set_task(self.connection, change, at)
        data = {
            "reason": reason,
            "tasks": [_told(change) for change in changes if not change.is_timer],
            "timers": [_told(change) for change in changes if change.is_timer],
        }
        if self.moved is None:
            append_case_event(self.connection, self.case.id, EVENT, data, by=by, now=at)
        else:
            apply_step(
                self.connection,
                self.case,
                self.bundle,
                self.moved,
                kind=EVENT,
                data=data,
                by=by,
                now=at,
                deadlines=self._deadlines(at),
            )
        return len(changes)

    def _task_change(self, task: AnyRow) -> Iterator[Change]:
        deadlines = self._deadlines(task.received_at)
        due = runtime.due_of(
            self.bundle.definition, self.case.state, task.ref, _context(task.received_at, deadlines)
        ).due
        columns = due_columns(task.element, due, deadlines, returned=task.returned)
        # Tasks of version 0.1 have no derivation: theirs comes when their date changes.
        retold = bool(task.due_why) and (
            (task.due_reason, task.due_why) != (columns["due_reason"], columns["due_why"])
        )
        if task.due_on != columns["due_on"] or retold:
            yield self._change(
                task,
                task.name,
                task.due_on,
                columns["due_on"],
                is_timer=False,
                reason=columns["due_reason"],
                why=columns["due_why"],
            )

    def _timer_change(self, timer: AnyRow) -> Iterator[Change]:
        if timer.set_at is None:
            return  # of version 0.1: when it was armed is not known, so it stays
        deadlines = self._deadlines(timer.set_at)
        state = self.moved.state if self.moved is not None else self.case.state
        step = runtime.reschedule(self.bundle.definition, state, timer.ref, _context(timer.set_at, deadlines))
        if not step.timers_moved:
            return
        before = self.moved.timers_moved if self.moved is not None else ()
        self.moved = replace(step, timers_moved=(*before, *step.timers_moved))
        name = self.bundle.element_name(timer.element)
        yield self._change(timer, name, timer.due_at, step.timers_moved[0].due_at, is_timer=True)

    def _change(
        self,
        row: AnyRow,
        name: str,
        before: date | datetime | None,
        after: date | datetime | None,
        *,
        is_timer: bool,
        reason: str = "",
        why: str = "",
    ) -> Change:
        commune = getattr(self.case, "commune", "")
        return Change(
            self.case.id,
            self.case.code,
            commune,
            row.ref,
            row.element,
            name,
            is_timer,
            before,
            after,
            reason,
            why,
        )

    def _tasks(self, elements: frozenset[str]) -> Sequence[AnyRow]:
        return self.connection.execute(
            select(
                Task.id, Task.ref, Task.element, Task.name, Task.returned, Task.received_at,
                Task.due_on, Task.due_reason, Task.due_why,
            )
            .where(
                Task.case_id == self.case.id,
                Task.state.in_(OPEN_STATES),
                Task.element.in_(sorted(elements)),
            )
            .order_by(Task.received_at, Task.ref)
        ).all()  # fmt: skip

    def _timers(self, elements: frozenset[str]) -> Sequence[AnyRow]:
        if not elements & self.bundle.definition.program.timers.keys():
            return ()
        return self.connection.execute(
            select(Timer.ref, Timer.element, Timer.due_at, Timer.set_at)
            .where(Timer.case_id == self.case.id, Timer.state == "set", Timer.element.in_(sorted(elements)))
            .order_by(Timer.ref)
        ).all()

    def _deadlines(self, at: datetime) -> Deadlines:
        return deadlines_of(
            self.connection,
            self.case,
            at,
            calendar=self.look.calendar,
            laid_down=self.look.laid_down(self.case),
        )


class _Look:
    """Calendar and deadlines, stored or tried out, read once for all the cases looked at."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.calendar = cache(lambda: trial.calendar if trial.calendar is not None else load_calendar())
        self._of_year = cache(self._read_year)

    def laid_down(self, case: AnyRow) -> Mapping[str, StepDeadline]:
        return in_district(self._of_year(case.procedure, case.year), case.district_id)

    def _read_year(self, procedure_key: str, year: int) -> AllOfYear:
        stored = deadlines_of_year(db.session.connection(), procedure_key, year)
        tried = {
            (step, district): found
            for (key, of_year, step, district), found in self.trial.deadlines.items()
            if (key, of_year) == (procedure_key, year)
        }
        return {key: found for key, found in {**stored, **tried}.items() if found is not None}


def dependent_elements(definition: Definition) -> frozenset[str]:
    """The tasks and timers whose times depend on holidays or deadlines."""
    return definition.working_day_elements | definition.deadline_elements


def _cases(scopes: frozenset[str], trial: Trial) -> Iterator[AnyRow]:
    """Open cases that may hold something within the scopes, by code, a page at a time."""
    if not scopes:
        return
    connection = db.session.connection()
    versions = list(
        connection.execute(
            select(Case.process_version_id, Case.procedure, Case.year).where(Case.status == "open").distinct()
        )
    )
    periods = steps_with_periods(connection) | {
        (key, year, step)
        for (key, year, step, _), found in trial.deadlines.items()
        if found is not None and found.period is not None
    }
    wanted = [
        (row.process_version_id, row.year)
        for row in versions
        if _concerns(procedure(row.process_version_id).definition, row.procedure, row.year, scopes, periods)
    ]
    for version_id, year in wanted:
        yield from _open_cases(version_id, year)


def _concerns(
    definition: Definition,
    key: str,
    year: int,
    scopes: frozenset[str],
    periods: frozenset[tuple[str, int, str]] | set[tuple[str, int, str]],
) -> bool:
    if EVERYTHING in scopes:
        return bool(dependent_elements(definition))
    if f"deadlines:{key}:{year}" in scopes and definition.deadline_elements:
        return True
    counts = bool(definition.working_day_elements) or any(
        (procedure_key, of_year) == (key, year) for procedure_key, of_year, _ in periods
    )
    return CALENDAR in scopes and counts


def _open_cases(version_id: uuid.UUID, year: int) -> Iterator[AnyRow]:
    after = ""
    while True:
        rows = db.session.execute(
            select(*CASE_COLUMNS, Unit.name.label("commune"))
            .join(Unit, Unit.id == Case.commune_id)
            .where(
                Case.process_version_id == version_id,
                Case.year == year,
                Case.status == "open",
                Case.code > after,
            )
            .order_by(Case.code)
            .limit(AT_A_TIME)
        ).all()
        yield from rows
        if len(rows) < AT_A_TIME:
            return
        after = rows[-1].code


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


def _context(at: datetime, deadlines: Deadlines) -> StepContext:
    return StepContext(now=at, facts={}, rules=RULES, calendar=deadlines)


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
