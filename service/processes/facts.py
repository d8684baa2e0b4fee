"""The facts that a step may read: what earlier steps submitted, and the deadlines of the case."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import select, true
from sqlalchemy.engine import Connection

from service.calendars.queries import load_calendar
from service.calendars.working_days import WorkingCalendar
from service.clock import local_day
from service.database import AnyRow
from service.deadlines.queries import StepDeadline, deadlines_for
from service.errors import BadInput
from service.models import Case, EvidenceFile, Submission, Task
from service.processes.due import (
    Derivation,
    Stay,
    by_calendar_date,
    by_diagram,
    by_period,
    by_return,
    by_working_days,
)
from service.wording import _

# An act that answers another one: it counts only while it is later than what it answers. An opinion on a
# dossier that the district appraised anew is no opinion on it; nor are minutes on an earlier verification.
ANSWERS = {"member_opinion": "district_appraise", "reconciliation_meeting": "department_verify"}
RETURNED = "return"


class Deadlines:
    """The calendar behind due dates (service.engine.step.Calendar) for one case at one moment.

    It keeps how each date that it gave came about, for `derivation`. Holidays and earlier stays at a step are
    read when a step first counts days: most never do.
    """

    def __init__(
        self,
        by_step: Mapping[str, StepDeadline],
        received: date,
        calendar: Callable[[], WorkingCalendar],
        stays: Callable[[str], Sequence[Stay]],
    ) -> None:
        self._by_step = by_step
        self._received = received
        self._calendar = cache(calendar)
        self._stays = stays
        self._given: dict[tuple[str, date | None, int], Derivation] = {}

    def deadline(self, step: str) -> date | None:
        """The last day of the step: its date, or its period counted from the day of this step of the case."""
        known = self._by_step.get(step)
        if known is None:
            return None
        if (step, None, 0) not in self._given:
            self._given[step, None, 0] = self._derive(step, known)
        return self._given[step, None, 0].day

    def working_days_after(self, day: date, count: int) -> date:
        """`count` working days after `day`; raises UnknownYear (a LookupError) outside the years known."""
        derivation = by_working_days(day, count, self._calendar())
        self._given["", day, count] = derivation
        return derivation.day

    def derivation(self, element: str, day: date, *, returned: bool = False) -> Derivation:
        """How `day` came to be the due date of a task of `element`, after the engine has asked for it."""
        given = [found for found in self._given.values() if found.day == day]
        own = [found for found in given if found.step == element]
        counted = [found for found in given if not found.step]
        if chosen := own or counted or given:
            return chosen[-1]
        return by_return(day) if returned else by_diagram(day)

    def _derive(self, step: str, known: StepDeadline) -> Derivation:
        if known.period is None or known.last_day is not None:
            return by_calendar_date(step, known, known.last_day or self._received)
        return by_period(step, known, known.period, self._received, self._stays(step), self._calendar())


def deadlines_of(
    connection: Connection,
    case: AnyRow | Case,
    at: datetime,
    *,
    named: bool = True,
    calendar: Callable[[], WorkingCalendar] | None = None,
    laid_down: Mapping[str, StepDeadline] | None = None,
) -> Deadlines:
    """The deadlines for what opens in `case` at `at`; `named` False where nothing on the way asks for one.

    `calendar` and `laid_down` stand in for those stored: known already, or only tried out.
    """
    if laid_down is None:
        laid_down = deadlines_for(connection, case.procedure, case.year, case.district_id) if named else {}
    return Deadlines(
        laid_down,
        local_day(at),
        calendar or (lambda: load_calendar(connection)),
        lambda step: _stays(connection, case.id, step, at),
    )


def _stays(connection: Connection, case_id: uuid.UUID, step: str, at: datetime) -> list[Stay]:
    """The earlier times that the dossier lay at the step before `at`, in order.

    One that is only just ending, or had not ended by then, counts up to `at`.
    """
    rows = connection.execute(
        select(Task.received_at, Task.completed_at)
        .where(Task.case_id == case_id, Task.element == step, Task.received_at < at)
        .order_by(Task.received_at, Task.occurrence)
    )
    return [Stay(local_day(row.received_at), local_day(min(row.completed_at or at, at))) for row in rows]


def current_submissions(
    connection: Connection, case_id: uuid.UUID, until: int | None = None
) -> dict[str, dict[str, Any]]:
    """What counts, by step: each step's latest act, unless a return or answering an older one.

    `until`: what counted after that event.
    Contents are {"answers", "results", "files", …} as written by `processes.steps.submission_content`.
    """
    rows = connection.execute(
        select(Submission.element, Submission.seq, Submission.action, Submission.content)
        .where(Submission.case_id == case_id, true() if until is None else Submission.seq <= until)
        .order_by(Submission.seq)
    ).all()
    return counting((row.element, row.seq, row.action, row.content) for row in rows)


def counting(acts: Iterable[tuple[str, int, str, bytes]]) -> dict[str, dict[str, Any]]:
    """Of acts (step, seq, action, content) in their order those that count (see `current_submissions`)."""
    return {element: orjson.loads(content) for element, (_seq, content) in what_counts(acts).items()}


def what_counts(acts: Iterable[tuple[str, int, str, bytes]]) -> dict[str, tuple[int, bytes]]:
    """As `counting`, with each act's seq and its content unread."""
    latest = {element: (seq, action, content) for element, seq, action, content in acts}
    return {
        element: (seq, content)
        for element, (seq, action, content) in latest.items()
        if action != RETURNED and seq > latest.get(ANSWERS.get(element, ""), (0,))[0]
    }


def file_facts(
    connection: Connection, case_id: uuid.UUID, file_ids: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """{file id: name, size, sha256} of a case's files; raises BadInput for one that is not the case's."""
    wanted = {uuid.UUID(file_id) for file_id in file_ids}
    rows = connection.execute(
        select(EvidenceFile.id, EvidenceFile.name, EvidenceFile.size, EvidenceFile.sha256)
        .where(EvidenceFile.case_id == case_id, EvidenceFile.id.in_(sorted(wanted)))
        .order_by(EvidenceFile.id)
    ).all()
    if missing := wanted - {row.id for row in rows}:
        raise BadInput(
            _(
                "Có %(count)s tệp minh chứng không thuộc hồ sơ này. Hãy tải lại trang rồi đính kèm lại.",
                count=len(missing),
            )
        )
    return {str(row.id): {"name": row.name, "size": row.size, "sha256": row.sha256} for row in rows}
