"""The built-in functions, with their signatures for the type check.

Every one is total: arguments of another kind give null, as FEEL asks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from service.engine.expressions.arithmetic import calculate, compare, equal
from service.engine.expressions.values import (
    MAX_DIGITS,
    Duration,
    Type,
    Value,
    checked_number,
    checked_string,
)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signature:
    """Kinds of the arguments and of the answer. `variadic` repeats the last parameter any number of times."""

    parameters: tuple[Type, ...]
    result: Type
    variadic: bool = False
    optional: int = 0


@dataclass(frozen=True, slots=True)
class Builtin:
    signature: Signature
    call: Callable[..., Value]


def _not(value: Value) -> Value:
    return not value if isinstance(value, bool) else None


def _date(*parts: Value) -> Value:
    try:
        if len(parts) == 3 and all(isinstance(p, Decimal) and p == int(p) for p in parts):
            year, month, day = (int(p) for p in parts if isinstance(p, Decimal))
            return date(year, month, day)
        (source,) = parts if len(parts) == 1 else (None,)
        if isinstance(source, datetime):
            return source.date()
        if isinstance(source, date):
            return source
        if isinstance(source, str) and _DATE.fullmatch(source):
            return date.fromisoformat(source)
    except (ValueError, OverflowError):
        return None
    return None


def _date_time(source: Value) -> Value:
    if isinstance(source, datetime):
        return source
    if isinstance(source, date):
        return datetime(source.year, source.month, source.day)  # noqa: DTZ001 - FEEL dates have no zone
    if isinstance(source, str) and _DATE_TIME.fullmatch(source):
        try:
            return datetime.fromisoformat(source)
        except ValueError:
            return None
    return None


def _duration(source: Value) -> Value:
    if isinstance(source, Duration):
        return source
    return Duration.parse(source) if isinstance(source, str) else None


def _number(source: Value) -> Value:
    """Answers hold numbers as decimal strings: `number(district_appraise.index_score)`."""
    if isinstance(source, Decimal):
        return source
    if isinstance(source, str) and len(source) <= 2 * MAX_DIGITS and _NUMBER.fullmatch(source):
        return checked_number(Decimal(source))
    return None


def _on_strings(function: Callable[[str, str], bool]) -> Callable[[Value, Value], Value]:
    def call(text: Value, part: Value) -> Value:
        return function(text, part) if isinstance(text, str) and isinstance(part, str) else None

    return call


def _on_string(function: Callable[[str], Value]) -> Callable[[Value], Value]:
    def call(text: Value) -> Value:
        return function(text) if isinstance(text, str) else None

    return call


def _members(arguments: tuple[Value, ...]) -> list[Value]:
    """`sum([1, 2])` and `sum(1, 2)` mean the same."""
    if len(arguments) == 1 and isinstance(arguments[0], list):
        return arguments[0]
    return list(arguments)


def _count(*arguments: Value) -> Value:
    return Decimal(len(_members(arguments)))


def _sum(*arguments: Value) -> Value:
    members = _members(arguments)
    if not members:
        return None
    total = members[0]
    if not isinstance(total, Decimal):
        return None
    for member in members[1:]:
        total = calculate("+", total, member)
    return total if isinstance(total, Decimal) else None


def _extreme(operator: str) -> Callable[..., Value]:
    def call(*arguments: Value) -> Value:
        members = _members(arguments)
        if not members:
            return None
        best = members[0]
        for member in members:
            better = compare(operator, member, best)
            if better is None:
                return None
            best = member if better else best
        return best

    return call


def _list_contains(items: Value, wanted: Value) -> Value:
    return any(equal(item, wanted) is True for item in items) if isinstance(items, list) else None


def _or_else(value: Value, default: Value) -> Value:
    return default if value is None else value


def _case(change: Callable[[str], str]) -> Callable[[str], Value]:
    return lambda text: checked_string(unicodedata.normalize("NFC", change(text)))


_S, _B, _N, _ANY = Type.STRING, Type.BOOLEAN, Type.NUMBER, Type.ANY

BUILTINS: dict[str, Builtin] = {
    "not": Builtin(Signature((_B,), _B), _not),
    "date": Builtin(Signature((_ANY, _N, _N), Type.DATE, optional=2), _date),
    "date and time": Builtin(Signature((_ANY,), Type.DATE_TIME), _date_time),
    "duration": Builtin(Signature((_S,), _ANY), _duration),
    "number": Builtin(Signature((_ANY,), _N), _number),
    "contains": Builtin(Signature((_S, _S), _B), _on_strings(lambda text, part: part in text)),
    "starts with": Builtin(Signature((_S, _S), _B), _on_strings(str.startswith)),
    "ends with": Builtin(Signature((_S, _S), _B), _on_strings(str.endswith)),
    "string length": Builtin(Signature((_S,), _N), _on_string(lambda text: Decimal(len(text)))),
    "lower case": Builtin(Signature((_S,), _S), _on_string(_case(str.lower))),
    "upper case": Builtin(Signature((_S,), _S), _on_string(_case(str.upper))),
    "count": Builtin(Signature((_ANY,), _N, variadic=True), _count),
    "sum": Builtin(Signature((_ANY,), _N, variadic=True), _sum),
    "min": Builtin(Signature((_ANY,), _ANY, variadic=True), _extreme("<")),
    "max": Builtin(Signature((_ANY,), _ANY, variadic=True), _extreme(">")),
    "list contains": Builtin(Signature((Type.LIST, _ANY), _B), _list_contains),
    "get or else": Builtin(Signature((_ANY, _ANY), _ANY), _or_else),
}

# Given by the caller at evaluation; known here so that a diagram is checked before it is published.
CONTEXTUAL: dict[str, Signature] = {
    "deadline": Signature((_S,), Type.DATE),
    "today": Signature((), Type.DATE),
    "working days after": Signature((Type.DATE, _N), Type.DATE),
    "working days before": Signature((Type.DATE, _N), Type.DATE),
}
