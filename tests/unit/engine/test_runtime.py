"""What each construct does, step by step, on small diagrams with the expected result written by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from service.engine.errors import (
    ExpressionFailed,
    InvalidValue,
    JobFailed,
    JobNotOpen,
    MessageNotExpected,
    RuleFailed,
    TaskNotOpen,
    TimerNotSet,
)
from service.engine.runtime import catch_message, complete, complete_job, fail_job, fire_timer, start
from service.engine.step import JobOpened, RuleOutcome, StepContext
from tests.unit.engine.drawing import CONTEXT, NOON, Drawing, returning, straight


def refs(step):
    return [task.ref for task in step.opened]


def test_a_case_starts_at_the_first_task_and_ends_after_the_last():
    definition = straight().compiled()

    opened = start(definition, CONTEXT)
    done = complete(definition, opened.state, "prepare:1", {"action": "complete"}, CONTEXT)

    assert (refs(opened), opened.active, opened.path) == (["prepare:1"], ("prepare",), ("opened", "flow_1"))
    assert opened.opened[0].groups == ("commune",)
    assert (done.finished, done.outcome, done.active, done.stuck) == (True, "done", (), False)
    assert done.path == ("prepare", "flow_2", "done")
    assert (opened.seq, done.seq) == (1, 2)


def test_a_return_opens_the_same_task_again_under_the_next_occurrence_and_says_why():
    definition = returning().compiled()
    opened = start(definition, CONTEXT)

    again = complete(definition, opened.state, "prepare:1", {"action": "return"}, CONTEXT)
    done = complete(definition, again.state, "prepare:2", {"action": "complete"}, CONTEXT)

    assert refs(again) == ["prepare:2"]
    assert again.path == ("prepare", "flow_2", "complete_question", "no")
    decision = again.decisions[0]
    assert (decision.kind, decision.chosen, decision.expression) == (
        "gateway",
        "no",
        'prepare.action = "return"',
    )
    assert (decision.inputs, decision.result) == ({"prepare.action": "return"}, True)
    assert "đúng" in decision.explanation
    assert done.decisions[0].chosen == "yes"
    assert done.decisions[0].result is False
    assert "nhánh mặc định" in done.decisions[0].explanation


def test_new_answers_replace_all_former_answers_of_the_same_task():
    definition = returning().compiled()
    opened = start(definition, CONTEXT, {"year": 2023})

    first = complete(
        definition, opened.state, "prepare:1", {"action": "return", "due_on": "2023-12-05"}, CONTEXT
    )
    second = complete(definition, first.state, "prepare:2", {"action": "return"}, CONTEXT)

    assert dict(first.variables) == {"year": 2023, "prepare.action": "return", "prepare.due_on": "2023-12-05"}
    assert dict(second.variables) == {"year": 2023, "prepare.action": "return"}


@pytest.mark.parametrize("ref", ["prepare:2", "prepare", "done:1", "", "prepare:01", "prepare:1:1"])
def test_a_task_that_is_not_open_is_refused(ref):
    definition = straight().compiled()
    opened = start(definition, CONTEXT)

    with pytest.raises(TaskNotOpen):
        complete(definition, opened.state, ref, {}, CONTEXT)


def test_a_task_completed_twice_is_refused_the_second_time():
    definition = returning().compiled()
    opened = start(definition, CONTEXT)
    again = complete(definition, opened.state, "prepare:1", {"action": "return"}, CONTEXT)

    with pytest.raises(TaskNotOpen) as refused:
        complete(definition, again.state, "prepare:1", {"action": "return"}, CONTEXT)

    assert refused.value.element == "prepare"


@pytest.mark.parametrize(
    "value", [0.1, ["a"], {"a": 1}, "x" * 501, 2**60, Decimal("NaN"), b"a", date(2023, 1, 1)]
)
def test_a_value_that_is_no_scalar_is_refused(value):
    definition = straight().compiled()
    opened = start(definition, CONTEXT)

    with pytest.raises(InvalidValue):
        complete(definition, opened.state, "prepare:1", {"value": value}, CONTEXT)


def parallel():
    drawing = Drawing()
    drawing.start()
    drawing.parallel("split")
    drawing.task("left")
    drawing.task("right")
    drawing.parallel("join")
    drawing.task("after")
    drawing.end()
    drawing.chain("opened", "split", "left", "join", "after", "done")
    drawing.chain("split", "right", "join")
    return drawing


@pytest.mark.parametrize("order", [("left", "right"), ("right", "left")])
def test_a_parallel_join_waits_for_every_branch_in_any_order(order):
    definition = parallel().compiled()
    opened = start(definition, CONTEXT)

    first = complete(definition, opened.state, f"{order[0]}:1", {}, CONTEXT)
    second = complete(definition, first.state, f"{order[1]}:1", {}, CONTEXT)

    assert refs(opened) == ["left:1", "right:1"]
    assert refs(first) == []
    assert set(first.active) == {"join", order[1]}
    assert refs(second) == ["after:1"]
    assert second.active == ("after",)


def waiting_for_events():
    drawing = Drawing()
    drawing.start()
    drawing.event_gateway("either")
    drawing.catch("withdrawn", drawing.message("withdrawal"))
    drawing.catch("late", drawing.timer("timeDuration", "P10D"))
    drawing.task("remind")
    drawing.end("stopped")
    drawing.end()
    drawing.chain("opened", "either", "withdrawn", "stopped")
    drawing.chain("either", "late", "remind", "done")
    return drawing


def test_after_an_event_gateway_the_first_event_wins_and_the_others_are_cleared():
    definition = waiting_for_events().compiled()
    opened = start(definition, CONTEXT)

    by_message = catch_message(definition, opened.state, "withdrawal", {"reason": "x"}, CONTEXT)
    by_timer = fire_timer(definition, opened.state, "late:1", CONTEXT)

    assert (opened.active, opened.messages_awaited) == (("either",), ("withdrawal",))
    assert opened.timers_set[0].due_at == datetime(2023, 11, 30, 5, tzinfo=UTC)
    assert (by_message.outcome, by_message.timers_cleared) == ("stopped", ("late:1",))
    assert dict(by_message.variables) == {"withdrawn.reason": "x"}
    assert by_message.path == ("either", "flow_2", "withdrawn", "flow_3", "stopped")
    assert (refs(by_timer), by_timer.messages_awaited, by_timer.timers_cleared) == (["remind:1"], (), ())
    with pytest.raises(MessageNotExpected):
        catch_message(definition, by_timer.state, "withdrawal", {}, CONTEXT)
    with pytest.raises(TimerNotSet):
        fire_timer(definition, by_timer.state, "late:1", CONTEXT)


def with_boundary(form, text, *, interrupting, message=""):
    drawing = Drawing()
    drawing.start()
    drawing.task("opinion")
    inner = drawing.message(message) if message else drawing.timer(form, text)
    drawing.boundary("silent", "opinion", inner, interrupting=interrupting)
    drawing.job("report")
    drawing.end()
    drawing.end("reported")
    drawing.chain("opened", "opinion", "done")
    drawing.chain("silent", "report", "reported")
    return drawing


def test_an_interrupting_timer_withdraws_its_task():
    definition = with_boundary("timeDuration", "P5D", interrupting=True).compiled()
    opened = start(definition, CONTEXT)

    fired = fire_timer(definition, opened.state, "silent:1", CONTEXT)

    assert (opened.timers_set[0].interrupting, opened.timers_set[0].repeats_left) == (True, 0)
    assert fired.withdrawn == ("opinion:1",)
    assert fired.jobs_opened == (JobOpened("report:1", "report", "notify.send"),)
    with pytest.raises(TaskNotOpen):
        complete(definition, fired.state, "opinion:1", {}, CONTEXT)


def test_a_reminder_leaves_its_task_open_and_fires_once():
    definition = with_boundary("timeDuration", "P5D", interrupting=False).compiled()
    opened = start(definition, CONTEXT)

    fired = fire_timer(definition, opened.state, "silent:1", CONTEXT)

    assert fired.withdrawn == ()
    assert fired.active == ("opinion", "report")
    with pytest.raises(TimerNotSet):
        fire_timer(definition, fired.state, "silent:1", CONTEXT)
    answered = complete(definition, fired.state, "opinion:1", {}, CONTEXT)
    assert (answered.finished, answered.active) == (False, ("report",))
    assert complete_job(definition, answered.state, "report:1", None, CONTEXT).finished


def test_a_completed_task_clears_its_timer():
    definition = with_boundary("timeDuration", "P5D", interrupting=False).compiled()
    opened = start(definition, CONTEXT)

    done = complete(definition, opened.state, "opinion:1", {}, CONTEXT)

    assert (done.finished, done.timers_cleared) == (True, ("silent:1",))


def test_a_cycle_fires_as_often_as_it_says_at_distances_from_its_start():
    definition = with_boundary("timeCycle", "R3/P1M", interrupting=False).compiled()
    step = start(definition, StepContext(datetime(2024, 1, 31, 5, tzinfo=UTC)))

    seen = [(t.ref, t.due_at.date().isoformat(), t.repeats_left) for t in step.timers_set]
    for occurrence in (1, 2, 3):
        step = fire_timer(
            definition, step.state, f"silent:{occurrence}", StepContext(datetime(2024, 6, 1, tzinfo=UTC))
        )
        seen += [(t.ref, t.due_at.date().isoformat(), t.repeats_left) for t in step.timers_set]

    assert seen == [
        ("silent:1", "2024-02-29", 2),
        ("silent:2", "2024-03-31", 1),
        ("silent:3", "2024-04-30", 0),
    ]
    assert [job.ref for job in step.jobs_opened] == ["report:3"]


def test_a_message_that_does_not_interrupt_may_come_again():
    definition = with_boundary("", "", interrupting=False, message="nudged").compiled()
    opened = start(definition, CONTEXT)

    first = catch_message(definition, opened.state, "nudged", {}, CONTEXT)
    second = catch_message(definition, first.state, "nudged", {}, CONTEXT)

    assert [job.ref for job in (*first.jobs_opened, *second.jobs_opened)] == ["report:1", "report:2"]
    assert second.messages_awaited == ("nudged",)


def test_a_boundary_message_goes_another_way():
    definition = with_boundary("", "", interrupting=True, message="waived").compiled()
    opened = start(definition, CONTEXT)

    waived = catch_message(definition, opened.state, "waived", {"by": "chairman"}, CONTEXT)

    assert (waived.withdrawn, waived.messages_awaited) == (("opinion:1",), ())
    assert dict(waived.variables) == {"silent.by": "chairman"}
    assert waived.path == ("silent", "flow_3")


def job():
    drawing = Drawing()
    drawing.start()
    drawing.job("publish")
    drawing.boundary("refused", "publish", drawing.error("refused"))
    drawing.boundary("broken", "publish", drawing.error(""))
    drawing.task("correct")
    drawing.task("call")
    for end in ("done", "corrected", "called"):
        drawing.end(end)
    drawing.chain("opened", "publish", "done")
    drawing.chain("refused", "correct", "corrected")
    drawing.chain("broken", "call", "called")
    return drawing


def test_a_job_is_completed_or_fails_along_the_boundary_event_for_its_code():
    definition = job().compiled()
    opened = start(definition, CONTEXT)

    done = complete_job(definition, opened.state, "publish:1", {"number": "12"}, CONTEXT)
    refused = fail_job(definition, opened.state, "publish:1", "refused", CONTEXT)
    other = fail_job(definition, opened.state, "publish:1", "timeout", CONTEXT)

    assert opened.jobs_opened == (JobOpened("publish:1", "publish", "notify.send"),)
    assert (done.outcome, dict(done.variables)) == ("done", {"publish.number": "12"})
    assert (refs(refused), refused.jobs_withdrawn) == (["correct:1"], ())
    assert refs(other) == ["call:1"]
    with pytest.raises(JobNotOpen):
        complete_job(definition, refused.state, "publish:1", None, CONTEXT)


def test_a_job_is_no_task_and_a_task_is_no_job():
    definition = job().compiled()
    opened = start(definition, CONTEXT)
    refused = fail_job(definition, opened.state, "publish:1", "refused", CONTEXT)

    with pytest.raises(TaskNotOpen):
        complete(definition, opened.state, "publish:1", {}, CONTEXT)
    with pytest.raises(JobNotOpen):
        complete_job(definition, refused.state, "correct:1", None, CONTEXT)


def test_a_failed_job_without_a_way_out_is_an_error_that_names_it():
    definition = with_boundary("timeDuration", "P5D", interrupting=True).compiled()
    fired = fire_timer(definition, start(definition, CONTEXT).state, "silent:1", CONTEXT)

    with pytest.raises(JobFailed) as failed:
        fail_job(definition, fired.state, "report:1", "broken", CONTEXT)

    assert failed.value.element == "report"


def sub_process(*, terminate=False):
    inside = Drawing()
    inside.flows = 100
    inside.start("asked")
    inside.parallel("ask_both")
    inside.task("ask_one")
    inside.task("ask_other")
    inside.end("one_answered", terminate=terminate)
    inside.end("other_answered")
    inside.chain("asked", "ask_both", "ask_one", "one_answered")
    inside.chain("ask_both", "ask_other", "other_answered")
    drawing = Drawing()
    drawing.start()
    drawing.sub("asking", inside)
    drawing.boundary("too_late", "asking", drawing.timer("timeDuration", "P9D"))
    drawing.task("sum_up")
    drawing.end()
    drawing.end("dropped")
    drawing.chain("opened", "asking", "sum_up", "done")
    drawing.chain("too_late", "dropped")
    return drawing


def test_a_sub_process_ends_when_all_inside_has_ended():
    definition = sub_process().compiled()
    opened = start(definition, CONTEXT)

    one = complete(definition, opened.state, "ask_one:1", {}, CONTEXT)
    both = complete(definition, one.state, "ask_other:1", {}, CONTEXT)

    assert refs(opened) == ["ask_one:1", "ask_other:1"]
    assert opened.active == ("asking", "ask_one", "ask_other")
    assert (refs(one), one.active) == ([], ("asking", "ask_other"))
    assert (refs(both), both.timers_cleared) == (["sum_up:1"], ("too_late:1",))
    assert both.path == ("ask_other", "flow_105", "other_answered", "asking", "flow_2")


def test_a_timer_on_a_sub_process_withdraws_everything_inside():
    definition = sub_process().compiled()
    opened = start(definition, CONTEXT)

    fired = fire_timer(definition, opened.state, "too_late:1", CONTEXT)

    assert fired.withdrawn == ("ask_one:1", "ask_other:1")
    assert (fired.finished, fired.outcome) == (True, "dropped")


def test_a_terminate_end_ends_its_sub_process_only():
    definition = sub_process(terminate=True).compiled()
    opened = start(definition, CONTEXT)

    ended = complete(definition, opened.state, "ask_one:1", {}, CONTEXT)

    assert (ended.withdrawn, refs(ended), ended.finished) == (("ask_other:1",), ["sum_up:1"], False)


def test_a_terminate_end_ends_the_whole_case():
    drawing = Drawing()
    drawing.start()
    drawing.parallel("split")
    drawing.task("left")
    drawing.task("right")
    drawing.end("stopped", terminate=True)
    drawing.end()
    drawing.chain("opened", "split", "left", "stopped")
    drawing.chain("split", "right", "done")
    definition = drawing.compiled()

    ended = complete(definition, start(definition, CONTEXT).state, "left:1", {}, CONTEXT)

    assert (ended.finished, ended.outcome, ended.withdrawn) == (True, "stopped", ("right:1",))


def team(*, sequential):
    drawing = Drawing()
    drawing.start()
    drawing.task("vote", drawing.instances(3, sequential=sequential))
    drawing.xor("again_question", default="enough")
    drawing.end()
    drawing.chain("opened", "vote", "again_question")
    drawing.flow("again_question", "vote", 'vote.action = "again"')
    drawing.flow("again_question", "done", identifier="enough")
    return drawing


def test_a_parallel_team_opens_all_instances_at_once_and_numbers_them_on():
    definition = team(sequential=False).compiled()
    step = start(definition, CONTEXT)
    first = refs(step)

    for ref in ("vote:2", "vote:1", "vote:3"):
        step = complete(definition, step.state, ref, {"action": "again"}, CONTEXT)

    assert first == ["vote:1", "vote:2", "vote:3"]
    assert refs(step) == ["vote:4", "vote:5", "vote:6"]
    assert step.path == ("vote", "flow_2", "again_question", "flow_3")


def test_a_sequential_team_opens_one_instance_after_the_other():
    definition = team(sequential=True).compiled()
    step = start(definition, CONTEXT)
    seen = [refs(step)]

    for occurrence in (1, 2, 3):
        step = complete(definition, step.state, f"vote:{occurrence}", {"action": "enough"}, CONTEXT)
        seen.append(refs(step))

    assert seen == [["vote:1"], ["vote:2"], ["vote:3"], []]
    assert step.finished


def deciding():
    drawing = Drawing()
    drawing.start()
    drawing.rule("check_conditions", "eligible", "evaluation.check_conditions")
    drawing.xor("eligible_question", default="open")
    drawing.task("submit")
    drawing.end()
    drawing.chain("opened", "check_conditions", "eligible_question")
    drawing.flow("eligible_question", "submit", 'eligible = "yes"', "yes")
    drawing.flow("eligible_question", "submit", 'eligible = "no"', "no")
    drawing.flow("eligible_question", "submit", identifier="open")
    drawing.flow("submit", "done")
    return drawing


@pytest.mark.parametrize(("value", "flow"), [("yes", "yes"), ("no", "no"), ("undecided", "open")])
def test_a_rule_decides_and_three_flows_may_lead_to_one_task(value, flow):
    definition = deciding().compiled()
    rule = lambda facts, _variables: RuleOutcome(value, f"theo {facts['year']}", {"index": "71"})  # noqa: E731
    context = StepContext(NOON, {"year": 2023}, {"evaluation.check_conditions": rule})

    step = start(definition, context)

    assert step.path == ("opened", "flow_1", "check_conditions", "flow_2", "eligible_question", flow)
    assert refs(step) == ["submit:1"]
    decided = step.decisions[0]
    assert (decided.kind, decided.chosen, decided.result) == ("rule", "eligible", value)
    assert (decided.explanation, decided.inputs) == ("theo 2023", {"index": "71"})
    assert step.variables["eligible"] == value


def test_a_rule_that_raises_or_is_missing_names_its_element():
    definition = deciding().compiled()

    def broken(facts, variables):
        raise ZeroDivisionError("chia cho 0")

    for rules in ({}, {"evaluation.check_conditions": broken}):
        with pytest.raises(RuleFailed) as failed:
            start(definition, StepContext(NOON, rules=rules))
        assert failed.value.element == "check_conditions"


def test_a_condition_that_is_no_condition_names_its_gateway():
    drawing = returning()
    drawing.body = [line.replace('prepare.action = "return"', "prepare.action") for line in drawing.body]
    definition = drawing.compiled()
    opened = start(definition, CONTEXT)

    with pytest.raises(ExpressionFailed) as failed:
        complete(definition, opened.state, "prepare:1", {"action": "return"}, CONTEXT)

    assert failed.value.element == "complete_question"


class _Calendar:
    def deadline(self, step):
        return {"prepare": date(2023, 12, 10)}.get(step)

    def working_days_after(self, day, count):
        return date(day.year, day.month, day.day + count)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ('deadline("prepare")', date(2023, 12, 10)),
        ('deadline("unknown")', None),
        ('working days after(date("2023-12-01"), 5)', date(2023, 12, 6)),
        ("2023-12-04", date(2023, 12, 4)),
        ("2023-12-04T17:00", datetime(2023, 12, 4, 10, tzinfo=UTC)),
        ('if other.due_on != null then date(other.due_on) else deadline("prepare")', date(2023, 12, 10)),
    ],
)
def test_a_due_date_is_what_its_expression_gives_when_the_task_opens(text, due):
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.task("prepare", camunda_dueDate=text), drawing.end())

    step = start(drawing.compiled(), StepContext(NOON, calendar=_Calendar()))

    assert step.opened[0].due == due


def test_a_fact_answers_a_deadline_before_the_calendar_does():
    drawing = Drawing()
    drawing.chain(
        drawing.start(), drawing.task("prepare", camunda_dueDate='deadline("prepare")'), drawing.end()
    )
    definition = drawing.compiled()

    step = start(definition, StepContext(NOON, {"deadline:prepare": "2023-12-03"}, calendar=_Calendar()))

    assert definition.facts_after(None) == {"deadline:prepare"}
    assert step.opened[0].due == date(2023, 12, 3)


def test_the_facts_of_a_step_are_those_up_to_the_next_wait():
    drawing = Drawing()
    facts = (
        '<bpmn:extensionElements><camunda:properties><camunda:property name="facts" value="verify, opinion"/>'
        "</camunda:properties></bpmn:extensionElements>"
    )
    drawing.start()
    drawing.task("verify")
    drawing.rule("compare", "agree", inner=facts)
    drawing.task("meet", camunda_dueDate='deadline("meet")')
    drawing.task("later", camunda_dueDate='deadline("later")')
    drawing.end()
    drawing.chain("opened", "verify", "compare", "meet", "later", "done")
    definition = drawing.compiled()

    assert definition.facts_after("verify") == {"verify", "opinion", "deadline:meet"}
    assert definition.facts_after(None) == frozenset()
    assert definition.rule_topics == {"evaluation.decide"}


def test_a_case_of_three_thousand_returns_beside_a_branch_that_later_joins_still_finishes():
    drawing = Drawing()
    drawing.start()
    drawing.parallel("split")
    drawing.task("prepare")
    drawing.boundary("late", "prepare", drawing.timer("timeDuration", "P1D"), interrupting=False)
    drawing.xor("complete_question", default="enough")
    drawing.task("other")
    drawing.parallel("join")
    for end in ("done", "reminded"):
        drawing.end(end)
    drawing.chain("opened", "split", "prepare", "complete_question")
    drawing.flow("complete_question", "prepare", 'prepare.action = "return"')
    drawing.flow("complete_question", "join", identifier="enough")
    drawing.chain("split", "other", "join", "done")
    drawing.chain("late", "reminded")
    definition = drawing.compiled()
    step = start(definition, CONTEXT)

    for occurrence in range(1, 3_001):
        step = complete(definition, step.state, f"prepare:{occurrence}", {"action": "return"}, CONTEXT)
    assert len(step.state) < 1_000
    step = complete(definition, step.state, "prepare:3001", {"action": "go on"}, CONTEXT)
    step = complete(definition, step.state, "other:1", {}, CONTEXT)

    assert (step.finished, step.outcome) == (True, "done")


@pytest.mark.parametrize("kind", ["sub", "team"])
def test_rounds_of_sub_processes_and_teams_go_on_for_three_thousand_completions(kind):
    drawing = Drawing()
    drawing.start()
    if kind == "sub":
        inside = Drawing()
        inside.flows = 100
        inside.chain(inside.start("inner"), inside.task("ask"), inside.end("answered"))
        drawing.sub("round", inside)
        task, rounds, each = "ask", 3_000, 1
    else:
        drawing.task("round", drawing.instances(3))
        task, rounds, each = "round", 1_000, 3
    drawing.xor("again_question", default="enough")
    drawing.end()
    drawing.chain("opened", "round", "again_question")
    drawing.flow("again_question", "round", f"{task}.go = true")
    drawing.flow("again_question", "done", identifier="enough")
    definition = drawing.compiled()
    step = start(definition, CONTEXT)

    for occurrence in range(1, rounds * each + 1):
        step = complete(definition, step.state, f"{task}:{occurrence}", {"go": True}, CONTEXT)

    assert step.opened[0].occurrence == rounds * each + 1
    assert len(step.state) < 600
