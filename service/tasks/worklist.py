"""*Việc cần xử lý*: one page of somebody's worklist, its tabs' counts, what it can be filtered by.

No case is loaded to draw a list.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select
from sqlalchemy.orm import aliased

from service.database import AnyRow, db
from service.identity.queries import visible_cases
from service.identity.viewer import Viewer
from service.models import Case, Task, TaskState, Unit, User
from service.models.cases import OPEN_STATES
from service.tasks.keyset import after, cursor_of, order_of
from service.tasks.pressing import USUAL
from service.tasks.received import handed_to
from service.tasks.searching import matches
from service.tasks.wanted import TABS, Wanted

DUE_SOON = timedelta(days=7)


@dataclass(frozen=True)
class Page:
    """`next_cursor` None on the last page."""

    items: Sequence[AnyRow]
    next_cursor: str | None


@dataclass(frozen=True)
class Choices:
    """What occurs in somebody's worklist: years (newest first), (id, name) of districts, {step: name}."""

    years: tuple[int, ...]
    districts: tuple[tuple[uuid.UUID, str], ...]
    steps: dict[str, str]


_Delegator = aliased(User)
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
    Task.delegated_by,
    Task.priority,
    Task.follow_up_on,
    Task.received_at,
    Task.due_on,
    Task.due_reason,
    Task.due_why,
    Task.completed_at,
    User.display_name.label("owner_name"),
    _Delegator.display_name.label("delegated_by_name"),
    Case.id.label("case_id"),
    Case.code,
    Case.year,
    Case.basis,
    Case.commune_id,
    Unit.name.label("commune"),
)
_IS_OPEN = Task.state.in_(OPEN_STATES)
_RETURNED = or_(Task.returned, and_(Task.stage == "preparing", Task.note != ""))


def list_tasks(
    viewer: Viewer, wanted: Wanted | None = None, *, day: date, cursor: str | None = None, size: int = 50
) -> Page:
    """One page of the viewer's worklist; `day` is today in Thanh Hóa."""
    wanted = wanted or Wanted()
    order = order_of(wanted.sort, done=wanted.tab == "done", communes=lambda: _communes(viewer))
    query = (
        select(*_COLUMNS, *order.selected)
        .join(Case, Case.id == Task.case_id)
        .join(Unit, Unit.id == Case.commune_id)
        .outerjoin(User, User.id == Task.owner_id)
        .outerjoin(_Delegator, _Delegator.id == Task.delegated_by)
        .where(*_asked(viewer, wanted, day))
    )
    if cursor:
        query = query.where(after(order, cursor))
    rows = db.session.execute(query.order_by(*order.by).limit(size + 1)).all()
    items = rows[:size]
    return Page(items, cursor_of(order, items[-1]) if len(rows) > size else None)


def count_tabs(viewer: Viewer, day: date) -> dict[str, int]:
    """{tab: number of tasks} for the viewer's worklist, unfiltered, in one statement."""
    counts = [func.sum(case((_tab(tab, day), 1), else_=0)).label(tab) for tab in TABS]
    row = db.session.execute(select(*counts).join(Case, Case.id == Task.case_id).where(*_of(viewer))).one()
    return {tab: int(getattr(row, tab) or 0) for tab in TABS}


def choices(viewer: Viewer) -> Choices:
    """What the filters can offer this viewer."""
    rows = db.session.execute(
        select(Case.year, Case.district_id, Unit.name.label("district"), Task.element, Task.name)
        .join(Case, Case.id == Task.case_id)
        .outerjoin(Unit, Unit.id == Case.district_id)
        .where(*_of(viewer))
        .distinct()
        .order_by(Unit.name, Task.name)
    ).all()
    return Choices(
        years=tuple(sorted({row.year for row in rows}, reverse=True)),
        districts=tuple({row.district_id: row.district for row in rows if row.district_id}.items()),
        steps={row.element: row.name for row in rows},
    )


def _of(viewer: Viewer) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The tasks that are this viewer's to see on the worklist."""
    pairs = viewer.worklist_groups
    mine = (
        or_(*(and_(Task.group == group, Task.unit_id == unit) for group, unit in pairs)) if pairs else false()
    )
    return mine, visible_cases(viewer)


def _asked(viewer: Viewer, wanted: Wanted, day: date) -> list[ColumnElement[bool]]:
    conditions = [*_of(viewer), _tab(wanted.tab, day)]
    if wanted.year is not None:
        conditions.append(Case.year == wanted.year)
    if wanted.district_id is not None:
        conditions.append(Case.district_id == wanted.district_id)
    if wanted.element:
        conditions.append(Task.element == wanted.element)
    if wanted.holder == "mine":
        conditions.append(Task.owner_id == viewer.id)
    elif wanted.holder == "unassigned":
        conditions += [Task.owner_id.is_(None), Task.completed_by_round.is_(False)]
    elif wanted.holder == "handed":
        conditions.append(Task.id.in_(sorted(handed_to(viewer), key=lambda task: task.hex)))
    conditions += [_flag(flag, day) for flag in sorted(wanted.flags)]
    search = matches(wanted.search, viewer, (*conditions,))
    return conditions if search is None else [*conditions, search]


def _tab(tab: str, day: date) -> ColumnElement[bool]:
    return {
        "open": _IS_OPEN,
        "due_soon": and_(_IS_OPEN, Task.due_on >= day, Task.due_on <= day + DUE_SOON),
        "overdue": and_(_IS_OPEN, Task.due_on < day),
        "returned": and_(_IS_OPEN, _RETURNED),
        "follow_up": and_(_IS_OPEN, Task.follow_up_on <= day),
        "done": Task.state == TaskState.COMPLETED.value,
    }[tab]


def _flag(flag: str, day: date) -> ColumnElement[bool]:
    return {
        "returned": _RETURNED,
        "signing": Task.stage == "signing",
        "urgent": Task.priority < USUAL,
        "follow_up": Task.follow_up_on <= day,
    }[flag]


def _communes(viewer: Viewer) -> Sequence[AnyRow]:
    """(id, name) of the communes of the viewer's worklist."""
    return db.session.execute(
        select(Unit.id, Unit.name)
        .where(Unit.id.in_(select(Case.commune_id).join(Task, Task.case_id == Case.id).where(*_of(viewer))))
        .order_by(Unit.id)
    ).all()
