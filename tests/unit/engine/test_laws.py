"""Laws: a case stored, pruned and restored after every step is the same as one kept whole in memory."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.engine.check import check
from service.engine.definition import Definition, compile_definition
from service.engine.live import Live
from service.engine.step import Step
from tests.unit.engine.random_diagrams import Block, blocks, drawn, possible, rules_of

LONGEST_PATH = 24
EXAMPLES = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def play(definition: Definition, choices: list[int], *, stored: bool) -> list[Step]:
    """All steps of one random execution, `stored`: through bytes after every one."""
    context = rules_of(definition)
    live = Live.new(definition, {})
    steps = [live.advance(lambda _: None, context)]
    for choice in choices:
        if steps[-1].finished:
            break
        if stored:
            live = Live.load(definition, steps[-1].state)
        actions = possible(definition, live)
        steps.append(live.advance(actions[choice % len(actions)][1], context))
    return steps


@EXAMPLES
@given(blocks(), st.lists(st.integers(0, 1_000), max_size=LONGEST_PATH))
def test_a_case_stored_and_pruned_after_every_step_equals_one_kept_in_memory(
    block: Block, choices: list[int]
):
    definition = compile_definition(drawn(block))

    kept = play(definition, choices, stored=False)
    stored = play(definition, choices, stored=True)

    assert stored == kept


@EXAMPLES
@given(blocks())
def test_diagrams_sound_by_construction_are_never_refused(block: Block):
    assert [p for p in check(drawn(block)) if p.severity == "error"] == []


@EXAMPLES
@given(blocks(), st.lists(st.integers(0, 1_000), max_size=LONGEST_PATH))
def test_no_accepted_case_ever_gets_stuck(block: Block, choices: list[int]):
    definition = compile_definition(drawn(block))

    steps = play(definition, choices, stored=True)

    assert not any(step.stuck for step in steps)
    assert all(step.finished or step.active for step in steps)
    assert [step.seq for step in steps] == list(range(1, len(steps) + 1))


@EXAMPLES
@given(blocks(), st.lists(st.integers(0, 1_000), max_size=LONGEST_PATH))
def test_a_state_is_small_whatever_has_happened(block: Block, choices: list[int]):
    definition = compile_definition(drawn(block))

    for step in play(definition, choices, stored=True):
        assert len(step.state) <= 4_096 + 400 * max(len(step.active) - 1, 0)
