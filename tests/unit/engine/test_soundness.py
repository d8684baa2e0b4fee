"""The gate plays the token game: no case may wait for ever, and no two branches may write one variable."""

from __future__ import annotations

from service.engine.check import check
from service.engine.definition import compile_published
from service.engine.program import build_program
from service.engine.reading import read_diagram
from service.engine.runtime import complete, start
from tests.unit.engine.drawing import CONTEXT, Drawing, returning


def rules(drawing):
    return {(p.rule, p.element) for p in check(drawing.xml()) if p.severity == "error"}


def exclusive_into_parallel():
    drawing = Drawing()
    drawing.start()
    drawing.task("ask")
    drawing.xor("which_question", default="other")
    drawing.task("left")
    drawing.task("right")
    drawing.parallel("join")
    drawing.end()
    drawing.chain("opened", "ask", "which_question")
    drawing.flow("which_question", "left", "ask.go = 1")
    drawing.flow("which_question", "right", identifier="other")
    drawing.chain("left", "join", "done")
    drawing.chain("right", "join")
    return drawing


def test_one_of_two_branches_into_a_join_of_both_is_refused_with_an_example():
    problem = next(p for p in check(exclusive_into_parallel().xml()) if p.severity == "error")

    assert (problem.rule, problem.element) == ("never-completes", "join")
    assert "“ask” ›" in problem.message
    assert "XOR" in problem.remedy


def test_the_counter_example_is_told_step_by_step_really_happens_and_the_engine_says_stuck():
    drawing = exclusive_into_parallel()
    problem = next(p for p in check(drawing.xml()) if p.rule == "never-completes")
    assert [(step.kind, step.element, step.path) for step in problem.example] in (
        [
            ("start", "", ("opened", "flow_1")),
            ("complete", "ask", ("ask", "flow_2", "which_question", "flow_3")),
            ("complete", "left", ("left", "flow_4")),
        ],
        [
            ("start", "", ("opened", "flow_1")),
            ("complete", "ask", ("ask", "flow_2", "which_question", "other")),
            ("complete", "right", ("right", "flow_6")),
        ],
    )
    definition = compile_published(drawing.xml())
    step = complete(definition, start(definition, CONTEXT).state, "ask:1", {"go": 1}, CONTEXT)

    step = complete(definition, step.state, "left:1", {}, CONTEXT)

    assert (step.stuck, step.finished, step.active) == (True, False, ("join",))


def test_a_join_inside_its_own_loop_is_refused():
    drawing = Drawing()
    drawing.start()
    drawing.parallel("join")
    drawing.task("prepare")
    drawing.xor("again_question", default="enough")
    drawing.end()
    drawing.chain("opened", "join", "prepare", "again_question")
    drawing.flow("again_question", "join", "prepare.go = 1")
    drawing.flow("again_question", "done", identifier="enough")

    assert ("never-completes", "join") in rules(drawing)


def writers(variable_of_other):
    drawing = Drawing()
    drawing.start()
    drawing.parallel("split")
    drawing.rule("decide", "eligible")
    drawing.rule("also_decide", variable_of_other)
    drawing.parallel("join")
    drawing.end()
    drawing.chain("opened", "split", "decide", "join", "done")
    drawing.chain("split", "also_decide", "join")
    return drawing


def test_parallel_branches_that_write_one_variable_are_refused():
    assert any(rule == "parallel-writers" for rule, _ in rules(writers("eligible")))
    assert rules(writers("other")) == set()


def twice_at_once(*, due_of_next):
    drawing = Drawing()
    drawing.start()
    drawing.parallel("split")
    drawing.xor("merge")
    drawing.task("prepare")
    drawing.task("sign", **({"camunda_dueDate": due_of_next} if due_of_next else {}))
    drawing.end()
    drawing.chain("opened", "split", "merge", "prepare", "sign", "done")
    drawing.flow("split", "merge")
    return drawing


def test_one_task_open_twice_at_once_is_refused_where_its_answers_are_read():
    assert rules(twice_at_once(due_of_next="date(prepare.due_on)")) == {
        ("parallel-writers", "prepare"),
        ("twice-at-once", "sign"),
    }
    unread = check(twice_at_once(due_of_next="").xml())
    assert {(p.rule, p.severity) for p in unread} == {("twice-at-once", "error")}  # the property is safeness


def test_a_reminder_that_is_a_task_may_stand_in_a_loop():
    drawing = returning()
    drawing.boundary("late", "prepare", drawing.timer("timeDuration", "P3D"), interrupting=False)
    drawing.chain("late", drawing.task("urge"), drawing.end("urged"))

    assert rules(drawing) == set()
    told = {(p.element, p.severity) for p in check(drawing.xml()) if p.rule == "twice-at-once"}
    assert told <= {("urge", "warning")}


def test_a_branch_cut_off_by_a_terminate_end_is_sound():
    drawing = Drawing()
    drawing.start()
    drawing.parallel("split")
    drawing.task("prepare")
    drawing.catch("withdrawn", drawing.message("withdrawal"))
    drawing.end(terminate=True)
    drawing.end("stopped", terminate=True)
    drawing.chain("opened", "split", "prepare", "done")
    drawing.chain("split", "withdrawn", "stopped")

    assert rules(drawing) == set()


def broad(branches, kind):
    """As many branches side by side, gathered by a gateway of this kind."""
    drawing = Drawing()
    drawing.start()
    drawing.parallel("split")
    drawing.node(kind, "join")
    drawing.end()
    for branch in range(branches):
        drawing.chain("split", drawing.task(f"task_{branch}"), "join")
    drawing.chain("opened", "split")
    drawing.chain("join", "done")
    return drawing


def test_branches_that_leave_each_other_alone_are_proved_one_after_the_other():
    assert check(broad(60, "parallelGateway").xml()) == []


def test_a_diagram_with_too_many_states_says_so_and_is_not_refused():
    """An inclusive join looks at all branches at once, so that each order counts: 2^20 markings."""
    drawing = broad(20, "inclusiveGateway")

    problems = check(drawing.xml())

    assert [(p.rule, p.severity) for p in problems] == [("too-complex", "warning")]
    assert build_program(read_diagram(drawing.xml())).places["join"] is not None
