"""*Việc cần xử lý*: one page of somebody's worklist, its tabs' counts, what it can be filtered by.

No case is loaded to draw a list.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Date, Select, Text, Uuid, and_, bindparam, case, func, select

from service.database import AnyRow, db, table_of
from service.identity.viewer import Viewer
from service.models import Case, RowAssignment, Task, Unit, User
from service.tasks.facets import Extent, Facets
from service.tasks.keyset import Order, after, cursor_of, order_of, position_of
from service.tasks.narrowing import DUE_SOON, asked
from service.tasks.places import (
    CASE,
    IS_DONE,
    IS_OPEN,
    IS_SENT_BACK,
    TASK,
    among,
    given_ids,
    in_cases,
    places_of,
    tasks_there,
)
from service.tasks.wanted import TABS, Wanted

# What lists show of a task itself.
_OF_TASK = (
    "id",
    "element",
    "ref",
    "name",
    "group",
    "unit_id",
    "state",
    "stage",
    "signer",
    "completed_by_round",
    "returned",
    "note",
    "owner_id",
    "delegated_by",
    "priority",
    "follow_up_on",
    "received_at",
    "due_on",
    "due_reason",
    "due_why",
    "completed_at",
)


@dataclass(frozen=True)
class Page:
    """`next_cursor` None on the last page."""

    items: Sequence[AnyRow]
    next_cursor: str | None


@dataclass(frozen=True)
class Tally:
    """{tab: number of tasks}, and what the facets ask of the whole."""

    tabs: dict[str, int]
    extent: Extent


_CASE, _UNIT, _GIVEN = table_of(Case), table_of(Unit), table_of(RowAssignment).c
_OWNER, _DELEGATOR, _COMPLETER = (table_of(User).alias(name) for name in ("owner", "delegator", "completer"))
# A worklist with fewer tasks is read and sorted whole, in one statement.
LONG_LIST = 1_000


def list_tasks(
    viewer: Viewer,
    wanted: Wanted | None = None,
    *,
    day: date,
    cursor: str | None = None,
    size: int = 50,
    facets: Facets | None = None,
) -> Page:
    """One page of the viewer's worklist; `day` is today in Thanh Hóa, `facets` the list's where known.

    First which tasks, out of the indexes alone; then what is shown of those few.
    """
    wanted, places = wanted or Wanted(), places_of(viewer)
    is_long = facets is not None and facets.extent.total > LONG_LIST
    facets = facets or Facets(viewer)
    order = order_of(wanted.sort, done=wanted.tab == "done", communes=lambda: facets.communes)
    conditions = asked(viewer, wanted, day, places, facets)

    def first(order: Order, *more: ColumnElement[bool] | None) -> Sequence[AnyRow]:
        which = places.tasks(TASK.id, *order.selected).where(
            *conditions, *(one for one in more if one is not None)
        )
        if order.communes:
            which = which.join(_CASE, CASE.id == TASK.case_id)
        if cursor:
            which = which.where(after(order, cursor))
        return places.execute(which.order_by(*order.by).limit(size + 1)).all()

    if cursor:
        after(order, cursor)  # refuses another order's
    if order.communes:
        found = _in_turn(first, order, position_of(order, cursor), size, facets.extent.total)
    elif order.along and is_long:
        found = first(order.in_front(), order.usual)
        if len(found) <= size and order.rest is not None:
            found = [*found, *first(order, order.rest)]
    else:
        found = first(order)
    items = _shown(viewer, [row.id for row in found[:size]])
    return Page(items, cursor_of(order, found[size - 1]) if len(found) > size else None)


def _in_turn(
    first: Callable[..., Sequence[AnyRow]], order: Order, position: int, size: int, total: int
) -> Sequence[AnyRow]:
    """By communes: a page is full after the first few, so the others' tasks need not be put in order."""
    left = order.communes[position:]
    few = 2 + 2 * size * len(order.communes) // max(total, 1)
    while few < len(left):
        found = first(order.of_communes(position, position + few), in_cases(left[:few]))
        if len(found) > size:
            return found
        few *= 4
    return first(order)


def _shown(viewer: Viewer, task_ids: Sequence[uuid.UUID]) -> Sequence[AnyRow]:
    """In the order of `task_ids`; `given` is how many of a task's criteria a colleague gave to the viewer."""
    if not task_ids:
        return []
    asked_for = {"ids": given_ids(task_ids), "viewer": viewer.id}
    query = _rows(db.engine.dialect.name)
    rows = {row.id: row for row in db.session.connection().execute(query, asked_for).all()}
    return [rows[task_id] for task_id in task_ids if task_id in rows]


@cache
def _rows(dialect: str) -> Select[*tuple[Any, ...]]:
    given = bindparam("ids", type_=Text if dialect == "sqlite" else ARRAY(Uuid()))
    given_to_viewer = select(func.count()).where(
        _GIVEN.task_id == TASK.id, _GIVEN.user_id == bindparam("viewer", type_=Uuid())
    )
    return (
        select(
            *(TASK[name] for name in _OF_TASK),
            _OWNER.c.display_name.label("owner_name"),
            _DELEGATOR.c.display_name.label("delegated_by_name"),
            _COMPLETER.c.display_name.label("completed_by_name"),
            CASE.id.label("case_id"),
            CASE.code,
            CASE.year,
            CASE.basis,
            CASE.commune_id,
            _UNIT.c.name.label("commune"),
            given_to_viewer.correlate(table_of(Task)).scalar_subquery().label("given"),
        )
        .select_from(table_of(Task))
        .join(_CASE, CASE.id == TASK.case_id)
        .join(_UNIT, _UNIT.c.id == CASE.commune_id)
        .outerjoin(_OWNER, _OWNER.c.id == TASK.owner_id)
        .outerjoin(_DELEGATOR, _DELEGATOR.c.id == TASK.delegated_by)
        .outerjoin(_COMPLETER, _COMPLETER.c.id == TASK.completed_by)
        .where(among(TASK.id, given))
    )


def count_tabs(viewer: Viewer, day: date) -> dict[str, int]:
    """{tab: number of tasks} for the viewer's worklist, unfiltered."""
    return tally(viewer, day).tabs


def tally(viewer: Viewer, day: date) -> Tally:
    """The numbers on the tabs in one statement, each kind of task out of its own stretch of an index."""
    row = places_of(viewer).execute(_tally(db.engine.dialect.name), day=day, soon=day + DUE_SOON).one()
    tabs = {tab: int(getattr(row, tab)) for tab in TABS}
    return Tally(tabs, Extent(tabs["open"], tabs["done"], row.newest))


@cache
def _tally(dialect: str) -> Select[*tuple[Any, ...]]:
    there = tasks_there(dialect)
    day, soon = bindparam("day", type_=Date), bindparam("soon", type_=Date)
    conditions = {
        "due_soon": and_(IS_OPEN, TASK.due_on >= day, TASK.due_on <= soon),
        "overdue": and_(IS_OPEN, TASK.due_on < day),
        "returned": and_(IS_OPEN, IS_SENT_BACK),
        "done": IS_DONE,
    }
    numbers = [
        select(func.count()).select_from(there).where(condition).correlate(None).scalar_subquery().label(tab)
        for tab, condition in conditions.items()
    ]
    come = case((TASK.follow_up_on <= day, 1), else_=0)
    return (
        select(
            func.count().label("open"),
            func.max(TASK.received_at).label("newest"),
            func.coalesce(func.sum(come), 0).label("follow_up"),
            *numbers,
        )
        .select_from(there)
        .where(IS_OPEN)
    )
