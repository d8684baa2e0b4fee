"""Deadlines and holidays as they stood at a place in the log: those of today, less what was done since.

Every change of either is an event of the administration stream with what was before and after, in one order
with the events of cases. So no copy of a calendar need be kept with a case.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import select

from service.audit.canonical import as_bytes
from service.calendars.queries import load_calendar
from service.calendars.spans import period_of
from service.calendars.working_days import DayRule, WorkingCalendar
from service.database import AnyRow, db
from service.deadlines.queries import (
    AllOfYear,
    StepDeadline,
    deadlines_of_year,
    districts_by_code,
    in_district,
)
from service.models import Event

_DEADLINES, _IMPORTED = "deadlines_set", "calendar_imported"
_DAYS = ("calendar_days_set", "calendar_days_unset")


@dataclass(frozen=True)
class _Change:
    position: int
    kind: str
    data: Mapping[str, Any]


@dataclass
class AsItWas:
    """Looks back from today; read once for all the steps of a case, or of many of one procedure and year."""

    procedure: str
    year: int
    _laid_down: dict[int, AllOfYear] = field(default_factory=dict)
    _calendars: dict[int, WorkingCalendar] = field(default_factory=dict)

    def deadlines(self, position: int, case: AnyRow) -> Mapping[str, StepDeadline]:
        """{step: deadline} for a case, as laid down when the event at `position` was written."""
        after = self._after(position, (_DEADLINES,))
        if len(after) not in self._laid_down:
            self._laid_down[len(after)] = self._without(after)
        return in_district(self._laid_down[len(after)], case.district_id)

    def calendar(self, position: int) -> WorkingCalendar:
        """The working days that were known when the event at `position` was written."""
        after = self._after(position, (_IMPORTED, *_DAYS))
        if len(after) not in self._calendars:
            rules = dict(self._today.rules)
            for change in after:
                _undo_days(rules, change)
            self._calendars[len(after)] = WorkingCalendar(self._years(position), rules)
        return self._calendars[len(after)]

    def _after(self, position: int, kinds: Sequence[str]) -> list[_Change]:
        """What was changed later, the latest first."""
        return [one for one in self._changes if one.position > position and one.kind in kinds]

    def _years(self, position: int) -> frozenset[int]:
        """Years whose first import came later were not known then."""
        imports = [one for one in self._changes if one.kind == _IMPORTED]
        later = {year for one in imports if one.position > position for year in one.data["years"]}
        sooner = {year for one in imports if one.position <= position for year in one.data["years"]}
        return self._today.years - (later - sooner)

    @cached_property
    def _changes(self) -> list[_Change]:
        rows = db.session.execute(
            select(Event.position, Event.type, Event.body)
            .where(Event.stream == "administration", Event.type.in_((_DEADLINES, _IMPORTED, *_DAYS)))
            .order_by(Event.position.desc())
        )
        return [_Change(row.position, row.type, orjson.loads(as_bytes(row.body))["data"]) for row in rows]

    @cached_property
    def _today(self) -> WorkingCalendar:
        return load_calendar()

    @cached_property
    def _present(self) -> AllOfYear:
        return deadlines_of_year(db.session.connection(), self.procedure, self.year)

    def _without(self, changes: Sequence[_Change]) -> AllOfYear:
        found: dict[tuple[str, uuid.UUID | None], StepDeadline | None] = dict(self._present)
        pairs = [pair for change in changes for pair in reversed(change.data["deadlines"])]
        named = {(pair["after"] or pair["before"])["district"] for pair in pairs} - {""}
        districts = districts_by_code(db.session.connection(), named)
        for pair in pairs:
            key = pair["after"] or pair["before"]
            if (key["procedure"], key["year"]) != (self.procedure, self.year):
                continue
            district = districts.get(key["district"]) if key["district"] else None
            found[key["element"], district] = _deadline(pair["before"]) if pair["before"] else None
        return {key: one for key, one in found.items() if one is not None}


def _deadline(told: Mapping[str, Any]) -> StepDeadline:
    period = None if told["period"] is None else period_of(told["period"], told["period_unit"] or "days")
    last_day = date.fromisoformat(told["last_day"]) if told["last_day"] else None
    return StepDeadline(last_day, told["wording"], told["source"], period)


def _undo_days(rules: dict[date, DayRule], change: _Change) -> None:
    if change.kind == _IMPORTED:
        for row in change.data["added"]:
            rules.pop(date.fromisoformat(row["day"]), None)
        for row in change.data["removed"]:
            rules[date.fromisoformat(row["day"])] = _rule(row)
        return
    for row in change.data["days"]:
        day = date.fromisoformat(row["day"])
        rules.pop(day, None)
        if row["before"] is not None:
            rules[day] = _rule(row["before"])


def _rule(row: Mapping[str, Any]) -> DayRule:
    return DayRule(row["is_working"], row["name"], row["source"])
