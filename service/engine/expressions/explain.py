"""Why an expression came out as it did, in one Vietnamese sentence with the values it met."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from service.engine.expressions.evaluate import Evaluator
from service.engine.expressions.nodes import (
    Between,
    Call,
    Comparison,
    If,
    In,
    Interval,
    Junction,
    Literal,
    Name,
    Node,
    UnaryTest,
)
from service.engine.expressions.printing import print_tree, quoted
from service.engine.expressions.values import Duration, Value, plain

_WORDS = {
    "=": "bằng",
    "!=": "khác",
    "<": "nhỏ hơn",
    "<=": "nhỏ hơn hoặc bằng",
    ">": "lớn hơn",
    ">=": "lớn hơn hoặc bằng",
}
_DATE_WORDS = {"<": "trước", "<=": "không muộn hơn", ">": "sau", ">=": "không sớm hơn"}
_DATE_WORDS_FAILED = {"<": "không trước", "<=": "muộn hơn", ">": "không sau", ">=": "sớm hơn"}
_MAX_SHOWN = 200


class Explainer:
    """Explains trees over one scope; `labels` gives people's words for variable names."""

    def __init__(self, evaluator: Evaluator, labels: Mapping[str, str]) -> None:
        self._evaluator = evaluator
        self._labels = labels

    def sentence(self, node: Node) -> str:  # noqa: PLR0911 - one case per kind of node
        """“X = 5, không lớn hơn 7: sai”; for a value that is no truth value “X + 1 = 6”."""
        value = self._evaluator.value(node)
        match node:
            case Junction(operator=op, operands=operands):
                parts = "; ".join(self.sentence(operand) for operand in operands)
                rule = "tất cả phải đúng" if op == "and" else "cần ít nhất một điều đúng"
                return f"{parts}; {rule}: {verdict(value)}"
            case Call(function="not", arguments=(operand,)):
                return f"{self.sentence(operand)}; phủ định lại: {verdict(value)}"
            case If(condition=condition, then=then, otherwise=otherwise):
                chosen = then if self._evaluator.value(condition) is True else otherwise
                return f"{self.sentence(condition)}; nên lấy {self.sentence(chosen)}"
            case Comparison(operator=op, left=left, right=right):
                return f"{self._comparison(op, left, right, value)}: {verdict(value)}"
            case Between(operand=operand, low=low, high=high):
                inside = f"từ {self._short(low)} đến {self._short(high)}"
                return self._membership(operand, "nằm trong khoảng", inside, value)
            case In(operand=operand, tests=tests):
                inside = " hoặc ".join(self._test(test) for test in tests)
                return self._membership(operand, "thuộc", inside, value)
        if isinstance(value, bool):
            return f"{self._with_names(node)}: {verdict(value)}"
        return self._described(node)

    def _comparison(self, operator: str, left: Node, right: Node, outcome: Value) -> str:
        first, second = self._evaluator.value(left), self._evaluator.value(right)
        shown = self._described(left)
        if outcome is True and operator == "=" and isinstance(right, Literal) > isinstance(left, Literal):
            return shown  # “X = 5” says it all
        if outcome is None:
            return f"{shown}, không so sánh được với {self._short(right)}"
        if isinstance(first, date) and isinstance(second, date) and operator in _DATE_WORDS:
            words = _DATE_WORDS if outcome is True else _DATE_WORDS_FAILED
            return f"{shown}, {words[operator]} {self._short(right)}"
        word = _WORDS[operator] if outcome is True else f"không {_WORDS[operator]}"
        return f"{shown}, {word} {self._short(right)}"

    def _membership(self, operand: Node, word: str, inside: str, outcome: Value) -> str:
        if outcome is not True:
            word = f"không {word}" if outcome is False else f"không xác định được có {word}"
        return f"{self._described(operand)}, {word} {inside}: {verdict(outcome)}"

    def _test(self, node: Node) -> str:
        match node:
            case Interval(low=low, high=high, low_closed=low_closed, high_closed=high_closed):
                left, right = "[" if low_closed else "(", "]" if high_closed else ")"
                return f"{left}{self._short(low)} đến {self._short(high)}{right}"
            case UnaryTest(operator=op, operand=operand):
                return f"{op} {self._short(operand)}"
        return self._short(node)

    def _described(self, node: Node) -> str:
        """A literal as itself; anything else as “tên = giá trị”."""
        value = self._evaluator.value(node)
        if isinstance(node, Literal):
            return in_words(value)
        name = print_tree(node, self._label)
        return f"{name} chưa có giá trị" if value is None else f"{name} = {in_words(value)}"

    def _short(self, node: Node) -> str:
        value = in_words(self._evaluator.value(node))
        return value if not isinstance(node, Name) else f"{self._label(node.dotted)} ({value})"

    def _with_names(self, node: Node) -> str:
        names = [n for n in node.children() if not isinstance(n, Literal)]
        known = ", ".join(self._described(n) for n in names)
        return print_tree(node, self._label) + (f" với {known}" if known else "")

    def _label(self, dotted: str) -> str:
        return self._labels.get(dotted, dotted)


def verdict(value: Value) -> str:
    """The outcome of a condition: only true counts, null and other values count as false."""
    if isinstance(value, bool):
        return "đúng" if value else "sai"
    return "không xác định, coi là sai"


def in_words(value: Value) -> str:  # noqa: PLR0911 - one case per kind of value
    """A value as people read it: decimal comma, dd/MM/yyyy."""
    if value is None:
        return "rỗng"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value).replace(".", ",")
    if isinstance(value, str):
        return quoted(value if len(value) <= _MAX_SHOWN else value[:_MAX_SHOWN] + "…")
    if isinstance(value, datetime):
        zone = f" ({value.strftime('%z')})" if value.tzinfo else ""
        return f"{value.day:02}/{value.month:02}/{value.year:04} {value.hour:02}:{value.minute:02}{zone}"
    if isinstance(value, date):
        return f"{value.day:02}/{value.month:02}/{value.year:04}"
    if isinstance(value, Duration):
        return _duration_in_words(value)
    shown = ", ".join(in_words(item) for item in value[:10])
    return f"[{shown}{', …' if len(value) > 10 else ''}]"


def _duration_in_words(span: Duration) -> str:
    if span.months is not None:
        years, months = divmod(abs(span.months), 12)
        parts, negative = [(years, "năm"), (months, "tháng")], span.months < 0
    else:
        seconds = span.seconds or 0
        days, rest = divmod(abs(seconds), 86_400)
        parts = [(days, "ngày"), (rest // 3_600, "giờ"), (rest // 60 % 60, "phút"), (rest % 60, "giây")]
        negative = seconds < 0
    text = " ".join(f"{number} {unit}" for number, unit in parts if number) or f"0 {parts[0][1]}"
    return f"âm {text}" if negative else text
