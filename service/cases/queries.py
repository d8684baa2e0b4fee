"""Reading cases: lists, one case, every level's values side by side."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import func, or_, select

from evaluation.catalogue import Criterion
from service.database import AnyRow, db
from service.errors import BadInput, NotFound
from service.identity.queries import visible_cases
from service.identity.viewer import Viewer
from service.models import Case, Document, EvidenceFile, Submission, Task, Unit
from service.models.cases import OPEN_STATES
from service.processes.facts import RETURNED, current_submissions
from service.processes.independence import hidden_steps
from service.processes.queries import Procedure, procedure
from service.processes.rules import Levels, levels
from service.vietnamese import searchable, without_controls


@dataclass(frozen=True)
class Page:
    items: Sequence[AnyRow]
    next_cursor: str | None


_COLUMNS = (
    Case.id,
    Case.code,
    Case.year,
    Case.basis,
    Case.status,
    Case.outcome,
    Case.active,
    Case.opened_at,
    Case.finished_at,
    Case.last_event_at,
    Case.process_version_id,
    Unit.name.label("commune"),
)


def list_cases(
    viewer: Viewer,
    *,
    year: int | None = None,
    status: str = "",
    search: str = "",
    cursor: str | None = None,
    size: int = 50,
) -> Page:
    """Cases the viewer may see, by code; `search` is by commune or code, without diacritics."""
    query = (
        select(*_COLUMNS)
        .join(Unit, Unit.id == Case.commune_id)
        .where(visible_cases(viewer))
        .order_by(Case.code)
    )
    if year is not None:
        query = query.where(Case.year == year)
    if status:
        query = query.where(Case.status == status)
    if search := without_controls(search):
        wanted = searchable(search)
        units = [
            row.id
            for row in db.session.execute(select(Unit.id, Unit.name).where(Unit.kind == "commune"))
            if wanted in searchable(row.name)
        ]
        query = query.where(
            or_(
                Case.commune_id.in_(sorted(units)),
                func.lower(Case.code).contains(search.strip().lower(), autoescape=True),
            )
        )
    if cursor:
        query = query.where(Case.code > _decode(cursor))
    rows = db.session.execute(query.limit(size + 1)).all()
    items = rows[:size]
    return Page(items, _encode(items[-1].code) if len(rows) > size else None)


def read_case(case_id: uuid.UUID, viewer: Viewer) -> Case:
    """A case the viewer may see; raises NotFound."""
    found = db.session.scalars(
        select(Case)
        .where(Case.id == case_id, visible_cases(viewer))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


@dataclass(frozen=True)
class LevelValue:
    """What one level wrote for one criterion, and how it was judged."""

    raw: str
    verdict: str
    why: str
    decision: str | None
    reason: str
    difficulty: str
    evidence: tuple[str, ...]
    current: bool


@dataclass(frozen=True)
class CriterionRow:
    criterion: Criterion
    target: str
    assessed: bool
    values: Mapping[str, LevelValue]
    # True where levels that have spoken came to different verdicts.
    differs: bool


def criteria_at_all_levels(case: Case, *, hide: frozenset[str] = frozenset()) -> list[CriterionRow]:
    """The 37 rows of Phụ lục 01 in order, each with the latest value of every step that gave one.

    `hide` leaves out steps whose values the viewer must not see yet (see `hidden_levels`).
    """
    bundle = procedure(case.process_version_id)
    latest = {
        element: (content, current)
        for element, content, current in latest_submissions(case)
        if element not in hide
    }
    year = bundle.catalogue.year(case.year)
    rows = []
    for criterion in year.criteria:
        values = {
            element: value
            for element, (content, current) in latest.items()
            if (value := _level_value(content, criterion.id, current)) is not None
        }
        verdicts = {
            value.verdict for value in values.values() if value.current and value.verdict != "missing"
        }
        target = criterion.target(case.year)
        rows.append(CriterionRow(criterion, target.text, target.assessed, values, len(verdicts) > 1))
    return rows


def _level_value(content: Mapping[str, Any], criterion: str, current: bool) -> LevelValue | None:
    given = (content["answers"].get("criteria") or {}).get(criterion)
    judged = content.get("results", {}).get(criterion)
    if given is None or judged is None:
        return None
    return LevelValue(
        raw=given.get("raw") or "",
        verdict=judged["verdict"],
        why=judged["why"],
        decision=given.get("decision"),
        reason=given.get("reason") or "",
        difficulty=given.get("difficulty") or "",
        evidence=tuple(given.get("evidence") or ()),
        current=current,
    )


def latest_submissions(case: Case) -> list[tuple[str, dict[str, Any], bool]]:
    """(step, content, whether it still counts) of each step's latest act that was not a return."""
    rows = db.session.execute(
        select(Submission.element, Submission.seq, Submission.content)
        .where(Submission.case_id == case.id, Submission.action != RETURNED)
        .order_by(Submission.seq)
    ).all()
    latest = {row.element: (row.seq, row.content) for row in rows}
    counting = current_submissions(db.session.connection(), case.id)
    return [
        (element, orjson.loads(content), element in counting)
        for element, (_, content) in sorted(latest.items(), key=lambda item: item[1][0])
    ]


def hidden_levels(case: Case, viewer: Viewer) -> frozenset[str]:
    """Independence: Sở sees the member's values only after it has recorded its own on this dossier."""
    return hidden_steps(case.id, viewer)


def levels_of(case: Case) -> Levels:
    """The levels' findings as the rules would read them now."""
    bundle = procedure(case.process_version_id)
    return levels(
        {
            "year": case.year,
            "catalogue": bundle.catalogue,
            "submissions": current_submissions(db.session.connection(), case.id),
        }
    )


@dataclass(frozen=True)
class Holder:
    """Who has the case now (*hồ sơ đang ở*)."""

    task_id: uuid.UUID
    element: str
    step: str
    unit: str
    stage: str
    due_on: date | None
    due_reason: str
    due_why: str


def holders(case_id: uuid.UUID) -> list[Holder]:
    rows = db.session.execute(
        select(Task, Unit.name.label("unit_name"))
        .outerjoin(Unit, Unit.id == Task.unit_id)
        .where(Task.case_id == case_id, Task.state.in_(OPEN_STATES))
        .order_by(Task.received_at, Task.ref)
    ).all()
    return [
        Holder(
            task.id,
            task.element,
            task.name,
            _holder(task, unit_name),
            task.stage,
            task.due_on,
            task.due_reason,
            task.due_why,
        )
        for task, unit_name in rows
    ]


def _holder(task: Task, unit_name: str | None) -> str:
    if task.group == "province_member":
        return f"Thành viên BCĐ tỉnh phụ trách {unit_name or ''}".strip()
    return unit_name or "chưa phân công"


@dataclass(frozen=True)
class StepLine:
    """One human step on the case's line: done (with date), now, or still to come."""

    element: str
    name: str
    lane: str
    state: str
    at: datetime | None


def step_line(case: Case) -> list[StepLine]:
    bundle = procedure(case.process_version_id)
    done = {
        row.element: row.done_at
        for row in db.session.execute(
            select(Task.element, func.max(Task.completed_at).label("done_at"))
            .where(Task.case_id == case.id, Task.state == "completed")
            .group_by(Task.element)
        )
    }
    active = set(case.active)
    return [
        StepLine(
            task.id,
            task.name,
            task.lane,
            "now" if task.id in active else "done" if task.id in done else "ahead",
            _aware(done.get(task.id)),
        )
        for task in ordered_tasks(bundle)
    ]


def _aware(value: Any) -> datetime | None:
    """max() loses the column's type on SQLite."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def ordered_tasks(bundle: Procedure) -> list[Any]:
    """Human tasks in the diagram's own order, which its author writes along the main path."""
    return list(bundle.definition.tasks.values())


def documents_of(case_id: uuid.UUID) -> Sequence[Document]:
    return db.session.scalars(
        select(Document).where(Document.case_id == case_id).order_by(Document.signed_at, Document.id)
    ).all()


def files_of(case_id: uuid.UUID, viewer: Viewer) -> Sequence[EvidenceFile]:
    """The case's files, oldest first, without those that the viewer must not see yet."""
    return db.session.scalars(
        select(EvidenceFile)
        .join(Task, Task.id == EvidenceFile.task_id)
        .where(EvidenceFile.case_id == case_id, Task.element.not_in(sorted(hidden_steps(case_id, viewer))))
        .order_by(EvidenceFile.uploaded_at, EvidenceFile.id)
    ).all()


def stale_opinions(case: Case) -> frozenset[str]:
    """Criteria whose value or evidence changed since the member judged them (*ý kiến trên bản cũ*)."""
    return _changed_since(case, Submission.action != RETURNED)


def changed_since_member_read(case: Case) -> frozenset[str]:
    """Criteria whose value or evidence changed since the member last gave an opinion or sent it back."""
    return _changed_since(case)


def _changed_since(case: Case, *which: Any) -> frozenset[str]:
    """What commune or district wrote or enclosed otherwise after the member's last act (of those `which`)."""
    last = db.session.execute(
        select(func.max(Submission.seq)).where(
            Submission.case_id == case.id, Submission.element == "member_opinion", *which
        )
    ).scalar()
    if last is None:
        return frozenset()
    rows = db.session.execute(
        select(Submission.element, Submission.seq, Submission.content)
        .where(
            Submission.case_id == case.id,
            Submission.element.in_(("self_assess", "district_appraise")),
            Submission.action != RETURNED,
        )
        .order_by(Submission.seq)
    ).all()
    read = {row.element: row for row in rows if row.seq < last}
    now = {row.element: row for row in rows}
    changed: set[str] = set()
    for element, row in now.items():
        known = read.get(element)
        if known is None or known.seq == row.seq:
            continue
        before, after = _values_and_evidence(known.content), _values_and_evidence(row.content)
        changed |= {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    return frozenset(changed)


def _values_and_evidence(content: bytes) -> dict[str, tuple[Any, ...]]:
    """{criterion: what was written, decided and enclosed}; a file is its content, whatever it is called."""
    document = orjson.loads(content)
    files = document.get("files", {})
    return {
        key: (
            given.get("raw") or "",
            given.get("decision"),
            given.get("reason") or "",
            sorted(files[file]["sha256"] for file in given.get("evidence") or ()),
        )
        for key, given in (document["answers"].get("criteria") or {}).items()
    }


def _encode(code: str) -> str:
    return base64.urlsafe_b64encode(code.encode()).decode().rstrip("=")


def _decode(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
    except (ValueError, UnicodeError) as error:
        raise BadInput(
            "Con trỏ trang không hợp lệ. Hãy tải lại từ trang đầu.", fields={"cursor": ["Không hợp lệ."]}
        ) from error
