"""Conditions and times in Vietnamese words, with people's words for variables and values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.engine.expressions.explain import in_words
from service.engine.expressions.nodes import Call, If, Junction, Literal, Name, Node
from service.engine.expressions.printing import print_tree
from service.studio.choosing.conditions import day_of, rows_of
from service.studio.choosing.times import due_choice
from service.wording import Words, _, marked

_EQUAL: Mapping[str, str] = Words({"=": marked("là"), "!=": marked("khác")})
_NUMBERS: Mapping[str, str] = Words(
    {
        "=": marked("bằng"),
        "!=": marked("khác"),
        "<": marked("nhỏ hơn"),
        "<=": marked("không quá"),
        ">": marked("lớn hơn"),
        ">=": marked("từ … trở lên"),
    }
)
_DAYS: Mapping[str, str] = Words(
    {
        "=": marked("là ngày"),
        "!=": marked("khác ngày"),
        "<": marked("trước ngày"),
        "<=": marked("không muộn hơn ngày"),
        ">": marked("sau ngày"),
        ">=": marked("không sớm hơn ngày"),
    }
)
UNITS: Mapping[str, str] = Words(
    {
        "working": marked("ngày làm việc"),
        "D": marked("ngày"),
        "W": marked("tuần"),
        "M": marked("tháng"),
        "Y": marked("năm"),
        "TH": marked("giờ"),
        "TM": marked("phút"),
    }
)


@dataclass(frozen=True)
class Labels:
    """{variable: label}, {variable: {value: label}}, {step: name}; `start`: from when days are counted."""

    variables: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    start: str = ""

    def of(self, variable: str) -> str:
        return self.variables.get(variable) or variable


def condition_in_words(tree: Node, labels: Labels) -> str:
    """“Kết luận của huyện là “Trả lại” và …”; what cannot be said so is printed with labels."""
    if isinstance(tree, Junction):
        word = _(" và ") if tree.operator == "and" else _(" hoặc ")
        parts = [condition_in_words(one, labels) for one in tree.operands]
        return word.join(
            f"({part})" if isinstance(one, Junction) else part
            for one, part in zip(tree.operands, parts, strict=True)
        )
    if isinstance(tree, Call) and tree.function == "not" and len(tree.arguments) == 1:
        return _("không phải (%(what)s)", what=condition_in_words(tree.arguments[0], labels))
    read = rows_of(tree)
    return _row_in_words(read["rows"][0], labels) if read else print_tree(tree, labels.of)


def _row_in_words(row: Mapping[str, Any], labels: Labels) -> str:
    variable, operator, kind, value = row["variable"], row["operator"], row["kind"], row["value"]
    name = labels.of(variable)
    if kind == "null" and operator in _EQUAL:
        return _("%(name)s chưa có", name=name) if operator == "=" else _("%(name)s đã có", name=name)
    if kind == "boolean":
        shown = _("có") if value else _("không")
    elif kind == "number":
        if operator == ">=":
            return _("%(name)s từ %(number)s trở lên", name=name, number=_number(value))
        return f"{name} {_NUMBERS[operator]} {_number(value)}"
    elif kind == "date":
        return f"{name} {_DAYS[operator]} {_day(value)}"
    else:
        shown = f"“{labels.values.get(variable, {}).get(value, value)}”" if value is not None else "null"
    return f"{name} {_EQUAL.get(operator) or _NUMBERS[operator]} {shown}"


def due_in_words(tree: Node, labels: Labels) -> str:
    """“5 ngày làm việc sau ngày nhận việc”; branches of an if after “nếu”."""
    if isinstance(tree, If):
        return _(
            "nếu %(condition)s: %(then)s; nếu không: %(otherwise)s",
            condition=condition_in_words(tree.condition, labels),
            then=due_in_words(tree.then, labels),
            otherwise=due_in_words(tree.otherwise, labels),
        )
    chosen = due_choice(tree)
    if chosen is not None:
        return choice_in_words(chosen, labels)
    if isinstance(tree, Call) and tree.function == "date" and isinstance(tree.arguments[0], Name):
        return _("đúng ngày ghi ở “%(name)s”", name=labels.of(tree.arguments[0].dotted))
    return in_words(tree.value) if isinstance(tree, Literal) else print_tree(tree, labels.of)


def choice_in_words(chosen: Mapping[str, Any], labels: Labels) -> str:
    """A choice of `choosing.times` as a sentence's part."""
    match chosen["form"]:
        case "deadline":
            step = labels.steps.get(chosen["step"], chosen["step"])
            return _("theo thời hạn đã nhập cho bước “%(step)s”", step=step)
        case "day":
            return _("ngày %(day)s", day=_day(chosen["day"]))
        case "cycle":
            span = f"{chosen['count']} {UNITS[chosen['unit']]}"
            if chosen["times"]:
                return _("cứ %(span)s một lần, %(times)s lần", span=span, times=chosen["times"])
            return _("cứ %(span)s một lần, cho đến khi xong việc", span=span)
    span = f"{chosen['count']} {UNITS[chosen['unit']]}"
    return _("%(span)s sau %(start)s", span=span, start=_start(chosen["base"], labels))


def _start(base: Mapping[str, str], labels: Labels) -> str:
    if base["from"] == "today":
        return labels.start or _("khi nhận việc")
    if base["from"] == "deadline":
        return _("thời hạn của bước “%(step)s”", step=labels.steps.get(base["name"], base["name"]))
    return _("ngày ghi ở “%(name)s”", name=labels.of(base["name"]))


def _number(plain_text: str) -> str:
    return plain_text.replace(".", ",")


def _day(iso: str) -> str:
    day = day_of(iso)
    return f"{day:%d/%m/%Y}" if day else iso
