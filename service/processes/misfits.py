"""Expressions held against what forms and rules write: fields, choices, kinds, what comes before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from forms import InvalidForm, parse_form
from service.engine.errors import Problem
from service.engine.expressions import Expression, Type
from service.engine.expressions.nodes import Comparison, In, ListOf, Literal, Name, Node, walk
from service.engine.outline import Outline
from service.processes.variables import BOOLEAN, DATE, NUMBER, RULE_RESULTS, Variable, form_variables
from service.processes.ways import Ways

_READ_BY = {NUMBER: "number", DATE: "date"}


@dataclass(frozen=True)
class _Place:
    element: str
    name: str
    expression: Expression
    # A flow's condition is read when its gateway has been passed.
    at: str
    passed: bool


def misfits(outline: Outline, forms: Mapping[str, str], ways: Ways | None) -> Iterator[Problem]:
    """In the order of the file; `forms` are texts by key.

    `ways` are None where the drawing does not say yet which step stands before which.
    """
    written, asking = _written(outline, forms)
    for place in _places(outline):
        for rule, severity, message, remedy in _faults(place, outline, written, asking, ways):
            yield Problem(
                place.element, place.name, rule, "error" if severity else "warning", message, remedy
            )


def _places(outline: Outline) -> Iterator[_Place]:
    sources = {flow.id: flow.source for flow in outline.diagram.flows}
    for flow, condition in outline.conditions.items():
        yield _Place(flow, outline.label(flow), condition, sources[flow], passed=True)
    for element, times in outline.times().items():
        for expression in times:
            yield _Place(element, outline.label(element), expression, element, passed=False)


def _written(outline: Outline, forms: Mapping[str, str]) -> tuple[dict[str, Variable], dict[str, str]]:
    """({variable: what it may be}, {variable of a rule: its element}); tasks of readable forms only."""
    variables: dict[str, Variable] = {}
    for task in outline.tasks.values():
        try:
            form = parse_form(forms[task.form_key].encode(), task.form_key)
        except (KeyError, InvalidForm):
            continue
        for key, variable in form_variables(form, "action").items():
            variables[f"{task.id}.{key}"] = variable
    by_rule: dict[str, str] = {}
    for element, rule in outline.rules.items():
        by_rule[rule.variable] = element
        if rule.topic in RULE_RESULTS:
            _, kind, values = RULE_RESULTS[rule.topic]
            variables[rule.variable] = Variable(rule.variable, rule.variable, kind, values)
    return variables, by_rule


def _faults(
    place: _Place,
    outline: Outline,
    written: Mapping[str, Variable],
    by_rule: Mapping[str, str],
    ways: Ways | None,
) -> Iterator[tuple[str, bool, str, str]]:
    """(rule, whether it is an error, message, remedy)"""
    expression, before = place.expression, None
    asked = {name.rpartition(".")[0] for name in written}
    for name in expression.names:
        step, _, key = name.rpartition(".")
        if step and name not in written and step in asked:
            keys = ", ".join(
                f"{step}.{one.key}" for known, one in written.items() if known == f"{step}.{one.key}"
            )
            yield (
                "known-field",
                True,
                f"Biểu mẫu của bước “{outline.label(step)}” không đưa “{key}” ra sơ đồ.",
                f"Dùng một trong: {keys}; hoặc đánh dấu trường đó “đưa ra sơ đồ” (routing) trong biểu mẫu.",
            )
        writer = by_rule.get(name) or (step if step in outline.tasks else "")
        if writer and ways and before is None:
            before = ways.before(place.at) | ({place.at} if place.passed else set())
        if writer and before is not None and writer not in before:
            yield (
                "read-too-early",
                False,
                f"“{name}” được ghi ở bước “{outline.label(writer)}”, không đứng trước chỗ này.",
                "Dùng giá trị của một bước đứng trước, hoặc vẽ lại đường đi.",
            )
    for variable, value in _compared(expression.tree):
        known = written.get(variable)
        if known is not None and known.values and value not in known.values:
            offered = ", ".join(f'"{one}" ({label})' for one, label in known.values.items())
            yield (
                "known-choice",
                True,
                f'“{variable}” không bao giờ là "{value}".',
                f"Chọn một trong: {offered}.",
            )
    types = {name: _type(written.get(name)) for name in expression.names}
    anything = set(expression.check(dict.fromkeys(expression.names, Type.SCALAR)))
    for problem in expression.check(types):
        if problem not in anything:
            yield "value-kind", True, problem, _reading(expression, written)


def _compared(tree: Node) -> Iterator[tuple[str, str]]:
    """(variable, text that it is compared with by = or !=, or as a member of a list)"""
    for node in walk(tree):
        if isinstance(node, Comparison) and node.operator in ("=", "!="):
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(one, Name) and isinstance(other, Literal) and isinstance(other.value, str):
                    yield one.dotted, other.value
        elif isinstance(node, In) and isinstance(node.operand, Name):
            for test in node.tests:
                for member in test.items if isinstance(test, ListOf) else (test,):
                    if isinstance(member, Literal) and isinstance(member.value, str):
                        yield node.operand.dotted, member.value


def _type(variable: Variable | None) -> Type:
    """As a case keeps it: numbers and dates are text."""
    if variable is None:
        return Type.SCALAR
    return Type.BOOLEAN if variable.kind == BOOLEAN else Type.STRING


def _reading(expression: Expression, written: Mapping[str, Variable]) -> str:
    read = [
        f"{_READ_BY[written[name].kind]}({name})"
        for name in expression.names
        if name in written and written[name].kind in _READ_BY
    ]
    if read:
        return f"Biểu mẫu ghi số và ngày thành chữ: viết {', '.join(read)}."
    return "So sánh giá trị cùng kiểu; chữ viết trong dấu nháy kép, có hoặc không viết true, false."
