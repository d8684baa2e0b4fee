"""What a checked diagram is compiled to: Spiff specifications plus tables of what our own steps need.

Built once per diagram and only read afterwards, so that one program serves every case and thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition, TerminateEventDefinition

from service.engine import specs
from service.engine.diagram import Diagram, EventTrigger, Node
from service.engine.expressions import Expression, ExpressionError
from service.engine.texts import read_condition, read_expression
from service.engine.throws import Throw, read_throw
from service.engine.timers import NotATimer, due_expression, is_iso

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choice:
    """One outgoing flow of an exclusive gateway; `condition` is None on the default flow."""

    flow: str
    name: str
    target: str
    condition: Expression | None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timer:
    """`expression` is None where `text` is plain ISO 8601."""

    form: str
    text: str
    expression: Expression | None
    interrupting: bool


@dataclass(frozen=True, slots=True)
class Rule:
    topic: str
    variable: str


@dataclass(slots=True)
class Program:
    """`places` says in which scope an element's specification lives; `flows` names the flow between two."""

    main: specs.Scope
    scopes: dict[str, specs.Scope] = field(default_factory=dict)
    places: dict[str, specs.Scope] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    flows: dict[tuple[str, str], str] = field(default_factory=dict)
    choices: dict[str, tuple[Choice, ...]] = field(default_factory=dict)
    # Inclusive gateways that join, as drawn; element -> the flows from it, with where they go.
    inclusive: tuple[str, ...] = ()
    following: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    raised: dict[str, str] = field(default_factory=dict)
    timers: dict[str, Timer] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    signals: dict[str, str] = field(default_factory=dict)
    throws: dict[str, Throw] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    events: dict[str, tuple[str, ...]] = field(default_factory=dict)
    repeating: frozenset[str] = frozenset()
    instances: dict[str, int] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)


def expressions_of(diagram: Diagram) -> Iterator[Expression]:
    """Every expression of a diagram that the gate accepted."""
    for read in _readings(diagram):
        yield from read()


def readable_expressions(diagram: Diagram) -> Iterator[Expression]:
    """Those expressions of any diagram that can be read."""
    for read in _readings(diagram):
        with suppress(ExpressionError, NotATimer):
            yield from read()


def _readings(diagram: Diagram) -> Iterator[Callable[[], Sequence[Expression]]]:
    for flow in diagram.flows:
        if flow.condition:
            yield partial(_one, read_condition, flow)
    for node in diagram.nodes.values():
        for attribute in ("camunda:dueDate", "camunda:followUpDate"):
            text = node.attributes.get(attribute, "")
            if text.strip():
                yield partial(_one, _read_due, text)
        trigger = node.trigger
        if trigger is not None and trigger.kind == "timer" and not is_iso(trigger.form, trigger.text):
            yield partial(_one, read_expression, trigger.text)
        yield partial(_sent, node)


def _one(read: Callable[[T], Expression], of: T) -> tuple[Expression, ...]:
    return (read(of),)


def _read_due(text: str) -> Expression:
    return read_expression(due_expression(text))


def _sent(node: Node) -> tuple[Expression, ...]:
    thrown = read_throw(node)
    return tuple(thrown.expressions()) if thrown is not None else ()


def build_program(diagram: Diagram) -> Program:
    """Compile a diagram that `check.py` found to have no errors."""
    return _Builder(diagram).build()


class _Builder:
    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.program = Program(specs.Scope(diagram.process))
        self.program.scopes[diagram.process] = self.program.main
        for scope in diagram.scopes[1:]:
            # A name of its own: a sub-process's id is also the id of its element.
            self.program.scopes[scope] = specs.Scope(f"{scope}.Scope")
        self.sources = {event: gateway for gateway, event in self._event_pairs()}

    def build(self) -> Program:
        program, nodes = self.program, self.diagram.nodes.values()
        for node in nodes:
            self._add(node)
        for node in nodes:
            self._attach(node)
        for scope in self.diagram.scopes:
            self._connect(scope)
        program.inclusive = tuple(
            node.id
            for node in nodes
            if node.kind == "inclusiveGateway" and len(self.diagram.incoming[node.id]) > 1
        )
        if program.inclusive:
            program.following = {
                node.id: tuple(
                    (flow.id, flow.target)
                    for source in (node, *self.diagram.attached.get(node.id, ()))
                    for flow in self.diagram.outgoing[source.id]
                )
                for node in nodes
            }
        program.labels = {node.id: node.name or node.id for node in nodes}
        program.repeating = frozenset(
            n.id
            for n in nodes
            if n.kind == "boundaryEvent"
            and not n.interrupting
            and n.trigger
            and n.trigger.kind in {"message", "signal"}
        )
        return program

    def _event_pairs(self) -> Iterator[tuple[str, str]]:
        for flow in self.diagram.flows:
            source = self.diagram.nodes.get(flow.source)
            if source is not None and source.kind == "eventBasedGateway":
                yield source.id, flow.target

    def _add(self, node: Node) -> None:
        scope = self.program.scopes[node.scope]
        spec = self._spec(node, scope)
        spec.order = node.order
        spec.bpmn_id = node.id
        self.program.places[node.id] = scope
        self.program.order[node.id] = node.order
        trigger = node.trigger
        thrown = read_throw(node)
        if thrown is not None:
            self.program.throws[node.id] = thrown
        elif trigger is not None and node.kind == "endEvent":
            if trigger.kind == "error":
                self.program.raised[node.id] = trigger.text
        elif trigger is not None:
            self._note_trigger(node, trigger)
        topic = node.attributes.get("camunda:topic", "")
        if node.kind == "serviceTask":
            self.program.topics[node.id] = topic
        elif node.kind == "businessRuleTask":
            self.program.rules[node.id] = Rule(topic, node.attributes.get("camunda:resultVariable", ""))

    def _note_trigger(self, node: Node, trigger: EventTrigger) -> None:
        if trigger.kind == "timer":
            expression = None if is_iso(trigger.form, trigger.text) else read_expression(trigger.text)
            self.program.timers[node.id] = Timer(
                trigger.form, trigger.text, expression, node.kind != "boundaryEvent" or node.interrupting
            )
        elif trigger.kind == "message":
            self.program.messages[node.id] = trigger.text
        elif trigger.kind == "signal":
            self.program.signals[node.id] = trigger.text
        elif trigger.kind == "error":
            self.program.errors[node.id] = trigger.text

    def _spec(self, node: Node, scope: specs.Scope) -> Any:
        flows_out = self.diagram.outgoing[node.id]
        if node.kind == "eventBasedGateway":
            self.program.events[node.id] = tuple(f.target for f in flows_out)
        if node.loop:
            return self._instances(node, scope)
        # Merges, and events behind an event-based gateway: the token passes at once.
        passes = (node.kind == "exclusiveGateway" and len(flows_out) < 2) or node.id in self.sources
        make = specs.Pass if passes else _SPECS.get(node.kind, specs.Pass)
        if node.kind == "endEvent" and node.trigger is not None and node.trigger.kind == "error":
            make = specs.ErrorEnd
        return make(scope, node.id, **_arguments(node))

    def _instances(self, node: Node, scope: specs.Scope) -> Any:
        assert node.loop is not None
        kind = specs.SequentialInstances if node.loop.sequential else specs.ParallelInstances
        child = specs.Human(scope, f"{node.id} [child]")
        child.bpmn_id, child.order = node.id, node.order
        count = node.loop.cardinality or "0"
        spec = kind(scope, node.id, child.name, cardinality=count)
        child._inputs = [spec.name]
        child.completed_event.connect(spec.merge_child)
        self.program.instances[node.id] = int(count)
        return spec

    def _attach(self, node: Node) -> None:
        """Wrap an activity with boundary events as Spiff does: split → activity and events → join."""
        boundaries = self.diagram.attached.get(node.id)
        if not boundaries:
            return
        scope = self.program.places[node.id]
        split = specs.Split(scope, f"{node.id}.BoundaryEventSplit")
        join = specs.BoundaryJoin(scope, f"{node.id}.BoundaryEventJoin", split_task=split.name, cancel=True)
        activity = scope.task_specs[node.id]
        split.connect(activity)
        activity.connect(join)
        for event in boundaries:
            spec = scope.task_specs[event.id]
            split.connect(spec)
            spec.connect(join)

    def _connect(self, scope_id: str) -> None:
        scope = self.program.scopes[scope_id]
        flows = [flow for node in self.diagram.inside[scope_id] for flow in self.diagram.outgoing[node.id]]
        pairs = Counter((flow.source, flow.target) for flow in flows)
        targets: dict[str, str] = {}
        for flow in flows:
            source = scope.task_specs[flow.source]
            entry = self._entry(scope, flow.target)
            if pairs[flow.source, flow.target] > 1:
                # Spiff knows specifications, not flows: two flows between the same elements need one each.
                between = specs.Pass(scope, flow.id)
                between.order = self.program.order[flow.target]
                between.bpmn_id = None
                between.connect(entry)
                self.program.flows[flow.source, flow.id] = flow.id
                entry = between
            else:
                self.program.flows[flow.source, entry.name] = flow.id
            source.connect(entry)
            targets[flow.id] = entry.name
        for node in self.diagram.inside[scope_id]:
            if node.kind == "startEvent":
                scope.start.connect(scope.task_specs[node.id])
            elif node.kind == "endEvent":
                scope.task_specs[node.id].connect(scope.end)
            elif isinstance(scope.task_specs[node.id], specs.Exclusive | specs.Inclusive):
                self.program.choices[node.id] = tuple(self._choices(node, targets))

    def _entry(self, scope: specs.Scope, target: str) -> Any:
        return scope.task_specs.get(f"{target}.BoundaryEventSplit") or scope.task_specs[target]

    def _choices(self, node: Node, targets: dict[str, str]) -> Iterator[Choice]:
        """In the order of the file, the default flow last whatever it carries."""
        default = node.attributes.get("default", "")
        for flow in sorted(self.diagram.outgoing[node.id], key=lambda f: f.id == default):
            asked = flow.condition is not None and flow.id != default
            condition = read_condition(flow) if asked else None
            names = condition.names if condition else ()
            yield Choice(flow.id, flow.name, targets[flow.id], condition, names)


_SPECS: dict[str, Any] = {
    "userTask": specs.Human,
    "manualTask": specs.Human,
    "serviceTask": specs.Human,
    "businessRuleTask": specs.Rule,
    "sendTask": specs.Throw,
    "receiveTask": specs.Receive,
    "exclusiveGateway": specs.Exclusive,
    "inclusiveGateway": specs.Inclusive,
    "parallelGateway": specs.Parallel,
    "eventBasedGateway": specs.EventGateway,
    "intermediateCatchEvent": specs.Catch,
    "boundaryEvent": specs.Boundary,
    "intermediateThrowEvent": specs.Throw,
    "subProcess": specs.SubProcess,
    "callActivity": specs.SubProcess,
    "endEvent": specs.End,
}


def _arguments(node: Node) -> dict[str, Any]:
    """What a specification of this kind needs besides scope and name."""
    match node.kind:
        case "eventBasedGateway" | "intermediateCatchEvent" | "receiveTask":
            return {"event_definition": specs.Awaited()}
        case "boundaryEvent":
            return {"event_definition": specs.Awaited(), "cancel_activity": node.interrupting}
        case "subProcess" | "callActivity":
            return {"subworkflow_spec": node.id}
        case "endEvent":
            terminates = node.trigger is not None and node.trigger.kind == "terminate"
            return {"event_definition": TerminateEventDefinition() if terminates else NoneEventDefinition()}
    return {}
