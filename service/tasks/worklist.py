"""*Việc cần xử lý*: one page of somebody's worklist, its tabs' counts, what it can be filtered by.

No case is loaded to draw a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Date, Select, and_, bindparam, case, func, select, true
from sqlalchemy.orm import aliased

from service.database import AnyRow, db, table_of
from service.identity.viewer import Viewer
from service.models import Case, Task, Unit, User
from service.tasks.facets import Extent, communes
from service.tasks.keyset import Order, after, cursor_of, order_of, position_of
from service.tasks.narrowing import DUE_SOON, asked
from service.tasks.places import (
    IS_DONE,
    IS_OPEN,
    IS_SENT_BACK,
    Places,
    in_cases,
    places_of,
    tasks_there,
)
from service.tasks.wanted import TABS, Wanted


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


_Delegator, _Completer = aliased(User), aliased(User)
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
    _Completer.display_name.label("completed_by_name"),
    Case.id.label("case_id"),
    Case.code,
    Case.year,
    Case.basis,
    Case.commune_id,
    Unit.name.label("commune"),
)


def list_tasks(
    viewer: Viewer,
    wanted: Wanted | None = None,
    *,
    day: date,
    cursor: str | None = None,
    size: int = 50,
    extent: Extent | None = None,
) -> Page:
    """One page of the viewer's worklist; `day` is today in Thanh Hóa, `extent` the list's where it is known.

    First which tasks, out of the indexes alone; then what is shown of those few.
    """
    wanted, places = wanted or Wanted(), places_of(viewer)
    order = order_of(wanted.sort, done=wanted.tab == "done", communes=lambda: communes(viewer, extent))
    which = (
        places.tasks(Task.id, *order.selected)
        .where(*asked(viewer, wanted, day, places, extent))
        .order_by(*order.by)
        .limit(size + 1)
    )
    if cursor:
        which = which.where(after(order, cursor))
    if order.communes:
        total = extent.total if extent is not None else 0
        found = _in_turn(places, which, order, cursor, size, total)
    else:
        found = _shown(places, which, order)
    items = found[:size]
    return Page(items, cursor_of(order, items[-1]) if len(found) > size else None)


def _in_turn(
    places: Places, which: Select[Any], order: Order, cursor: str | None, size: int, total: int
) -> Sequence[AnyRow]:
    """By communes: a page is full after the first few, so the others' tasks need not be put in order."""
    which = which.join(Case, Case.id == Task.case_id)
    left = order.communes[position_of(order, cursor) :]
    few = max(1, 2 * size * len(order.communes) // max(total, 1))
    while few < len(left):
        found = _shown(places, which.where(in_cases(left[:few])), order)
        if len(found) > size:
            return found
        few *= 4
    return _shown(places, which, order)


def _shown(places: Places, which: Select[Any], order: Order) -> Sequence[AnyRow]:
    chosen = which.subquery("chosen")
    keys = [chosen.c[key.name] for key in order.selected]
    query = (
        select(*_COLUMNS, *keys)
        .select_from(chosen)
        .join(Task, Task.id == chosen.c.id)
        .join(Case, Case.id == Task.case_id)
        .join(Unit, Unit.id == Case.commune_id)
        .outerjoin(User, User.id == Task.owner_id)
        .outerjoin(_Delegator, _Delegator.id == Task.delegated_by)
        .outerjoin(_Completer, _Completer.id == Task.completed_by)
        .order_by(*(key.desc() if order.descending else key for key in keys))
    )
    return places.execute(query).all()


def count_tabs(viewer: Viewer, day: date) -> dict[str, int]:
    """{tab: number of tasks} for the viewer's worklist, unfiltered."""
    return tally(viewer, day).tabs


def tally(viewer: Viewer, day: date) -> Tally:
    """The numbers on the tabs in one statement, each kind of task out of its own stretch of an index."""
    row = places_of(viewer).execute(_tally(db.engine.dialect.name), day=day, soon=day + DUE_SOON).one()
    tabs = {tab: int(getattr(row, tab) or 0) for tab in TABS}
    return Tally(tabs, Extent(tabs["open"] + tabs["done"], row.newest))


@cache
def _tally(dialect: str) -> Select[*tuple[Any, ...]]:
    tasks, there = table_of(Task).c, tasks_there(dialect)
    day, soon = bindparam("day", type_=Date), bindparam("soon", type_=Date)
    conditions = {
        "due_soon": and_(IS_OPEN, tasks.due_on >= day, tasks.due_on <= soon),
        "overdue": and_(IS_OPEN, tasks.due_on < day),
        "returned": and_(IS_OPEN, IS_SENT_BACK),
        "done": IS_DONE,
    }
    parts = {
        "open": select(
            func.count(),
            func.max(tasks.received_at).label("newest"),
            func.sum(case((tasks.follow_up_on <= day, 1), else_=0)).label("follow_up"),
        )
        .select_from(there)
        .where(IS_OPEN)
        .subquery("open"),
        **{
            tab: select(func.count()).select_from(there).where(condition).subquery(tab)
            for tab, condition in conditions.items()
        },
    }
    everything: Any = parts["open"]
    for tab in conditions:
        everything = everything.join(parts[tab], true())
    numbers = [part.c[0].label(tab) for tab, part in parts.items()]
    opened = parts["open"].c
    return select(*numbers, opened.newest, opened.follow_up).select_from(everything)
