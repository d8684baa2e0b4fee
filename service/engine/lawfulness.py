"""Was every step of a case one that the token game allows? Tests ask of the engine, `db check` of the log.

A step tells what happened, which elements and flows tokens passed, in their order, and where they rest now.
Each is looked for in the specification (`semantics.py`): nothing here computes a condition or a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from service.engine.codec import Record, decode
from service.engine.definition import Definition
from service.engine.nets import ENDLESS, Marking, Net, Role, Token, tokens_in
from service.engine.semantics import Act, acts, moving, passing, selecting

# What happens besides the kinds of `semantics.Act`; a step that moves nothing computes a time again.
START, NOTHING = "start", "nothing"


class Taken(NamedTuple):
    """A step as it is told: `kind` of act with the element, message or signal `name`, and what came of it.

    For `fail`, `name` is the job and `code` the error's.
    """

    kind: str
    name: str
    path: tuple[str, ...]
    active: tuple[str, ...]
    code: str = ""


def first_unlawful(definition: Definition, steps: Iterable[Taken], state: bytes | None = None) -> int | None:
    """The index of the first step that cannot have been taken; None where all can.

    Where the `state` that they led to is given and is another, that is their number.
    """
    markings: frozenset[Marking] = frozenset()
    number = 0
    for step in steps:
        markings = follow(definition.net, markings, step)
        if not markings:
            return number
        number += 1
    if state is None:
        return None
    stored = decode(state, definition.content_hash)
    return None if marking_of(definition, stored.tokens) in markings else number


def follow(net: Net, markings: frozenset[Marking], step: Taken) -> frozenset[Marking]:
    """Where tokens may rest after `step`, had they rested as one of `markings` says; empty: it cannot be.

    Several only where it is not told which of two tokens at one place has moved.
    """
    if step.kind == START:
        ahead = {(net.start, step.path)} if not markings else set()
    elif step.kind == NOTHING:
        ahead = {(marking, step.path) for marking in markings}
    else:
        ahead = {found for marking in markings for found in _after_act(net, marking, step)}
    rested: set[Marking] = set()
    while ahead:
        marking, path = ahead.pop()
        if path:
            ahead.update(_after_pass(net, marking, path))
        elif moving(net, marking) is None and _active(net, marking) == set(step.active):
            rested.add(marking)
    return frozenset(rested)


def _after_act(net: Net, marking: Marking, step: Taken) -> Iterable[tuple[Marking, tuple[str, ...]]]:
    name = step.name if step.kind != "fail" else _caught_by(net, marking, step)
    for act, after in acts(net, marking):
        if act.kind != step.kind or name != _name_of(act):
            continue
        if act.kind != "complete":
            yield after, step.path  # an event passes as other tokens do
            continue
        done = _at(marking, name) > _at(after, name)  # else other instances are still open
        passed = (name, *(net.outputs[name] if done else ()))
        if step.path[: len(passed)] == passed:
            yield after, step.path[len(passed) :]


def _after_pass(
    net: Net, marking: Marking, path: tuple[str, ...]
) -> Iterable[tuple[Marking, tuple[str, ...]]]:
    if net.roles.get(path[0]) is Role.EVENT and path[0] not in net.events:
        # An event-based gateway: its token has gone when the event happened.
        if path[1:2] and path[1] in net.outputs[path[0]]:
            yield marking, path[2:]
        return
    for ways in [*passing(net, marking)] or [*selecting(net, marking)]:
        for way in ways:
            passed = (way.node, *way.flows)
            if path[: len(passed)] == passed:
                yield way.after, path[len(passed) :]


def _name_of(act: Act) -> str:
    return act.name if act.kind in {"message", "signal"} else act.element


def _caught_by(net: Net, marking: Marking, step: Taken) -> str:
    """The boundary event for the code of a failed job, else for any code: at the job, else further out."""
    for token in marking:
        if token.at == step.name or any(inner.at == step.name for inner in tokens_in(token.inside)):
            caught = {
                net.events[event][1]: event for event, _ in token.waits if net.events[event][0] == "fail"
            }
            further_in = _caught_by(net, token.inside, step)
            return further_in or caught.get(step.code) or caught.get("", "")
    return ""


def _at(marking: Marking, node: str) -> int:
    return sum(token.at == node for token in tokens_in(marking))


def _active(net: Net, marking: Marking) -> set[str]:
    joins = {token.at: join for join, tokens in net.inputs.items() for token in tokens}
    return {joins.get(token.at, token.at) for token in tokens_in(marking)}


def marking_of(definition: Definition, records: Sequence[Record]) -> Marking:
    """The marking that the tokens of a state stand for."""
    return tuple(sorted(_token(definition, record) for record in records))


def _token(definition: Definition, record: Record) -> Token:
    net, program, element = definition.net, definition.program, record["e"]
    if "f" in record:
        # Where two flows join the same two elements, each is an element of its own to the engine.
        source = str(record["f"])
        return Token(program.flows.get((source, element), source))
    waits = [*record.get("w", ()), *([record] if element in net.events else [])]
    left = 1
    if "i" in record:
        left = len(record["i"]) + (program.instances[element] - record["c"] if "c" in record else 0)
    return Token(
        element,
        tuple(sorted((wait["e"], _times(definition, wait)) for wait in waits)),
        left,
        marking_of(definition, record.get("s", ())),
    )


def _times(definition: Definition, wait: Record) -> int:
    """How often an event of the state may still happen, in the words of the specification."""
    event = wait["e"]
    if event not in definition.net.staying or (event in definition.program.timers and "left" not in wait):
        return 1
    return ENDLESS if wait.get("left") is None else int(wait["left"]) + 1
