"""The token game of a diagram (`semantics.py`) played in every order, within a stated bound.

What it means: soundness.py. So that the markings stay few, nothing is repeated: a multi-instance task has
one instance, a repeating boundary event happens once. Rules rest as tasks do: so two that write one variable
meet. Events happen one by one, also where a signal reaches several at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import eq

from service.engine.diagram import HUMAN_TASKS, SCOPES, Diagram
from service.engine.nets import ROLES, Marking, Role, net_of, tokens_in
from service.engine.semantics import happening, settled

MAX_WORK = 400_000
MAX_MARKINGS = 20_000
MAX_SAME_PLACE = 3


class _Enough(Exception):  # noqa: N818 - what happened
    """The bound is reached."""


class Explorer:
    """After `explore`: markings with successors, what was visited, which writers met; `complete` or not."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.net = net_of(diagram, roles={**ROLES, "businessRuleTask": Role.TASK}, once=True)
        self.nested = len(diagram.scopes) > 1
        self.writing = dict(_written(diagram))
        self.came_from: dict[Marking, tuple[Marking | None, str]] = {}
        self.successors: dict[Marking, list[Marking]] = {}
        self.visited: set[str] = set()
        self.racing: dict[str, Marking] = {}
        self.work = 0
        self.complete = True

    def explore(self) -> None:
        """A marking whose acts were not all played when the bound was reached has no successors noted."""
        self.ahead: list[Marking] = []
        try:
            self._reach(None, "", self.net.start)
            while self.ahead:
                marking = self.ahead.pop()
                reached: list[Marking] = []
                for act, after in happening(self.net, marking):
                    reached.extend(self._reach(marking, act.element, after))
                self.successors[marking] = reached
        except _Enough:
            self.complete = False

    def _reach(self, before: Marking | None, name: str, after: Marking) -> list[Marking]:
        """Where the tokens come to rest once `name` has happened."""
        self._tell(name, after)
        reached = []
        for rested in settled(self.net, after, self._tell):
            marking = rested if rested in self.came_from else self._within_bounds(rested)
            self._note(marking, before, name)
            reached.append(marking)
        return reached

    def _note(self, marking: Marking, before: Marking | None, name: str) -> None:
        if marking in self.came_from:
            return
        if len(self.came_from) > MAX_MARKINGS:
            raise _Enough
        self.came_from[marking] = before, name
        self._visit(marking)
        self.ahead.append(marking)

    def _tell(self, node: str, marking: Marking) -> None:
        self.visited.add(node)
        self.work += 1 + self._size(marking) // 2
        if self.work > MAX_WORK:
            raise _Enough

    def _size(self, scope: Marking) -> int:
        if not self.nested:
            return len(scope)
        return len(scope) + sum(self._size(token.inside) for token in scope if token.inside)

    def _within_bounds(self, scope: Marking) -> Marking:
        """Tokens that pile up are explored as if no more came."""
        places = [token.at for token in scope]
        if any(map(eq, places, places[MAX_SAME_PLACE:])):
            self.complete = False
            scope = tuple(
                token
                for number, token in enumerate(scope)
                if number < MAX_SAME_PLACE or places[number - MAX_SAME_PLACE] != token.at
            )
        if any(token.inside for token in scope):
            return tuple(token._replace(inside=self._within_bounds(token.inside)) for token in scope)
        return scope

    def _visit(self, marking: Marking) -> None:
        writers: set[str] = set()
        for token in tokens_in(marking) if self.nested else marking:
            written = self.writing.get(token.at)
            if written in writers:
                self.racing.setdefault(token.at, marking)
            elif written is not None:
                writers.add(written)
            self.visited.add(token.at)

    def waiting(self, marking: Marking) -> Iterator[str]:
        """The joins at which tokens wait for others."""
        joins = {token.at: join for join, tokens in self.net.inputs.items() for token in tokens}
        return (joins[token.at] for token in tokens_in(marking) if token.at in joins)


def _written(diagram: Diagram) -> Iterator[tuple[str, str]]:
    """The nodes that write variables while they rest, with what tells whose variables these are."""
    for node in diagram.nodes.values():
        if node.kind == "businessRuleTask":
            yield node.id, node.attributes.get("camunda:resultVariable", "")
        elif node.kind in HUMAN_TASKS | SCOPES:
            yield node.id, node.id
