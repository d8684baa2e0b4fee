"""A case computed anew from what went into it: the same, or said where and why not."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from service.audit.folding import fold, folded_after_each
from service.calendars.operations import OwnDay, set_day
from service.calendars.spans import WorkingDays
from service.database import db, transaction
from service.deadlines.operations import set_deadlines
from service.deadlines.queries import DeadlineKey, DeadlineRow
from service.demo.story import play
from service.engine.standing import standing
from service.jobs.timers import fire_due
from service.models import Case, Submission
from service.processes import rules
from service.processes.recomputing import recompute
from service.processes.record import jsonable
from service.replay import reexecution
from service.replay.history import History, Told, read_history
from service.replay.reexecution import Verdict, reexecute
from tests.builders import NOON, a_case_at, an_open_case, case_of, do_step
from tests.integration.conftest import MEGABYTE
from tests.integration.service.scenes import a_case_of, at, looping_procedure, nothing_is_wrong
from tests.sim.simulation import simulate

KEY = DeadlineKey("recognition", 2023, "thi-xa-bim-son", "district_appraise")
TEN_DAYS = DeadlineRow(KEY, None, WorkingDays(10), "trong thời hạn 10 ngày làm việc", "Công văn thử")


def told(history: History, seq: int, change: Callable[[dict[str, Any]], object]) -> History:
    """The same history, were the data of one event another; its chain is not looked at here."""
    body = orjson.loads(orjson.dumps(history.events[seq - 1].body))
    change(body["data"])
    events = list(history.events)
    events[seq - 1] = Told(events[seq - 1].position, body)
    return replace(history, events=events)


def test_the_case_of_the_decision_computes_to_itself_at_every_event(core: Flask, tmp_path: Path):
    play(tmp_path, 5 * MEGABYTE)
    history = read_history(_recognised())

    for number, folded in enumerate(folded_after_each(event.body for event in history.events), 1):
        found = reexecute(history, up_to=number)
        assert (found.verdict, found.seq) == (Verdict.MATCHES, number)
        assert folded.seq == number
    assert folded.outcome == "commune_recognised"
    assert folded.open_tasks() == []


def test_what_is_folded_is_what_the_engine_holds(core: Flask):
    case_id = a_case_at("district_consolidate")
    case = case_of(case_id)
    history = read_history(case_id)

    folded = fold(event.body for event in history.events)
    found = standing(history.procedure.definition, case.state)

    assert {task.ref for task in folded.open_tasks()} == set(found.tasks) == {"district_consolidate:1"}
    assert folded.active == list(found.active)
    assert folded.variables == jsonable(found.variables)
    assert {timer.ref: timer.due_at for timer in folded.armed_timers()} == dict(found.timers)


@settings(max_examples=3)
@given(st.integers(min_value=1000, max_value=9_999_999))
def test_after_every_act_logs_agree_with_what_is_stored_and_with_what_is_computed(seed: int):
    report = simulate(seed, 60, each_commit=True)

    assert not report.violation, report.violation
    assert report.counts["steps computed anew"] > 0


# What is told otherwise in the event that ends the self-assessment, and what is found.
OTHERWISE: dict[str, Callable[[dict[str, Any]], object]] = {
    "path": lambda data: data["path"].pop(),
    "active": lambda data: data["active"].append("member_opinion"),
    "opened": lambda data: data["opened"][0].update(due="2023-12-24"),
    "variables": lambda data: data["variables"].update({"self_assess.action": "return"}),
    "finished": lambda data: data.update(finished=True),
}


@pytest.mark.parametrize("what", OTHERWISE)
def test_a_record_that_says_otherwise_is_named_with_both(core: Flask, what: str):
    history = read_history(a_case_at("district_appraise"))
    seq = next(event.seq for event in history.events if event.body["type"] == "task_completed")

    found = reexecute(told(history, seq, OTHERWISE[what]))

    assert found.verdict is Verdict.DIVERGES
    assert found.difference is not None
    assert (found.difference.seq, found.difference.what) == (seq, what)
    assert found.difference.recorded != found.difference.computed


def test_a_gateway_that_was_told_another_reason_is_found(core: Flask, tmp_path: Path):
    play(tmp_path, 5 * MEGABYTE)
    history = read_history(_recognised())
    decided = next(event for event in history.events if event.data.get("decisions"))

    def another(data: dict[str, Any]) -> None:
        data["decisions"][0]["explanation"] = "vì tôi muốn thế"

    found = reexecute(told(history, decided.seq, another))

    assert found.difference is not None
    assert (found.verdict, found.difference.what) == (Verdict.DIVERGES, "decisions")


def test_content_that_was_exchanged_behind_the_digest_is_not_computed_with(core: Flask):
    case_id = a_case_at("district_appraise")
    with transaction() as session:
        for name in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars():
            session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(
            update(Submission).where(Submission.case_id == case_id).values(content=b'{"answers":{}}')
        )

    found = reexecute(read_history(case_id))

    assert found.verdict is Verdict.NOT_EXECUTABLE
    assert "không phải nội dung đã băm" in found.why


def test_a_timer_a_loop_and_a_state_changed_by_hand(core: Flask):
    case_id = a_case_of(looping_procedure())
    fire_due(at("2023-12-21"))
    history = read_history(case_id)
    assert reexecute(history).verdict is Verdict.MATCHES

    forged = orjson.loads(history.case.state)
    forged["variables"]["work.action"] = "done"
    case = _Row({**history.case._mapping, "state": orjson.dumps(forged, option=orjson.OPT_SORT_KEYS)})
    found = reexecute(replace(history, case=case))

    assert found.difference is not None
    assert (found.verdict, found.difference.what) == (Verdict.DIVERGES, "state")


def test_holidays_and_deadlines_changed_later_change_nothing_that_was_decided_before(core: Flask):
    set_deadlines(rows=[TEN_DAYS], now=NOON)
    case_id = an_open_case()
    do_step(case_id, "self_assess", at("2023-12-18"))
    # 18/12/2023 plus ten working days is 2/1/2024; without 22/12 it would be 3/1.
    before = fold(event.body for event in read_history(case_id).events).open_tasks()[0].due_on
    storm = OwnDay(date(2023, 12, 22), is_working=False, name="Nghỉ tránh bão", source="Công điện số 1")
    set_day(decision=storm, now=at("2023-12-20"))
    set_deadlines(rows=[replace(TEN_DAYS, period=WorkingDays(3))], now=at("2023-12-20"))

    history = read_history(case_id)

    assert before == "2024-01-02"
    assert reexecute(history).verdict is Verdict.MATCHES
    recompute(reason="bão", now=at("2023-12-20"))
    # Three working days from 18/12: 19, 20, 21/12.
    assert fold(event.body for event in read_history(case_id).events).open_tasks()[0].due_on == "2023-12-21"
    assert nothing_is_wrong()


def test_a_difference_under_other_rules_is_told_as_changed_code(
    core: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    play(tmp_path, 5 * MEGABYTE)
    history = read_history(_recognised())

    def other(facts: Any, variables: Any) -> Any:
        return replace(rules.compare_opinions(facts, variables), explanation="Cách so mới.")

    changed = {**rules.RULES, "evaluation.compare_opinions": other}
    monkeypatch.setattr("service.processes.steps.RULES", changed)
    unsaid = reexecute(history)
    monkeypatch.setattr(reexecution, "RULES_SEMANTICS", 2)
    said = reexecute(history)

    assert unsaid.verdict is Verdict.DIVERGES  # whoever changes a rule raises its number
    assert said.verdict is Verdict.CODE_CHANGED
    assert (said.recorded_by["rules"], said.computed_by["rules"]) == (1, 2)
    assert said.difference is not None
    assert said.difference.what == "decisions"


class _Row:
    """A row of a case with some columns changed."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


def _recognised() -> uuid.UUID:
    return db.session.execute(select(Case.id).where(Case.outcome == "commune_recognised")).scalar_one()
