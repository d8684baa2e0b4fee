"""Which open due dates and timers come out otherwise after holidays or deadlines changed, or would.

Nothing is written here: `recomputing` sets right what differs.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache

from sqlalchemy import select
from sqlalchemy.engine import Connection

from service.calendars.pending import CALENDAR, EVERYTHING
from service.calendars.queries import load_calendar
from service.calendars.working_days import WorkingCalendar
from service.database import AnyRow, db
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
from service.models import Case, Task, Timer, Unit
from service.models.cases import OPEN_STATES
from service.processes.changed_dates import Change
from service.processes.facts import Deadlines, deadlines_of
from service.processes.queries import Procedure, procedure
from service.processes.rules import RULES
from service.processes.statements import CASE_COLUMNS
from service.processes.task_rows import due_columns

AT_A_TIME = 200


@dataclass(frozen=True)
class Trial:
    """A change that is only tried out. A deadline of None is one taken away."""

    calendar: WorkingCalendar | None = None
    deadlines: Mapping[tuple[str, int, str, uuid.UUID | None], StepDeadline | None] = field(
        default_factory=dict
    )


AS_STORED = Trial()


def differences(scopes: frozenset[str], trial: Trial = AS_STORED) -> Iterator[Change]:
    """What would be set otherwise, case by case in the order of their codes, within `scopes`.

    `scopes`: names of calendars.pending. Nothing is written.
    """
    look = Look(trial)
    for case in open_cases(scopes, trial):
        try:
            yield from CaseDates(db.session.connection(), case, look).changes()
        except EngineError:
            continue  # told by `recompute`, which names the case


class CaseDates:
    """One open case: what of it depends on days, and how that comes out now."""

    def __init__(self, connection: Connection, case: AnyRow, look: Look) -> None:
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

    def _task_change(self, task: AnyRow) -> Iterator[Change]:
        deadlines = self.deadlines(task.received_at)
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
        deadlines = self.deadlines(timer.set_at)
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
            row.set_at if is_timer else row.received_at,
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

    def deadlines(self, at: datetime) -> Deadlines:
        return deadlines_of(
            self.connection,
            self.case,
            at,
            calendar=self.look.calendar,
            laid_down=self.look.laid_down(self.case),
        )


class Look:
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


def open_cases(scopes: frozenset[str], trial: Trial) -> Iterator[AnyRow]:
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
        yield from _of_version(version_id, year)


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


def _of_version(version_id: uuid.UUID, year: int) -> Iterator[AnyRow]:
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


def _context(at: datetime, deadlines: Deadlines) -> StepContext:
    return StepContext(now=at, facts={}, rules=RULES, calendar=deadlines)
