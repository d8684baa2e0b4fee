"""Signals that a case hears: every event that waits for one, in one step."""

from __future__ import annotations

import unicodedata

import pytest

from service.engine.check import check
from service.engine.definition import compile_published
from service.engine.errors import InvalidValue, SignalNotExpected, TaskNotOpen
from service.engine.runtime import catch_message, catch_signal, complete, fire_timer, start
from tests.unit.engine.drawing import CONTEXT, Drawing


def refs(step):
    return [task.ref for task in step.opened]


def test_an_intermediate_event_waits_for_its_signal_and_hears_it_once():
    drawing = Drawing()
    drawing.chain(
        drawing.start(),
        drawing.catch("announced", drawing.signal("year_opened")),
        drawing.task("prepare"),
        drawing.end(),
    )
    definition = drawing.compiled()
    opened = start(definition, CONTEXT)

    heard = catch_signal(definition, opened.state, "year_opened", {"year": 2024}, CONTEXT)

    assert definition.signals == {"year_opened"}
    assert (opened.signals_awaited, opened.messages_awaited, opened.stuck) == (("year_opened",), (), False)
    assert (refs(heard), heard.signals_awaited) == (["prepare:1"], ())
    assert dict(heard.variables) == {"announced.year": 2024}
    assert heard.path == ("announced", "flow_2")
    with pytest.raises(SignalNotExpected) as refused:
        catch_signal(definition, heard.state, "year_opened", {}, CONTEXT)
    assert "year_opened" in str(refused.value)


def test_a_signal_is_no_message_of_the_same_name():
    drawing = Drawing()
    drawing.start()
    drawing.event_gateway("either")
    drawing.catch("as_signal", drawing.signal("stop"))
    drawing.catch("as_message", drawing.message("stop"))
    drawing.end("by_signal")
    drawing.end("by_message")
    drawing.chain("opened", "either", "as_signal", "by_signal")
    drawing.chain("either", "as_message", "by_message")
    definition = drawing.compiled()
    opened = start(definition, CONTEXT)

    assert (opened.signals_awaited, opened.messages_awaited) == (("stop",), ("stop",))
    assert (definition.catching("signal", "stop"), definition.catching("message", "stop")) == (
        ("as_signal",),
        ("as_message",),
    )
    assert catch_signal(definition, opened.state, "stop", {}, CONTEXT).outcome == "by_signal"
    assert catch_message(definition, opened.state, "stop", {}, CONTEXT).outcome == "by_message"


def test_a_name_is_the_same_however_its_letters_were_typed():
    """Decomposed as some keyboards do, with a stray space: two diagrams still mean one signal."""
    drawing = Drawing()
    drawing.roots.append(f'<bpmn:signal id="s" name="{unicodedata.normalize("NFD", " mở  năm mới")}"/>')
    drawing.chain(
        drawing.start(), drawing.catch("heard", '<bpmn:signalEventDefinition signalRef="s"/>'), drawing.end()
    )
    definition = drawing.compiled()

    assert definition.signals == {"mở năm mới"}
    assert catch_signal(definition, start(definition, CONTEXT).state, "mở năm mới", {}, CONTEXT).finished


def beside(*, interrupting):
    """prepare with a boundary signal that leads to urge."""
    drawing = Drawing()
    drawing.start()
    drawing.task("prepare")
    drawing.boundary("hurried", "prepare", drawing.signal("hurry"), interrupting=interrupting)
    drawing.task("urge")
    drawing.end()
    drawing.end("urged")
    drawing.chain("opened", "prepare", "done")
    drawing.chain("hurried", "urge", "urged")
    return drawing


def test_an_interrupting_signal_withdraws_its_task():
    definition = beside(interrupting=True).compiled()

    heard = catch_signal(definition, start(definition, CONTEXT).state, "hurry", {}, CONTEXT)

    assert (heard.withdrawn, refs(heard), heard.active) == (("prepare:1",), ["urge:1"], ("urge",))
    with pytest.raises(TaskNotOpen):
        complete(definition, heard.state, "prepare:1", {}, CONTEXT)


def test_a_signal_that_does_not_interrupt_may_come_again():
    definition = beside(interrupting=False).compiled()
    opened = start(definition, CONTEXT)

    once = catch_signal(definition, opened.state, "hurry", {"by": "a"}, CONTEXT)
    twice = catch_signal(definition, once.state, "hurry", {"why": "b"}, CONTEXT)

    assert (once.withdrawn, refs(once), refs(twice)) == ((), ["urge:1"], ["urge:2"])
    assert twice.signals_awaited == ("hurry",)
    assert dict(twice.variables) == {"hurried.why": "b"}
    done = complete(definition, twice.state, "prepare:1", {}, CONTEXT)
    assert (done.signals_awaited, done.active) == ((), ("urge",))


def three_ears():
    """Three branches that wait for the same signal in three ways, and join."""
    drawing = Drawing()
    drawing.start()
    drawing.parallel("split")
    drawing.task("prepare")
    drawing.boundary("noted", "prepare", drawing.signal("all"), interrupting=False)
    drawing.end("noted_end")
    drawing.catch("heard", drawing.signal("all"))
    drawing.event_gateway("either")
    drawing.catch("first", drawing.signal("all"))
    drawing.catch("late", drawing.timer("timeDuration", "P1D"))
    drawing.xor("merge")
    drawing.parallel("join")
    drawing.end()
    drawing.chain("opened", "split", "prepare", "join", "done")
    drawing.chain("split", "heard", "join")
    drawing.chain("split", "either", "first", "merge", "join")
    drawing.chain("either", "late", "merge")
    drawing.chain("noted", "noted_end")
    return drawing


def test_every_event_that_waits_hears_the_signal_in_one_step():
    definition = three_ears().compiled()
    opened = start(definition, CONTEXT)

    heard = catch_signal(definition, opened.state, "all", {"n": 1}, CONTEXT)

    assert definition.catching("signal", "all") == ("noted", "heard", "first")
    assert dict(heard.variables) == {"noted.n": 1, "heard.n": 1, "first.n": 1}
    assert heard.timers_cleared == ("late:1",)
    assert heard.active == ("prepare", "join")
    assert heard.signals_awaited == ("all",)  # the boundary event goes on waiting
    assert complete(definition, heard.state, "prepare:1", {}, CONTEXT).finished


def test_a_payload_that_cannot_be_kept_is_heard_by_nobody():
    definition = three_ears().compiled()
    opened = start(definition, CONTEXT)

    with pytest.raises(InvalidValue):
        catch_signal(definition, opened.state, "all", {"n": 0.5}, CONTEXT)

    assert catch_signal(definition, opened.state, "all", {}, CONTEXT).active == ("prepare", "join")


def nested(*, interrupting):
    """A sub-process with a boundary signal; inside, an event waits for the same signal and then sends."""
    inside = Drawing()
    inside.flows = 100
    inside.chain(
        inside.start("inner_opened"),
        inside.catch("inner_heard", inside.signal("stop")),
        inside.throw("inner_told", inside.signal("stopped")),
        inside.task("inner_task"),
        inside.end("inner_done"),
    )
    drawing = Drawing()
    drawing.start()
    drawing.sub("phase", inside)
    drawing.boundary("outer_heard", "phase", drawing.signal("stop"), interrupting=interrupting)
    drawing.task("wind_up")
    drawing.end()
    drawing.end("wound_up")
    drawing.chain("opened", "phase", "done")
    drawing.chain("outer_heard", "wind_up", "wound_up")
    return drawing


def test_what_waits_inside_an_activity_that_the_signal_interrupts_hears_nothing():
    """Nothing behind it is ever reached, says the gate; versions published before it did run on."""
    drawing = nested(interrupting=True)
    dead = {p.element for p in check(drawing.xml()) if p.rule == "dead"}
    assert dead == {"inner_told", "inner_task", "inner_done", "done"}
    definition = compile_published(drawing.xml())
    opened = start(definition, CONTEXT)

    heard = catch_signal(definition, opened.state, "stop", {"n": 1}, CONTEXT)

    assert (heard.active, heard.thrown) == (("wind_up",), ())
    assert dict(heard.variables) == {"outer_heard.n": 1}
    assert heard.path == ("outer_heard", "flow_3")


def test_a_signal_is_heard_inside_and_outside_where_nothing_is_interrupted():
    definition = nested(interrupting=False).compiled()
    opened = start(definition, CONTEXT)

    heard = catch_signal(definition, opened.state, "stop", {"n": 1}, CONTEXT)

    assert heard.active == ("phase", "inner_task", "wind_up")
    assert [thrown.name for thrown in heard.thrown] == ["stopped"]
    assert dict(heard.variables) == {"outer_heard.n": 1, "inner_heard.n": 1}


def test_two_branches_that_hear_one_signal_move_in_the_order_of_the_file():
    """The branch drawn first terminates the case: the other one has heard, but never moves."""
    drawing = Drawing()
    drawing.start()
    drawing.parallel("split")
    drawing.catch("first", drawing.signal("all"))
    drawing.catch("second", drawing.signal("all"))
    drawing.throw("told", drawing.signal("second_was_heard"))
    drawing.end("stopped", terminate=True)
    drawing.end()
    drawing.chain("opened", "split", "first", "stopped")
    drawing.chain("split", "second", "told", "done")
    definition = drawing.compiled()

    heard = catch_signal(definition, start(definition, CONTEXT).state, "all", {}, CONTEXT)

    assert (heard.finished, heard.outcome) == (True, "stopped")
    assert heard.path[0] == "first"


def test_a_signal_on_a_team_withdraws_every_member():
    drawing = Drawing()
    drawing.start()
    drawing.task("vote", drawing.instances(3))
    drawing.boundary("stopped", "vote", drawing.signal("stop"))
    drawing.end()
    drawing.end("halted")
    drawing.chain("opened", "vote", "done")
    drawing.chain("stopped", "halted")
    definition = drawing.compiled()
    opened = start(definition, CONTEXT)
    one = complete(definition, opened.state, "vote:2", {}, CONTEXT)

    stopped = catch_signal(definition, one.state, "stop", {}, CONTEXT)

    assert (stopped.withdrawn, stopped.outcome) == (("vote:1", "vote:3"), "halted")


def test_a_timer_behind_the_same_gateway_clears_the_signal():
    definition = three_ears().compiled()
    opened = start(definition, CONTEXT)

    late = fire_timer(definition, opened.state, "late:1", CONTEXT)
    heard = catch_signal(definition, late.state, "all", {"n": 1}, CONTEXT)

    assert late.signals_awaited == ("all",)
    assert dict(heard.variables) == {"noted.n": 1, "heard.n": 1}


def test_two_events_of_one_task_or_gateway_cannot_wait_for_one_signal():
    twice = beside(interrupting=False)
    twice.boundary("again", "prepare", twice.signal("hurry"))
    twice.chain("again", twice.end("again_end"))
    gateway = Drawing()
    gateway.start()
    gateway.event_gateway("either")
    gateway.catch("one", gateway.signal("all"))
    gateway.catch("other", gateway.signal("all"))
    gateway.end()
    gateway.chain("opened", "either", "one", "done")
    gateway.chain("either", "other", "done")

    found = [{(p.rule, p.element) for p in check(d.xml()) if p.severity == "error"} for d in (twice, gateway)]

    assert found == [{("boundary-twice", "again")}, {("event-gateway", "other")}]


def test_the_facts_of_a_signal_are_those_behind_the_events_that_hear_it():
    drawing = Drawing()
    drawing.start()
    drawing.catch("announced", drawing.signal("year_opened"))
    drawing.task("prepare", camunda_dueDate='deadline("prepare")')
    drawing.end()
    drawing.chain("opened", "announced", "prepare", "done")
    definition = drawing.compiled()

    facts = [definition.facts_after(event) for event in definition.catching("signal", "year_opened")]

    assert facts == [{"deadline:prepare"}]
    assert definition.catching("signal", "nobody") == ()
