"""*Việc cần xử lý*: one page of somebody's worklist, its tabs' counts, what it can be filtered by.

No case is loaded to draw a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select, true
from sqlalchemy.orm import aliased

from service.database import AnyRow, db
from service.identity.viewer import Viewer
from service.models import Case, Task, Unit, User
from service.tasks.facets import Extent, communes
from service.tasks.keyset import Order, after, cursor_of, order_of, position_of
from service.tasks.narrowing import asked, in_tab
from service.tasks.places import IS_OPEN, in_cases, places_of
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


FEW_COMMUNES = 8
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
        select(Task.id, *order.selected)
        .select_from(places.table)
        .join(Task, places.own)
        .where(*asked(viewer, wanted, day, places, extent))
        .order_by(*order.by)
        .limit(size + 1)
    )
    if cursor:
        which = which.where(after(order, cursor))
    found = _in_turn(which, order, cursor, size) if order.communes else _shown(which, order)
    items = found[:size]
    return Page(items, cursor_of(order, items[-1]) if len(found) > size else None)


def _in_turn(which: Select[Any], order: Order, cursor: str | None, size: int) -> Sequence[AnyRow]:
    """By communes: a page is full after the first few, so the others' tasks need not be put in order."""
    which = which.join(Case, Case.id == Task.case_id)
    left = order.communes[position_of(order, cursor) :]
    found = _shown(which.where(in_cases(left[:FEW_COMMUNES])), order)
    return found if len(found) > size or len(left) <= FEW_COMMUNES else _shown(which, order)


def _shown(which: Select[Any], order: Order) -> Sequence[AnyRow]:
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
        .order_by(*(key.desc() if order.descending else key for key in keys))
    )
    return db.session.execute(query).all()


def count_tabs(viewer: Viewer, day: date) -> dict[str, int]:
    """{tab: number of tasks} for the viewer's worklist, unfiltered."""
    return tally(viewer, day).tabs


def tally(viewer: Viewer, day: date) -> Tally:
    """The numbers on the tabs in one statement, each kind of task out of its own stretch of an index."""
    places = places_of(viewer)

    def of(condition: ColumnElement[bool], *columns: Any) -> Select[Any]:
        return (
            select(func.count(), *columns).select_from(places.table).join(Task, places.own).where(condition)
        )

    parts = {
        "open": of(
            IS_OPEN,
            func.max(Task.received_at).label("newest"),
            func.sum(case((Task.follow_up_on <= day, 1), else_=0)).label("follow_up"),
        ).subquery("open"),
        **{tab: of(in_tab(tab, day)).subquery(tab) for tab in ("due_soon", "overdue", "returned", "done")},
    }
    everything: Any = parts["open"]
    for part in list(parts.values())[1:]:
        everything = everything.join(part, true())
    numbers = [part.c[0].label(tab) for tab, part in parts.items()]
    opened = parts["open"].c
    row = db.session.execute(select(*numbers, opened.newest, opened.follow_up).select_from(everything)).one()
    tabs = {tab: int(getattr(row, tab) or 0) for tab in TABS}
    return Tally(tabs, Extent(tabs["open"] + tabs["done"], row.newest))
