"""The token game of a diagram played in every order, within a stated bound. What it means: soundness.py.

A marking is a sorted tuple of places: a node that holds a token, `flow:<id>` before a parallel join,
`arm:<id>` for a boundary event still waiting. Conditions are left open: every branch of an exclusive
gateway may be taken. A boundary event that repeats is let fire once.
"""

from __future__ import annotations

from collections.abc import Iterator

from service.engine.diagram import HUMAN_TASKS, SCOPES, Diagram, Node

MAX_WORK = 400_000
MAX_MARKINGS = 20_000
MAX_SAME_PLACE = 3
RESTING = (
    HUMAN_TASKS | SCOPES | {"serviceTask", "businessRuleTask", "intermediateCatchEvent", "eventBasedGateway"}
)

Marking = tuple[str, ...]


class Explorer:
    """After `explore`: markings with successors, what was visited, which writers met; `complete` or not."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.inner = {scope: self._inside(scope) for scope in diagram.scopes[1:]}
        self.starts = {n.scope: n.id for n in diagram.nodes.values() if n.kind == "startEvent"}
        self.came_from: dict[Marking, tuple[Marking | None, str]] = {}
        self.successors: dict[Marking, list[Marking]] = {}
        self.visited: set[str] = set()
        self.racing: dict[str, Marking] = {}
        self.work = 0
        self.complete = True

    def _inside(self, scope: str) -> frozenset[str]:
        found: set[str] = set()
        for node in self.diagram.inside[scope]:
            found.add(node.id)
            if node.kind in SCOPES:
                found |= self._inside(node.id)
        return frozenset(found)

    def explore(self) -> None:
        ahead: list[Marking] = []
        for first in self._settled((), [self.starts[self.diagram.process]]):
            if first not in self.came_from:
                self.came_from[first] = (None, "")
                ahead.append(first)
        if self.work > MAX_WORK:
            self.complete = False
            return
        while ahead:
            marking = ahead.pop()
            self._note_races(marking)
            reached: list[Marking] = []
            for name, following in self._moves(marking):
                if self.work > MAX_WORK or len(self.came_from) > MAX_MARKINGS:
                    self.complete = False
                    return
                reached.append(following)
                if following not in self.came_from:
                    self.came_from[following] = (marking, name)
                    ahead.append(following)
            if self.work > MAX_WORK:
                # Cut short: a marking whose moves were not all played must not look like a dead end.
                self.complete = False
                return
            self.successors[marking] = reached

    def _moves(self, marking: Marking) -> Iterator[tuple[str, Marking]]:
        for place in dict.fromkeys(marking):
            kind, _, name = place.rpartition(":")
            if kind == "arm":
                yield from ((name, after) for after in self._fire(marking, self.diagram.nodes[name]))
            elif not kind and self.diagram.nodes[place].kind == "eventBasedGateway":
                for flow in self.diagram.outgoing[place]:
                    self.visited.add(flow.target)
                    yield from ((flow.target, after) for after in self._left(marking, place, flow.target))
            elif not kind and self.diagram.nodes[place].kind not in SCOPES:
                yield from ((place, after) for after in self._left(marking, place, place))

    def _left(self, marking: Marking, place: str, through: str) -> Iterator[Marking]:
        """The token on `place` moves on along the flows that leave `through`."""
        yield from self._settled(self._without(marking, place), self._targets(through))

    def _targets(self, node: str) -> list[str]:
        return [self._target(flow.id, flow.target) for flow in self.diagram.outgoing[node]]

    def _target(self, flow: str, target: str) -> str:
        return f"flow:{flow}" if self.diagram.nodes[target].kind == "parallelGateway" else target

    def _without(self, marking: Marking, place: str) -> Marking:
        """`marking` less one token on `place`, what it armed, and whatever runs inside it."""
        rest = list(marking)
        rest.remove(place)
        gone = {f"arm:{b.id}" for b in self.diagram.attached.get(place, ())}
        inner = self.inner.get(place, frozenset())
        if place not in rest:
            rest = [p for p in rest if p not in gone and not self._is_in(p, inner)]
        return tuple(rest)

    def _is_in(self, place: str, nodes: frozenset[str]) -> bool:
        kind, _, name = place.rpartition(":")
        if kind == "flow":
            return self.flow_targets[name] in nodes
        return name in nodes

    @property
    def flow_targets(self) -> dict[str, str]:
        if not hasattr(self, "_targets_by_flow"):
            self._targets_by_flow = {flow.id: flow.target for flow in self.diagram.flows}
        return self._targets_by_flow

    def _fire(self, marking: Marking, event: Node) -> Iterator[Marking]:
        self.visited.add(event.id)
        if event.interrupting:
            rest = self._without(marking, event.attached_to)
        else:
            without = list(marking)
            without.remove(f"arm:{event.id}")
            rest = tuple(without)
        yield from self._settled(rest, self._targets(event.id))

    def _settled(self, marking: Marking, arriving: list[str]) -> Iterator[Marking]:
        """All markings at rest once the arriving tokens have passed everything that passes by itself."""
        pending = [(marking, tuple(arriving))]
        seen: set[tuple[Marking, tuple[str, ...]]] = set()
        while pending:
            state = pending.pop()
            self.work += 1 + len(state[0]) // 4
            if state in seen or self.work > MAX_WORK:
                continue
            seen.add(state)
            resting, moving = state
            if moving:
                pending.extend(self._arrive(resting, moving[0], moving[1:]))
                continue
            ended = next(
                (
                    p
                    for p in resting
                    if p in self.inner and not any(self._is_in(q, self.inner[p]) for q in resting)
                ),
                None,
            )
            if ended is not None:
                pending.append((self._without(resting, ended), tuple(self._targets(ended))))
            else:
                yield resting

    def _arrive(
        self, resting: Marking, place: str, others: tuple[str, ...]
    ) -> Iterator[tuple[Marking, tuple[str, ...]]]:
        if resting.count(place) >= MAX_SAME_PLACE:
            self.complete = False  # tokens pile up: explored as if no more came
            yield resting, others
            return
        if place.startswith("flow:"):
            yield self._join(resting, place, others)
            return
        node = self.diagram.nodes[place]
        self.visited.add(place)
        targets = self._targets(place)
        if node.kind == "endEvent":
            if node.trigger is not None and node.trigger.kind == "terminate":
                inner = self.inner.get(node.scope)
                kept = () if inner is None else tuple(p for p in resting if not self._is_in(p, inner))
                yield kept, () if inner is None else tuple(p for p in others if not self._is_in(p, inner))
            else:
                yield resting, others
        elif node.kind == "exclusiveGateway":
            yield from ((resting, (target, *others)) for target in dict.fromkeys(targets))
        elif node.kind in RESTING:
            armed = [f"arm:{b.id}" for b in self.diagram.attached.get(place, ())]
            inside = (self.starts[place],) if node.kind in SCOPES else ()
            yield tuple(sorted((*resting, place, *armed))), (*inside, *others)
        else:
            yield resting, (*targets, *others)

    def _join(self, resting: Marking, place: str, others: tuple[str, ...]) -> tuple[Marking, tuple[str, ...]]:
        gateway = self.flow_targets[place.removeprefix("flow:")]
        tokens = [*resting, place]
        inputs = [f"flow:{flow.id}" for flow in self.diagram.incoming[gateway]]
        if not all(flow in tokens for flow in inputs):
            return tuple(sorted(tokens)), others
        for flow in inputs:
            tokens.remove(flow)
        self.visited.add(gateway)
        return tuple(tokens), (*self._targets(gateway), *others)

    def _note_races(self, marking: Marking) -> None:
        writers: dict[str, str] = {}
        for place in marking:
            node = self.diagram.nodes.get(place)
            if node is None or node.kind not in RESTING or node.kind in {"eventBasedGateway", "serviceTask"}:
                continue
            written = (
                node.attributes.get("camunda:resultVariable", "")
                if node.kind == "businessRuleTask"
                else node.id
            )
            if written in writers and node.kind != "intermediateCatchEvent":
                self.racing.setdefault(node.id, marking)
            writers[written] = node.id
