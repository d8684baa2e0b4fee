"""Every timer that may be drawn: what it does on each host, late after downtime, and when holidays change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from service.engine.check import check
from service.engine.errors import ExpressionFailed, TaskNotOpen, TimerNotSet
from service.engine.runtime import (
    complete,
    complete_job,
    due_of,
    fire_timer,
    reschedule,
    start,
)
from service.engine.step import Due, StepContext
from tests.unit.engine.drawing import CONTEXT, NOON, Drawing


class Holidays:
    """Saturdays, Sundays and the given days are off. Monday 20/11/2023 is the day of NOON."""

    def __init__(self, *off: str) -> None:
        self.off = {date.fromisoformat(day) for day in off}

    def deadline(self, step: str) -> date | None:
        return {"finish": date(2023, 12, 8)}.get(step)

    def working_days_after(self, day: date, count: int) -> date:
        if day.year != 2023:
            raise LookupError(f"chưa có lịch năm {day.year}")
        step = timedelta(days=1 if count > 0 else -1)
        left = abs(count)
        while left:
            day += step
            left -= day.weekday() < 5 and day not in self.off
        return day


def on(host: str, form: str, text: str, *, interrupting: bool = True) -> tuple[Drawing, list[Drawing]]:
    """opened → `host` → done, with a boundary timer `bell` → answer → rung; and what is called."""
    drawing, called = Drawing(), []
    drawing.start()
    inside = Drawing("support")
    inside.flows = 500
    inside.chain(inside.start("s_opened"), inside.task("s_task"), inside.end("s_done"))
    if host == "task":
        drawing.task("host")
    elif host == "team":
        drawing.task("host", drawing.instances(2))
    elif host == "queue":
        drawing.task("host", drawing.instances(2, sequential=True))
    elif host == "job":
        drawing.job("host")
    elif host == "sub":
        drawing.sub("host", inside)
    else:
        drawing.call("host", "support")
        called.append(inside)
    drawing.boundary("bell", "host", drawing.timer(form, text), interrupting=interrupting)
    drawing.task("answer")
    drawing.end()
    drawing.end("rung")
    drawing.chain("opened", "host", "done")
    drawing.chain("bell", "answer", "rung")
    return drawing, called


FORMS = {
    # form: text, first due time from Monday 20/11/2023 12:00 in Thanh Hóa, firings that follow
    "timeDate": ("2023-12-05", datetime(2023, 12, 4, 17, tzinfo=UTC), 0),
    "timeDuration": ("P5D", datetime(2023, 11, 25, 5, tzinfo=UTC), 0),
    "timeCycle": ("R3/P1D", datetime(2023, 11, 21, 5, tzinfo=UTC), 2),
}
HELD = {
    # host: what it holds open
    "task": ["host:1"],
    "team": ["host:1", "host:2"],
    "queue": ["host:1"],
    "job": ["host:1"],
    "sub": ["s_task:1"],
    "call": ["s_task:1"],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("host", HELD)
def test_a_timer_that_interrupts_withdraws_what_its_host_holds(host, form):
    text, due, _ = FORMS[form]
    drawing, called = on(host, form, text)
    definition = drawing.compiled(*called)
    opened = start(definition, CONTEXT)

    fired = fire_timer(definition, opened.state, "bell:1", CONTEXT)

    assert [(t.ref, t.due_at, t.interrupting, t.repeats_left) for t in opened.timers_set] == [
        ("bell:1", due, True, 0)
    ]
    assert list(fired.withdrawn + fired.jobs_withdrawn) == HELD[host]
    assert (fired.active, fired.timers_set, fired.timers_cleared) == (("answer",), (), ())
    with pytest.raises(TimerNotSet):
        fire_timer(definition, fired.state, "bell:1", CONTEXT)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("host", HELD)
def test_a_timer_that_does_not_interrupt_leaves_its_host_as_it_was(host, form):
    text, due, following = FORMS[form]
    drawing, called = on(host, form, text, interrupting=False)
    definition = drawing.compiled(*called)
    opened = start(definition, CONTEXT)

    fired = fire_timer(definition, opened.state, "bell:1", CONTEXT)

    assert [(t.ref, t.due_at, t.repeats_left) for t in opened.timers_set] == [("bell:1", due, following)]
    assert fired.withdrawn + fired.jobs_withdrawn == ()
    assert [task.ref for task in fired.opened] == ["answer:1"]
    assert [(t.ref, t.due_at, t.repeats_left) for t in fired.timers_set] == (
        [("bell:2", due + timedelta(days=1), following - 1)] if following else []
    )
    finished = _finish_host(definition, fired.state, host)
    assert (finished.active, finished.timers_cleared) == (("answer",), ("bell:2",) if following else ())


def _finish_host(definition, state, host):
    if host == "job":
        return complete_job(definition, state, "host:1", {}, CONTEXT)
    for ref in {"team": ["host:2", "host:1"], "queue": ["host:1", "host:2"]}.get(host, HELD[host]):
        step = complete(definition, state, ref, {}, CONTEXT)
        state = step.state
    return step


@pytest.mark.parametrize(
    ("form", "text", "due"),
    [
        ("timeDate", "2023-12-05", datetime(2023, 12, 4, 17, tzinfo=UTC)),
        ("timeDate", 'deadline("finish")', datetime(2023, 12, 7, 17, tzinfo=UTC)),
        ("timeDuration", "PT90M", datetime(2023, 11, 20, 6, 30, tzinfo=UTC)),
        ("timeDuration", 'duration("P1D") * 2', datetime(2023, 11, 22, 5, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("place", ["alone", "behind a gateway"])
def test_an_intermediate_timer_lets_the_case_go_on(place, form, text, due):
    drawing = Drawing()
    drawing.start()
    drawing.catch("bell", drawing.timer(form, text))
    drawing.end()
    if place == "alone":
        drawing.chain("opened", "bell", "done")
    else:
        drawing.event_gateway("either")
        drawing.catch("heard", drawing.signal("stop"))
        drawing.chain("opened", "either", "bell", "done")
        drawing.chain("either", "heard", "done")
    definition = drawing.compiled()
    opened = start(definition, StepContext(NOON, calendar=Holidays()))

    fired = fire_timer(definition, opened.state, "bell:1", CONTEXT)

    assert [(t.ref, t.due_at, t.repeats_left) for t in opened.timers_set] == [("bell:1", due, 0)]
    assert (fired.finished, fired.outcome, fired.signals_awaited) == (True, "done", ())


def test_a_cycle_in_the_flow_or_faster_than_a_minute_is_refused():
    in_flow = Drawing()
    in_flow.chain(in_flow.start(), in_flow.catch("bell", in_flow.timer("timeCycle", "R3/P1D")), in_flow.end())
    hectic, _ = on("task", "timeCycle", "R/PT59S", interrupting=False)
    minutely, _ = on("task", "timeCycle", "R/PT60S", interrupting=False)

    found = [{(p.rule, p.element) for p in check(d.xml())} for d in (in_flow, hectic, minutely)]

    assert found == [{("timer", "bell")}, {("timer", "bell")}, set()]


def test_a_cycle_missed_during_downtime_fires_every_occurrence_in_order_each_due_at_its_own_time():
    drawing, _ = on("task", "timeCycle", "R4/P1D", interrupting=False)
    definition = drawing.compiled()
    step = start(definition, CONTEXT)
    late = datetime(2023, 11, 23, 8, tzinfo=UTC)  # three occurrences late: 21/11, 22/11 and 23/11 at 05:00

    seen = []
    while (timer := step.timers_set[0]).due_at <= late:
        step = fire_timer(definition, step.state, timer.ref, StepContext(late))
        seen.append((timer.ref, timer.due_at.day, [task.ref for task in step.opened]))

    assert seen == [
        ("bell:1", 21, ["answer:1"]),
        ("bell:2", 22, ["answer:2"]),
        ("bell:3", 23, ["answer:3"]),
    ]
    assert (step.timers_set[0].ref, step.timers_set[0].due_at) == (
        "bell:4",
        datetime(2023, 11, 24, 5, tzinfo=UTC),
    )
    assert step.timers_set[0].repeats_left == 0


def test_a_host_that_ends_during_downtime_takes_its_late_occurrences_with_it():
    drawing, _ = on("task", "timeCycle", "R/PT1H", interrupting=False)
    definition = drawing.compiled()
    opened = start(definition, CONTEXT)

    done = complete(definition, opened.state, "host:1", {}, StepContext(NOON + timedelta(days=3)))

    assert (done.finished, done.timers_cleared) == (True, ("bell:1",))


# From Monday 20/11/2023: five working days later is Monday 27/11, Tuesday 28/11 with a holiday on the 23rd.
IN_FIVE = "working days after(today(), 5)"


def working(*places: str, text: str = IN_FIVE) -> Drawing:
    """A task whose due date, boundary timer or gateway counts five working days."""
    drawing = Drawing()
    drawing.start()
    drawing.task("prepare", **({"camunda_dueDate": text} if "due" in places else {}))
    drawing.end()
    if "boundary" in places:
        drawing.boundary("bell", "prepare", drawing.timer("timeDate", text))
        drawing.chain("bell", drawing.end("rung"))
    if "gateway" in places:
        drawing.event_gateway("either")
        drawing.catch("bell", drawing.timer("timeDate", text))
        drawing.catch("heard", drawing.message("go"))
        drawing.chain("opened", "either", "bell", "prepare")
        drawing.chain("either", "heard", "done")
        drawing.chain("prepare", "done")
    else:
        drawing.chain("opened", "prepare", "done")
    return drawing


def with_holidays(*off: str, now: datetime = NOON) -> StepContext:
    return StepContext(now, calendar=Holidays(*off))


@pytest.mark.parametrize("place", ["boundary", "gateway"])
def test_a_timer_moves_when_a_holiday_is_declared_and_keeps_its_ref(place):
    definition = working(place).compiled()
    opened = start(definition, with_holidays())

    moved = reschedule(definition, opened.state, "bell:1", with_holidays("2023-11-23"))

    assert opened.timers_set[0].due_at == datetime(2023, 11, 26, 17, tzinfo=UTC)  # 27/11, 00:00 in Thanh Hóa
    assert [(t.ref, t.due_at) for t in moved.timers_moved] == [
        ("bell:1", datetime(2023, 11, 27, 17, tzinfo=UTC))
    ]
    assert (moved.timers_set, moved.timers_cleared, moved.opened, moved.path) == ((), (), (), ())
    assert (moved.seq, moved.active, moved.variables) == (2, opened.active, opened.variables)
    assert moved.messages_awaited == opened.messages_awaited == (("go",) if place == "gateway" else ())
    again = reschedule(definition, moved.state, "bell:1", with_holidays("2023-11-23"))
    assert (again.state, again.seq, again.timers_moved) == (moved.state, moved.seq, ())
    assert fire_timer(definition, moved.state, "bell:1", CONTEXT).timers_cleared == ()


def test_a_timer_that_no_holiday_changes_leaves_the_state_as_it_is():
    plain, _ = on("task", "timeCycle", "R3/P1D", interrupting=False)
    for drawing, ref in ((plain, "bell:1"), (working("boundary"), "bell:1")):
        definition = drawing.compiled()
        opened = start(definition, with_holidays())

        same = reschedule(definition, opened.state, ref, with_holidays("2023-12-25", now=NOON))

        assert (same.state, same.seq, same.timers_moved) == (opened.state, opened.seq, ())
        assert same.active == opened.active


def test_what_is_no_armed_timer_or_cannot_be_computed_is_refused():
    definition = working("boundary").compiled()
    opened = start(definition, with_holidays())

    with pytest.raises(TimerNotSet):
        reschedule(definition, opened.state, "bell:2", with_holidays())
    with pytest.raises(TimerNotSet):
        reschedule(definition, opened.state, "prepare:1", with_holidays())
    with pytest.raises(ExpressionFailed) as failed:
        reschedule(definition, opened.state, "bell:1", with_holidays(now=datetime(2024, 1, 2, tzinfo=UTC)))
    assert "chưa có lịch năm 2024" in str(failed.value)


def test_the_due_date_of_an_open_task_is_computed_again_as_of_the_day_it_opened():
    definition = working("due").compiled()
    opened = start(definition, with_holidays())

    before = due_of(definition, opened.state, "prepare:1", with_holidays())
    after = due_of(definition, opened.state, "prepare:1", with_holidays("2023-11-23"))

    assert opened.opened[0].due == date(2023, 11, 27)
    assert (before, after) == (Due(date(2023, 11, 27), None), Due(date(2023, 11, 28), None))
    with pytest.raises(TaskNotOpen):
        due_of(definition, opened.state, "prepare:2", with_holidays())


def test_a_definition_says_which_elements_count_working_days_and_which_ask_for_deadlines():
    drawing = working("due", "boundary", text="working days before(date(2023, 12, 1), 3)")
    drawing.task("later", camunda_followUpDate='deadline("finish")')
    drawing.body = [line for line in drawing.body if 'targetRef="done"' not in line]
    drawing.chain("prepare", "later", "done")
    definition = drawing.compiled()
    plain, _ = on("task", "timeDuration", "P5D")

    assert definition.uses_working_days
    assert definition.working_day_elements == {"prepare", "bell"}
    assert definition.deadline_elements == {"later"}
    assert (plain.compiled().uses_working_days, plain.compiled().working_day_elements) == (False, frozenset())


def test_working_days_in_a_condition_are_used_but_leave_nothing_to_compute_again():
    drawing = Drawing()
    drawing.start()
    drawing.task("prepare")
    drawing.xor("late_question", default="in_time")
    for end in ("done", "late"):
        drawing.end(end)
    drawing.chain("opened", "prepare", "late_question")
    drawing.flow("late_question", "late", "today() > working days after(date(prepare.received_on), 2)")
    drawing.flow("late_question", "done", identifier="in_time")
    definition = drawing.compiled()
    opened = start(definition, with_holidays())

    def outcome(now: datetime, off: Iterable[str] = ()) -> str | None:
        context = with_holidays(*off, now=now)
        return complete(definition, opened.state, "prepare:1", {"received_on": "2023-11-23"}, context).outcome

    assert (definition.uses_working_days, definition.working_day_elements) == (True, frozenset())
    # Thursday 23/11 plus two working days is Monday 27/11; 17:30 UTC on the 27th is the 28th in Thanh Hóa.
    assert outcome(datetime(2023, 11, 27, 16, 30, tzinfo=UTC)) == "done"
    assert outcome(datetime(2023, 11, 27, 17, 30, tzinfo=UTC)) == "late"
    assert outcome(datetime(2023, 11, 27, 17, 30, tzinfo=UTC), ["2023-11-24"]) == "done"
