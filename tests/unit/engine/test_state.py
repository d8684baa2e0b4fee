"""The state: canonical, slim, bound to its definition, the same on every machine."""

from __future__ import annotations

import decimal
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from service.engine import reachability
from service.engine.definition import CACHED_DEFINITIONS, compile_definition, compile_published
from service.engine.errors import EngineFault, InvalidDiagram, StateUnreadable, StepBudgetExceeded
from service.engine.live import Live
from service.engine.runtime import complete, start
from service.engine.specs import Human
from service.engine.step import RuleOutcome, StepContext
from tests.unit.engine.drawing import CONTEXT, NOON, Drawing, returning, straight

RECOGNITION = Path(__file__).parents[3] / "workflows" / "bpmn" / "recognition.bpmn"

# Printed by a fresh interpreter under odd settings: every state of one walk through several constructs.
WALK = """
import decimal, sys
decimal.getcontext().prec = int(sys.argv[1])
from tests.unit.engine.random_diagrams import drawn, possible, rules_of
from service.engine.live import Live
from service.engine.definition import compile_definition
from service.engine.live import Live
block = ("both", ("sequence", ("cycle",), ("either", ("team",), ("rule",))),
         ("sub_with_timer", ("both", ("choice_of_events",), ("repeat", ("queue",)))))
definition = compile_definition(drawn(block))
live = Live.new(definition, {"amount": decimal.Decimal("1.10"), "tên": "Bỉm Sơn"})
step = live.advance(lambda _: None, rules_of(definition))
for choice in (0, 3, 5, 1, 4, 2, 0, 7, 1, 0, 3, 2):
    print(step.state.decode(), step.path, [d.explanation for d in step.decisions])
    actions = possible(definition, live := Live.load(definition, step.state))
    if not actions: break
    step = live.advance(actions[choice % len(actions)][1], rules_of(definition))
print(step.state.decode())
"""


def walk(**environment):
    precision = environment.pop("precision", "28")
    settings = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "TZ", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-c", WALK, precision],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        cwd=Path(__file__).parents[3],
        env={**settings, "PYTHONPATH": ".", "PYTHONUTF8": "1", **environment},
        check=True,
    )
    return done.stdout


def test_the_same_inputs_give_the_same_bytes_under_any_seed_zone_locale_and_decimal_context():
    expected = walk(PYTHONHASHSEED="0")

    assert expected.count('"seq"') > 5
    assert walk(PYTHONHASHSEED="4711", TZ="America/New_York", LANG="tr_TR.UTF-8", precision="3") == expected
    assert walk(PYTHONHASHSEED="1", TZ="Asia/Ho_Chi_Minh", LC_ALL="C", precision="60") == expected


def test_a_decimal_context_of_the_caller_changes_nothing():
    definition = returning().compiled()
    opened = start(definition, CONTEXT, {"percent": Decimal("69.96000000000000000000000000000001")})

    with decimal.localcontext(prec=2):
        again = complete(
            definition, opened.state, "prepare:1", {"action": "return", "n": Decimal("54.40")}, CONTEXT
        )

    assert again.variables["percent"] == Decimal("69.96000000000000000000000000000001")
    assert str(again.variables["prepare.n"]) == "54.40"


def test_a_state_is_canonical_json_without_the_definition():
    definition = returning().compiled()
    step = start(definition, CONTEXT, {"b": 2, "a": Decimal("1.10"), "c": None, "d": True})

    record = json.loads(step.state)

    assert record == {
        "format": 1,
        "engine": 1,
        "definition": definition.content_hash,
        "seq": 1,
        "counts": {"prepare": 1},
        "variables": {"a": {"decimal": "1.10"}, "b": 2, "c": None, "d": True},
        "tokens": [{"e": "prepare", "n": 1}],
    }
    assert step.state == json.dumps(record, sort_keys=True, separators=(",", ":")).encode()


def test_a_state_of_another_definition_is_refused():
    opened = start(straight().compiled(), CONTEXT)

    with pytest.raises(StateUnreadable):
        complete(straight("other").compiled(), opened.state, "prepare:1", {}, CONTEXT)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"format": None},
        {"engine": 99},
        {"tokens": 3},
        {"tokens": [{"e": "nobody", "n": 1}]},
        {"tokens": [{"n": 1}]},
        {"tokens": [{"e": "prepare"}]},
        {"tokens": [{"e": "done", "n": 1}]},
        {"tokens": [None]},
        {"variables": []},
        {"variables": {"a": {"decimal": "x"}}},
        {"variables": {"a": [1]}},
        {"counts": None},
        {"seq": "1"},
    ],
)
def test_a_damaged_state_is_refused(change):
    definition = straight().compiled()
    record = json.loads(start(definition, CONTEXT).state) | change

    with pytest.raises(StateUnreadable):
        complete(definition, json.dumps(record).encode(), "prepare:1", {}, CONTEXT)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b"not json", b'{"format":1}'])
def test_bytes_that_are_no_state_are_refused(data):
    with pytest.raises(StateUnreadable):
        complete(straight().compiled(), data, "prepare:1", {}, CONTEXT)


def test_restoring_twice_gives_the_same_state():
    definition = returning().compiled()
    opened = start(definition, CONTEXT, {"a": "á"})

    one, two = (
        complete(definition, opened.state, "prepare:1", {"action": "return"}, CONTEXT) for _ in range(2)
    )

    assert one == two


def test_the_recognition_procedure_stays_small_after_many_returns():
    definition = compile_definition(RECOGNITION.read_bytes())
    rules = {
        "evaluation.compare_opinions": lambda _facts, _variables: RuleOutcome(
            value=True, explanation="thống nhất", inputs={}
        ),
        "evaluation.check_conditions": lambda _facts, _variables: RuleOutcome("yes", "đủ điều kiện", {}),
    }

    class Calendar:
        def deadline(self, _step):
            return None

        def working_days_after(self, day, _count):
            return day

    context = StepContext(NOON, rules=rules, calendar=Calendar())
    step = start(definition, context)
    for _ in range(40):
        step = complete(definition, step.state, step.opened[0].ref, {"action": "complete"}, context)
        step = complete(definition, step.state, step.opened[0].ref, {"action": "return"}, context)

    assert step.opened[0].ref == "self_assess:41"
    assert len(step.state) <= 4_096


def test_definitions_are_compiled_once_and_the_cache_is_bounded():
    first = straight("first").compiled()

    assert straight("first").compiled() is first
    for n in range(CACHED_DEFINITIONS):
        straight(f"task_{n}").compiled()
    assert straight("first").compiled() is not first
    assert straight("first").compiled().content_hash == first.content_hash


def test_what_was_published_goes_on_though_todays_gate_would_refuse_it():
    """A cycle of a second, which versions before this rule let pass."""
    drawing = straight()
    drawing.boundary("nag", "prepare", drawing.timer("timeCycle", "R/PT1S"), interrupting=False)
    drawing.chain("nag", drawing.end("nagged"))

    with pytest.raises(InvalidDiagram):
        drawing.compiled()
    definition = compile_published(drawing.xml())

    assert complete(definition, start(definition, CONTEXT).state, "prepare:1", {}, CONTEXT).finished
    with pytest.raises(InvalidDiagram):
        drawing.compiled()
    with pytest.raises(InvalidDiagram):
        compile_published(drawing.xml().replace(b"R/PT1S", b"now and then"))
    with pytest.raises(InvalidDiagram):
        compile_published(b"not xml")


def test_a_published_diagram_is_the_same_definition():
    fresh, published = straight().compiled(), compile_published(straight().xml())

    assert published.content_hash == fresh.content_hash
    step = start(fresh, CONTEXT)
    assert start(published, CONTEXT) == step
    assert complete(published, step.state, "prepare:1", {}, CONTEXT).finished


def test_a_published_call_without_its_process_says_so():
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.call("get_help", "support"), drawing.end())

    with pytest.raises(InvalidDiagram) as refused:
        compile_published(drawing.xml())

    assert refused.value.problems[0].rule == "unknown-called-process"


def test_a_loop_that_the_gate_would_refuse_is_stopped_by_the_step_budget(monkeypatch):
    monkeypatch.setattr(reachability, "_automatic_loops", lambda _diagram: iter(()))
    drawing = Drawing("endless_on_purpose")
    drawing.start()
    drawing.xor("again")
    drawing.rule("decide", "eligible")
    drawing.xor("enough_question", default="enough")
    drawing.end()
    drawing.chain("opened", "again", "decide", "enough_question")
    drawing.flow("enough_question", "again", "eligible = false")
    drawing.flow("enough_question", "done", identifier="enough")
    rules = {
        "evaluation.decide": lambda _facts, _variables: RuleOutcome(
            value=False, explanation="chưa", inputs={}
        )
    }

    with pytest.raises(StepBudgetExceeded) as stopped:
        start(drawing.compiled(), StepContext(NOON, rules=rules))

    assert stopped.value.element in {"again", "decide", "enough_question"}


def test_five_hundred_automatic_elements_in_a_row_are_one_step():
    drawing = Drawing()
    drawing.chain(
        drawing.start(),
        *(drawing.rule(f"rule_{n}", f"variable_{n}") for n in range(500)),
        drawing.task("prepare"),
        drawing.end(),
    )
    rules = {"evaluation.decide": lambda _facts, variables: RuleOutcome(len(variables), "", {})}

    step = start(drawing.compiled(), StepContext(NOON, rules=rules))

    assert [task.ref for task in step.opened] == ["prepare:1"]
    assert step.variables["variable_499"] == 499


def test_whatever_spiff_raises_names_the_element(monkeypatch):
    definition = straight().compiled()
    opened = start(definition, CONTEXT)

    def broken(self, my_task):
        raise RecursionError("inside SpiffWorkflow")

    monkeypatch.setattr(Human, "_run_hook", broken)
    with pytest.raises(EngineFault) as fault:
        complete(definition, opened.state, "prepare:1", {}, CONTEXT)

    assert fault.value.element == "prepare"


def test_nothing_reads_the_clock_or_draws_a_random_number(monkeypatch):
    definition = returning().compiled()

    def forbidden(*args):
        raise AssertionError("the engine looked at the world")

    monkeypatch.setattr("SpiffWorkflow.task.uuid4", forbidden)
    monkeypatch.setattr("SpiffWorkflow.task.time.time", forbidden)
    opened = start(definition, CONTEXT)

    assert complete(definition, opened.state, "prepare:1", {"action": "complete"}, CONTEXT).finished


def test_a_naive_now_is_refused():
    with pytest.raises(ValueError, match="aware"):
        StepContext(datetime(2023, 11, 20))  # noqa: DTZ001 - that is the point
    assert StepContext(datetime(2023, 11, 20, tzinfo=UTC)).facts == {}


def test_a_live_case_keeps_only_what_is_open_after_it_was_restored():
    definition = returning().compiled()
    step = start(definition, CONTEXT)
    for occurrence in range(1, 30):
        step = complete(definition, step.state, f"prepare:{occurrence}", {"action": "return"}, CONTEXT)

    assert len(Live.load(definition, step.state).tokens()) == 2
