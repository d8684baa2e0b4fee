"""When somebody must be told about a due date: properties of the human task turned into moments. Pure.

`remindBefore` ("3,1") and `remindAfter` ("1") are working days before and after the due date,
`escalateAfter` ("3") after it; "none" switches one off, an absent one has the product's default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeAlias

from service.calendars.working_days import NO_CALENDAR, UnknownYear, WorkingCalendar
from service.clock import LOCAL

Kind: TypeAlias = Literal["before", "after", "escalation"]
AT_EIGHT = time(8, 0)
NONE = "none"
DEFAULTS: Mapping[str, str] = {"remindBefore": "3,1", "remindAfter": "1", "escalateAfter": "3"}
KINDS: Mapping[str, Kind] = {"remindBefore": "before", "remindAfter": "after", "escalateAfter": "escalation"}
MOST, LONGEST_WAIT = 10, 366
_LIST = re.compile(r"\d{1,3}(,\d{1,3})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reminder:
    """At 08:00 in Thanh Hóa, `days` before or after the due date.

    `in_working_days` is False where the calendar does not know the year: then they are days of the calendar,
    and whoever shows the reminder says so.
    """

    at: datetime
    kind: Kind
    days: int
    in_working_days: bool = True


def plan_reminders(
    due_on: date | None, properties: Mapping[str, str], calendar: WorkingCalendar | None
) -> tuple[Reminder, ...]:
    """Every reminder of a task that is due on `due_on`, in order of time; none without a due date.

    A reminder before the due date falls on a working day: 1 before Sunday 10/12/2023 is Friday 8/12. A
    property that cannot be read counts as absent (publication refuses it, see `faults_of`).
    """
    if due_on is None:
        return ()
    found: dict[tuple[datetime, Kind], Reminder] = {}
    for name, kind in KINDS.items():
        for days in _days_of(name, properties):
            day, counted = _day(due_on, -days if kind == "before" else days, calendar or NO_CALENDAR)
            reminder = Reminder(datetime.combine(day, AT_EIGHT, tzinfo=LOCAL), kind, days, counted)
            found.setdefault((reminder.at, kind), reminder)
    return tuple(sorted(found.values(), key=lambda one: (one.at, one.kind)))


def next_attention(plan: Iterable[Reminder], after: datetime) -> datetime | None:
    """The moment of the first reminder later than `after`; None when there is none."""
    return min((reminder.at for reminder in plan if reminder.at > after), default=None)


def faults_of(properties: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(property, message, remedy) for each reminder property that cannot be read."""
    return [
        (
            name,
            f"“{name}” là “{properties[name]}”, không đọc được số ngày nhắc.",
            f"Viết các số ngày làm việc cách nhau bằng dấu phẩy, vd {DEFAULTS[name]}, hoặc {NONE} để tắt.",
        )
        for name in KINDS
        if name in properties and _read(properties[name]) is None
    ]


def _days_of(name: str, properties: Mapping[str, str]) -> tuple[int, ...]:
    given = _read(properties[name]) if name in properties else None
    default = _read(DEFAULTS[name])
    return given if given is not None else default or ()


def _read(text: str) -> tuple[int, ...] | None:
    """The days in "5,1"; none of them for "none"; None where the text is neither."""
    text = text.replace(" ", "")
    if text.lower() == NONE:
        return ()
    if _LIST.fullmatch(text) is None:
        return None
    days = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    return days if len(days) <= MOST and max(days) <= LONGEST_WAIT else None


def _day(due_on: date, days: int, calendar: WorkingCalendar) -> tuple[date, bool]:
    """The day so many working days from the due date, and whether the calendar knew its years."""
    try:
        if days == 0:
            return calendar.on_or_before(due_on), True
        return calendar.working_days_after(due_on, days), True
    except UnknownYear:
        return due_on + timedelta(days=days), False
