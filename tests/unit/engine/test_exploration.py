"""The proof itself is held against others: without its reduction, and by the engine that runs its example."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from service.engine.check import check
from service.engine.definition import Definition, compile_published
from service.engine.errors import Happening, Problem
from service.engine.exploration import Explorer
from service.engine.live import Live
from service.engine.reading import read_diagram
from service.engine.step import Step
from tests.unit.engine.random_diagrams import blocks, drawn_with_calls, possible, rules_of

EXAMPLES = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    derandomize=True,
)
OTHERS = {
    "exclusiveGateway": ["parallelGateway", "inclusiveGateway"],
    "parallelGateway": ["exclusiveGateway", "inclusiveGateway"],
    "inclusiveGateway": ["parallelGateway", "exclusiveGateway"],
}
GATHERS = re.compile(rb'<bpmn:(\w+Gateway) id="((?:merge|join|after|gathered|again)_\d+)"([^>]*)></bpmn:\w+>')


@st.composite
def misdrawn(draw: st.DrawFn) -> bytes:
    """A diagram in which one gateway that gathers branches is of another kind than it should be."""
    xml, called = drawn_with_calls(draw(blocks()))
    gathering = list(GATHERS.finditer(xml))
    assume(gathering and not called)
    wrong = draw(st.sampled_from(gathering))
    kind = draw(st.sampled_from(OTHERS[wrong[1].decode()])).encode()
    return (
        xml[: wrong.start()]
        + b'<bpmn:%s id="%s" name="%s"></bpmn:%s>' % (kind, wrong[2], wrong[2], kind)
        + xml[wrong.end() :]
    )


def verdict(xml: bytes, *, reduced: bool) -> tuple[object, ...]:
    explorer = Explorer(read_diagram(xml), reduced=reduced)
    explorer.explore()
    assume(explorer.complete)
    after = explorer.successors
    can_end: set[object] = {()}
    while more := {m for m, following in after.items() if m not in can_end and can_end & set(following)}:
        can_end |= more
    return (
        can_end >= after.keys(),
        frozenset(explorer.visited & explorer.diagram.nodes.keys()),
        frozenset(explorer.racing),
    )


@EXAMPLES
@given(st.one_of(misdrawn(), blocks().map(lambda block: drawn_with_calls(block)[0])))
def test_the_reduction_hides_nothing(xml: bytes):
    assume(b"callActivity" not in xml)

    assert verdict(xml, reduced=True) == verdict(xml, reduced=False)


@EXAMPLES
@given(misdrawn())
def test_what_is_refused_as_unsound_really_goes_wrong_in_the_engine(xml: bytes):
    unsound = [p for p in check(xml) if p.rule == "never-completes"]
    assume(unsound)
    definition = compile_published(xml)

    assert happens(definition, list(unsound[0].example[1:]), begin(definition)), told(unsound[0])


@EXAMPLES
@given(misdrawn(), st.lists(st.integers(0, 1_000), max_size=24))
def test_what_is_accepted_of_the_misdrawn_never_gets_stuck(xml: bytes, choices: list[int]):
    assume(not any(p.severity == "error" or p.rule == "too-complex" for p in check(xml)))
    definition = compile_published(xml)
    step = begin(definition)
    for choice in choices:
        assert not step.stuck
        if step.finished:
            break
        live = Live.load(definition, step.state)
        actions = possible(definition, live)
        step = live.advance(actions[choice % len(actions)][1], rules_of(definition))


def begin(definition: Definition) -> Step:
    return Live.new(definition, {}).advance(lambda _: None, rules_of(definition))


def happens(definition: Definition, example: list[Happening], step: Step) -> bool:
    """Whether some answers lead the engine along the example to a case that waits for ever."""
    while example and example[0].element in definition.program.rules:
        example = example[1:]  # the engine does not stop at a rule
    if not example:
        return step.stuck
    wanted = example[0]
    word = {"complete": ("task ", "job "), "timer": ("timer ",), "fail": ("fail ",)}.get(
        wanted.kind, (f"{wanted.kind} ",)
    )
    names = [name for name, _ in possible(definition, Live.load(definition, step.state))]
    for index, name in enumerate(names):
        what = name.partition(" ")[2].partition(" ")[0].partition(":")[0]
        if not name.startswith(word) or (wanted.kind != "fail" and what not in {wanted.element, wanted.name}):
            continue
        live = Live.load(definition, step.state)
        after = live.advance(possible(definition, live)[index][1], rules_of(definition))
        # A team is one person in the proof: here each of its instances has to be done.
        open_still = what in definition.program.instances and what in after.active
        if happens(definition, example if open_still else example[1:], after):
            return True
    return False


def told(problem: Problem) -> str:
    return f"{problem.element}: {[(step.kind, step.element) for step in problem.example]}"
