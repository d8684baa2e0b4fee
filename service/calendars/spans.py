"""Days and working days are different things: two types, so that nothing counts one for the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

LONGEST = 3660


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the calendar, weekends and holidays included (*ngày*)."""

    count: int

    def __str__(self) -> str:
        return f"{self.count} ngày"


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Days on which offices are open (*ngày làm việc*)."""

    count: int

    def __str__(self) -> str:
        return f"{self.count} ngày làm việc"


Period: TypeAlias = Days | WorkingDays
UNITS: dict[str, type[Days] | type[WorkingDays]] = {"days": Days, "working_days": WorkingDays}


def period_of(count: int, unit: str) -> Period:
    """The period that a row stores as `period` and `period_unit`. Raises ValueError for another unit."""
    if unit not in UNITS:
        raise ValueError(f"{unit!r} is no unit of time; one of {sorted(UNITS)}")
    return UNITS[unit](count)


def unit_of_period(period: Period) -> str:
    """What `period_unit` stores of it: days | working_days."""
    return "days" if isinstance(period, Days) else "working_days"


if TYPE_CHECKING:
    # The type checker must refuse these two; should it ever take them, the unused "ignore" is its error.
    _days: Days = WorkingDays(10)  # type: ignore[assignment]
    _working_days: WorkingDays = Days(10)  # type: ignore[assignment]
