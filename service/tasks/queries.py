"""Worklists and single tasks, as a viewer may see them. No case is loaded to draw a list."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, case, exists, false, func, literal, or_, select, tuple_

from service.database import AnyRow, db
from service.errors import BadInput, NotFound
from service.identity.queries import visible_cases
from service.identity.viewer import Viewer
from service.models import Appointment, Case, Draft, MemberAssignment, Submission, Task, TaskState, Unit, User
from service.models.cases import OPEN_STATES
from service.processes.independence import hidden_steps
from service.vietnamese import searchable, without_controls

DUE_SOON = timedelta(days=7)
FAR_DAY = date(9999, 12, 31)
TABS = ("open", "due_soon", "overdue", "returned", "done")


@dataclass(frozen=True)
class Page:
    """`next_cursor` None on the last page."""

    items: Sequence[AnyRow]
    next_cursor: str | None


_due_or_far = func.coalesce(Task.due_on, literal(FAR_DAY, Task.due_on.type))
_COLUMNS = (
    Task.id,
    Task.element,
    Task.ref,
    Task.name,
    Task.group,
    Task.unit_id,
    Task.state,
    Task.stage,
    Task.signer,
    Task.completed_by_round,
    Task.returned,
    Task.note,
    Task.owner_id,
    Task.received_at,
    Task.due_on,
    Task.due_reason,
    Task.due_why,
    Task.completed_at,
    User.display_name.label("owner_name"),
    Case.id.label("case_id"),
    Case.code,
    Case.year,
    Case.basis,
    Unit.name.label("commune"),
)


def _mine(viewer: Viewer) -> ColumnElement[bool]:
    pairs = viewer.worklist_groups
    if not pairs:
        return false()
    return or_(*(and_(Task.group == group, Task.unit_id == unit) for group, unit in pairs))


def _tab(tab: str, day: date) -> ColumnElement[bool]:
    is_open = Task.state.in_(OPEN_STATES)
    conditions = {
        "open": is_open,
        "due_soon": and_(is_open, Task.due_on >= day, Task.due_on <= day + DUE_SOON),
        "overdue": and_(is_open, Task.due_on < day),
        "returned": and_(is_open, or_(Task.returned, and_(Task.stage == "preparing", Task.note != ""))),
        "done": Task.state == TaskState.COMPLETED.value,
    }
    if tab not in conditions:
        raise BadInput(
            f"Không có danh sách {tab!r}.", fields={"tab": [f"Chọn một trong: {', '.join(TABS)}."]}
        )
    return conditions[tab]


def list_tasks(
    viewer: Viewer,
    *,
    day: date,
    tab: str = "open",
    search: str = "",
    element: str = "",
    mine_only: bool = False,
    cursor: str | None = None,
    size: int = 50,
) -> Page:
    """One page of the viewer's worklist, by due date and then by age; `day` is today in Thanh Hóa."""
    query = (
        select(*_COLUMNS, _due_or_far.label("sort_day"))
        .join(Case, Case.id == Task.case_id)
        .join(Unit, Unit.id == Case.commune_id)
        .outerjoin(User, User.id == Task.owner_id)
        .where(_mine(viewer), visible_cases(viewer), _tab(tab, day))
    )
    if mine_only:
        query = query.where(Task.owner_id == viewer.id)
    if element:
        query = query.where(Task.element == element)
    if search := without_controls(search):
        query = query.where(_matches(search))
    if cursor:
        query = query.where(tuple_(_due_or_far, Task.id) > tuple_(*_decode(cursor)))
    rows = db.session.execute(query.order_by(_due_or_far, Task.id).limit(size + 1)).all()
    more = len(rows) > size
    items = rows[:size]
    return Page(items, _encode(items[-1].sort_day, items[-1].id) if more else None)


def _matches(search: str) -> ColumnElement[bool]:
    """By commune, code or step without diacritics: units are few, so their names are matched in Python."""
    wanted = searchable(search)
    units = [
        row.id
        for row in db.session.execute(select(Unit.id, Unit.name).where(Unit.kind == "commune"))
        if wanted in searchable(row.name)
    ]
    elements = {
        row.element
        for row in db.session.execute(select(Task.element, Task.name).distinct())
        if wanted in searchable(row.name)
    }
    return or_(
        Case.commune_id.in_(sorted(units)),
        func.lower(Case.code).contains(search.strip().lower(), autoescape=True),
        Task.element.in_(sorted(elements)),
    )


def count_tabs(viewer: Viewer, day: date) -> dict[str, int]:
    """{tab: number of tasks} for the viewer's worklist, in one statement."""
    counts = [func.sum(case((_tab(tab, day), 1), else_=0)).label(tab) for tab in TABS]
    row = db.session.execute(
        select(*counts).join(Case, Case.id == Task.case_id).where(_mine(viewer), visible_cases(viewer))
    ).one()
    return {tab: int(getattr(row, tab) or 0) for tab in TABS}


def read_task(task_id: uuid.UUID, viewer: Viewer) -> Task:
    """A task of a case that the viewer may see; raises NotFound."""
    task = db.session.scalars(
        select(Task)
        .join(Case, Case.id == Task.case_id)
        .where(Task.id == task_id, visible_cases(viewer))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if task is None:
        raise NotFound()
    return task


def read_draft(task: Task, viewer: Viewer) -> Draft | None:
    """The draft, for those who prepare or sign this task; nobody else reads unfinished work."""
    if (
        viewer.seat_for_preparing(task.group, task.unit_id) is None
        and viewer.seat_for_signing(task.group, task.unit_id, task.signer) is None
    ):
        return None
    return db.session.get(Draft, task.id, populate_existing=True)


def former_answers(task: Task) -> dict[str, Any] | None:
    """What this step submitted the last time round, to start from; never another level's values."""
    row = db.session.execute(
        select(Submission.content)
        .where(
            Submission.case_id == task.case_id,
            Submission.element == task.element,
            Submission.action != "return",
        )
        .order_by(Submission.seq.desc())
        .limit(1)
    ).scalar_one_or_none()
    return dict(orjson.loads(row)["answers"]) if row is not None else None


def submission_of(task: Task) -> tuple[dict[str, Any], Submission] | None:
    """What a completed task handed over: its content (answers, results, files) and row; None while open."""
    row = db.session.scalars(select(Submission).where(Submission.task_id == task.id)).one_or_none()
    return (orjson.loads(row.content), row) if row is not None else None


def handed_in(case_id: uuid.UUID) -> dict[str, uuid.UUID]:
    """The task by which each step last handed something over, returns aside: {step: task id}."""
    rows = db.session.execute(
        select(Submission.element, Submission.task_id)
        .where(Submission.case_id == case_id, Submission.action != "return")
        .order_by(Submission.seq)
    )
    return {row.element: row.task_id for row in rows}


def return_reasons(task: Task, viewer: Viewer) -> dict[str, Any] | None:
    """The return that opened this task: {"reason", "criteria_reasons", "due_on", "element", "at"}.

    None where there was none, or where it is the member's and Sở has not recorded its own results yet.
    """
    if not task.returned:
        return None
    row = db.session.execute(
        select(Submission.content, Submission.element, Submission.signed_at)
        .where(
            Submission.case_id == task.case_id,
            Submission.action == "return",
            Submission.signed_at <= task.received_at,
        )
        .order_by(Submission.seq.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.element in hidden_steps(task.case_id, viewer):
        return None
    return {**orjson.loads(row.content)["answers"], "element": row.element, "at": row.signed_at}


def unassigned_member_tasks(day: date) -> Sequence[AnyRow]:
    """Open opinions that nobody is responsible for on `day`: Sở must have a member assigned."""
    assigned = exists(
        select(MemberAssignment.id)
        .join(Appointment, Appointment.position_id == MemberAssignment.position_id)
        .join(User, User.id == Appointment.user_id)
        .where(
            User.active,
            Appointment.valid_from <= day,
            or_(Appointment.valid_to.is_(None), Appointment.valid_to >= day),
            MemberAssignment.district_id == Task.unit_id,
            MemberAssignment.valid_from <= day,
            or_(MemberAssignment.valid_to.is_(None), MemberAssignment.valid_to >= day),
        )
    )
    return db.session.execute(
        select(Task.id, Task.name, Case.id.label("case_id"), Case.code, Unit.name.label("district"))
        .join(Case, Case.id == Task.case_id)
        .outerjoin(Unit, Unit.id == Task.unit_id)
        .where(Task.group == "province_member", Task.state.in_(OPEN_STATES), ~assigned)
        .order_by(Case.code)
    ).all()


def _encode(day: date | str, task_id: uuid.UUID) -> str:
    text = f"{day if isinstance(day, str) else day.isoformat()}|{task_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[Any, Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        day, _, task_id = base64.urlsafe_b64decode(padded.encode()).decode().partition("|")
        return literal(date.fromisoformat(day), Task.due_on.type), literal(uuid.UUID(task_id), Task.id.type)
    except (ValueError, UnicodeError) as error:
        raise BadInput(
            "Con trỏ trang không hợp lệ. Hãy tải lại từ trang đầu.", fields={"cursor": ["Không hợp lệ."]}
        ) from error
