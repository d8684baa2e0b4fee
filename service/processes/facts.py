"""The facts that a step may read: what earlier steps submitted, and the deadlines of the case."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import or_, select
from sqlalchemy.engine import Connection

from service.errors import BadInput
from service.models import Deadline, EvidenceFile, Submission

# An act that answers another one: it counts only while it is later than what it answers. An opinion on a
# dossier that the district appraised anew is no opinion on it; nor are minutes on an earlier verification.
ANSWERS = {"member_opinion": "district_appraise", "reconciliation_meeting": "department_verify"}
RETURNED = "return"


@dataclass(frozen=True)
class StepDeadline:
    """The last day of a step, and the words of the source that say so."""

    last_day: date
    wording: str
    source: str


@dataclass(frozen=True)
class Deadlines:
    """The calendar behind due dates (service.engine.step.Calendar) for one case."""

    by_step: Mapping[str, StepDeadline]

    def deadline(self, step: str) -> date | None:
        known = self.by_step.get(step)
        return known.last_day if known else None

    def working_days_after(self, day: date, count: int) -> date:
        """No holidays are loaded in this version: publication refuses diagrams that ask."""
        raise LookupError(f"Chưa nạp lịch ngày làm việc để tính {count} ngày sau {day:%d/%m/%Y}.")


NO_DEADLINES = Deadlines({})


def load_deadlines(
    connection: Connection, procedure: str, year: int, district_id: uuid.UUID | None
) -> Deadlines:
    """Deadlines of the year; a district's own date prevails over the one for all."""
    rows = connection.execute(
        select(Deadline.element, Deadline.last_day, Deadline.wording, Deadline.source, Deadline.district_id)
        .where(
            Deadline.procedure == procedure,
            Deadline.year == year,
            or_(Deadline.district_id.is_(None), Deadline.district_id == district_id),
        )
        .order_by(Deadline.district_id.is_not(None))
    )
    return Deadlines({row.element: StepDeadline(row.last_day, row.wording, row.source) for row in rows})


def current_submissions(connection: Connection, case_id: uuid.UUID) -> dict[str, dict[str, Any]]:
    """What counts at present, by step: each step's latest act, unless a return or answering an older one.

    Contents are {"answers", "results", "files", …} as written by `processes.steps.submission_content`.
    """
    rows = connection.execute(
        select(Submission.element, Submission.seq, Submission.action, Submission.content)
        .where(Submission.case_id == case_id)
        .order_by(Submission.seq)
    ).all()
    latest = {row.element: (row.seq, row.action, row.content) for row in rows}
    return {
        element: orjson.loads(content)
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
            f"Có {len(missing)} tệp minh chứng không thuộc hồ sơ này. Hãy tải lại trang rồi đính kèm lại."
        )
    return {str(row.id): {"name": row.name, "size": row.size, "sha256": row.sha256} for row in rows}
