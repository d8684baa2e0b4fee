"""Call activities: the called process runs inside the case, pinned by its bytes."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import pytest

from service.engine.calls import called_keys
from service.engine.check import check
from service.engine.definition import compile_definition
from service.engine.errors import InvalidDiagram, StateUnreadable
from service.engine.runtime import catch_message, catch_signal, complete, complete_job, fire_timer, start
from service.engine.step import RuleOutcome, StepContext
from tests.unit.engine.drawing import CONTEXT, NOON, Drawing, calling


def refs(step):
    return [task.ref for task in step.opened]


def support(key="support", prefix="s"):
    """A process of its own: help, then a job."""
    drawing = Drawing(key)
    drawing.flows = 500 + 10 * len(prefix)
    drawing.chain(
        drawing.start(f"{prefix}_opened"),
        drawing.task(f"{prefix}_help", camunda_formKey="help", camunda_dueDate='deadline("help")'),
        drawing.job(f"{prefix}_job"),
        drawing.end(f"{prefix}_done"),
    )
    return drawing


def caller(*, interrupting=True):
    """prepare → get_help (calls support; a timer of 9 days and a message on it) → after → done."""
    drawing = Drawing()
    drawing.start()
    drawing.task("prepare")
    drawing.call("get_help", "support")
    drawing.boundary("too_late", "get_help", drawing.timer("timeDuration", "P9D"), interrupting=interrupting)
    drawing.boundary("nudged", "get_help", drawing.message("nudge"), interrupting=False)
    drawing.task("after")
    for end in ("done", "dropped", "noted"):
        drawing.end(end)
    drawing.chain("opened", "prepare", "get_help", "after", "done")
    drawing.chain("too_late", "dropped")
    drawing.chain("nudged", "noted")
    return drawing


HELP = StepContext(NOON, {"deadline:help": "2023-11-30"})


def helped(**options):
    definition = caller(**options).compiled(support())
    return definition, complete(definition, start(definition, HELP).state, "prepare:1", {}, HELP)


def test_a_called_process_opens_its_tasks_in_the_case_with_their_own_form_and_group():
    definition, step = helped()

    task = step.opened[0]
    assert (task.ref, task.form_key, task.groups, task.due) == (
        "s_help:1",
        "help",
        ("commune",),
        date(2023, 11, 30),
    )
    assert step.active == ("get_help", "s_help")
    assert step.path == ("prepare", "flow_2", "s_opened", "flow_511")
    assert step.timers_set[0].due_at == datetime(2023, 11, 29, 5, tzinfo=UTC)
    assert step.messages_awaited == ("nudge",)
    assert definition.calls == {"get_help": "support"}
    assert definition.facts_after("prepare") == {"deadline:help"}
    assert definition.elements["s_help"].type == "userTask"
    assert definition.tasks["s_help"].name == "s_help"


def test_when_the_called_process_has_ended_the_case_goes_on_behind_the_call():
    definition, step = helped()

    answered = complete(definition, step.state, "s_help:1", {"n": 3}, CONTEXT)
    ended = complete_job(definition, answered.state, "s_job:1", {"sent": True}, CONTEXT)

    assert [job.ref for job in answered.jobs_opened] == ["s_job:1"]
    assert ended.path == ("s_job", "flow_513", "s_done", "get_help", "flow_3")
    assert (refs(ended), ended.timers_cleared, ended.messages_awaited) == (["after:1"], ("too_late:1",), ())
    assert dict(ended.variables) == {"s_help.n": 3, "s_job.sent": True}
    assert complete(definition, ended.state, "after:1", {}, CONTEXT).outcome == "done"


def test_an_interrupting_event_on_the_call_withdraws_everything_inside():
    definition, step = helped()

    fired = fire_timer(definition, step.state, "too_late:1", CONTEXT)

    assert (fired.withdrawn, fired.outcome, fired.messages_awaited) == (("s_help:1",), "dropped", ())


def test_events_that_do_not_interrupt_leave_the_called_process_running():
    definition, step = helped(interrupting=False)

    nudged = catch_message(definition, step.state, "nudge", {}, CONTEXT)
    fired = fire_timer(definition, nudged.state, "too_late:1", CONTEXT)

    assert nudged.path == ("nudged", "flow_6", "noted")
    assert (fired.withdrawn, fired.active, fired.finished) == ((), ("get_help", "s_help"), False)


def test_the_order_of_the_diagram_puts_the_called_process_where_it_is_called():
    definition, _ = helped(interrupting=False)
    order = definition.program.order

    assert sorted(("after", "s_help", "get_help", "prepare", "s_done"), key=order.__getitem__) == [
        "prepare",
        "get_help",
        "s_help",
        "s_done",
        "after",
    ]


def test_variables_are_seen_both_ways():
    inner = Drawing("support")
    inner.flows = 500
    inner.start("s_opened")
    inner.xor("s_question", default="s_no")
    inner.task("s_help")
    for end in ("s_done", "s_nothing"):
        inner.end(end)
    inner.chain("s_opened", "s_question")
    inner.flow("s_question", "s_help", 'prepare.wants = "help"')
    inner.flow("s_question", "s_nothing", identifier="s_no")
    inner.chain("s_help", "s_done")
    outer = Drawing()
    outer.start()
    outer.task("prepare")
    outer.call("get_help", "support")
    outer.xor("again_question", default="enough")
    outer.end()
    outer.chain("opened", "prepare", "get_help", "again_question")
    outer.flow("again_question", "prepare", "s_help.again = true")
    outer.flow("again_question", "done", identifier="enough")
    definition = outer.compiled(inner)
    opened = start(definition, CONTEXT)

    without = complete(definition, opened.state, "prepare:1", {"wants": "nothing"}, CONTEXT)
    wanted = complete(definition, opened.state, "prepare:1", {"wants": "help"}, CONTEXT)
    again = complete(definition, wanted.state, "s_help:1", {"again": True}, CONTEXT)
    second = complete(definition, again.state, "prepare:2", {"wants": "help"}, CONTEXT)

    assert (without.finished, without.outcome) == (True, "done")
    assert (refs(wanted), refs(again), refs(second)) == (["s_help:1"], ["prepare:2"], ["s_help:2"])
    assert check(outer.xml(), called=calling(inner)) == []


def test_a_terminate_end_of_a_called_process_ends_the_call_only():
    inner = Drawing("support")
    inner.flows = 500
    inner.start("s_opened")
    inner.parallel("s_split")
    inner.task("s_one")
    inner.task("s_other")
    inner.end("s_stopped", terminate=True)
    inner.end("s_done")
    inner.chain("s_opened", "s_split", "s_one", "s_stopped")
    inner.chain("s_split", "s_other", "s_done")
    outer = Drawing()
    outer.chain(outer.start(), outer.call("get_help", "support"), outer.task("after"), outer.end())
    definition = outer.compiled(inner)

    ended = complete(definition, start(definition, CONTEXT).state, "s_one:1", {}, CONTEXT)

    assert (ended.withdrawn, refs(ended), ended.finished) == (("s_other:1",), ["after:1"], False)


def test_a_called_process_may_call_another_and_a_signal_reaches_the_innermost():
    innermost = Drawing("deep")
    innermost.flows = 700
    innermost.chain(
        innermost.start("d_opened"),
        innermost.catch("d_heard", innermost.signal("go")),
        innermost.end("d_done"),
    )
    middle = Drawing("support")
    middle.flows = 500
    middle.chain(middle.start("s_opened"), middle.call("s_call", "deep"), middle.end("s_done"))
    outer = Drawing()
    outer.chain(outer.start(), outer.call("get_help", "support"), outer.end())
    definition = outer.compiled(middle, innermost)
    opened = start(definition, CONTEXT)

    heard = catch_signal(definition, opened.state, "go", {}, CONTEXT)

    assert opened.active == ("get_help", "s_call", "d_heard")
    assert definition.calls == {"get_help": "support", "s_call": "deep"}
    assert (heard.finished, heard.outcome) == (True, "done")
    assert (called_keys(outer.xml()), called_keys(middle.xml()), called_keys(innermost.xml())) == (
        ("support",),
        ("deep",),
        (),
    )


def test_interrupting_a_call_withdraws_what_the_innermost_process_holds():
    innermost = Drawing("deep")
    innermost.flows = 700
    innermost.chain(innermost.start("d_opened"), innermost.task("d_task"), innermost.end("d_done"))
    middle = Drawing("support")
    middle.flows = 500
    middle.chain(middle.start("s_opened"), middle.call("s_call", "deep"), middle.end("s_done"))
    outer = Drawing()
    outer.start()
    outer.xor("merge")
    outer.call("get_help", "support")
    outer.boundary("too_late", "get_help", outer.timer("timeDuration", "P9D"))
    outer.end()
    outer.chain("opened", "merge", "get_help", "done")
    outer.chain("too_late", outer.task("renew"), "merge")
    definition = outer.compiled(middle, innermost)
    opened = start(definition, CONTEXT)

    fired = fire_timer(definition, opened.state, "too_late:1", CONTEXT)
    again = complete(definition, fired.state, "renew:1", {}, CONTEXT)

    assert (fired.withdrawn, fired.active) == (("d_task:1",), ("renew",))
    assert again.active == ("get_help", "s_call", "d_task")
    # The gate plays the same: a token left behind would make the task open twice at once.
    assert check(outer.xml(), called=calling(middle, innermost)) == []


def test_rules_in_a_called_process_run_within_the_step():
    inner = Drawing("support")
    inner.flows = 500
    inner.chain(inner.start("s_opened"), inner.rule("s_decide", "helpful"), inner.end("s_done"))
    outer = Drawing()
    outer.chain(outer.start(), outer.call("get_help", "support"), outer.end())
    definition = outer.compiled(inner)
    rules = {"evaluation.decide": lambda _facts, _variables: RuleOutcome("yes", "đủ", {})}

    step = start(definition, StepContext(NOON, rules=rules))

    assert definition.rule_topics == {"evaluation.decide"}
    assert (step.finished, dict(step.variables)) == (True, {"helpful": "yes"})


def test_the_content_hash_covers_what_is_called_and_nothing_else():
    outer, inner = caller().xml(), support().xml()
    changed = inner.replace(b'name="s_help"', b'name="Help"')

    definition = compile_definition(outer, {"support": inner})
    with_others = compile_definition(outer, {"support": inner, "other": b"never looked at"})
    other = compile_definition(outer, {"support": changed})

    own = hashlib.sha256(outer).hexdigest()
    pin = hashlib.sha256(inner).hexdigest()
    assert definition.content_hash == hashlib.sha256(f"{own}\nsupport {pin}".encode()).hexdigest()
    assert definition.called_hashes == {"support": pin}
    assert with_others.content_hash == definition.content_hash
    assert other.content_hash != definition.content_hash
    assert compile_definition(outer, {"support": inner}) is definition
    opened = start(definition, CONTEXT)
    with pytest.raises(StateUnreadable):
        complete(other, opened.state, "prepare:1", {}, CONTEXT)


def test_a_diagram_that_calls_nothing_has_the_hash_of_its_file():
    xml = support().xml()

    definition = compile_definition(xml, {"support": b"never looked at"})

    assert definition.content_hash == hashlib.sha256(xml).hexdigest()
    assert (definition.calls, definition.called_hashes) == ({}, {})


def errors(drawing, *called, **extra):
    given = calling(*called) | extra
    return [p for p in check(drawing.xml(), called=given) if p.severity == "error"]


def one(drawing, *called, **extra):
    problems = errors(drawing, *called, **extra)
    assert [p.element for p in problems] == ["get_help"] * len(problems)
    return {p.rule for p in problems}, " ".join(f"{p.message} {p.remedy}" for p in problems)


def test_a_process_that_is_not_there_is_refused_on_the_call():
    rules, words = one(caller())

    assert rules == {"unknown-called-process"}
    assert "“support”" in words
    assert one(caller(), support("other", "o"))[1].endswith("Chọn một trong: other.")
    with pytest.raises(InvalidDiagram):
        compile_definition(caller().xml())


def test_a_file_of_another_process_is_not_taken_for_the_called_one():
    rules, words = one(caller(), support=support("other", "o").xml())

    assert rules == {"unknown-called-process"}
    assert "“other”" in words


@pytest.mark.parametrize("xml", [b"", b"not xml", b"<a>" * 300, b'<?xml version="1.0"?><!DOCTYPE a><a/>'])
def test_hostile_bytes_for_a_called_process_are_a_problem_of_the_call(xml):
    rules, words = one(caller(), support=xml)

    assert rules & {"xml", "too-deep", "doctype"}
    assert "Trong quy trình được gọi “support”" in words


def test_what_is_wrong_in_the_called_process_is_said_of_the_call_and_names_the_inner_element():
    inner = support()
    inner.body = [line.replace("bpmn:serviceTask", "bpmn:scriptTask") for line in inner.body]

    rules, words = one(caller(), inner)

    assert "no-code" in rules
    assert "Trong quy trình được gọi “support”: “s_job” (s_job): Script Task" in words


def test_what_the_called_process_says_is_checked_together_with_its_caller():
    inner = support()
    inner.body = [line.replace('deadline("help")', "prepare.due_on") for line in inner.body]
    alone = [p.rule for p in check(inner.xml()) if p.severity == "error"]

    assert alone == ["due-date"]  # nobody answers prepare.due_on there
    assert errors(caller(), inner) == []
    inner.body = [line.replace("prepare.due_on", "prepared.due_on") for line in inner.body]
    assert one(caller(), inner)[0] == {"due-date"}


@pytest.mark.parametrize("clash", ["after", "flow_4", "drawing_process"])
def test_ids_that_caller_and_called_share_are_refused(clash):
    inner = support()
    inner.body = [
        line.replace("flow_511" if clash.startswith("flow") else "s_help", clash) for line in inner.body
    ]

    rules, words = one(caller(), inner)

    assert rules == {"called-id-clash"}
    assert f"“{clash}”" in words


def test_a_process_called_twice_is_refused_on_the_second_call():
    drawing = Drawing()
    drawing.chain(
        drawing.start(), drawing.call("first", "support"), drawing.call("get_help", "support"), drawing.end()
    )

    assert one(drawing, support())[0] == {"called-twice"}


def test_a_process_called_by_two_called_processes_is_refused():
    middles = []
    for n, name in enumerate(("left", "right")):
        middle = Drawing(name)
        middle.flows = 600 + 10 * n
        middle.chain(
            middle.start(f"{name}_opened"), middle.call(f"{name}_call", "support"), middle.end(f"{name}_done")
        )
        middles.append(middle)
    drawing = Drawing()
    drawing.chain(
        drawing.start(), drawing.call("get_left", "left"), drawing.call("get_help", "right"), drawing.end()
    )

    rules, words = one(drawing, *middles, support())

    assert rules == {"called-twice"}
    assert "Trong quy trình được gọi “right”" in words


def test_a_process_that_calls_itself_is_refused_however_far_round():
    inner = Drawing("support")
    inner.flows = 500
    inner.chain(inner.start("s_opened"), inner.call("s_call", "drawing_process"), inner.end("s_done"))

    rules, words = one(caller(), inner)

    assert rules == {"recursive-call"}
    assert "“drawing_process” › “support” › “drawing_process”" in words


def test_processes_that_call_each_other_too_deep_are_refused():
    chain = []
    for n in range(12):
        link = Drawing(f"link_{n}")
        link.flows = 100 * (n + 1)
        link.chain(link.start(f"opened_{n}"), link.call(f"call_{n}", f"link_{n + 1}"), link.end(f"done_{n}"))
        chain.append(link)
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.call("get_help", "link_0"), drawing.end())

    assert one(drawing, *chain)[0] == {"too-deep"}


@pytest.mark.parametrize(
    ("attributes", "rule"),
    [
        ({}, "called-element"),
        ({"calledElement": ""}, "called-element"),
        ({"calledElement": "${which}"}, "called-element"),
        ({"calledElement": "support", "camunda_calledElementBinding": "latest"}, "called-element"),
        ({"calledElement": "support", "camunda_calledElementVersion": "3"}, "unsupported-attribute"),
        ({"calledElement": "support", "camunda_variableMappingClass": "a.B"}, "no-code"),
    ],
)
def test_what_a_call_may_not_say(attributes, rule):
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.node("callActivity", "get_help", **attributes), drawing.end())

    assert rule in one(drawing, support())[0]


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        (
            '<bpmn:extensionElements><camunda:in source="a" target="b"/></bpmn:extensionElements>',
            "cùng thấy mọi biến",
        ),
        (
            Drawing().instances(2, sequential=True),
            "vòng lặp bằng cổng XOR",
        ),
    ],
)
def test_mappings_and_repetitions_of_a_call_are_refused_in_words(inner, words):
    drawing = Drawing()
    drawing.chain(
        drawing.start(),
        drawing.node("callActivity", "get_help", inner, calledElement="support"),
        drawing.end(),
    )

    rules, said = one(drawing, support())

    assert rules == {"unsupported-element"}
    assert words in said


def test_a_call_that_never_waits_in_a_loop_is_refused():
    inner = Drawing("support")
    inner.flows = 500
    inner.chain(inner.start("s_opened"), inner.rule("s_decide", "helpful"), inner.end("s_done"))
    outer = Drawing()
    outer.start()
    outer.xor("again")
    outer.call("get_help", "support")
    outer.xor("enough_question", default="enough")
    outer.end()
    outer.chain("opened", "again", "get_help", "enough_question")
    outer.flow("enough_question", "again", "helpful = false")
    outer.flow("enough_question", "done", identifier="enough")

    assert {p.rule for p in errors(outer, inner)} == {"automatic-loop"}


def test_a_called_process_that_waits_for_ever_is_found_by_playing_both():
    inner = Drawing("support")
    inner.flows = 500
    inner.start("s_opened")
    inner.task("s_ask")
    inner.xor("s_which", default="s_other")
    inner.parallel("s_join")
    inner.task("s_left")
    inner.task("s_right")
    inner.end("s_done")
    inner.chain("s_opened", "s_ask", "s_which")
    inner.flow("s_which", "s_left", "s_ask.go = 1")
    inner.flow("s_which", "s_right", identifier="s_other")
    inner.chain("s_left", "s_join", "s_done")
    inner.chain("s_right", "s_join")
    outer = Drawing()
    outer.chain(outer.start(), outer.call("get_help", "support"), outer.end())

    rules, words = one(outer, inner)

    assert rules == {"never-completes"}
    assert "“s_join”" in words


def lane(identifier, name, element):
    return (
        f'<bpmn:laneSet><bpmn:lane id="{identifier}" name="{name}">'
        f"<bpmn:flowNodeRef>{element}</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
    )


def test_a_called_task_has_its_own_lane_else_that_of_the_call():
    inner, outer = support(), caller()
    inner.body.insert(0, lane("s_lane", "UBND huyện", "s_help"))
    outer.body.insert(0, lane("lane", "UBND xã", "get_help"))
    definition = outer.compiled(inner)

    assert definition.tasks["s_help"].lane == "UBND huyện"
    assert definition.elements["s_job"].lane == "UBND xã"
    assert definition.lanes == {"lane": "UBND xã", "s_lane": "UBND huyện"}
