"""The shortest way through a diagram: fewest human steps and no event on the way, by the token game alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from service.engine.definition import Definition
from service.engine.nets import Marking
from service.engine.semantics import acts, settled

MOST_MARKINGS = 5_000


def shortest_way(definition: Definition, goal: Callable[[Marking, Sequence[str]], bool]) -> list[str] | None:
    """The tasks and jobs to complete, in order, until `goal(marking, passed)` holds; None if none is found.

    Gateways go whichever way leads there soonest. Gives up beyond `MOST_MARKINGS` markings.
    """
    net = definition.net
    seen: set[Marking] = set()
    ahead: deque[tuple[Marking, tuple[str, ...]]] = deque()

    def reach(after: Marking, passed: tuple[str, ...], done: tuple[str, ...]) -> list[str] | None:
        for rested, path in settled(net, after, _unheard):
            if goal(rested, (*passed, *path)):
                return list(done)
            if rested not in seen:
                seen.add(rested)
                ahead.append((rested, done))
        return None

    if (found := reach(net.start, (), ())) is not None:
        return found
    while ahead and len(seen) <= MOST_MARKINGS:
        marking, done = ahead.popleft()
        for act, after in acts(net, marking):
            if act.kind != "complete":
                continue
            passed = (act.element, *net.outputs[act.element])
            if (found := reach(after, passed, (*done, act.element))) is not None:
                return found
    return None


def _unheard(_node: str, _marking: Marking) -> None:
    pass
