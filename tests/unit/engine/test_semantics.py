"""SpiffWorkflow is held against the specification: every step of random cases on random diagrams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.engine import live as engine
from service.engine import specs
from service.engine.codec import Record, decode
from service.engine.definition import Definition, compile_published
from service.engine.errors import TaskNotOpen
from service.engine.lawfulness import START, Taken, first_unlawful, follow, marking_of
from service.engine.live import Live
from service.engine.moves import Move
from service.engine.nets import Marking, Net, Role
from service.engine.runtime import completing
from service.engine.semantics import acts, passing, selecting, settled
from service.engine.standing import standing
from service.engine.step import Step
from tests.unit.engine.drawing import Drawing
from tests.unit.engine.random_diagrams import Block, blocks, compiled, drawn_with_calls, possible, rules_of

LONGEST_PATH = 24
EXAMPLES = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
WAYS = st.lists(st.integers(0, 1_000), max_size=LONGEST_PATH)
TASK = ("task",)


def taken(name: str, step: Step, definition: Definition) -> Taken:
    """The step as it is told; `name` as `possible` gives it."""
    kind, _, what = name.partition(" ")
    what = what.partition(" ")[0].partition(":")[0]
    if kind == "message":
        what = definition.program.messages[what]
    kind = {"task": "complete", "job": "complete"}.get(kind, kind)
    return Taken(kind, what, step.path, step.active, "broken" if kind == "fail" else "")


def offered(definition: Definition, marking: Marking) -> set[tuple[str, str]]:
    """What the specification lets happen: kind, and element or name of the message or signal."""
    return {
        (act.kind, act.name if act.kind in {"message", "signal"} else act.element)
        for act, _ in acts(definition.net, marking)
    }


def open_to(definition: Definition, state: bytes) -> set[tuple[str, str]]:
    """The same, as the engine reads it off a stored state."""
    found = standing(definition, state)
    return (
        {("complete", ref.rpartition(":")[0]) for ref in (*found.tasks, *found.jobs)}
        | {("timer", ref.rpartition(":")[0]) for ref in found.timers}
        | {("message", name) for name in found.messages}
        | {("signal", name) for name in found.signals}
        | {("fail", event) for event in catchers(definition, decode(state, definition.content_hash).tokens)}
    )


def catchers(
    definition: Definition, records: list[Record], outside: tuple[dict[str, str], ...] = ()
) -> set[str]:
    """The events that catch some error of some open job: for each code the innermost, named before any."""
    errors, found = definition.program.errors, set()
    for record in records:
        own = {errors[wait["e"]]: wait["e"] for wait in record.get("w", ()) if wait["e"] in errors}
        around = (own, *outside)
        if record["e"] in definition.program.topics:
            for code in {*errors.values(), ""}:
                caught = (level.get(code) or level.get("") for level in around)
                found |= set(filter(None, [next(filter(None, caught), None)]))
        found |= catchers(definition, record.get("s", []), around)
    return found


def refused(definition: Definition, state: bytes, marking: Marking) -> None:
    """Nobody can do what the specification does not offer."""
    closed = definition.tasks.keys() - {name for _, name in offered(definition, marking)}
    counts = decode(state, definition.content_hash).counts
    for element in sorted(closed)[:1]:
        with pytest.raises(TaskNotOpen):
            Live.load(definition, state).advance(
                completing(f"{element}:{counts.get(element, 1)}", {}), rules_of(definition)
            )


def compare(definition: Definition, choices: list[int], *, stored: bool) -> list[Taken]:
    """One random case, each of its steps held against the specification."""
    context = rules_of(definition)
    live = Live.new(definition, {})
    markings: frozenset[Marking] = frozenset()
    name, action = START, lambda _: None
    told = []
    for choice in [*choices, 0]:
        step = live.advance(action, context)
        told.append(taken(name, step, definition))
        markings = follow(definition.net, markings, told[-1])
        assert markings, f"{name}: no way of the specification is {step.path} to {step.active}"
        marking = marking_of(definition, live.state.tokens)
        assert marking in markings
        assert step.finished == (marking == ())
        assert open_to(definition, step.state) == offered(definition, marking)
        if step.finished:
            break
        refused(definition, step.state, marking)
        if stored:
            live = Live.load(definition, step.state)
        possibilities = possible(definition, live)
        name, action = possibilities[choice % len(possibilities)]
    assert first_unlawful(definition, told, step.state) is None
    return told


@EXAMPLES
@given(blocks(), WAYS, st.booleans())
def test_the_engine_does_what_the_specification_says(block: Block, choices: list[int], stored: bool):
    compare(compiled(block), choices, stored=stored)


@EXAMPLES
@given(blocks(), WAYS)
def test_in_whatever_order_tokens_pass_they_come_to_rest_alike(block: Block, choices: list[int]):
    net = compiled(block).net
    marking = net.start
    for choice in choices:
        rested = {at for at, _ in settled(net, marking, lambda _node, _marking: None)}
        assert rested == in_every_order(net, marking)
        following = [after for one in sorted(rested) for _, after in acts(net, one)]
        if not following:
            break
        marking = following[choice % len(following)]


def in_every_order(net: Net, marking: Marking) -> set[Marking]:
    ahead, seen, rested = [marking], {marking}, set()
    while ahead:
        now = ahead.pop()
        ways = [*passing(net, now)] or [*selecting(net, now)]
        after = {way.after for one in ways for way in one}
        if not after:
            rested.add(now)
        ahead.extend(after - seen)
        seen |= after
    return rested


def test_several_flows_between_two_elements_and_a_cycle_without_end_agree_too():
    drawing = Drawing()
    drawing.start()
    drawing.parallel("split")
    drawing.parallel("join")
    drawing.task("prepare")
    drawing.end()
    drawing.boundary("late", "prepare", drawing.timer("timeCycle", "R/P1D"), interrupting=False)
    drawing.chain("late", drawing.task("urge"), drawing.end("urged"))
    drawing.chain("opened", "split", "prepare", "join", "done")
    drawing.flow("split", "join")
    drawing.flow("split", "join")
    definition = drawing.compiled()

    for first in range(3):
        told = compare(definition, [first, 2, 2, 0, 1, 0, 0], stored=True)
        assert len(told) > 1


def with_roles(**other: Role) -> Callable[[Net], Net]:
    return lambda net: replace(
        net, roles={node: other.get(role.name, role) for node, role in net.roles.items()}
    )


WRONG_SPECIFICATIONS = {
    "an exclusive gateway takes every flow": (("either", TASK, TASK), with_roles(CHOOSE=Role.PASS)),
    "a terminate end ends only its own token": (("stoppable", TASK), with_roles(TERMINATE=Role.END)),
    "an end ends its whole scope": (("remind",), with_roles(END=Role.TERMINATE)),
    "a join waits for one flow": (
        ("both", TASK, TASK),
        lambda net: replace(net, inputs={join: tokens[:1] for join, tokens in net.inputs.items()}),
    ),
    "an inclusive gateway goes on with what is there": (
        ("some", TASK, TASK),
        lambda net: replace(net, ahead={gateway: {} for gateway in net.ahead}),
    ),
    "an inclusive gateway takes one flow": (("some", TASK, TASK), with_roles(SELECT=Role.CHOOSE)),
    "an error ends only its own token": (("failing", TASK), with_roles(ERROR=Role.END)),
    "an error is caught by nobody": (("failing", TASK), lambda net: replace(net, raised={})),
    "a job fails for its scope only": (
        ("failing", ("failing_job",)),
        lambda net: replace(net, jobs=frozenset()),
    ),
    "every event interrupts": (("nudge",), lambda net: replace(net, staying=frozenset())),
    "no event interrupts": (("deadline",), lambda net: replace(net, staying=frozenset(net.events))),
    "a team is one person": (
        ("team",),
        lambda net: replace(
            net, leaving={node: tuple(t._replace(left=1) for t in ts) for node, ts in net.leaving.items()}
        ),
    ),
    "a cycle has no end": (
        ("cycle",),
        lambda net: replace(
            net,
            leaving={
                node: tuple(t._replace(waits=tuple((e, -1) for e, _ in t.waits)) for t in ts)
                for node, ts in net.leaving.items()
            },
        ),
    ),
}


WRONG_ENGINES = {
    "a join waits for nobody": (("both", TASK, TASK), specs.Parallel, "_update_hook", lambda *_: True),
    "an inclusive gateway goes on with what is there": (
        ("some", TASK, TASK),
        engine,
        "_comes",
        lambda *_: False,
    ),
    "an inclusive gateway takes every flow": (
        ("some", TASK, TASK),
        Move,
        "select",
        lambda move, gateway: [choice.target for choice in move.program.choices[gateway]],
    ),
    "nobody catches an error": (("failing", TASK), Live, "fail", lambda *_: False),
    "a repeating event comes once": (("nudge",), Move, "next_wait", lambda *_: None),
    "a cycle ends early": (("cycle",), Move, "next_wait", lambda *_: None),
    "what a signal withdraws hears it": (
        ("call_interrupted_alike", ("signal",)),
        Live,
        "enclosing",
        lambda *_: iter(()),
    ),
    "an interrupted activity goes on": (
        ("deadline",),
        specs.BoundaryJoin,
        "_check_threshold_structured",
        lambda *_: (True, []),
    ),
    "a scope ends with its first token": (
        ("sub", ("remind",)),
        specs.EndJoin,
        "_update_hook",
        lambda *_: True,
    ),
    "tokens stop short": (("rule",), engine, "_settle", lambda *_: None),
}


def disagree(definition: Definition) -> bool:
    """Whether one of a few ways through shows a difference."""
    for first in range(4):
        try:
            compare(definition, [first, 0, 1, 0, 2, 0], stored=True)
        except AssertionError:
            return True
    return False


@pytest.mark.parametrize("name", WRONG_SPECIFICATIONS)
def test_a_wrong_specification_is_told_from_the_engine(name):
    block, wrong = WRONG_SPECIFICATIONS[name]
    definition = compiled(block)
    assert not disagree(definition)

    assert disagree(replace(definition, net=wrong(definition.net)))


@pytest.mark.parametrize("name", WRONG_ENGINES)
def test_a_wrong_engine_is_told_from_the_specification(name, monkeypatch):
    block, owner, attribute, wrong = WRONG_ENGINES[name]
    definition = compile_published(*drawn_with_calls(block))
    assert not disagree(definition)
    monkeypatch.setattr(owner, attribute, wrong)

    assert disagree(definition)


@EXAMPLES
@given(blocks(), WAYS, st.data())
def test_a_log_with_a_step_that_was_never_taken_is_found_out(block: Block, choices: list[int], data):
    """Left out or told twice, with another act or another way: no longer a course that could have been."""
    definition = compiled(block)
    told = compare(definition, choices, stored=True)
    index = data.draw(st.integers(0, len(told) - 1))
    step = told[index]
    forged = data.draw(
        st.sampled_from(
            [
                step._replace(path=step.path[:-1]),
                step._replace(path=(*step.path, step.path[0])),
                step._replace(active=(*step.active, "nowhere")),
                step._replace(name="nowhere", kind="complete"),
                step._replace(kind="timer" if step.kind != "timer" else "message"),
            ]
        )
    )

    assert first_unlawful(definition, [*told[:index], forged, *told[index + 1 :]]) == index
