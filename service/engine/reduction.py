"""Partial-order reduction: whose turn makes no difference, so that parallel branches need not be interleaved.

A token may go first, alone, where until it moves the others of its scope can neither come to where it is nor
write what it writes, and nobody else hears what it waits for. Then whatever the others do can as well be
done after it: every dead marking, every element reached and every two writers that meet are found without
the other orders. (Valmari's stubborn sets, in their simplest form; the explorer sees to it that nobody is
left waiting for ever.) The end of a scope by others takes away the same whether the token has moved or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from service.engine.diagram import Diagram
from service.engine.nets import Marking, Net, Role, Token, tokens_in
from service.engine.semantics import Act, happening

Acts = list[tuple[Act, Marking]]
MOST_TRIED = 3


class Reduction:
    """For one diagram; `writing` says for each node that writes whose variables it writes."""

    def __init__(self, diagram: Diagram, net: Net, writing: Mapping[str, str]) -> None:
        self.diagram, self.net = diagram, net
        self.looking = {diagram.nodes[gateway].scope for gateway in net.ahead}
        names = Counter(what for what in net.events.values() if what[0] in {"message", "signal"})
        self.shared = {what for what, count in names.items() if count > 1}
        self.targets = {flow.id: flow.target for flow in diagram.flows}
        self.written = {node: {key} for node, key in writing.items()}
        for node in reversed(list(diagram.nodes.values())):  # what lies inside comes after what holds it
            if node.scope in diagram.nodes and node.id in self.written:
                self.written.setdefault(node.scope, set()).update(self.written[node.id])
        self.known: dict[frozenset[str], tuple[frozenset[str], frozenset[str]]] = {}

    def alone(self, marking: Marking) -> Iterator[Acts]:
        """A few choices of a token that may go first, each as all that may happen to it."""
        if len(marking) > 1 or any(token.inside for token in marking):
            for number, chosen in enumerate(self._chosen(marking)):
                if number == MOST_TRIED:
                    return
                yield chosen

    def _chosen(self, scope: Marking) -> Iterator[Acts]:
        for index, token in enumerate(scope):
            others = scope[:index] + scope[index + 1 :]
            if not self._apart(token, others):
                continue
            every = list(happening(self.net, (token,)))
            events = {event for event, _ in token.waits}
            found = False
            for inner in self._chosen(token.inside) if len(token.inside) > 1 else ():
                found = True
                yield [
                    *((act, _with(others, (token._replace(inside=inside),))) for act, inside in inner),
                    *((act, _with(others, after)) for act, after in every if act.element in events),
                ]
            if every and others and not found:
                yield [(act, _with(others, after)) for act, after in every]

    def _apart(self, token: Token, others: Marking) -> bool:
        where = self.diagram.nodes.get(token.at)
        if where is None or where.scope in self.looking:
            return False
        deep = tokens_in((token,))
        if self.shared and any(
            self.net.events[event] in self.shared for one in deep for event, _ in one.waits
        ):
            return False
        reached, written = self._reach(frozenset(other.at for other in others))
        return token.at not in reached and written.isdisjoint(self.written.get(token.at, ()))

    def _reach(self, places: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Where tokens at `places` can come to if no other token moves, and what is written there."""
        if places not in self.known:
            reached = frozenset(self._closure(places))
            written = frozenset(key for node in reached for key in self.written.get(node, ()))
            self.known[places] = reached, written
        return self.known[places]

    def _closure(self, places: Iterable[str]) -> set[str]:
        reached: set[str] = set()
        held: dict[str, set[str]] = {}
        ahead = list(places)
        while ahead:
            place = ahead.pop()
            node = self.targets.get(place, place)
            if place in self.targets and self.net.roles[node] is Role.JOIN:
                held.setdefault(node, set()).add(place)
                if len(held[node]) < len(self.diagram.incoming[node]):
                    continue
            if node not in reached:
                reached.add(node)
                ahead.extend(event.id for event in self.diagram.attached.get(node, ()))
                ahead.extend(flow.id for flow in self.diagram.outgoing[node])
        return reached


def _with(others: Marking, more: Marking) -> Marking:
    return tuple(sorted((*others, *more)))
