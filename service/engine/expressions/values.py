"""The values an expression works with, and the bounds they keep.

Numbers are decimals with at most 34 digits below 10^50, computed in a context of our own: the
ambient decimal context, the locale and the time zone never change a result.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import TypeAlias

from service.engine.expressions.errors import ExpressionFailed

MAX_DIGITS = 34
MAX_MAGNITUDE = 50
MAX_STRING = 10_000
MAX_LIST = 1_000
MAX_LIST_DEPTH = 5

NUMBERS = Context(
    prec=MAX_DIGITS,
    rounding=ROUND_HALF_EVEN,
    Emin=-MAX_MAGNITUDE,
    Emax=MAX_MAGNITUDE - 1,
    clamp=0,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
_ISO_DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,5})M)?"
    r"(?:(?P<days>\d{1,6})D)?(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,9})S)?)?",
    re.ASCII,
)
_SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


class Type(enum.Enum):
    """Kinds of value; the value of each member is its name on screen.

    SCALAR is a variable of a case: text, number or true/false, nobody knows which. It never is a date, a
    duration or a list: those are read from its text.
    """

    NUMBER = "số"
    STRING = "chuỗi"
    BOOLEAN = "đúng/sai"
    DATE = "ngày"
    DATE_TIME = "ngày giờ"
    DURATION = "khoảng thời gian (ngày, giờ)"
    MONTHS = "khoảng thời gian (năm, tháng)"
    LIST = "danh sách"
    NULL = "rỗng"
    SCALAR = "chữ, số hoặc đúng/sai"
    ANY = "bất kỳ"


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time: either whole seconds or whole months, never both (as in FEEL)."""

    seconds: int | None = None
    months: int | None = None

    def __post_init__(self) -> None:
        if (self.seconds is None) == (self.months is None):
            raise ValueError("a duration has either seconds or months")

    @classmethod
    def parse(cls, text: str) -> Duration | None:
        """`P3D`, `-PT4H30M`, `P1Y2M`; None where the text is no such duration."""
        match = _ISO_DURATION.fullmatch(text)
        if match is None or text.endswith(("P", "T")):
            return None
        parts = {name: int(value) for name, value in match.groupdict().items() if value and name != "sign"}
        sign = -1 if match["sign"] else 1
        if parts.keys() <= {"years", "months"}:
            return cls(months=sign * (parts.get("years", 0) * 12 + parts.get("months", 0)))
        if parts.keys() & {"years", "months"}:
            return None
        return cls(seconds=sign * sum(_SECONDS[unit] * number for unit, number in parts.items()))

    @property
    def delta(self) -> timedelta:
        """The span as a timedelta; only for one counted in seconds."""
        if self.seconds is None:
            raise ValueError("a duration in months has no fixed length")
        return timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        if self.months is not None:
            years, months = divmod(abs(self.months), 12)
            body = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
            return ("-" if self.months < 0 else "") + "P" + body
        total = self.seconds or 0
        days, rest = divmod(abs(total), 86_400)
        hours, rest = divmod(rest, 3_600)
        minutes, seconds = divmod(rest, 60)
        clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
        body = (f"{days}D" if days or not clock else "") + (f"T{clock}" if clock else "")
        return ("-" if total < 0 else "") + "P" + body


Value: TypeAlias = "Decimal | str | bool | date | datetime | Duration | list[Value] | None"


def type_of(value: Value) -> Type:  # noqa: PLR0911 - one case per kind of value
    """The kind of one value; `datetime` is looked at before `date`, `bool` before numbers."""
    if value is None:
        return Type.NULL
    if isinstance(value, bool):
        return Type.BOOLEAN
    if isinstance(value, Decimal):
        return Type.NUMBER
    if isinstance(value, str):
        return Type.STRING
    if isinstance(value, datetime):
        return Type.DATE_TIME
    if isinstance(value, date):
        return Type.DATE
    if isinstance(value, Duration):
        return Type.DURATION if value.months is None else Type.MONTHS
    return Type.LIST


def to_value(raw: object, depth: int = 0) -> Value:
    """Bring something from outside into the language, or raise ExpressionFailed.

    Integers become decimals. Binary floats are refused: 0.1 + 0.2 must never decide a case.
    """
    if raw is None or isinstance(raw, bool | date | Duration):
        return raw
    if isinstance(raw, str):
        return checked_string(raw)
    if isinstance(raw, int):
        if abs(raw) >= 10**MAX_DIGITS:
            raise ExpressionFailed(f"Số nguyên dài quá {MAX_DIGITS} chữ số.")
        return Decimal(raw)
    if isinstance(raw, Decimal):
        return checked_number(raw)
    if isinstance(raw, timedelta):
        return Duration(seconds=raw.days * 86_400 + raw.seconds)
    if isinstance(raw, Sequence) and not isinstance(raw, bytes | bytearray | memoryview):
        if len(raw) > MAX_LIST or depth >= MAX_LIST_DEPTH:
            bounds = f"{MAX_LIST} phần tử hoặc lồng quá {MAX_LIST_DEPTH} lớp"
            raise ExpressionFailed(f"Danh sách dài quá {bounds}.")
        return [to_value(item, depth + 1) for item in raw]
    if isinstance(raw, Mapping):
        raise ExpressionFailed("Tên này chỉ một nhóm biến, không phải một giá trị.")
    raise ExpressionFailed(f"Không dùng được giá trị kiểu {type(raw).__name__} trong biểu thức.")


def checked_string(text: str) -> str:
    """The text itself, refused when longer than a condition may handle."""
    if len(text) > MAX_STRING:
        raise ExpressionFailed(f"Chuỗi dài quá {MAX_STRING} ký tự.")
    return text


def checked_number(number: Decimal) -> Decimal:
    """The number rounded to our precision; NaN, infinities and numbers from 10^50 up are refused."""
    if not number.is_finite():
        raise ExpressionFailed("Giá trị không phải là một số hữu hạn.")
    if number and number.adjusted() >= MAX_MAGNITUDE:
        raise ExpressionFailed(f"Số vượt quá giới hạn 10^{MAX_MAGNITUDE}.")
    return NUMBERS.plus(number)


def plain(number: Decimal) -> str:
    """The number without exponent or trailing zeros, with a decimal point."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
