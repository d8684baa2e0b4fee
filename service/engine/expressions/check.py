"""The type check made before a diagram or form is published: problems in Vietnamese, with their place."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from service.engine.expressions.evaluate import arity_fits
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
from service.engine.expressions.values import Duration, Type, type_of

_SPANS = {Type.DURATION, Type.MONTHS}
_MOMENTS = {Type.DATE, Type.DATE_TIME}
_ORDERED = {Type.NUMBER, Type.STRING, *_MOMENTS, *_SPANS}
_LOOSE = {Type.ANY, Type.NULL, Type.SCALAR}
_NEVER_SCALAR = {*_MOMENTS, *_SPANS, Type.LIST}
# Days and working days are different things: a bare number says neither.
_DAYS_HINT = (
    ': viết + duration("P5D") nếu là 5 ngày thường, working days after(ngày, 5) nếu là 5 ngày làm việc'
)
_READ_HINT = ": đọc chữ thành ngày bằng date(…), thành khoảng thời gian bằng duration(…)"
_WORKING_DAYS = {"working days after", "working days before"}


class Checker:
    """Infers the kind of every node and collects what cannot work."""

    def __init__(self, types: Mapping[str, Type], functions: Mapping[str, Signature]) -> None:
        self._types = types
        self._functions = functions
        self.problems: list[str] = []

    def infer(self, node: Node) -> Type:  # noqa: C901, PLR0911, PLR0912 - one case per kind of node
        """The kind of the node's value, noting problems on the way."""
        match node:
            case Literal(value=value):
                return type_of(value)
            case Name(dotted=dotted):
                if dotted not in self._types:
                    self._problem(node, f"Không có biến “{dotted}”")
                return self._types.get(dotted, Type.ANY)
            case ListOf(items=items):
                for item in items:
                    self.infer(item)
                return Type.LIST
            case Call():
                return self._call(node)
            case Negative(operand=operand):
                kind = self.infer(operand)
                wanted = {Type.NUMBER, *_SPANS}
                return self._demand(operand, kind, wanted, "Dấu trừ cần số hoặc khoảng thời gian")
            case Arithmetic():
                return self._arithmetic(node)
            case Junction(operator=op, operands=operands):
                for operand in operands:
                    self._condition(operand, f"“{op}”")
                return Type.BOOLEAN
            case If(condition=condition, then=then, otherwise=otherwise):
                self._condition(condition, "“if”")
                return _join(self.infer(then), self.infer(otherwise))
            case Comparison(operator=op, left=left, right=right):
                self._comparable(node, op, self.infer(left), self.infer(right))
            case Between(operand=operand, low=low, high=high):
                kind = self.infer(operand)
                for bound in (low, high):
                    self._comparable(bound, "<=", kind, self.infer(bound))
            case In(operand=operand, tests=tests):
                kind = self.infer(operand)
                for test in tests:
                    self._test(test, kind)
        return Type.BOOLEAN

    def _test(self, node: Node, tested: Type) -> None:
        match node:
            case Interval(low=low, high=high):
                for bound in (low, high):
                    self._comparable(bound, "<=", tested, self.infer(bound))
            case UnaryTest(operator=op, operand=operand):
                self._comparable(node, op, tested, self.infer(operand))
            case ListOf(items=items):
                for item in items:
                    self._comparable(item, "=", tested, self.infer(item))
            case _:
                kind = self.infer(node)
                if kind is not Type.LIST:
                    self._comparable(node, "=", tested, kind)

    def _call(self, node: Call) -> Type:
        kinds = [self.infer(argument) for argument in node.arguments]
        builtin = BUILTINS.get(node.function)
        signature = self._functions.get(node.function) or (builtin.signature if builtin else None)
        if signature is None:
            self._problem(node, f"Không có hàm “{node.function}”")
            return Type.ANY
        if not arity_fits(signature, len(kinds)):
            self._problem(node, f"Hàm “{node.function}” không nhận {len(kinds)} tham số")
            return signature.result
        for index, (argument, kind) in enumerate(zip(node.arguments, kinds, strict=True)):
            wanted = signature.parameters[min(index, len(signature.parameters) - 1)]
            unfit = kind not in _LOOSE or (kind is Type.SCALAR and wanted in _NEVER_SCALAR)
            if wanted is not Type.ANY and unfit and kind is not wanted:
                hint = _argument_hint(node.function, kind)
                self._problem(
                    argument, f"Hàm “{node.function}” cần {wanted.value}, ở đây là {kind.value}{hint}"
                )
        if node.function in _WORKING_DAYS:
            self._whole_count(node)
        return self._literal_call(node, signature.result)

    def _whole_count(self, node: Call) -> None:
        count = node.arguments[1]
        value = count.value if isinstance(count, Literal) else None
        if isinstance(value, Decimal) and value != int(value):
            self._problem(count, f"Hàm “{node.function}” cần số ngày nguyên")

    def _literal_call(self, node: Call, result: Type) -> Type:
        """`date("2023-02-30")` would quietly be null for ever: say it now, and learn the duration's kind."""
        if node.function not in ("date", "date and time", "duration") or len(node.arguments) != 1:
            return result
        (argument,) = node.arguments
        if not isinstance(argument, Literal) or not isinstance(argument.value, str):
            return result
        value = BUILTINS[node.function].call(argument.value)
        if value is None:
            self._problem(argument, f"“{argument.value[:40]}” không phải giá trị của {node.function}(…)")
            return result
        return type_of(value) if isinstance(value, Duration) else result

    def _arithmetic(self, node: Arithmetic) -> Type:
        left, right = self.infer(node.left), self.infer(node.right)
        kinds = {left, right}
        hint = ""
        if Type.SCALAR in kinds and kinds & _NEVER_SCALAR and not _scaled(node.operator, left, right):
            result, hint = None, _READ_HINT
        elif kinds & _LOOSE:
            return Type.ANY
        else:
            result = _result(node.operator, left, right)
            hint = _DAYS_HINT if Type.NUMBER in kinds and kinds & _MOMENTS else ""
        if result is None:
            self._problem(node, f"Không tính được {left.value} {node.operator} {right.value}{hint}")
            return Type.ANY
        return result

    def _comparable(self, node: Node, operator: str, left: Type, right: Type) -> None:
        if left in _LOOSE or right in _LOOSE:
            if operator not in ("=", "!=") and Type.NULL in (left, right):
                self._problem(node, f"So sánh “{operator}” với null không bao giờ đúng")
            elif Type.SCALAR in (left, right) and {left, right} & _NEVER_SCALAR:
                self._problem(node, f"Không so sánh được {left.value} với {right.value}{_READ_HINT}")
        elif left is not right:
            self._problem(node, f"Không so sánh được {left.value} với {right.value}")
        elif operator not in ("=", "!=") and left not in _ORDERED:
            self._problem(node, f"Kiểu {left.value} không có thứ tự để so sánh “{operator}”")

    def _condition(self, node: Node, where: str) -> None:
        self._demand(node, self.infer(node), {Type.BOOLEAN}, f"{where} cần điều kiện đúng/sai")

    def _demand(self, node: Node, kind: Type, wanted: set[Type], sentence: str) -> Type:
        if kind not in wanted and kind not in _LOOSE:
            self._problem(node, f"{sentence}, ở đây là {kind.value}")
        return kind

    def _problem(self, node: Node, sentence: str) -> None:
        self.problems.append(f"{sentence} (dòng {node.at.line}, cột {node.at.column}).")


def _argument_hint(function: str, kind: Type) -> str:
    if function in _WORKING_DAYS and kind in _SPANS:
        return ": ghi số ngày làm việc, ví dụ 5"
    return _READ_HINT if kind is Type.SCALAR else ""


def _scaled(operator: str, left: Type, right: Type) -> bool:
    """A span times (or divided by) what may be a number."""
    if right is Type.SCALAR:
        return left in _SPANS and operator in ("*", "/")
    return right in _SPANS and operator == "*"


def _join(first: Type, second: Type) -> Type:
    if first is second or second is Type.NULL:
        return first
    return second if first is Type.NULL else Type.ANY


def _result(operator: str, left: Type, right: Type) -> Type | None:  # noqa: PLR0911 - a table of kinds
    """The kind of `left operator right`, None where it is not defined."""
    if left is right is Type.NUMBER:
        return Type.NUMBER
    if left is right is Type.STRING:
        return Type.STRING if operator == "+" else None
    if left in _MOMENTS and right in _SPANS:
        return left if operator in "+-" else None
    if left in _SPANS and right in _MOMENTS:
        return right if operator == "+" else None
    if left is right and left in _MOMENTS:
        return Type.DURATION if operator == "-" else None
    if left is right and left in _SPANS:
        return {"+": left, "-": left, "/": Type.NUMBER}.get(operator)
    if left in _SPANS and right is Type.NUMBER:
        return left if operator in ("*", "/") else None
    return right if left is Type.NUMBER and right in _SPANS and operator == "*" else None
