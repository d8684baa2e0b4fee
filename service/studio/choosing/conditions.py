"""A condition as rows `[variable] [operator] [value]` joined by *và* or *hoặc*; None if it is more. Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from service.engine.expressions.nodes import Call, Comparison, Junction, Literal, Name, Negative, Node
from service.engine.expressions.values import plain

_READERS = ("number", "date")
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def rows_of(tree: Node) -> dict[str, Any] | None:
    """{"joiner": and | or, "rows": [{"variable", "read", "operator", "kind", "value"}]}.

    `read` is "", number or date: the function around the variable. `value` is a text, a number as plain text,
    an ISO day, true or false, or None for null; `kind` says which.
    """
    operands = tree.operands if isinstance(tree, Junction) else (tree,)
    rows = [_row(operand) for operand in operands]
    known = [row for row in rows if row is not None]
    joiner = tree.operator if isinstance(tree, Junction) else "and"
    return {"joiner": joiner, "rows": known} if len(known) == len(rows) else None


def _row(node: Node) -> dict[str, Any] | None:
    if isinstance(node, Name):  # a yes-or-no by itself
        return _made(node.dotted, "", "=", ("boolean", True))
    if not isinstance(node, Comparison):
        return None
    variable, operator, other = _variable(node.left), node.operator, node.right
    if variable is None:
        variable, operator, other = _variable(node.right), _FLIPPED.get(operator, operator), node.left
    value = _value(other)
    if variable is None or value is None:
        return None
    name, read = variable
    fits = value[0] == "null" or {"number": "number", "date": "date"}.get(read) in (None, value[0])
    return _made(name, read, operator, value) if fits else None


def _made(name: str, read: str, operator: str, value: tuple[str, Any]) -> dict[str, Any]:
    return {"variable": name, "read": read, "operator": operator, "kind": value[0], "value": value[1]}


def _variable(node: Node) -> tuple[str, str] | None:
    match node:
        case Name(dotted=name):
            return name, ""
        case Call(function=function, arguments=(Name(dotted=name),)) if function in _READERS:
            return name, function
    return None


def _value(node: Node) -> tuple[str, Any] | None:  # noqa: PLR0911 - one case per kind of value
    match node:
        case Literal(value=None):
            return "null", None
        case Literal(value=bool(value)):
            return "boolean", value
        case Literal(value=str(text)):
            return "text", text
        case Literal(value=Decimal() as number):
            return "number", plain(number)
        case Negative(operand=Literal(value=Decimal() as number)):
            return "number", plain(-number)
        case Call(function="date", arguments=(Literal(value=str(text)),)) if day_of(text) is not None:
            return "date", text
    return None


def day_of(text: str) -> date | None:
    """A day written as 2023-12-05."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
