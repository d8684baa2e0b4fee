"""When a timer is due: ISO 8601 dates, durations and cycles, or an expression that gives one.

All computing starts from the step's `now`. A date without a time, and a time without an offset, mean
local time (Vietnam keeps UTC+7 without summer time); months and years are added on the local calendar
and end on the last day of a shorter month.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from service.engine.expressions.values import Duration

SHORTEST_CYCLE_SECONDS = 60
LOCAL = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
_DURATION = re.compile(
    r"P(?=.)(?:(?P<years>\d{1,3})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,9})S)?)?",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII)
_CYCLE = re.compile(r"R(?P<times>\d{0,4})/(?:(?P<start>\d{4}-[^/P]+)/)?(?P<span>P[^/]+)", re.ASCII)


class NotATimer(ValueError):  # noqa: N818 - what happened, as in errors.py
    """The text is none of the three ISO 8601 forms."""


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: whole months first, then seconds."""

    months: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Span:
        match = _DURATION.fullmatch(text)
        if match is None or text.endswith("T"):
            raise NotATimer(text)
        n = {name: int(value or 0) for name, value in match.groupdict().items()}
        days = n["weeks"] * 7 + n["days"]
        return cls(
            n["years"] * 12 + n["months"], ((days * 24 + n["hours"]) * 60 + n["minutes"]) * 60 + n["seconds"]
        )

    def after(self, moment: datetime, times: int = 1) -> datetime:
        """`moment` plus `times` spans. Raises OverflowError past the year 9999."""
        local = moment.astimezone(LOCAL)
        month = local.year * 12 + local.month - 1 + self.months * times
        year, month = month // 12, month % 12 + 1
        if year > 9999:
            raise OverflowError(f"year {year}")
        shifted = local.replace(year=year, month=month, day=min(local.day, monthrange(year, month)[1]))
        return (shifted + timedelta(seconds=self.seconds * times)).astimezone(UTC)

    def __str__(self) -> str:
        months = f"{self.months}M" if self.months else ""
        seconds = f"T{self.seconds}S" if self.seconds or not months else ""
        return f"P{months}{seconds}"

    def __bool__(self) -> bool:
        return bool(self.months or self.seconds)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The first moment, how many more follow (None: without end) and how far apart.

    The n-th moment is `anchor` plus n spans: counted from the last one, P1M would drift to shorter months.
    The first moment has the number `number` (0 where a cycle names its start).
    """

    first: datetime
    left: int | None = 0
    every: Span | None = None
    anchor: datetime | None = None
    number: int = 0


def moment(value: date | datetime) -> datetime:
    """The UTC moment of a date (its beginning, local time) or of a datetime (local without an offset)."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return (value if value.tzinfo else value.replace(tzinfo=LOCAL)).astimezone(UTC)


def parse_moment(text: str) -> datetime:
    """An ISO 8601 date or date-time as a UTC moment."""
    if _DATE.fullmatch(text) is None:
        raise NotATimer(text)
    try:
        return moment(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise NotATimer(text) from None


def is_iso(form: str, text: str) -> bool:
    """Whether `text` is the ISO 8601 that `form` (timeDate, timeDuration, timeCycle) asks for."""
    try:
        schedule(form, text, datetime(2023, 1, 1, tzinfo=UTC))
    except (NotATimer, OverflowError):
        return False
    return True


def is_hectic(cycle: str) -> bool:
    """Whether an ISO 8601 cycle repeats within less than a minute."""
    if not is_iso("timeCycle", cycle):
        return False
    every = schedule("timeCycle", cycle, datetime(2023, 1, 1, tzinfo=UTC)).every
    return every is not None and not every.months and every.seconds < SHORTEST_CYCLE_SECONDS


def schedule(form: str, value: object, now: datetime) -> Schedule:
    """The plan for a timer armed at `now`. `value` is ISO text, a date, a datetime or a Duration.

    Raises NotATimer where the value does not fit `form`, OverflowError past the year 9999.
    """
    if form == "timeDate":
        if isinstance(value, date):
            return Schedule(moment(value))
        return Schedule(parse_moment(_text(value)))
    if form == "timeDuration":
        span = (
            Span(value.months or 0, value.seconds or 0)
            if isinstance(value, Duration)
            else Span.parse(_text(value))
        )
        if span.months < 0 or span.seconds < 0:
            raise NotATimer(str(value))
        return Schedule(span.after(now))
    if form == "timeCycle":
        match = _CYCLE.fullmatch(_text(value))
        if match is None:
            raise NotATimer(str(value))
        every = Span.parse(match["span"])
        times = int(match["times"]) if match["times"] else None
        if not every or times == 0:
            raise NotATimer(str(value))
        left = None if times is None else times - 1
        if match["start"]:
            begin = parse_moment(match["start"])
            return Schedule(begin, left, every, begin)
        return Schedule(every.after(now), left, every, now, 1)
    raise NotATimer(form)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise NotATimer(str(value))
    return value


def iso(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").replace(".000000Z", "Z")


def due_expression(text: str) -> str:
    """A due date as written on a task: an expression, or a plain ISO 8601 date turned into one."""
    text = text.strip()
    if _DATE.fullmatch(text) is None:
        return text
    return f'date("{text}")' if len(text) == 10 else f'date and time("{iso(parse_moment(text))}")'
