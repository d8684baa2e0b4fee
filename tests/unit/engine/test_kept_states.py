"""Running cases survive an upgrade: states written by former engines are kept and must still finish.

Never change a file of kept_states; add the next pair when FORMAT or ENGINE_SEMANTICS is raised, or when
tokens of a new kind are stored. `<name>.walks` holds what the engine that wrote the state made of it: one
line per step with the action and the state after it, walks apart by an empty line. `<name>.<key>.called`
are the processes it calls.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from service.engine.codec import ENGINE_SEMANTICS, FORMAT
from service.engine.definition import Definition, compile_published
from service.engine.live import Live
from tests.unit.engine.random_diagrams import possible, rules_of

KEPT = sorted((Path(__file__).parent / "kept_states").glob("*.json"))


def definition_of(kept: Path) -> Definition:
    called = {path.suffixes[-2][1:]: path.read_bytes() for path in kept.parent.glob(f"{kept.stem}.*.called")}
    return compile_published(kept.with_suffix(".bpmn").read_bytes(), called)


def walks_of(kept: Path) -> list[list[tuple[str, Any]]]:
    text = kept.with_suffix(".walks").read_text(encoding="utf-8")
    return [[tuple(json.loads(line)) for line in walk.splitlines()] for walk in text.strip().split("\n\n")]


@pytest.mark.parametrize(
    ("kept", "number"),
    [(kept, number) for kept in KEPT for number in range(len(walks_of(kept)))],
    ids=lambda value: getattr(value, "stem", value),
)
def test_a_case_of_a_former_version_goes_on_byte_for_byte_as_it_did_then(kept, number):
    definition = definition_of(kept)
    live = Live.load(definition, kept.read_bytes())
    walk = walks_of(kept)[number]

    for name, then in walk:
        step = live.advance(dict(possible(definition, live))[name], rules_of(definition))
        assert (
            step.state == json.dumps(then, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        )
        live = Live.load(definition, step.state)

    assert step.finished


@pytest.mark.parametrize("kept", KEPT, ids=lambda path: path.stem)
def test_a_case_of_a_former_version_still_finishes(kept):
    definition = definition_of(kept)
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
