"""What occurs in somebody's worklist: what its filters can offer, and the communes that it is sorted by.

To look through ten thousand tasks and their cases takes a tenth of a second, so each process remembers what
it found. That is exact, not a matter of minutes: tasks only come, with a later `received_at` than any before,
or go. Where as many came as there are more, only those are looked at; else all are.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, String, cast, func, select, union_all
from sqlalchemy.engine import Engine

from service.database import db
from service.identity.viewer import Viewer
from service.models import Case, Task, Unit
from service.tasks.places import IS_DONE, IS_OPEN, Places, is_among, places_of
from service.vietnamese import sort_key

# Year, district, commune and step of a task.
Occurrence: TypeAlias = tuple[int, "uuid.UUID | None", uuid.UUID, str]
_REMEMBERED_PER_PROCESS = 1_000


@dataclass(frozen=True)
class Choices:
    """Years (newest first), (id, name) of districts and {step: name}, as a person reads them."""

    years: tuple[int, ...]
    districts: tuple[tuple[uuid.UUID, str], ...]
    steps: dict[str, str]


@dataclass(frozen=True)
class Extent:
    """How many tasks a worklist has, done ones included, and when the last of the open ones came."""

    total: int
    newest: datetime | None


@dataclass(frozen=True)
class _Seen:
    """`newest`: none of the tasks that were seen has come later."""

    total: int
    newest: datetime | None
    found: frozenset[Occurrence]
    steps: Mapping[str, str]

    @cached_property
    def years(self) -> tuple[int, ...]:
        return tuple(sorted({year for year, _, _, _ in self.found}, reverse=True))

    @cached_property
    def districts(self) -> frozenset[uuid.UUID]:
        return frozenset(district for _, district, _, _ in self.found if district is not None)

    @cached_property
    def communes(self) -> frozenset[uuid.UUID]:
        return frozenset(commune for _, _, commune, _ in self.found)

    def covers(self, extent: Extent) -> bool:
        """Whether nothing has come or gone since."""
        if self.total != extent.total:
            return False
        return extent.newest is None or (self.newest is not None and extent.newest <= self.newest)


_lock = threading.Lock()
_remembered: WeakKeyDictionary[Engine, OrderedDict[Any, _Seen]] = WeakKeyDictionary()


def choices(viewer: Viewer, extent: Extent | None = None) -> Choices:
    """What the filters can offer this viewer; `extent` where it is known already."""
    seen = _seen(viewer, extent)
    return Choices(
        years=seen.years,
        districts=tuple(sorted(_named(seen.districts), key=lambda one: (sort_key(one[1]), one[0].hex))),
        steps=dict(sorted(seen.steps.items(), key=lambda step: (sort_key(step[1]), step[0]))),
    )


def communes(viewer: Viewer, extent: Extent | None = None) -> list[tuple[uuid.UUID, str]]:
    """(id, name) of the communes of the viewer's worklist."""
    return _named(_seen(viewer, extent).communes)


def steps(viewer: Viewer, extent: Extent | None = None) -> Mapping[str, str]:
    """{step: name} of the viewer's worklist."""
    return _seen(viewer, extent).steps


def _seen(viewer: Viewer, extent: Extent | None) -> _Seen:
    # As text: to compare fifty UUIDs takes longer than to write them.
    places, key = places_of(viewer), " ".join(f"{group} {unit.hex}" for group, unit in viewer.worklist_groups)
    extent = extent or _extent(places)
    with _lock:
        mine = _remembered.setdefault(db.engine, OrderedDict())
        before = mine.get(key)
    if before is not None and before.covers(extent):
        return before
    seen = _grown(before, places, extent) if before is not None else None
    seen = seen or _look(places)
    with _lock:
        mine[key] = seen
        mine.move_to_end(key)
        if len(mine) > _REMEMBERED_PER_PROCESS:
            mine.popitem(last=False)
    return seen


def _extent(places: Places) -> Extent:
    parts = [
        places.tasks(func.count().label("number"), func.max(Task.received_at).label("newest")).where(state)
        for state in (IS_OPEN, IS_DONE)
    ]
    rows = places.execute(union_all(*parts)).all()
    newest = max((row.newest for row in rows if row.newest), default=None)
    return Extent(sum(row.number for row in rows), newest)


def _grown(before: _Seen, places: Places, extent: Extent) -> _Seen | None:
    """What was seen and what has come since; None where something has gone as well."""
    if before.newest is None or extent.total < before.total:
        return None
    since = _look(places, Task.received_at > before.newest)
    if before.total + since.total != extent.total:
        return None
    return _Seen(
        extent.total,
        since.newest or before.newest,
        before.found | since.found,
        {**before.steps, **since.steps},
    )


def _look(places: Places, *conditions: ColumnElement[bool]) -> _Seen:
    found: dict[Occurrence, str] = {}
    total, newest = 0, None
    for state in (IS_OPEN, IS_DONE):
        rows = places.execute(
            places.tasks(
                Case.year,
                Case.district_id,
                Case.commune_id,
                Task.element,
                func.count().label("number"),
                func.min(cast(Task.id, String)).label("one"),
                func.max(Task.received_at).label("newest"),
            )
            .join(Case, Case.id == Task.case_id)
            .where(state, *conditions)
            .group_by(Case.year, Case.district_id, Case.commune_id, Task.element)
        )
        for row in rows:
            found[row.year, row.district_id, row.commune_id, row.element] = row.one
            total += row.number
            newest = row.newest if newest is None else max(newest, row.newest)
    return _Seen(total, newest, frozenset(found), _step_names(found) if found else {})


def _step_names(found: Mapping[Occurrence, str]) -> dict[str, str]:
    """A step's name is its tasks'; any of them tells it."""
    some = {element: uuid.UUID(task) for (_, _, _, element), task in sorted(found.items(), key=repr)}
    rows = db.session.execute(select(Task.element, Task.name).where(Task.id.in_(list(some.values()))))
    return {row.element: row.name for row in rows}


def _named(units: Iterable[uuid.UUID]) -> list[tuple[uuid.UUID, str]]:
    names = select(Unit.id, Unit.name).where(is_among(Unit.id, units)).order_by(Unit.id)
    return [(row.id, row.name) for row in db.session.connection().execute(names)]
