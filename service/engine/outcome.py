"""The difference between two states, told as a Step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from service.engine.codec import Record, State, every
from service.engine.definition import Definition
from service.engine.moves import Move
from service.engine.program import Program
from service.engine.step import JobOpened, OpenedTask, Step, TimerSet


@dataclass(slots=True)
class _Survey:
    """What is open in a state: refs with what they belong to, in canonical order."""

    tasks: dict[str, tuple[str, int]] = field(default_factory=dict)
    jobs: dict[str, tuple[str, int]] = field(default_factory=dict)
    timers: dict[str, Record] = field(default_factory=dict)
    messages: set[str] = field(default_factory=set)
    signals: set[str] = field(default_factory=set)
    active: set[str] = field(default_factory=set)


def _survey(tokens: list[Record], definition: Definition) -> _Survey:
    found, program = _Survey(), definition.program
    for record in every(tokens):
        element = record["e"]
        found.active.add(element)
        _note(found, record, program)
        for wait in record.get("w", ()):
            _note(found, wait, program)
        for occurrence in record.get("i", (record["n"],) if "n" in record else ()):
            if element in program.topics:
                found.jobs[f"{element}:{occurrence}"] = element, occurrence
            elif element in definition.tasks:
                found.tasks[f"{element}:{occurrence}"] = element, occurrence
    return found


def _note(found: _Survey, wait: Record, program: Program) -> None:
    if "at" in wait:
        found.timers[f"{wait['e']}:{wait['n']}"] = wait
    elif wait["e"] in program.messages:
        found.messages.add(program.messages[wait["e"]])
    elif wait["e"] in program.signals:
        found.signals.add(program.signals[wait["e"]])


def step_between(definition: Definition, before: State, after: State, move: Move, data: bytes) -> Step:
    """The Step that leads from `before` to `after`; due dates are evaluated with the variables after it."""
    program = definition.program
    old, new = _survey(before.tokens, definition), _survey(after.tokens, definition)
    done = move.done
    opened = tuple(
        _opened(definition, move, element, n)
        for ref, (element, n) in new.tasks.items()
        if ref not in old.tasks
    )
    return Step(
        state=data,
        seq=after.seq,
        opened=opened,
        withdrawn=tuple(ref for ref in old.tasks if ref not in new.tasks and ref != done),
        timers_set=tuple(
            _timer(program, ref, wait) for ref, wait in new.timers.items() if ref not in old.timers
        ),
        timers_cleared=tuple(ref for ref in old.timers if ref not in new.timers and ref != done),
        jobs_opened=tuple(
            JobOpened(ref, element, program.topics[element])
            for ref, (element, _) in new.jobs.items()
            if ref not in old.jobs
        ),
        jobs_withdrawn=tuple(ref for ref in old.jobs if ref not in new.jobs and ref != done),
        messages_awaited=tuple(sorted(new.messages)),
        decisions=tuple(move.decisions),
        path=tuple(move.path),
        active=tuple(sorted(new.active, key=lambda element: program.order[element])),
        variables=MappingProxyType(after.variables),
        finished=after.finished,
        outcome=after.outcome,
        stuck=not after.finished and not (new.tasks or new.jobs or new.timers or new.messages or new.signals),
        signals_awaited=tuple(sorted(new.signals)),
        thrown=tuple(move.thrown),
        timers_moved=tuple(
            _timer(program, ref, wait)
            for ref, wait in new.timers.items()
            if ref in old.timers and wait["at"] != old.timers[ref]["at"]
        ),
    )


def _opened(definition: Definition, move: Move, element: str, occurrence: int) -> OpenedTask:
    task = definition.tasks[element]
    return OpenedTask(
        f"{element}:{occurrence}",
        element,
        occurrence,
        task.name,
        task.groups,
        task.form_key,
        move.due(element, task.due),
        move.due(element, task.follow_up),
        task.properties,
    )


def _timer(program: Program, ref: str, wait: Record) -> TimerSet:
    element = wait["e"]
    interrupting = program.timers[element].interrupting
    left = 0 if interrupting else wait.get("left", 0)
    return TimerSet(ref, element, datetime.fromisoformat(wait["at"]), interrupting, left)
