"""Where a stored case stands, read without moving it: what `congnhan db check` compares with the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.engine.definition import Definition
from service.engine.live import Live
from service.engine.outcome import _survey
from service.engine.step import Scalar


@dataclass(frozen=True, slots=True)
class Standing:
    """Refs of what is open, `timers` with when they are due; `active` in the diagram's order."""

    tasks: frozenset[str]
    jobs: frozenset[str]
    timers: Mapping[str, datetime]
    messages: tuple[str, ...]
    signals: tuple[str, ...]
    active: tuple[str, ...]
    variables: Mapping[str, Scalar]
    finished: bool
    outcome: str | None


def standing(definition: Definition, state: bytes) -> Standing:
    """Raises StateUnreadable for bytes that are no state of this definition."""
    stored = Live.load(definition, state).state
    found = _survey(stored.tokens, definition)
    return Standing(
        tasks=frozenset(found.tasks),
        jobs=frozenset(found.jobs),
        timers={ref: datetime.fromisoformat(wait["at"]) for ref, wait in found.timers.items()},
        messages=tuple(sorted(found.messages)),
        signals=tuple(sorted(found.signals)),
        active=tuple(sorted(found.active, key=lambda element: definition.program.order[element])),
        variables=stored.variables,
        finished=stored.finished,
        outcome=stored.outcome,
    )
