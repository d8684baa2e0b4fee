"""The evaluator: a walk over the tree with a step budget. No Python code is ever run from a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from service.engine.expressions.arithmetic import calculate, checked_list, compare, equal, negate
from service.engine.expressions.errors import ExpressionFailed
from service.engine.expressions.functions import BUILTINS, Signature
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
from service.engine.expressions.values import Value, to_value

STEP_BUDGET = 5_000

Scope = Mapping[str, object]
Functions = Mapping[str, Callable[..., object]]


class Evaluator:
    """Evaluates trees over one scope; every node visited costs one step of the budget."""

    def __init__(self, scope: Scope, functions: Functions) -> None:
        self._scope = scope
        self._functions = functions
        self._steps_left = STEP_BUDGET

    def value(self, node: Node) -> Value:  # noqa: C901, PLR0911 - one case per kind of node
        """The value of the node; raises ExpressionFailed."""
        self._steps_left -= 1
        if self._steps_left < 0:
            raise ExpressionFailed(f"Biểu thức cần quá {STEP_BUDGET} bước tính.")
        match node:
            case Literal(value=literal):
                return literal
            case Name(dotted=dotted):
                return self._name(dotted)
            case Comparison(operator=op, left=left, right=right):
                return compare(op, self.value(left), self.value(right))
            case Junction(operator=op, operands=operands):
                return junction(op, [self.value(operand) for operand in operands])
            case Arithmetic(operator=op, left=left, right=right):
                return calculate(op, self.value(left), self.value(right))
            case Negative(operand=operand):
                return negate(self.value(operand))
            case Call(function=name, arguments=arguments):
                return self._call(name, [self.value(argument) for argument in arguments])
            case If(condition=condition, then=then, otherwise=otherwise):
                return self.value(then if self.value(condition) is True else otherwise)
            case In(operand=operand, tests=tests):
                tested = self.value(operand)
                return junction("or", [self.test(tested, test) for test in tests])
            case Between(operand=operand, low=low, high=high):
                tested = self.value(operand)
                bounds = compare(">=", tested, self.value(low)), compare("<=", tested, self.value(high))
                return junction("and", list(bounds))
            case ListOf(items=items):
                return to_value(checked_list([self.value(item) for item in items]))
        raise ExpressionFailed("Biểu thức có thành phần không tính được.")

    def test(self, tested: Value, node: Node) -> bool | None:
        """One test to the right of `in`."""
        match node:
            case Interval(low=low, high=high, low_closed=low_closed, high_closed=high_closed):
                above = compare(">=" if low_closed else ">", tested, self.value(low))
                below = compare("<=" if high_closed else "<", tested, self.value(high))
                return junction("and", [above, below])
            case UnaryTest(operator=op, operand=operand):
                return compare(op, tested, self.value(operand))
        candidate = self.value(node)
        if isinstance(candidate, list) and not isinstance(tested, list):
            return any(equal(tested, member) is True for member in candidate)
        return equal(tested, candidate)

    def _name(self, dotted: str) -> Value:
        try:
            return to_value(look_up(self._scope, dotted))
        except ExpressionFailed as failure:
            raise ExpressionFailed(f"“{dotted}”: {failure.message_vi}") from None

    def _call(self, name: str, arguments: list[Value]) -> Value:
        given = self._functions.get(name)
        builtin = BUILTINS.get(name)
        if given is None:
            if builtin is None:
                raise ExpressionFailed(f"Không có hàm “{name}” ở đây.")
            if not arity_fits(builtin.signature, len(arguments)):
                raise ExpressionFailed(f"Hàm “{name}” không nhận {len(arguments)} tham số.")
            return builtin.call(*arguments)
        try:
            return to_value(given(*arguments))
        except ExpressionFailed as failure:
            raise ExpressionFailed(f"Hàm “{name}”: {failure.message_vi}") from failure
        except Exception as error:
            raise ExpressionFailed(f"Hàm “{name}” không tính được: {error}") from error


def look_up(scope: Scope, dotted: str) -> object:
    """The value at a dotted name, in nested mappings or under a flat dotted key; None where there is none."""
    if dotted in scope:
        return scope[dotted]
    head, *rest = dotted.split(".")
    found: object = scope.get(head)
    for part in rest:
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def junction(operator: str, values: list[Value] | list[bool | None]) -> bool | None:
    """Three-valued `and` / `or`; anything but true and false counts as null (DMN 1.3, Table 38)."""
    decisive = operator == "or"
    if any(value is decisive for value in values):
        return decisive
    return None if any(value is not (not decisive) for value in values) else not decisive


def arity_fits(signature: Signature, count: int) -> bool:
    """Whether a function of this signature takes `count` arguments."""
    most = len(signature.parameters)
    return most - signature.optional <= count and (signature.variadic or count <= most)
