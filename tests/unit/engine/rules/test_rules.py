"""Every rule has its page, and the drawings on it are what the gate says they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.engine import exploration
from service.engine.check import check
from service.engine.rules import FOLDER, GROUPS, RULES, called_by_drawings, drawing_of
from service.engine.rules.described import DESCRIBED
from service.engine.rules.service import SERVICE
from tests.unit.engine.drawing import HEAD
from tests.unit.engine.rules.make import files

ROOT = Path(__file__).resolve().parents[4]
GATE = [
    *(ROOT / "service/engine").glob("*.py"),
    *(
        ROOT / "service/processes" / name
        for name in (
            *("unserved.py", "time_faults.py", "pins.py", "publishing.py", "beside.py", "duties.py"),
            *("able.py", "unasked.py"),
        )
    ),
    ROOT / "service/studio/checking.py",
]
SAYING = {"Problem", "_error", "error", "_warning", "refused", "_problem", "expression"}
IDENTIFIER = re.compile(r"[a-z]+(-[a-z]+)*")
# Codes of errors that are no findings, and severities.
NO_RULES = {"error", "warning", ""}
# Rules that no drawing can show: of a file of 60,000 elements, of forms, and of people.
UNDRAWN = {"too-many", "readable-form", "form-clash", "nobody-left", "no-seat"}
# Said in service/processes/misfits.py, which names them by kind.
MISFITS = {"known-field", "known-choice", "value-kind", "read-too-early"}
# The drawings of SERVICE are held against the gate with forms and people: tests/integration/service.
BY_THE_ENGINE = sorted(set(RULES) - {rule.id for rule in SERVICE} - UNDRAWN)


def rules_in(tree: ast.AST) -> Iterator[str]:
    """Words that calls which make problems are given, and triples (rule, message, remedy)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            words = node.args if name in SAYING else []
        elif isinstance(node, ast.Tuple) and len(node.elts) == 3:
            words = node.elts[:1]
        else:
            continue
        for word in words:
            for one in [word.body, word.orelse] if isinstance(word, ast.IfExp) else [word]:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value


def test_every_rule_in_the_code_has_an_entry_and_no_entry_is_of_nothing():
    found = {rule for path in GATE for rule in rules_in(ast.parse(path.read_text()))}
    # A triple of words may be anything; a rule of one is spelled with a hyphen, or known.
    rules = {one for one in found if IDENTIFIER.fullmatch(one) and ("-" in one or one in RULES)} - NO_RULES
    assigned = {"no-code", "unsupported-element", "unknown-variable", "message", "signal"}

    assert rules | assigned | MISFITS == set(RULES)
    assert sum(len(group) for _, group in GROUPS) == len(RULES)
    assert all(
        rule.says.endswith(".") and rule.why.endswith((".", "?")) and rule.source for rule in RULES.values()
    )


def test_the_drawings_kept_are_the_ones_drawn_and_no_other():
    drawn = files()

    assert {path.name: path.read_bytes() for path in FOLDER.glob("*.bpmn")} == drawn
    assert {rule for rule in RULES if drawing_of(rule, "wrong") is None} == UNDRAWN == {*DESCRIBED}


@pytest.mark.parametrize("rule", BY_THE_ENGINE)
def test_the_wrong_drawing_breaks_just_this_rule_and_the_right_one_may_be_published(
    rule: str, monkeypatch: pytest.MonkeyPatch
):
    # 2^16 markings are too many either way; to count 20,000 of them takes seconds.
    monkeypatch.setattr(exploration, "MAX_MARKINGS", 1_000)
    wrong, right = drawing_of(rule, "wrong"), drawing_of(rule, "right")
    assert wrong is not None
    assert right is not None
    called = {"drawing_process": wrong} if rule == "recursive-call" else {}

    problems = check(wrong, called=called_by_drawings() | called)

    assert {problem.rule for problem in problems} == {rule}
    assert check(right, called=called_by_drawings()) == []


def test_too_many_elements_are_one_too_many():
    xml = f"{HEAD}{'<x/>' * 60_000}</bpmn:definitions>".encode()

    assert [problem.rule for problem in check(xml)] == ["too-many"]


def test_what_is_no_rule_has_no_drawing():
    assert drawing_of("../rule", "wrong") is None
    assert drawing_of("timer", "../timer.wrong") is None
