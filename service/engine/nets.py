"""A diagram as the token game sees it (`semantics.py`): what each element does with a token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, TypeAlias

from service.engine.diagram import Diagram, EventTrigger, Node
from service.engine.timers import is_iso

# How often an event may still happen, where that is no number.
ENDLESS = -1


class Role(Enum):
    PASS = "goes on along every flow"  # noqa: S105 - no password
    CHOOSE = "goes on along one flow"
    JOIN = "goes on once every flow that comes in holds a token, and takes one from each"
    END = "takes the token away"
    TERMINATE = "takes every token of its scope away"
    TASK = "rests until it is done"
    EVENT = "rests until one of its events happens"
    SCOPE = "rests until no token is left inside"


ROLES: Mapping[str, Role] = {
    "startEvent": Role.PASS,
    "intermediateThrowEvent": Role.PASS,
    "businessRuleTask": Role.PASS,
    "exclusiveGateway": Role.CHOOSE,
    "parallelGateway": Role.JOIN,
    "endEvent": Role.END,
    "userTask": Role.TASK,
    "manualTask": Role.TASK,
    "serviceTask": Role.TASK,
    "eventBasedGateway": Role.EVENT,
    "intermediateCatchEvent": Role.EVENT,
    "boundaryEvent": Role.EVENT,
    "subProcess": Role.SCOPE,
    "callActivity": Role.SCOPE,
}
RESTING = frozenset({Role.TASK, Role.EVENT, Role.SCOPE})


class Token(NamedTuple):
    """`at` is the node where it rests; under way it is the flow it has taken, or the event it comes from.

    `waits` are the events it waits for, each with how often it may still happen; `left` the instances of a
    multi-instance task that are not done; `inside` the marking of the sub-process or call it stands for.
    """

    at: str
    waits: tuple[tuple[str, int], ...] = ()
    left: int = 1
    inside: tuple[Token, ...] = ()


Marking: TypeAlias = tuple[Token, ...]
"""The tokens of one scope, sorted; those of a scope within it are inside its token."""


@dataclass(frozen=True, slots=True)
class Net:
    """A diagram as the token game sees it; see `net_of`."""

    start: Marking
    roles: Mapping[str, Role]
    moving: Mapping[str, str]  # where a token may be that moves by itself -> the node that it then passes
    outputs: Mapping[str, tuple[str, ...]]  # node -> the flows that leave it
    taking: Mapping[str, Token]  # flow -> the token that has taken it, under way or already at rest
    leaving: Mapping[str, tuple[Token, ...]]  # node -> the tokens that have taken the flows that leave it
    inputs: Mapping[str, tuple[Token, ...]]  # join -> the tokens that it waits for
    coming: Mapping[str, Token]  # event -> the token that comes from it
    events: Mapping[str, tuple[str, str]]  # event -> kind and name of its act, in the order of the file
    staying: frozenset[str]  # boundary events that let their activity go on


def tokens_in(scope: Marking) -> Iterator[Token]:
    """All tokens of a marking, those inside a scope after its own."""
    for token in scope:
        yield token
        if token.inside:
            yield from tokens_in(token.inside)


def net_of(diagram: Diagram, *, roles: Mapping[str, Role] = ROLES, once: bool = False) -> Net:
    """The net of an accepted diagram. `once`: nothing is repeated, neither instances nor events."""
    nodes, flows = diagram.nodes, diagram.flows
    behind = {f.target for f in flows if nodes[f.source].kind == "eventBasedGateway"}
    role = {node.id: _role(node, roles, node.id in behind) for node in nodes.values()}
    events = {
        node.id: _event(node.trigger)
        for node in nodes.values()
        if roles[node.kind] is Role.EVENT and node.trigger is not None
    }
    outputs = {node: tuple(f.id for f in diagram.outgoing[node]) for node in nodes}
    starts = {node.scope: Token(node.id) for node in nodes.values() if node.kind == "startEvent"}

    def resting(node: Node) -> Token:
        if node.kind == "eventBasedGateway":
            waits = [(f.target, 1) for f in diagram.outgoing[node.id]]
        elif role[node.id] is Role.EVENT:
            waits = [(node.id, 1)]
        else:
            waits = [(b.id, 1 if once else _times(b)) for b in diagram.attached.get(node.id, ())]
        left = 1 if once or node.loop is None else int(node.loop.cardinality or 1)
        inside = (starts[node.id],) if role[node.id] is Role.SCOPE else ()
        return Token(node.id, tuple(sorted(waits)), left, inside)

    under_way = {f.id: f.target for f in flows if role[f.target] not in RESTING}
    taking = {f.id: Token(f.id) if f.id in under_way else resting(nodes[f.target]) for f in flows}
    between = {f.target: taking[f.id] for f in flows if f.target in behind}
    sources = [token.at for token in starts.values()]
    joins = [node for node in nodes if role[node] is Role.JOIN]
    scopes = [node for node in nodes if role[node] is Role.SCOPE]
    moving = under_way | {node: node for node in (*sources, *events, *scopes)}
    for join in joins:  # one token looks whether all are there
        for flow in diagram.incoming[join][1:]:
            del moving[flow.id]
    return Net(
        start=(starts[diagram.process],),
        roles=role,
        moving=moving,
        outputs=outputs,
        taking=taking,
        leaving={node: tuple(taking[flow] for flow in outputs[node]) for node in nodes},
        inputs={join: tuple(taking[f.id] for f in diagram.incoming[join]) for join in joins},
        coming={event: between.get(event, Token(event)) for event in events},
        events=events,
        staying=frozenset(n.id for n in nodes.values() if n.kind == "boundaryEvent" and not n.interrupting),
    )


def _role(node: Node, roles: Mapping[str, Role], behind_gateway: bool) -> Role:
    if behind_gateway:
        return Role.PASS  # the gateway has waited for it
    terminates = node.trigger is not None and node.trigger.kind == "terminate"
    return Role.TERMINATE if terminates else roles[node.kind]


def _event(trigger: EventTrigger) -> tuple[str, str]:
    """Kind and name of the act by which an event happens."""
    kind = "fail" if trigger.kind == "error" else trigger.kind
    return kind, "" if kind == "timer" else trigger.text


def _times(boundary: Node) -> int:
    """How often a boundary event may happen before its activity ends."""
    trigger = boundary.trigger
    if trigger is None or boundary.interrupting:
        return 1
    if trigger.kind != "timer":
        return ENDLESS
    if trigger.form != "timeCycle" or not is_iso(trigger.form, trigger.text):
        return 1
    return int(trigger.text[1:].partition("/")[0] or ENDLESS)
