"""Operators on values. What FEEL leaves undefined gives null; what exceeds our bounds is refused.

Source: OMG DMN 1.3, 10.3.2.13 (Tables 42–45 in outline), XPath rules for months.
"""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal, DivisionByZero, InvalidOperation, Overflow

from service.engine.expressions.errors import ExpressionFailed
from service.engine.expressions.values import (
    MAX_LIST,
    NUMBERS,
    Duration,
    Type,
    Value,
    checked_string,
    type_of,
)

MAX_EXPONENT = 999
_MAX_SECONDS = 10**12
_ORDERED = {Type.NUMBER, Type.STRING, Type.DATE, Type.DATE_TIME, Type.DURATION, Type.MONTHS}


def equal(left: Value, right: Value) -> bool | None:
    """null = null is true, null = anything else false, values of different kinds cannot be compared."""
    if left is None or right is None:
        return left is None and right is None
    if type_of(left) != type_of(right):
        return None
    if isinstance(left, list) and isinstance(right, list):
        pairs = [equal(a, b) for a, b in zip(left, right, strict=False)]
        return len(left) == len(right) and all(pair is True for pair in pairs)
    if isinstance(left, datetime) and isinstance(right, datetime) and _mixed_zones(left, right):
        return None
    return left == right


def compare(operator: str, left: Value, right: Value) -> bool | None:
    """One of = != < <= > >=; null where FEEL has no answer."""
    if operator in ("=", "!="):
        same = equal(left, right)
        return same if operator == "=" or same is None else not same
    order = _order(left, right)
    if order is None:
        return None
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]


def _order(left: Value, right: Value) -> int | None:
    kind = type_of(left)
    if kind != type_of(right) or kind not in _ORDERED:
        return None
    if isinstance(left, datetime) and isinstance(right, datetime):
        return None if _mixed_zones(left, right) else (left > right) - (left < right)
    if isinstance(left, Duration) and isinstance(right, Duration):
        a, b = _amount(left), _amount(right)
        return (a > b) - (a < b)
    return (left > right) - (left < right)  # type: ignore[operator]


def negate(value: Value) -> Value:
    if isinstance(value, Decimal):
        return NUMBERS.minus(value)
    if isinstance(value, Duration):
        return _duration(type_of(value), -_amount(value))
    return None


def calculate(operator: str, left: Value, right: Value) -> Value:
    """One of + - * / **; null for kinds that do not fit, ExpressionFailed beyond the bounds."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return _numbers(operator, left, right)
    if isinstance(left, str) and isinstance(right, str):
        return checked_string(left + right) if operator == "+" else None
    if isinstance(left, Duration) or isinstance(right, Duration):
        return _with_duration(operator, left, right)
    if operator == "-" and isinstance(left, date) and isinstance(right, date):
        return _difference(left, right)
    return None


def _numbers(operator: str, left: Decimal, right: Decimal) -> Value:
    whole = right == right.to_integral_value(ROUND_DOWN)
    if operator == "**" and not (whole and -MAX_EXPONENT <= right <= MAX_EXPONENT):
        raise ExpressionFailed(f"Số mũ phải là số nguyên từ -{MAX_EXPONENT} đến {MAX_EXPONENT}.")
    operations = {
        "+": NUMBERS.add,
        "-": NUMBERS.subtract,
        "*": NUMBERS.multiply,
        "/": NUMBERS.divide,
        "**": NUMBERS.power,
    }
    try:
        return operations[operator](left, right)
    except Overflow:
        raise ExpressionFailed("Kết quả phép tính quá lớn.") from None
    except (DivisionByZero, InvalidOperation):
        return None


def _with_duration(operator: str, left: Value, right: Value) -> Value:  # noqa: PLR0911 - a table of kinds
    if isinstance(left, Duration) and isinstance(right, Duration):
        kind = type_of(left)
        if kind != type_of(right):
            return None
        if operator in "+-":
            return _duration(kind, _amount(left) + _amount(right) * (1 if operator == "+" else -1))
        return _numbers("/", Decimal(_amount(left)), Decimal(_amount(right))) if operator == "/" else None
    if isinstance(right, Duration):
        if isinstance(left, date) and operator in ("+", "-"):
            return _shift(left, right if operator == "+" else _duration(type_of(right), -_amount(right)))
        left, right = right, left
        if operator not in ("+", "*"):
            return None
    if isinstance(left, Duration) and isinstance(right, date):
        return _shift(right, left) if operator == "+" else None
    if isinstance(left, Duration) and isinstance(right, Decimal) and operator in ("*", "/"):
        amount = _numbers(operator, Decimal(_amount(left)), right)
        return _duration(type_of(left), int(amount)) if isinstance(amount, Decimal) else None
    return None


def _shift(moment: date, by: Duration) -> Value:
    try:
        if by.months is not None:
            index = moment.year * 12 + moment.month - 1 + by.months
            year, month = divmod(index, 12)
            last = calendar.monthrange(year, month + 1)[1]
            return moment.replace(year=year, month=month + 1, day=min(moment.day, last))
        if isinstance(moment, datetime):
            return moment + by.delta
        # FEEL adds to midnight and keeps the date: a part of a day counts only when it crosses midnight.
        midnight = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - FEEL dates have no zone
        return (midnight + by.delta).date()
    except (OverflowError, ValueError):
        raise ExpressionFailed("Ngày tính được nằm ngoài các năm 1–9999.") from None


def _difference(left: date, right: date) -> Value:
    if isinstance(left, datetime) and isinstance(right, datetime):
        if _mixed_zones(left, right):
            return None
        gap: timedelta = left - right
    elif isinstance(left, datetime) or isinstance(right, datetime):
        return None
    else:
        gap = left - right
    return Duration(seconds=gap.days * 86_400 + gap.seconds)


def _mixed_zones(left: datetime, right: datetime) -> bool:
    return (left.tzinfo is None) != (right.tzinfo is None)


def _amount(span: Duration) -> int:
    return span.months if span.months is not None else span.seconds or 0


def _duration(kind: Type, amount: int) -> Duration:
    if abs(amount) > _MAX_SECONDS:
        raise ExpressionFailed("Khoảng thời gian quá dài.")
    return Duration(seconds=amount) if kind is Type.DURATION else Duration(months=amount)


def checked_list(items: list[Value]) -> list[Value]:
    if len(items) > MAX_LIST:
        raise ExpressionFailed(f"Danh sách dài quá {MAX_LIST} phần tử.")
    return items
