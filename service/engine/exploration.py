"""The token game of a diagram (`semantics.py`) played in every order that matters, within a stated bound.

What it means: soundness.py. So that the markings stay few, nothing is repeated: a multi-instance task has
one instance, a repeating boundary event happens once. Rules rest as tasks do: so two that write one variable
meet. Where the order of two tokens makes no difference, one of them goes first (`reduction.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import eq
from typing import NamedTuple

from service.engine.diagram import HUMAN_TASKS, SCOPES, Diagram
from service.engine.errors import Happening
from service.engine.nets import ENDING, ROLES, Marking, Role, net_of, tokens_in
from service.engine.reduction import Reduction
from service.engine.semantics import Act, acts, settled

MAX_WORK = 400_000
MAX_MARKINGS = 20_000
MAX_SAME_PLACE = 3


class _Enough(Exception):  # noqa: N818 - what happened
    """The bound is reached."""


class Arrival(NamedTuple):
    """How a marking was first come to: from `before` (None: the start), by `act`, along `path`."""

    before: Marking | None
    act: Act | None
    path: tuple[str, ...]


class Explorer:
    """After `explore`: markings with successors, what was visited, which writers met; `complete` or not."""

    def __init__(self, diagram: Diagram, *, reduced: bool = True) -> None:
        self.diagram = diagram
        self.net = net_of(diagram, roles={**ROLES, "businessRuleTask": Role.TASK}, once=True)
        self.nested = len(diagram.scopes) > 1
        self.writing = dict(_written(diagram))
        self.reduction = Reduction(diagram, self.net, self.writing) if reduced else None
        self.came: dict[Marking, Arrival] = {}
        self.successors: dict[Marking, list[Marking]] = {}
        self.visited: set[str] = set()
        self.racing: dict[str, Marking] = {}
        self.work = 0
        self.complete = True
        self.ended = False

    def explore(self) -> None:
        """A marking whose acts were not all played when the bound was reached has no successors noted."""
        self.ahead: list[Marking] = []
        try:
            self._reach(None, None, self.net.start)
            while self.ahead:
                marking = self.ahead.pop()
                self.successors[marking] = self._first_alone(marking) or self._play(
                    marking, acts(self.net, marking)
                )
        except _Enough:
            self.complete = False

    def _first_alone(self, marking: Marking) -> list[Marking]:
        """What comes of one token's acts, where all others can wait for it; empty where none is such."""
        for chosen in self.reduction.alone(marking) if self.reduction else ():
            known, self.ended = len(self.came), False
            reached = self._play(marking, chosen)
            # Unless all of it is new, some token might be left waiting for ever (the ignoring problem); and
            # an end of the whole scope would take away what the others could still have done.
            if len(self.came) - known == len(set(reached)) and not self.ended:
                return reached
        return []

    def _play(self, marking: Marking, happening: Iterable[tuple[Act, Marking]]) -> list[Marking]:
        reached: list[Marking] = []
        for act, after in happening:
            reached.extend(self._reach(marking, act, after))
        return reached

    def _reach(self, before: Marking | None, act: Act | None, after: Marking) -> list[Marking]:
        """Where the tokens come to rest once `act` has happened."""
        self._tell(act.element if act else "", after)
        reached = []
        for rested, path in settled(self.net, after, self._tell):
            marking = rested if rested in self.came else self._within_bounds(rested)
            self._note(marking, Arrival(before, act, path))
            reached.append(marking)
        return reached

    def _note(self, marking: Marking, arrival: Arrival) -> None:
        if marking in self.came:
            return
        if len(self.came) > MAX_MARKINGS:
            raise _Enough
        self.came[marking] = arrival
        self._visit(marking)
        self.ahead.append(marking)

    def _tell(self, node: str, marking: Marking) -> None:
        self.visited.add(node)
        self.ended = self.ended or self.net.roles.get(node) in ENDING
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

    def example(self, marking: Marking) -> tuple[Happening, ...]:
        """A course of events that leads from the start to `marking`."""
        steps: list[Happening] = []
        at: Marking | None = marking
        while at is not None:
            at, act, path = self.came[at]
            act = act or Act("start", "")
            done = (act.element, *self.net.outputs[act.element]) if act.kind == "complete" else ()
            steps.append(Happening(act.kind, act.element, act.name, (*done, *path)))
        return tuple(reversed(steps))


def _written(diagram: Diagram) -> Iterator[tuple[str, str]]:
    """The nodes that write variables while they rest, with what tells whose variables these are."""
    for node in diagram.nodes.values():
        if node.kind == "businessRuleTask":
            yield node.id, node.attributes.get("camunda:resultVariable", "")
        elif node.kind in HUMAN_TASKS | SCOPES:
            yield node.id, node.id
