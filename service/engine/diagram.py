"""A BPMN file as plain dataclasses: what is drawn, before anybody asks whether it can run.

`reading.py` makes one from a file, `check.py` judges it, `program.py` compiles it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

from service.engine.markup import is_true

EVENT_DEFINITIONS = frozenset(
    {
        "timerEventDefinition",
        "messageEventDefinition",
        "errorEventDefinition",
        "terminateEventDefinition",
        "signalEventDefinition",
        "escalationEventDefinition",
        "conditionalEventDefinition",
        "compensateEventDefinition",
        "cancelEventDefinition",
        "linkEventDefinition",
    }
)
FLOW_NODES = frozenset(
    {
        "startEvent",
        "endEvent",
        "userTask",
        "manualTask",
        "serviceTask",
        "businessRuleTask",
        "sendTask",
        "receiveTask",
        "exclusiveGateway",
        "inclusiveGateway",
        "parallelGateway",
        "eventBasedGateway",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
        "subProcess",
        "callActivity",
    }
)
# Elements with elements inside; those of a call activity come from the process it calls (`calls.py`).
SCOPES = frozenset({"subProcess", "callActivity"})
HUMAN_TASKS = frozenset({"userTask", "manualTask"})
# Tasks that send or await the message which they name themselves, without an event inside.
MESSAGE_TASKS = frozenset({"sendTask", "receiveTask"})
# Gateways that turn on conditions.
ASKING = frozenset({"exclusiveGateway", "inclusiveGateway"})
WAITING_KINDS = HUMAN_TASKS | {"serviceTask", "receiveTask", "intermediateCatchEvent", "eventBasedGateway"}


@dataclass(frozen=True, slots=True)
class EventTrigger:
    """What an event waits for or throws: kind `timer | message | error | terminate | …`.

    For a timer `form` is `timeDate | timeDuration | timeCycle` and `text` its content; for a message or
    signal `text` is its name, for an error its code ("" catches every code).
    """

    kind: str
    form: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Loop:
    sequential: bool
    cardinality: str | None


@dataclass(frozen=True, slots=True)
class Node:
    """One flow node. `scope` is the id of the process, sub-process or call activity that contains it."""

    id: str
    kind: str
    name: str
    scope: str
    order: int
    lane: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    documentation: str = ""
    triggers: tuple[EventTrigger, ...] = ()
    loop: Loop | None = None

    @property
    def trigger(self) -> EventTrigger | None:
        return self.triggers[0] if self.triggers else None

    @property
    def attached_to(self) -> str:
        return self.attributes.get("attachedToRef", "")

    @property
    def interrupting(self) -> bool:
        return is_true(self.attributes.get("cancelActivity"), default=True)


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    name: str
    source: str
    target: str
    scope: str
    condition: str | None = None
    language: str = ""


@dataclass(frozen=True)
class Diagram:
    """All that is drawn in the one process. `elements` keeps every XML element for the allow-list."""

    process: str
    name: str
    root: etree._Element
    node: etree._Element
    nodes: Mapping[str, Node]
    flows: tuple[Flow, ...]
    lanes: Mapping[str, str]
    duplicates: tuple[str, ...]
    anonymous: tuple[str, ...]

    @cached_property
    def outgoing(self) -> dict[str, list[Flow]]:
        return self._by(lambda flow: flow.source)

    @cached_property
    def incoming(self) -> dict[str, list[Flow]]:
        return self._by(lambda flow: flow.target)

    @cached_property
    def attached(self) -> dict[str, list[Node]]:
        """Boundary events by the activity they sit on."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            if node.kind == "boundaryEvent":
                found.setdefault(node.attached_to, []).append(node)
        return found

    @cached_property
    def inside(self) -> dict[str, list[Node]]:
        """The nodes directly in each scope; a scope without nodes has an empty list."""
        found: dict[str, list[Node]] = {scope: [] for scope in self.scopes}
        for node in self.nodes.values():
            found[node.scope].append(node)
        return found

    @cached_property
    def scopes(self) -> list[str]:
        return [self.process, *(node.id for node in self.nodes.values() if node.kind in SCOPES)]

    def label(self, element: str) -> str:
        node = self.nodes.get(element)
        if node is not None:
            return node.name or node.id
        flow = self._flows_by_id.get(element)
        if flow is None or flow.name or not {flow.source, flow.target} <= self.nodes.keys():
            return element if flow is None else flow.name or flow.id
        return f"đường từ “{self.label(flow.source)}” đến “{self.label(flow.target)}”"

    @cached_property
    def _flows_by_id(self) -> dict[str, Flow]:
        return {flow.id: flow for flow in self.flows}

    def _by(self, end: Callable[[Flow], str]) -> dict[str, list[Flow]]:
        found: dict[str, list[Flow]] = {node: [] for node in self.nodes}
        for flow in self.flows:
            found.setdefault(end(flow), []).append(flow)
        return found
