"""Counting working days over the dated rows of the calendar. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from service.calendars.spans import Days, Period, WorkingDays
from service.wording import _, marked

DAY = timedelta(days=1)
WEEKDAYS = (
    marked("thứ Hai"),
    marked("thứ Ba"),
    marked("thứ Tư"),
    marked("thứ Năm"),
    marked("thứ Sáu"),
    marked("thứ Bảy"),
    marked("Chủ nhật"),
)
SATURDAY = 5


class UnknownYear(LookupError):  # noqa: N818 - a fact, as in service.errors
    """The calendar does not know this year; the message says so and what to do."""

    def __init__(self, year: int) -> None:
        super().__init__(
            _(
                "Chưa có lịch ngày làm việc năm %(year)s. Quản trị viên nhập lịch ở trang Lịch ngày làm "
                "việc, hoặc chạy: congnhan calendar import --years %(year)s.",
                year=year,
            )
        )
        self.year = year

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class DayRule:
    """A day that is not as its weekday says: off, or worked to make up for another. `source` says by what."""

    is_working: bool
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class DayOff:
    """A day that was not counted, and why: a rule's name and source, or the weekday alone (source "")."""

    day: date
    name: str
    source: str


@dataclass(frozen=True)
class WorkingCalendar:
    """The years that are known, and within them the days that are not as their weekday says.

    Saturdays and Sundays are off unless a rule says worked; every other day is worked unless one says off.
    """

    years: frozenset[int]
    rules: Mapping[date, DayRule]

    def knows(self, *days: date) -> bool:
        """Whether the years of all these days are known."""
        return all(day.year in self.years for day in days)

    def is_working(self, day: date) -> bool:
        """Raises UnknownYear."""
        if day.year not in self.years:
            raise UnknownYear(day.year)
        rule = self.rules.get(day)
        return rule.is_working if rule is not None else day.weekday() < SATURDAY

    def working_days_after(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`, before it where negative; `day` itself for 0.

        Raises UnknownYear where a day on the way lies in a year that is not known.
        """
        step = DAY if count > 0 else -DAY
        for _day in range(abs(count)):
            day = self._next(day, step)
        return day

    def working_days_between(self, first: date, last: date) -> int:
        """How many working days come after `first` up to and including `last`; negative when last < first.

        Raises UnknownYear as above.
        """
        if last < first:
            return -self.working_days_between(last, first)
        return sum(self.is_working(first + n * DAY) for n in range(1, (last - first).days + 1))

    def on_or_after(self, day: date) -> date:
        """`day` itself if it is a working day, else the next one. Raises UnknownYear."""
        return day if self.is_working(day) else self._next(day, DAY)

    def on_or_before(self, day: date) -> date:
        """`day` itself if it is a working day, else the one before. Raises UnknownYear."""
        return day if self.is_working(day) else self._next(day, -DAY)

    def end_of(self, start: date, period: Period) -> date:
        """The last day of a period that begins with the day after `start`. Raises UnknownYear.

        A period in days that ends on a day off ends with the next working day.
        Source: Bộ luật Dân sự 2015, Điều 147 and 148.
        """
        if isinstance(period, WorkingDays):
            return self.working_days_after(start, period.count)
        return self.on_or_after(start + timedelta(days=period.count))

    def used(self, start: date, end: date, unit: type[Days] | type[WorkingDays]) -> int:
        """How much of a period went by from the day after `start` to `end`. Raises UnknownYear."""
        return self.working_days_between(start, end) if unit is WorkingDays else (end - start).days

    def days_off(self, first: date, last: date) -> Iterator[DayOff]:
        """The days off after `first` up to and including `last`, in order. Raises UnknownYear."""
        for n in range(1, (last - first).days + 1):
            day = first + n * DAY
            if not self.is_working(day):
                rule = self.rules.get(day)
                name = rule.name if rule is not None else WEEKDAYS[day.weekday()]
                yield DayOff(day, name, rule.source if rule is not None else "")

    def worked_weekends(self, first: date, last: date) -> Iterator[tuple[date, DayRule]]:
        """Saturdays and Sundays that are worked, after `first` up to and including `last`."""
        for day in sorted(self.rules):
            if first < day <= last and day.weekday() >= SATURDAY and self.rules[day].is_working:
                yield day, self.rules[day]

    def with_rules(
        self, changed: Mapping[date, DayRule | None], years: frozenset[int] = frozenset()
    ) -> WorkingCalendar:
        """This calendar with rules laid over it; None takes one away. `years` become known as well."""
        merged = {**self.rules, **changed}
        rules = {day: rule for day, rule in merged.items() if rule is not None}
        return replace(self, years=self.years | years, rules=rules)

    def with_weekends_only(self, years: frozenset[int]) -> WorkingCalendar:
        """The provisional calendar where years are missing: in those only Saturdays and Sundays are off."""
        return replace(self, years=self.years | years)

    def _next(self, day: date, step: timedelta) -> date:
        day += step
        while not self.is_working(day):
            day += step
        return day


NO_CALENDAR = WorkingCalendar(frozenset(), {})


def provisionally(
    calendar: WorkingCalendar, compute: Callable[[WorkingCalendar], date]
) -> tuple[date, tuple[int, ...]]:
    """(result, the years that it needed and the calendar does not know: weekends only were counted there)."""
    missing: list[int] = []
    while True:
        try:
            return compute(calendar.with_weekends_only(frozenset(missing))), tuple(sorted(missing))
        except UnknownYear as unknown:
            missing.append(unknown.year)
