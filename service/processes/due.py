"""Why this date: how each due date came about, in Vietnamese, for a line and in full. Pure.

Dates by Quyết định 1829's annexes and the districts' letters never move; periods follow Bộ luật Dân sự 2015
(the day of receipt is not counted, a period in days that ends on a day off ends with the next working day)
and stand still while the dossier is returned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from service.calendars.spans import Period, WorkingDays, period_of, unit_of_period
from service.calendars.working_days import SATURDAY, WEEKDAYS, WorkingCalendar, provisionally
from service.deadlines.queries import StepDeadline

LONGEST_REASON = 300
MOST_DAYS_TOLD = 40
CIVIL_CODE = "Bộ luật Dân sự 2015"


@dataclass(frozen=True)
class Stay:
    """One earlier time that the dossier lay at the step: received and passed on, local days."""

    received: date
    left: date


@dataclass(frozen=True)
class Derivation:
    """A date, whose deadline it is ("" where an expression counted), why in a line and in full."""

    step: str
    day: date
    reason: str
    why: str


def by_calendar_date(step: str, deadline: StepDeadline, last_day: date) -> Derivation:
    """A last day laid down as a date: it stays where it is whatever day of the week that is."""
    lines = [
        _headline(last_day),
        _basis(deadline),
        f"Theo cách ghi đó, ngày cuối cùng còn trong hạn là {_day(last_day)}.",
        "Hạn là ngày ấn định nên không dời vì ngày nghỉ hay vì hồ sơ bị trả lại"
        + (
            f"; {_day(last_day)} là {WEEKDAYS[last_day.weekday()]}, hệ thống nhắc vào ngày làm việc trước đó."
            if last_day.weekday() >= SATURDAY
            else "."
        ),
    ]
    return Derivation(step, last_day, short(_words(deadline)), "\n".join(lines))


def by_period(
    step: str,
    deadline: StepDeadline,
    period: Period,
    received: date,
    stays: Sequence[Stay],
    calendar: WorkingCalendar,
) -> Derivation:
    """The last day of a period that runs from the day after `received`, less what earlier stays used.

    Never less than one day is left. Years that the calendar lacks are counted by weekends only, said so.
    """
    unit = type(period)

    def left_over(known: WorkingCalendar) -> int:
        used = sum(known.used(stay.received, stay.left, unit) for stay in stays)
        return max(1, period.count - used)

    def compute(known: WorkingCalendar) -> date:
        return known.end_of(received, period_of(left_over(known), unit_of_period(period)))

    last_day, missing = provisionally(calendar, compute)
    known = calendar.with_weekends_only(frozenset(missing))
    rest = period_of(left_over(known), unit_of_period(period))
    lines = [
        _headline(last_day),
        _basis(deadline),
        _received(received),
        *_used(period, rest, stays, known),
        *_counted(received, rest, last_day, known),
        *_provisional(missing),
    ]
    reason = _words(deadline)
    if rest != period:
        reason += f"; các lần trước đã dùng, còn {rest}"
    return Derivation(step, last_day, short(reason), "\n".join(lines))


def by_working_days(day: date, count: int, calendar: WorkingCalendar) -> Derivation:
    """So many working days after a day, before it where negative, as the diagram asks; raises UnknownYear."""
    result = calendar.working_days_after(day, count)
    side = "sau" if count >= 0 else "trước"
    asked = f"{WorkingDays(abs(count))} {side} ngày {_day(day)}"
    first, last = (day, result) if count >= 0 else (result - timedelta(days=1), day - timedelta(days=1))
    lines = [
        _headline(result),
        f"Sơ đồ quy trình đặt hạn là {asked}; ngày {_day(day)} không tính.",
        *_days_off(first, last, calendar),
    ]
    return Derivation("", result, f"{asked}, theo sơ đồ quy trình", "\n".join(lines))


def by_return(day: date) -> Derivation:
    """The day that whoever sent the dossier back has set for this step."""
    lines = [
        _headline(day),
        "Đơn vị trả lại hồ sơ đã ghi thời hạn bổ sung này trong văn bản trả lại (xem lý do trả lại).",
        "Hạn là ngày ấn định nên không dời.",
    ]
    return Derivation("", day, "Thời hạn ghi khi trả lại hồ sơ", "\n".join(lines))


def by_diagram(day: date) -> Derivation:
    """A day that the diagram's expression gives without asking for a deadline or counting days."""
    reason = "Ngày do sơ đồ quy trình ấn định"
    return Derivation("", day, reason, f"{_headline(day)}\n{reason}; không dời vì ngày nghỉ.")


def short(text: str) -> str:
    """At most as long as a task's reason may be."""
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


def _headline(day: date) -> str:
    return f"Hạn: hết ngày {_day(day)} ({WEEKDAYS[day.weekday()]})."


def _words(deadline: StepDeadline) -> str:
    return f"{deadline.wording} ({deadline.source})"


def _basis(deadline: StepDeadline) -> str:
    return f"Căn cứ: “{deadline.wording}” ({deadline.source})."


def _received(day: date) -> str:
    first = _day(day + timedelta(days=1))
    return f"Nhận hồ sơ ngày {_day(day)}; ngày nhận không tính, đếm từ {first} ({CIVIL_CODE}, Điều 147)."


def _used(period: Period, rest: Period, stays: Sequence[Stay], calendar: WorkingCalendar) -> Iterable[str]:
    if not stays:
        return
    unit = type(period)
    told = "; ".join(
        f"lần {number} nhận {_day(stay.received)}, chuyển đi {_day(stay.left)}: "
        f"{unit(calendar.used(stay.received, stay.left, unit))}"
        for number, stay in enumerate(stays, start=1)
    )
    used = sum(calendar.used(stay.received, stay.left, unit) for stay in stays)
    least = " (ít nhất để lại 1 ngày)" if period.count - used < 1 else ""
    yield (
        f"Đã dùng {unit(used)} trong {period} ở các lần trước: {told}. Thời gian hồ sơ bị trả lại hoặc ở nơi "
        f"khác không tính. Còn {rest}{least}."
    )


def _counted(received: date, rest: Period, last_day: date, calendar: WorkingCalendar) -> Iterable[str]:
    if isinstance(rest, WorkingDays):
        yield f"Đếm {rest}."
        yield from _days_off(received, last_day, calendar)
        return
    plain_end = received + timedelta(days=rest.count)
    yield f"Đếm {rest} liên tục, kể cả ngày nghỉ: đến {_day(plain_end)}."
    if plain_end != last_day:
        yield (
            f"{_day(plain_end)} là ngày nghỉ nên thời hạn kết thúc vào ngày làm việc tiếp theo "
            f"({CIVIL_CODE}, Điều 148)."
        )
        yield from _days_off(plain_end - timedelta(days=1), last_day, calendar)


def _days_off(first: date, last: date, calendar: WorkingCalendar) -> Iterable[str]:
    """The days after `first` up to `last` that were passed over, weekends together, holidays by name."""
    off = list(calendar.days_off(first, last))
    weekends = [_day(one.day) for one in off if not one.source]
    told = [f"– {_day(one.day)}: {one.name} ({one.source})" for one in off if one.source]
    if off:
        yield f"Không tính {len(off)} ngày nghỉ:"
    if weekends:
        more = f" và {len(weekends) - MOST_DAYS_TOLD} ngày khác" if len(weekends) > MOST_DAYS_TOLD else ""
        yield f"– thứ Bảy, Chủ nhật: {', '.join(weekends[:MOST_DAYS_TOLD])}{more}"
    yield from told[:MOST_DAYS_TOLD]
    if len(told) > MOST_DAYS_TOLD:
        yield f"– và {len(told) - MOST_DAYS_TOLD} ngày lễ khác"
    for day, rule in calendar.worked_weekends(first, last):
        yield f"Có tính {_day(day)}: {rule.name} ({rule.source})."


def _provisional(missing: Sequence[int]) -> Iterable[str]:
    if missing:
        years = ", ".join(map(str, missing))
        yield (
            f"Tạm tính: chưa có lịch ngày làm việc năm {years} nên trong năm đó mới trừ thứ Bảy, Chủ nhật. "
            "Hạn được tính lại khi nhập lịch."
        )


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
