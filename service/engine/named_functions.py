"""The functions that a step gives to expressions: deadlines, today, working days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from service.engine.expressions import FunctionUse
from service.engine.step import StepContext
from service.engine.timers import LOCAL, moment

MAX_WORKING_DAYS = 10_000
ON_WORKING_DAYS = frozenset({"working days after", "working days before"})


def counts_working_days(uses: tuple[FunctionUse, ...]) -> bool:
    """Whether a change of holidays may change what these calls give."""
    return any(use.name in ON_WORKING_DAYS for use in uses)


def named_functions(context: StepContext) -> dict[str, Callable[..., object]]:
    """`deadline` asks the facts first and the calendar second; `today` is the local date of the step."""
    calendar = context.calendar

    def deadline(step: str) -> object:
        fact = f"deadline:{step}"
        if fact in context.facts:
            found = context.facts[fact]
            return date.fromisoformat(found) if isinstance(found, str) else found
        if calendar is None:
            raise LookupError(f"không có hạn của bước “{step}”")
        return calendar.deadline(step)

    def working_days(day: object, count: object, sign: int) -> object:
        if day is None or count is None:
            return None
        if not isinstance(day, date):
            raise TypeError("cần một ngày: đọc chữ bằng date(…)")
        if not isinstance(count, Decimal) or count != int(count) or abs(count) > MAX_WORKING_DAYS:
            raise TypeError(f"số ngày làm việc phải là số nguyên, không quá {MAX_WORKING_DAYS}")
        if calendar is None:
            raise LookupError("không có lịch làm việc")
        if isinstance(day, datetime):
            day = moment(day).astimezone(LOCAL).date()
        return calendar.working_days_after(day, sign * int(count))

    return {
        "deadline": deadline,
        "today": lambda: context.now.astimezone(LOCAL).date(),
        "working days after": lambda day, count: working_days(day, count, 1),
        "working days before": lambda day, count: working_days(day, count, -1),
    }
