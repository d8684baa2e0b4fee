"""What a diagram says of its elements, as far as it can be read: for checks beside the engine's own.

A `Definition` there is only of a diagram without an error; an outline there is of every diagram, so that
whatever is wrong in one place, the others are looked at all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from service.engine.definition import Element, HumanTask, human_task, read_date
from service.engine.diagram import ASKING, HUMAN_TASKS, Diagram, Node
from service.engine.expressions import Expression, ExpressionError
from service.engine.named_functions import counts_working_days
from service.engine.placeholders import with_placeholders
from service.engine.program import Rule
from service.engine.texts import read_condition, read_expression
from service.engine.throws import Throw, read_throw
from service.engine.timers import NotATimer, is_iso


@dataclass(frozen=True)
class Outline:
    """By element: human tasks, conditions by flow, times of timers, what is sent, topics of jobs, rules.

    What cannot be read is left out; the gate of the engine says so. `diagram` has a place for all that flows
    touch, whether it can run or not.
    """

    diagram: Diagram
    tasks: Mapping[str, HumanTask]
    conditions: Mapping[str, Expression]
    timers: Mapping[str, Expression]
    throws: Mapping[str, Throw]
    topics: Mapping[str, str]
    rules: Mapping[str, Rule]

    @property
    def key(self) -> str:
        return self.diagram.process

    @property
    def name(self) -> str:
        return self.diagram.name

    @cached_property
    def elements(self) -> Mapping[str, Element]:
        return {node.id: Element(node.name, node.kind, node.lane) for node in self.diagram.nodes.values()}

    def label(self, element: str) -> str:
        """How a problem calls an element or a flow: by its name, else by where it leads."""
        return self.diagram.label(element)

    def job_properties(self, element: str) -> Mapping[str, str]:
        return self.diagram.nodes[element].properties

    def times(self) -> dict[str, tuple[Expression, ...]]:
        """{element: what is evaluated when a token arrives there}, in the order of the file."""
        found = {
            task.id: tuple(one for one in (task.due, task.follow_up) if one is not None)
            for task in self.tasks.values()
        }
        return found | {element: (expression,) for element, expression in self.timers.items()}

    def counting_working_days(self) -> list[str]:
        """Elements whose times count working days; flows whose conditions do."""
        conditions = {flow: (condition,) for flow, condition in self.conditions.items()}
        sent = {element: tuple(throw.expressions()) for element, throw in self.throws.items()}
        everywhere = self.times() | conditions | sent
        return [
            element
            for element, asked in everywhere.items()
            if any(counts_working_days(one.functions) for one in asked)
        ]


def outline_of(diagram: Diagram) -> Outline:
    """Of a diagram with what it calls drawn in."""
    drawn = with_placeholders(diagram)
    nodes = drawn.nodes.values()
    return Outline(
        drawn,
        {node.id: human_task(node, _readable) for node in nodes if node.kind in HUMAN_TASKS},
        dict(_conditions(drawn)),
        dict(_timers(nodes)),
        dict(_throws(nodes)),
        {n.id: n.attributes.get("camunda:topic", "") for n in nodes if n.kind == "serviceTask"},
        {
            n.id: Rule(n.attributes.get("camunda:topic", ""), n.attributes.get("camunda:resultVariable", ""))
            for n in nodes
            if n.kind == "businessRuleTask"
        },
    )


def _conditions(diagram: Diagram) -> Iterator[tuple[str, Expression]]:
    for flow in diagram.flows:
        source = diagram.nodes.get(flow.source)
        if not flow.condition or source is None or source.kind not in ASKING:
            continue
        if flow.id != source.attributes.get("default"):  # a condition there is ignored, and told to be
            with suppress(ExpressionError):
                yield flow.id, read_condition(flow)


def _timers(nodes: Iterable[Node]) -> Iterator[tuple[str, Expression]]:
    for node in nodes:
        trigger = node.trigger
        if trigger is not None and trigger.kind == "timer" and not is_iso(trigger.form, trigger.text):
            with suppress(ExpressionError):
                yield node.id, read_expression(trigger.text)


def _throws(nodes: Iterable[Node]) -> Iterator[tuple[str, Throw]]:
    for node in nodes:
        with suppress(ExpressionError, NotATimer):
            thrown = read_throw(node)
            if thrown is not None:
                yield node.id, thrown


def _readable(text: str) -> Expression | None:
    with suppress(ExpressionError, NotATimer):
        return read_date(text)
    return None
