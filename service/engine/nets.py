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
    SELECT = (
        "goes on along some flows, once no other token can still come; takes one from each that holds one"
    )
    JOIN = "goes on once every flow that comes in holds a token, and takes one from each"
    END = "takes the token away"
    TERMINATE = "takes every token of its scope away"
    ERROR = "ends the scopes around it up to the activity that catches its code, which goes on from there"
    TASK = "rests until it is done"
    EVENT = "rests until one of its events happens"
    SCOPE = "rests until no token is left inside"


ROLES: Mapping[str, Role] = {
    "startEvent": Role.PASS,
    "intermediateThrowEvent": Role.PASS,
    "businessRuleTask": Role.PASS,
    "sendTask": Role.PASS,
    "exclusiveGateway": Role.CHOOSE,
    "inclusiveGateway": Role.SELECT,
    "parallelGateway": Role.JOIN,
    "endEvent": Role.END,
    "userTask": Role.TASK,
    "manualTask": Role.TASK,
    "serviceTask": Role.TASK,
    "receiveTask": Role.EVENT,
    "eventBasedGateway": Role.EVENT,
    "intermediateCatchEvent": Role.EVENT,
    "boundaryEvent": Role.EVENT,
    "subProcess": Role.SCOPE,
    "callActivity": Role.SCOPE,
}
ENDING = frozenset({Role.TERMINATE, Role.ERROR})
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
    ahead: Mapping[str, Mapping[str, frozenset[str]]]  # inclusive join -> place -> flows into it still ahead
    default: Mapping[str, str]  # inclusive gateway -> the flow taken where no other is
    raised: Mapping[str, str]  # error end event -> its code
    jobs: frozenset[str]  # what may fail
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
        if node.kind == "receiveTask" and role[node.id] is Role.EVENT:
            waits += [(b.id, 1 if once else _times(b)) for b in diagram.attached.get(node.id, ())]
        left = 1 if once or node.loop is None else int(node.loop.cardinality or 1)
        inside = (starts[node.id],) if role[node.id] is Role.SCOPE else ()
        return Token(node.id, tuple(sorted(waits)), left, inside)

    under_way = {f.id: f.target for f in flows if role[f.target] not in RESTING}
    taking = {f.id: Token(f.id) if f.id in under_way else resting(nodes[f.target]) for f in flows}
    between = {f.target: taking[f.id] for f in flows if f.target in behind}
    sources = [token.at for token in starts.values()]
    joins = [node for node in nodes if role[node] is Role.JOIN]
    inclusive = [node for node in nodes if role[node] is Role.SELECT and len(diagram.incoming[node]) > 1]
    scopes = [node for node in nodes if role[node] is Role.SCOPE]
    moving = under_way | {node: node for node in (*sources, *events, *scopes)}
    for join in joins:  # one token looks whether all are there
        for flow in diagram.incoming[join][1:]:
            del moving[flow.id]
    for gateway in inclusive:  # `semantics.selecting` looks, once nothing else moves
        for flow in diagram.incoming[gateway]:
            del moving[flow.id]
    return Net(
        start=(starts[diagram.process],),
        roles=role,
        moving=moving,
        outputs=outputs,
        taking=taking,
        leaving={node: tuple(taking[flow] for flow in outputs[node]) for node in nodes},
        inputs={join: tuple(taking[f.id] for f in diagram.incoming[join]) for join in (*joins, *inclusive)},
        ahead={gateway: _ahead(diagram, gateway) for gateway in inclusive},
        default={n: nodes[n].attributes.get("default", "") for n in nodes if role[n] is Role.SELECT},
        raised={
            n.id: n.trigger.text for n in nodes.values() if n.trigger is not None and role[n.id] is Role.ERROR
        },
        jobs=frozenset(n.id for n in nodes.values() if n.kind == "serviceTask"),
        coming={event: between.get(event, Token(event)) for event in events},
        events=events,
        staying=frozenset(n.id for n in nodes.values() if n.kind == "boundaryEvent" and not n.interrupting),
    )


def _role(node: Node, roles: Mapping[str, Role], behind_gateway: bool) -> Role:
    if behind_gateway:
        return Role.PASS  # the gateway has waited for it
    if node.kind == "endEvent" and node.trigger is not None:
        return {"terminate": Role.TERMINATE, "error": Role.ERROR}.get(node.trigger.kind, Role.END)
    return roles[node.kind]


def _ahead(diagram: Diagram, gateway: str) -> dict[str, frozenset[str]]:
    """For each place of the scope: the flows into `gateway` that a token there may still come along.

    A place is a node, or a flow where a token waits for others. Ways through the gateway itself do not
    count: such a token comes later, in another round.
    """
    found: dict[str, set[str]] = {node.id: set() for node in diagram.inside[diagram.nodes[gateway].scope]}
    for last in diagram.incoming[gateway]:
        behind = [last.source]
        while behind:
            node = behind.pop()
            if node == gateway or last.id in found[node]:
                continue
            found[node].add(last.id)
            behind.extend(flow.source for flow in diagram.incoming[node])
            behind.extend(host for host in (diagram.nodes[node].attached_to,) if host)
    places = {node: frozenset(flows) for node, flows in found.items()}
    return places | {flow.id: places[flow.target] for flow in diagram.flows if flow.target in places}


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
