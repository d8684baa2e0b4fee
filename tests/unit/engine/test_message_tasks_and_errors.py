"""Send and receive tasks, and errors that end what is around them. Expected values: BPMN 2.0."""

from __future__ import annotations

import pytest

from service.engine.check import check
from service.engine.errors import JobFailed, MessageNotExpected
from service.engine.runtime import catch_message, complete, complete_job, fail_job, fire_timer, start
from tests.unit.engine.drawing import CONTEXT, Drawing


def rules(drawing):
    return {(p.rule, p.element) for p in check(drawing.xml()) if p.severity == "error"}


def correspondence(*, receiver: str = "model_village") -> Drawing:
    """Ask another procedure and wait for its answer, reminded once, given up after nine days."""
    drawing = Drawing()
    drawing.start()
    drawing.task("prepare")
    for name in ("request", "answer"):
        drawing.message(name)
    drawing.node(
        "sendTask",
        "send_request",
        drawing.properties({"toProcedure": receiver, "payload.topic": "prepare.topic"} if receiver else {}),
        messageRef="message_request",
    )
    drawing.node("receiveTask", "await_answer", messageRef="message_answer")
    drawing.boundary("reminded", "await_answer", drawing.timer("timeDuration", "P3D"), interrupting=False)
    drawing.boundary("given_up", "await_answer", drawing.timer("timeDuration", "P9D"))
    drawing.end()
    drawing.chain("opened", "prepare", "send_request", "await_answer", drawing.task("read"), "done")
    drawing.chain("reminded", drawing.task("urge"), drawing.end("urged"))
    drawing.chain("given_up", drawing.end("unanswered", terminate=True))
    return drawing


def test_a_send_task_sends_and_passes_and_a_receive_task_waits_with_its_own_events():
    definition = correspondence().compiled()
    opened = start(definition, CONTEXT)

    sent = complete(definition, opened.state, "prepare:1", {"topic": "4G"}, CONTEXT)
    reminded = fire_timer(definition, sent.state, "reminded:1", CONTEXT)
    answered = catch_message(definition, reminded.state, "answer", {"said": "yes"}, CONTEXT)
    late = fire_timer(definition, reminded.state, "given_up:1", CONTEXT)

    assert [(t.element, t.name, dict(t.payload), dict(t.to)) for t in sent.thrown] == [
        ("send_request", "request", {"topic": "4G"}, {"procedure": "model_village"})
    ]
    assert (sent.active, sent.messages_awaited) == (("await_answer",), ("answer",))
    assert sorted(timer.element for timer in sent.timers_set) == ["given_up", "reminded"]
    assert reminded.active == ("await_answer", "urge")
    assert answered.active == ("read", "urge")
    assert (answered.variables["await_answer.said"], answered.timers_cleared) == ("yes", ("given_up:1",))
    assert answered.messages_awaited == ()
    assert (late.finished, late.outcome) == (True, "unanswered")
    with pytest.raises(MessageNotExpected):
        catch_message(definition, answered.state, "answer", {}, CONTEXT)


def test_a_receive_task_may_stand_behind_an_event_based_gateway_without_events_of_its_own():
    drawing = Drawing()
    drawing.start()
    drawing.event_gateway("either")
    drawing.message("answer")
    drawing.node("receiveTask", "await_answer", messageRef="message_answer")
    drawing.catch("late", drawing.timer("timeDuration", "P9D"))
    drawing.chain("opened", "either", "await_answer", drawing.end("answered"))
    drawing.chain("either", "late", drawing.end("unanswered"))
    definition = drawing.compiled()

    heard = catch_message(definition, start(definition, CONTEXT).state, "answer", {}, CONTEXT)

    assert (heard.outcome, heard.timers_cleared) == ("answered", ("late:1",))
    drawing.boundary("pressed", "await_answer", drawing.timer("timeDuration", "P1D"))
    drawing.chain("pressed", drawing.end("hurried"))
    assert ("event-gateway", "await_answer") in rules(drawing)


def test_what_a_message_task_lacks_is_said():
    nameless = correspondence()
    nameless.body = [line.replace('messageRef="message_answer"', "") for line in nameless.body]
    twice = correspondence()
    twice.boundary("again", "await_answer", twice.message("answer"))
    twice.chain("again", twice.end("answered_again"))

    assert ("message", "await_answer") in rules(nameless)
    assert ("throw", "send_request") in rules(correspondence(receiver=""))
    assert ("boundary-twice", "again") in rules(twice)


def undertaking(*, code: str = "broken", caught: str = "broken") -> Drawing:
    """A sub-process with a job beside a person who may give up; what goes wrong there goes to `mend`."""
    drawing = Drawing()
    drawing.start()
    inner = drawing.inner()
    inner.start("sub_opened")
    inner.parallel("split")
    inner.task("prepare")
    inner.xor("possible_question", default="possible")
    inner.node("endEvent", "given_up", inner.error(code))
    inner.chain("sub_opened", "split", "prepare", "possible_question")
    inner.flow("possible_question", "given_up", "prepare.possible = false")
    inner.flow("possible_question", inner.end("prepared"), identifier="possible")
    inner.chain("split", inner.job("publish"), inner.end("published"))
    drawing.sub("undertake", inner)
    drawing.chain("opened", "undertake", drawing.end())
    drawing.boundary("failed", "undertake", drawing.error(caught))
    drawing.chain("failed", drawing.task("mend"), drawing.end("mended"))
    return drawing


def test_an_error_end_ends_all_of_its_sub_process_and_goes_on_where_it_is_caught():
    for caught in ("broken", ""):
        definition = undertaking(caught=caught).compiled()
        opened = start(definition, CONTEXT)

        given_up = complete(definition, opened.state, "prepare:1", {"possible": False}, CONTEXT)

        assert given_up.active == ("mend",)
        assert given_up.jobs_withdrawn == ("publish:1",)
        assert given_up.path[-5:] == ("possible_question", "flow_1004", "given_up", "failed", "flow_3")
        assert given_up.outcome is None


def test_a_job_that_fails_is_caught_by_its_own_event_first_else_further_out_else_not_at_all():
    definition = undertaking().compiled()
    opened = start(definition, CONTEXT)
    own = undertaking(caught="")
    own.body[1] = own.body[1].replace(
        "</bpmn:subProcess>",
        '<bpmn:boundaryEvent id="own" attachedToRef="publish"><bpmn:errorEventDefinition errorRef="error_x"/>'
        '</bpmn:boundaryEvent><bpmn:sequenceFlow id="own_flow" sourceRef="own" targetRef="published"/>'
        "</bpmn:subProcess>",
    )
    own.roots.append('<bpmn:error id="error_x" errorCode="x"/>')
    nearer = own.compiled()

    further_out = fail_job(definition, opened.state, "publish:1", "broken", CONTEXT)
    by_its_own = fail_job(nearer, start(nearer, CONTEXT).state, "publish:1", "x", CONTEXT)
    any_other = fail_job(nearer, start(nearer, CONTEXT).state, "publish:1", "y", CONTEXT)

    assert (further_out.active, further_out.withdrawn) == (("mend",), ("prepare:1",))
    assert by_its_own.active == ("undertake", "prepare")
    assert any_other.active == ("mend",)
    with pytest.raises(JobFailed):
        fail_job(definition, opened.state, "publish:1", "other", CONTEXT)


def test_without_an_error_the_sub_process_ends_as_ever():
    definition = undertaking().compiled()
    prepared = complete(
        definition, start(definition, CONTEXT).state, "prepare:1", {"possible": True}, CONTEXT
    )

    published = complete_job(definition, prepared.state, "publish:1", {}, CONTEXT)

    assert (prepared.active, published.finished, published.outcome) == (
        ("undertake", "publish"),
        True,
        "done",
    )


def test_an_error_that_nobody_catches_is_refused():
    uncaught = undertaking(code="broken", caught="other")
    at_the_top = Drawing()
    at_the_top.chain(
        at_the_top.start(),
        at_the_top.task("prepare"),
        at_the_top.node("endEvent", "done", at_the_top.error("broken")),
    )

    assert ("error-uncaught", "given_up") in rules(uncaught)
    assert ("error-uncaught", "done") in rules(at_the_top)
    problem = next(p for p in check(at_the_top.xml()) if p.rule == "error-uncaught")
    assert "Terminate" in problem.remedy


def test_an_error_that_leads_back_at_once_is_a_loop_without_end():
    drawing = Drawing()
    drawing.start()
    inner = drawing.inner()
    inner.chain(inner.start("sub_opened"), inner.node("endEvent", "broke", inner.error("broken")))
    inner.chain(inner.start("never"), inner.end("never_done"))
    inner.body = inner.body[:3]
    drawing.xor("again")
    drawing.sub("undertake", inner)
    drawing.boundary("failed", "undertake", drawing.error("broken"))
    drawing.chain("opened", "again", "undertake", drawing.end())
    drawing.flow("failed", "again")

    assert "automatic-loop" in {rule for rule, _ in rules(drawing)}
