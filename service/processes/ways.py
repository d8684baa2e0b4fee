"""Which elements of a drawing lie before which, and what can be passed by. Pure; data are left open."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from service.engine.diagram import Diagram


class Ways:
    """Scopes are seen through: a way goes in by their start and out by their ends, or by a boundary event."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self._after: dict[str, set[str]] = {node: set() for node in diagram.nodes}
        for node in diagram.nodes.values():
            self._after[node.id] |= {event.id for event in diagram.attached.get(node.id, ())}
            inner = diagram.inside.get(node.id)
            if inner:
                self._after[node.id] |= {one.id for one in inner if one.kind == "startEvent"}
            else:
                self._after[node.id] |= self._out(node.id)
        self._before: dict[str, set[str]] = {node: set() for node in diagram.nodes}
        for source, targets in self._after.items():
            for target in targets & self._before.keys():
                self._before[target].add(source)

    def before(self, element: str) -> set[str]:
        """What a token may have passed when it comes to the element; itself only on a loop."""
        return _reached(self._before.get(element, ()), lambda one: self._before[one])

    def reaches(self, wanted: str, without: str) -> bool:
        """Whether a token can come from the start to `wanted` and never pass `without`."""
        starts = [node.id for node in self.diagram.inside[self.diagram.process] if node.kind == "startEvent"]
        return wanted in _reached(starts, lambda one: self._after[one] - {without})

    def _out(self, element: str) -> set[str]:
        flows = self.diagram.outgoing.get(element, [])
        node = self.diagram.nodes[element]
        if flows or node.scope not in self.diagram.nodes:
            return {flow.target for flow in flows} & self.diagram.nodes.keys()
        return self._out(node.scope)


def _reached(first: Iterable[str], following: Callable[[str], Iterable[str]]) -> set[str]:
    found, left = set[str](), list(first)
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += following(one)
    return found
