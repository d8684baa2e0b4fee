"""Which facts a step may read: those that rules and due dates on the way to the next wait states name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.engine.diagram import HUMAN_TASKS, SCOPES, Diagram, Node
from service.engine.expressions import Expression

PASSING = frozenset(
    {
        "businessRuleTask",
        "exclusiveGateway",
        "inclusiveGateway",
        "parallelGateway",
        "sendTask",
        "startEvent",
        "endEvent",
        "intermediateThrowEvent",
    }
)


def facts_after(
    diagram: Diagram, expressions: Mapping[str, tuple[Expression, ...]]
) -> dict[str | None, frozenset[str]]:
    """For the start (None) and every element: the names that the step after it may read.

    `expressions` are those of each element that are evaluated when a token arrives there or passes it.
    """
    return _Facts(diagram, expressions).table()


def leading_to(diagram: Diagram) -> dict[str, tuple[str, ...]]:
    """For every human task: those that the step after it may open, in the order of the file."""
    reading = _Facts(diagram, {})
    human = [node.id for node in diagram.nodes.values() if node.kind in HUMAN_TASKS]
    found = {task: {node.id for node in reading.reached(reading.successors[task])} for task in human}
    return {task: tuple(one for one in human if one in found[task]) for task in human}


class _Facts:
    def __init__(self, diagram: Diagram, expressions: Mapping[str, tuple[Expression, ...]]) -> None:
        self.diagram = diagram
        self.expressions = expressions
        self.successors = {node: [f.target for f in flows] for node, flows in diagram.outgoing.items()}
        self.starts = {n.scope: n.id for n in diagram.nodes.values() if n.kind == "startEvent"}

    def table(self) -> dict[str | None, frozenset[str]]:
        table: dict[str | None, frozenset[str]] = {None: self._read([self.starts[self.diagram.process]])}
        for node in self.diagram.nodes.values():
            events = [*self.diagram.attached.get(node.id, ())]
            if node.kind == "serviceTask":
                events += self._catching(node.scope)  # a code that only a scope around the job catches
            caught = [target for event in events for target in self.successors[event.id]]
            # Its own facts again: a team's next instance may open, a repeating timer arms itself anew.
            table[node.id] = self._read(self.successors[node.id] + caught) | frozenset(self._of(node))
        return table

    def _read(self, first: list[str]) -> frozenset[str]:
        return frozenset(name for node in self.reached(first) for name in self._of(node))

    def reached(self, first: list[str]) -> Iterator[Node]:
        """The elements that a token arrives at without waiting, from `first` on, the waiting ones last."""
        seen: set[str] = set()
        ahead = list(first)
        while ahead:
            identifier = ahead.pop()
            if identifier in seen:
                continue
            seen.add(identifier)
            node = self.diagram.nodes[identifier]
            yield node
            yield from self.diagram.attached.get(identifier, ())
            if node.kind == "eventBasedGateway":
                yield from (self.diagram.nodes[event] for event in self.successors[identifier])
            elif node.kind in SCOPES:
                ahead.append(self.starts[identifier])
            elif node.kind in PASSING:
                leaves = node.scope if node.kind == "endEvent" else identifier
                ahead.extend(self.successors.get(leaves, ()))
                if node.trigger is not None and node.trigger.kind == "error":
                    ahead.extend(t for event in self._catching(node.scope) for t in self.successors[event.id])

    def _catching(self, activity: str) -> Iterator[Node]:
        """The error events on `activity` and on all around it."""
        while activity in self.diagram.nodes:
            for event in self.diagram.attached.get(activity, ()):
                if event.trigger is not None and event.trigger.kind == "error":
                    yield event
            activity = self.diagram.nodes[activity].scope

    def _of(self, node: Node) -> Iterator[str]:
        if node.kind == "businessRuleTask":
            names = node.properties.get("facts", "").split(",")
            yield from (name.strip() for name in names if name.strip())
        for expression in self.expressions.get(node.id, ()):
            yield from deadlines_in(expression)


def deadlines_in(expression: Expression) -> Iterator[str]:
    """`deadline:<step>` for every call of `deadline` with a constant step."""
    for use in expression.functions:
        if use.name == "deadline" and len(use.arguments) == 1 and isinstance(use.arguments[0], str):
            yield f"deadline:{use.arguments[0]}"
