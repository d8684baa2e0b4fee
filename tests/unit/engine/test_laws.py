"""Laws: a case stored, pruned and restored after every step is the same as one kept whole in memory."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.engine.check import check
from service.engine.definition import Definition
from service.engine.live import Live
from service.engine.step import Step
from tests.unit.engine.random_diagrams import (
    Block,
    blocks,
    compiled,
    drawn_with_calls,
    possible,
    rules_of,
)

LONGEST_PATH = 24
EXAMPLES = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def play(
    definition: Definition, choices: list[int], *, stored: bool, names: list[str] | None = None
) -> list[Step]:
    """All steps of one random execution, `stored`: through bytes after every one; `names` of the actions."""
    taken = [] if names is None else names
    taken.append("start")
    context = rules_of(definition)
    live = Live.new(definition, {})
    steps = [live.advance(lambda _: None, context)]
    for choice in choices:
        if steps[-1].finished:
            break
        if stored:
            live = Live.load(definition, steps[-1].state)
        actions = possible(definition, live)
        name, action = actions[choice % len(actions)]
        taken.append(name)
        steps.append(live.advance(action, context))
    return steps


@EXAMPLES
@given(blocks(), st.lists(st.integers(0, 1_000), max_size=LONGEST_PATH))
def test_a_case_stored_and_pruned_after_every_step_equals_one_kept_in_memory(
    block: Block, choices: list[int]
):
    definition = compiled(block)

    kept = play(definition, choices, stored=False)
    stored = play(definition, choices, stored=True)

    assert stored == kept


@settings(EXAMPLES, max_examples=200)
@given(blocks())
def test_diagrams_sound_by_construction_are_never_refused(block: Block):
    xml, called = drawn_with_calls(block)

    assert [p for p in check(xml, called=called) if p.severity == "error"] == []


@EXAMPLES
@given(blocks(), st.lists(st.integers(0, 1_000), max_size=LONGEST_PATH))
def test_no_accepted_case_ever_gets_stuck(block: Block, choices: list[int]):
    definition = compiled(block)

    steps = play(definition, choices, stored=True)

    assert not any(step.stuck for step in steps)
    assert all(step.finished or step.active for step in steps)
    assert [step.seq for step in steps] == list(range(1, len(steps) + 1))


@EXAMPLES
@given(blocks(), st.lists(st.integers(0, 1_000), max_size=LONGEST_PATH))
def test_a_state_is_small_whatever_has_happened(block: Block, choices: list[int]):
    definition = compiled(block)

    for step in play(definition, choices, stored=True):
        assert len(step.state) <= 4_096 + 400 * max(len(step.active) - 1, 0)


@EXAMPLES
@given(blocks(), st.lists(st.integers(0, 1_000), max_size=LONGEST_PATH))
def test_what_a_case_sends_has_one_ref_each_and_is_never_heard_in_the_same_step(
    block: Block, choices: list[int]
):
    definition = compiled(block)
    heard = {"message": definition.program.messages, "signal": definition.program.signals}
    names: list[str] = []

    steps = play(definition, choices, stored=True, names=names)

    refs = [thrown.ref for step in steps for thrown in step.thrown]
    assert len(refs) == len(set(refs))
    for name, step in zip(names, steps, strict=True):
        came = name.partition(" ")[0]
        assert not any(e in events for kind, events in heard.items() if kind != came for e in step.path)
