"""Reading the calendar of working days."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Boolean, Date, Integer, String, cast, literal_column, null, select, union_all
from sqlalchemy.engine import Connection

from service.calendars.working_days import DayRule, WorkingCalendar
from service.database import db, table_of
from service.models import CalendarDay, CalendarYear

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_YEAR, _DAY = table_of(CalendarYear), table_of(CalendarDay)
# One statement for both tables: a step that counts working days runs it in the middle of an act.
_CALENDAR = union_all(
    select(
        _YEAR.c.year,
        cast(null(), Date).label("day"),
        cast(null(), Boolean).label("is_working"),
        literal_column("''", String).label("name"),
        literal_column("''", String).label("source"),
    ),
    select(cast(null(), Integer), _DAY.c.day, _DAY.c.is_working, _DAY.c.name, _DAY.c.source),
)


def load_calendar(connection: Connection | None = None) -> WorkingCalendar:
    """All the years that are known, in one statement; rows of years that are not known count for nothing."""
    rows = (connection or db.session.connection()).execute(_CALENDAR).all()
    years = frozenset(row.year for row in rows if row.year is not None)
    return WorkingCalendar(
        years,
        {
            row.day: DayRule(row.is_working, row.name, row.source)
            for row in rows
            if row.day is not None and row.day.year in years
        },
    )


def list_years() -> Sequence[CalendarYear]:
    """The years that are known, in order."""
    return db.session.scalars(
        select(CalendarYear).order_by(CalendarYear.year).execution_options(populate_existing=True)
    ).all()


def list_days(year: int) -> Sequence[CalendarDay]:
    """The days of a year that are not as their weekday says, in order."""
    return db.session.scalars(
        select(CalendarDay)
        .where(CalendarDay.day >= date(year, 1, 1), CalendarDay.day <= date(year, 12, 31))
        .order_by(CalendarDay.day)
        .execution_options(populate_existing=True)
    ).all()


def own_days(years: Iterable[int]) -> Sequence[CalendarDay]:
    """The province's own decisions in these years, in order."""
    wanted = set(years)
    found = db.session.scalars(select(CalendarDay).where(CalendarDay.is_own).order_by(CalendarDay.day))
    return [row for row in found if row.day.year in wanted]


def missing_years(day: date, connection: Connection | None = None) -> tuple[int, ...]:
    """Which of this year and the next the calendar lacks: a period begun late in a year ends in the next."""
    known = set((connection or db.session.connection()).execute(select(CalendarYear.year)).scalars())
    return tuple(year for year in (day.year, day.year + 1) if year not in known)
