"""Which values of a message, signal or job a diagram ever reads: what somebody who plays it should type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from service.engine.definition import Definition
from service.engine.expressions import Expression


def values_read_of(definition: Definition, elements: Iterable[str]) -> tuple[str, ...]:
    """The keys that conditions, times and what is sent read of these elements' answers, in order."""
    prefixes = tuple(f"{element}." for element in elements)
    found = {
        name.partition(".")[2]: None
        for name in _names(definition)
        for start in prefixes
        if name.startswith(start)
    }
    return tuple(found)


def _names(definition: Definition) -> Iterator[str]:
    program = definition.program
    for choices in program.choices.values():
        for choice in choices:
            yield from choice.names
    for expression in _expressions(definition):
        yield from expression.names


def _expressions(definition: Definition) -> Iterator[Expression]:
    for task in definition.tasks.values():
        yield from (one for one in (task.due, task.follow_up) if one is not None)
    for timer in definition.program.timers.values():
        if timer.expression is not None:
            yield timer.expression
    for throw in definition.program.throws.values():
        yield from throw.expressions()
