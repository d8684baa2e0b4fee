"""What occurs in somebody's worklist: what its filters can offer, and the communes that it is sorted by.

To look through ten thousand tasks and their cases takes a tenth of a second, so each process remembers what
it found. That is exact, not a matter of minutes: tasks only come, with a later `received_at` than any before,
or go. Where as many came as there are more, only those are looked at; else all are.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, lru_cache
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import ARRAY, ColumnElement, Select, String, Text, Uuid, bindparam, cast, func, select
from sqlalchemy.engine import Engine

from service.database import db, table_of
from service.identity.viewer import Viewer
from service.models import Case, Unit
from service.tasks.places import CASE, IS_DONE, IS_OPEN, TASK, Places, among, given_ids, places_of
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

    open: int
    done: int
    newest: datetime | None

    @property
    def total(self) -> int:
        return self.open + self.done


@dataclass(frozen=True, eq=False)
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

    @cached_property
    def units(self) -> tuple[uuid.UUID, ...]:
        return tuple(sorted(self.districts | self.communes, key=lambda unit: unit.hex))

    @cached_property
    def given_units(self) -> Any:
        return given_ids(self.units)

    def covers(self, extent: Extent) -> bool:
        """Whether nothing has come or gone since."""
        if self.total != extent.total:
            return False
        return extent.newest is None or (self.newest is not None and extent.newest <= self.newest)


_lock = threading.Lock()
_remembered: WeakKeyDictionary[Engine, OrderedDict[Any, _Seen]] = WeakKeyDictionary()


class Facets:
    """What occurs in the worklist of `viewer`, for one request; `extent` where it is known already."""

    def __init__(self, viewer: Viewer, extent: Extent | None = None) -> None:
        self._viewer, self._extent = viewer, extent

    @cached_property
    def extent(self) -> Extent:
        return self._extent or _extent(places_of(self._viewer))

    @property
    def communes(self) -> Sequence[tuple[uuid.UUID, str]]:
        """(id, name) of each."""
        return [
            one for one in zip(self._seen.units, self._names, strict=True) if one[0] in self._seen.communes
        ]

    @property
    def steps(self) -> Mapping[str, str]:
        """{step: name}"""
        return self._seen.steps

    def choices(self) -> Choices:
        return _choices(self._seen, self._names)

    @cached_property
    def _seen(self) -> _Seen:
        return _seen(self._viewer, self.extent)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        """What the units of `_seen` are called now."""
        names = db.session.connection().execute(
            _names(db.engine.dialect.name), {"ids": self._seen.given_units}
        )
        return tuple(names.scalars())


def choices(viewer: Viewer, extent: Extent | None = None) -> Choices:
    """What the filters can offer this viewer; `extent` where it is known already."""
    return Facets(viewer, extent).choices()


@lru_cache(maxsize=_REMEMBERED_PER_PROCESS)
def _choices(seen: _Seen, names: tuple[str, ...]) -> Choices:
    districts = [one for one in zip(seen.units, names, strict=True) if one[0] in seen.districts]
    return Choices(
        years=seen.years,
        districts=tuple(sorted(districts, key=lambda one: (sort_key(one[1]), one[0].hex))),
        steps=dict(sorted(seen.steps.items(), key=lambda step: (sort_key(step[1]), step[0]))),
    )


def _seen(viewer: Viewer, extent: Extent) -> _Seen:
    # As text: to compare fifty UUIDs takes longer than to write them.
    places, key = places_of(viewer), " ".join(f"{group} {unit.hex}" for group, unit in viewer.worklist_groups)
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
    number, newest = func.count().label("number"), func.max(TASK.received_at).label("newest")
    opened = places.execute(places.tasks(number, newest).where(IS_OPEN)).one()
    return Extent(
        opened.number, places.execute(places.tasks(number).where(IS_DONE)).scalar_one(), opened.newest
    )


def _grown(before: _Seen, places: Places, extent: Extent) -> _Seen | None:
    """What was seen and what has come since; None where something has gone as well."""
    if before.newest is None or extent.total < before.total:
        return None
    since = _look(places, TASK.received_at > before.newest)
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
                CASE.year,
                CASE.district_id,
                CASE.commune_id,
                TASK.element,
                func.count().label("number"),
                func.min(cast(TASK.id, String)).label("one"),
                func.max(TASK.received_at).label("newest"),
            )
            .join(table_of(Case), CASE.id == TASK.case_id)
            .where(state, *conditions)
            .group_by(CASE.year, CASE.district_id, CASE.commune_id, TASK.element)
        )
        for row in rows:
            found[row.year, row.district_id, row.commune_id, row.element] = row.one
            total += row.number
            newest = row.newest if newest is None else max(newest, row.newest)
    return _Seen(total, newest, frozenset(found), _step_names(found) if found else {})


def _step_names(found: Mapping[Occurrence, str]) -> dict[str, str]:
    """A step's name is its tasks'; any of them tells it."""
    some = {element: uuid.UUID(task) for (_, _, _, element), task in sorted(found.items(), key=repr)}
    rows = db.session.connection().execute(
        select(TASK.element, TASK.name).where(TASK.id.in_(list(some.values())))
    )
    return {row.element: row.name for row in rows}


@cache
def _names(dialect: str) -> Select[*tuple[Any, ...]]:
    """In the order of ids, which is that of their hexadecimal digits on every database."""
    unit = table_of(Unit).c
    given = bindparam("ids", type_=Text if dialect == "sqlite" else ARRAY(Uuid()))
    return select(unit.name).where(among(unit.id, given)).order_by(unit.id)
