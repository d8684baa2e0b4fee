"""Running cases survive an upgrade: states written by former engines are kept and must still finish.

Never change a file of kept_states; add the next pair when FORMAT or ENGINE_SEMANTICS is raised.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from service.engine.codec import ENGINE_SEMANTICS, FORMAT
from service.engine.definition import compile_definition
from service.engine.live import Live
from tests.unit.engine.random_diagrams import possible, rules_of

KEPT = sorted((Path(__file__).parent / "kept_states").glob("*.json"))


@pytest.mark.parametrize("kept", KEPT, ids=lambda path: path.stem)
def test_a_case_of_a_former_version_still_finishes(kept):
    definition = compile_definition(kept.with_suffix(".bpmn").read_bytes())
    live = Live.load(definition, kept.read_bytes())
    context = rules_of(definition)

    for _ in range(60):
        # Never the repeating timer, never another round: the last way out of each element.
        actions = [
            a for a in possible(definition, live) if not a[0].startswith("timer") and "go" not in a[0].split()
        ]
        step = live.advance(actions[0][1], context)
        if step.finished:
            break
        live = Live.load(definition, step.state)

    assert (step.finished, step.outcome) == (True, "done")


def test_the_present_version_is_among_them():
    assert f"format_{FORMAT}_engine_{ENGINE_SEMANTICS}" in {path.stem for path in KEPT}
