"""A tree back to text, with as few parentheses as the grammar allows."""

from __future__ import annotations

from collections.abc import Callable

from service.engine.expressions.nodes import (
    Arithmetic,
    Between,
    Call,
    Comparison,
    If,
    In,
    Interval,
    Junction,
    ListOf,
    Literal,
    Name,
    Negative,
    Node,
    UnaryTest,
)
from service.engine.expressions.values import plain

_IF, _OR, _AND, _COMPARE, _ADD, _MULTIPLY, _POWER, _UNARY, _PRIMARY = range(9)
_LEVEL = {"+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "**": _POWER}
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

Rename = Callable[[str], str]


def quoted(text: str) -> str:
    """A string literal that reads back as `text`."""
    return '"' + "".join(_ESCAPES.get(c) or _visible(c) for c in text) + '"'


def _visible(character: str) -> str:
    return character if character.isprintable() else f"\\U{ord(character):06x}"


def print_tree(node: Node, rename: Rename = str) -> str:
    """FEEL text of the tree; `rename` replaces variable names by labels for people."""
    return _print(node, rename)[0]


def _print(node: Node, rename: Rename) -> tuple[str, int]:  # noqa: C901, PLR0911, PLR0912 - a case per node
    def at_least(child: Node, level: int) -> str:
        text, own = _print(child, rename)
        return text if own >= level else f"({text})"

    match node:
        case Literal(value=value):
            return _literal(value), _PRIMARY
        case Name(dotted=dotted):
            return rename(dotted), _PRIMARY
        case ListOf(items=items):
            return "[" + ", ".join(at_least(item, _IF) for item in items) + "]", _PRIMARY
        case Call(function=function, arguments=arguments):
            return f"{function}(" + ", ".join(at_least(a, _IF) for a in arguments) + ")", _PRIMARY
        case Negative(operand=operand):
            return "-" + at_least(operand, _UNARY), _UNARY
        case Arithmetic(operator=op, left=left, right=right):
            level = _LEVEL[op]
            return f"{at_least(left, level)} {op} {at_least(right, level + 1)}", level
        case Comparison(operator=op, left=left, right=right):
            return f"{at_least(left, _ADD)} {op} {at_least(right, _ADD)}", _COMPARE
        case Between(operand=operand, low=low, high=high):
            bounds = f"{at_least(low, _ADD)} and {at_least(high, _ADD)}"
            return f"{at_least(operand, _ADD)} between {bounds}", _COMPARE
        case In(operand=operand, tests=tests):
            parts = [at_least(test, _ADD) for test in tests]
            tested = parts[0] if len(parts) == 1 else "(" + ", ".join(parts) + ")"
            return f"{at_least(operand, _ADD)} in {tested}", _COMPARE
        case UnaryTest(operator=op, operand=operand):
            return f"{op} {at_least(operand, _ADD)}", _PRIMARY
        case Interval(low=low, high=high, low_closed=low_closed, high_closed=high_closed):
            inside = f"{at_least(low, _ADD)}..{at_least(high, _ADD)}"
            return ("[" if low_closed else "(") + inside + ("]" if high_closed else ")"), _PRIMARY
        case Junction(operator=op, operands=operands):
            level = _AND if op == "and" else _OR
            return f" {op} ".join(at_least(o, level + 1) for o in operands), level
        case If(condition=condition, then=then, otherwise=otherwise):
            branches = f"then {at_least(then, _IF)} else {at_least(otherwise, _IF)}"
            return f"if {at_least(condition, _IF)} {branches}", _IF
    raise AssertionError(node)


def _literal(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else plain(value)  # type: ignore[arg-type]
