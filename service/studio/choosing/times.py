"""A time as a choice: the deadline laid down, N working days after …, N days after …, a day. Pure.

`{"form": "deadline", "step"}`, `{"form": "working" | "span", "count", "unit", "base"}`,
`{"form": "day", "day"}`, `{"form": "cycle", "times", "count", "unit"}`; `base` is
{"from": today | deadline | variable, "name"}.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from service.engine.expressions.nodes import Arithmetic, Call, Literal, Name, Node
from service.studio.choosing.conditions import day_of

_SPAN = re.compile(r"P(?:(?P<days>\d{1,4})(?P<unit>[DWMY])|T(?P<time>\d{1,4})(?P<small>[HM]))", re.ASCII)
_CYCLE = re.compile(r"R(?P<times>\d{0,4})/(?P<span>P[^/]+)", re.ASCII)
TODAY = {"from": "today", "name": ""}


def due_choice(tree: Node) -> dict[str, Any] | None:
    """What a due date, a day of follow-up or a timer's expression chooses; None where it is more."""
    match tree:
        case Call(function="deadline", arguments=(Literal(value=str(step)),)):
            return {"form": "deadline", "step": step}
        case Call(function="working days after", arguments=(start, Literal(value=Decimal() as count))):
            base = _base(start)
            if base is None or count != int(count) or count < 0:
                return None
            return {"form": "working", "count": int(count), "unit": "working", "base": base}
        case Arithmetic(
            operator="+",
            left=start,
            right=Call(function="duration", arguments=(Literal(value=str(text)),)),
        ):
            base, span = _base(start), _span(text)
            return {"form": "span", **span, "base": base} if base and span else None
        case Call(function="date", arguments=(Literal(value=str(text)),)) if day_of(text):
            return {"form": "day", "day": text}
    return None


def iso_choice(form: str, text: str) -> dict[str, Any] | None:
    """What a timer's ISO 8601 text chooses; `form` is timeDate, timeDuration or timeCycle."""
    if form == "timeDate":
        return {"form": "day", "day": text} if day_of(text) else None
    if form == "timeDuration":
        span = _span(text)
        return {"form": "span", **span, "base": TODAY} if span else None
    cycle = _CYCLE.fullmatch(text)
    span = _span(cycle["span"]) if cycle else None
    return {"form": "cycle", "times": cycle["times"], **span} if cycle and span else None


def _base(node: Node) -> dict[str, str] | None:
    match node:
        case Call(function="today", arguments=()):
            return TODAY
        case Call(function="deadline", arguments=(Literal(value=str(step)),)):
            return {"from": "deadline", "name": step}
        case Call(function="date", arguments=(Name(dotted=name),)):
            return {"from": "variable", "name": name}
    return None


def _span(text: str) -> dict[str, Any] | None:
    """{"count", "unit"}: D W M Y for days to years, TH and TM for hours and minutes."""
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    if found["days"]:
        return {"count": int(found["days"]), "unit": found["unit"]}
    return {"count": int(found["time"]), "unit": f"T{found['small']}"}
