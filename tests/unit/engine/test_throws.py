"""Messages and signals that a case sends: what is in them, to whom, and what the gate refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from service.engine.check import check
from service.engine.errors import ExpressionFailed, MessageNotExpected
from service.engine.runtime import catch_message, complete, start
from service.engine.step import StepContext, Thrown
from tests.unit.engine.drawing import CONTEXT, NOON, Drawing


def telling(**properties):
    """prepare → told (a message to the case of another procedure) → after → done."""
    drawing = Drawing()
    drawing.start()
    drawing.task("prepare")
    drawing.throw("told", drawing.message("recognised"), **properties)
    drawing.task("after")
    drawing.end()
    drawing.chain("opened", "prepare", "told", "after", "done")
    return drawing


def sent(drawing, answers=(), context=CONTEXT):
    definition = drawing.compiled()
    opened = start(definition, context)
    return complete(definition, opened.state, "prepare:1", dict(answers), context)


def test_passing_a_throw_event_sends_its_message_and_goes_on():
    drawing = telling(
        toProcedure="model_village",
        payload_number="prepare.number",
        payload_signed_on='date("2023-12-15")',
        payload_score="number(prepare.score) / 10",
        payload_count="2 + 3",
    )

    step = sent(drawing, {"number": "12/QĐ-UBND", "score": "712.5"})

    assert step.thrown == (
        Thrown(
            ref="told:1",
            element="told",
            kind="message",
            name="recognised",
            payload={
                "number": "12/QĐ-UBND",
                "signed_on": "2023-12-15",
                "score": Decimal("71.25"),
                "count": 5,
            },
            to={"procedure": "model_village"},
            # 20/11/2023 12:00 in Thanh Hóa plus 30 days.
            expires="2023-12-20T05:00:00Z",
        ),
    )
    assert type(step.thrown[0].payload["count"]) is int
    assert (step.active, step.path) == (("after",), ("prepare", "flow_2", "told", "flow_3"))


def test_what_is_sent_twice_has_two_refs():
    drawing = telling(toProcedure="model_village")
    drawing.xor("again_question", default="enough")
    drawing.body = [line for line in drawing.body if 'id="flow_4"' not in line]
    drawing.chain("after", "again_question")
    drawing.flow("again_question", "prepare", "after.again = true")
    drawing.flow("again_question", "done", identifier="enough")
    definition = drawing.compiled()
    first = sent(drawing)

    again = complete(definition, first.state, "after:1", {"again": True}, CONTEXT)
    second = complete(definition, again.state, "prepare:2", {}, CONTEXT)

    assert [thrown.ref for thrown in (*first.thrown, *again.thrown, *second.thrown)] == ["told:1", "told:2"]


@pytest.mark.parametrize(
    ("properties", "to"),
    [
        ({"toProcedure": "recognition"}, {"procedure": "recognition"}),
        (
            {"toProcedure": "recognition", "toCommune": '"14812"', "toYear": "number(prepare.year) + 1"},
            {"procedure": "recognition", "commune": "14812", "year": "2024"},
        ),
        (
            {"toProcedure": "recognition", "toYear": "prepare.year"},
            {"procedure": "recognition", "year": "2023"},
        ),
        ({"toCase": "prepare.case"}, {"case": "7f3c"}),
    ],
)
def test_a_message_says_who_receives_it(properties, to):
    step = sent(telling(**properties), {"year": "2023", "case": "7f3c"})

    assert step.thrown[0].to == to


@pytest.mark.parametrize(
    ("text", "expires"), [("PT36H", "2023-11-21T17:00:00Z"), ("P3M", "2024-02-20T05:00:00Z")]
)
def test_a_message_waits_as_long_as_it_says(text, expires):
    step = sent(telling(toProcedure="recognition", expiresAfter=text))

    assert step.thrown[0].expires == expires


def test_a_receiver_that_is_not_known_when_it_is_sent_stops_the_step_and_names_the_event():
    drawing = telling(toCase="prepare.case")

    with pytest.raises(ExpressionFailed) as failed:
        sent(drawing, {"other": "x"})

    assert failed.value.element == "told"
    assert "“told”: nơi nhận không xác định được, prepare.case" in str(failed.value)


def test_the_payload_may_ask_for_deadlines_and_the_facts_of_the_step_say_so():
    drawing = telling(toProcedure="recognition", payload_by='deadline("finish")')
    context = StepContext(NOON, {"deadline:finish": "2023-12-31"})

    assert drawing.compiled().facts_after("prepare") == {"deadline:finish"}
    assert sent(drawing, context=context).thrown[0].payload == {"by": "2023-12-31"}


def test_an_end_event_sends_and_ends():
    drawing = Drawing()
    drawing.chain(
        drawing.start(),
        drawing.task("prepare"),
        drawing.throwing_end("told", drawing.signal("recognised"), payload_by="prepare.by"),
    )

    step = sent(drawing, {"by": "chairman"})

    assert (step.finished, step.outcome) == (True, "told")
    thrown = step.thrown[0]
    assert (thrown.ref, thrown.kind, thrown.name) == ("told:1", "signal", "recognised")
    assert (thrown.payload, thrown.to) == ({"by": "chairman"}, {})


def test_a_throw_event_without_a_kind_only_passes():
    drawing = Drawing()
    drawing.chain(
        drawing.start(), drawing.task("prepare"), drawing.throw("milestone", note="x"), drawing.end()
    )

    step = sent(drawing)

    assert (step.finished, step.thrown) == (True, ())
    assert step.path == ("prepare", "flow_2", "milestone", "flow_3", "done")


def test_a_case_does_not_catch_within_the_step_what_it_sends_itself():
    drawing = Drawing()
    drawing.start()
    drawing.parallel("split")
    drawing.task("prepare")
    drawing.throw("told", drawing.message("ready"), toProcedure="drawing_process")
    drawing.catch("heard", drawing.message("ready"))
    drawing.parallel("join")
    drawing.end()
    drawing.chain("opened", "split", "prepare", "told", "join", "done")
    drawing.chain("split", "heard", "join")
    definition = drawing.compiled()

    step = sent(drawing)

    assert (step.messages_awaited, step.active) == (("ready",), ("heard", "join"))
    delivered = catch_message(definition, step.state, "ready", dict(step.thrown[0].payload), CONTEXT)
    assert delivered.finished
    with pytest.raises(MessageNotExpected):
        catch_message(definition, delivered.state, "ready", {}, CONTEXT)


def test_what_is_sent_before_a_step_fails_is_not_sent():
    """The whole step or nothing: the second event cannot say who receives its message."""
    drawing = telling(toProcedure="recognition")
    drawing.body = [line for line in drawing.body if 'id="flow_3"' not in line]
    drawing.throw("told_too", drawing.message("other"), toCase="prepare.case")
    drawing.chain("told", "told_too", "after")
    definition = drawing.compiled()
    opened = start(definition, CONTEXT)

    with pytest.raises(ExpressionFailed):
        complete(definition, opened.state, "prepare:1", {}, CONTEXT)

    again = complete(definition, opened.state, "prepare:1", {"case": "7f3c"}, CONTEXT)
    assert [thrown.ref for thrown in again.thrown] == ["told:1", "told_too:1"]


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({}, "toProcedure"),
        ({"toProcedure": "${other}"}, "toProcedure"),
        ({"toProcedure": "recognition", "toCase": "prepare.case"}, "Giữ toCase"),
        ({"toCase": "prepare.case", "toYear": "2024"}, "Giữ toCase"),
        ({"toProcedure": "recognition", "toUnit": "prepare.unit"}, "toCommune"),
        ({"toProcedure": "recognition", "payload_a.b": "1"}, "payload."),
        ({"toProcedure": "recognition", "payload_a": "1 +"}, "Sửa biểu thức"),
        ({"toProcedure": "recognition", "payload_a": "[1, 2]"}, "Sửa để kết quả là"),
        ({"toProcedure": "recognition", "toCommune": "14812"}, "Sửa để kết quả là chuỗi"),
        ({"toProcedure": "recognition", "toYear": "today()"}, "Sửa để kết quả là"),
        ({"toProcedure": "recognition", "expiresAfter": "30 ngày"}, "P30D"),
        ({"toProcedure": "recognition", "expiresAfter": "P0D"}, "P30D"),
    ],
)
def test_a_message_that_cannot_be_sent_as_drawn_is_refused_with_a_remedy(properties, words):
    found = [p for p in check(telling(**properties).xml()) if p.severity == "error"]

    assert {(p.rule, p.element) for p in found} == {("throw", "told")}
    assert any(words in p.remedy for p in found)


@pytest.mark.parametrize("properties", [{"toProcedure": "recognition"}, {"note": "x"}])
def test_a_signal_has_no_receiver(properties):
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.throw("told", drawing.signal("all"), **properties), drawing.end())

    assert {(p.rule, p.element) for p in check(drawing.xml()) if p.severity == "error"} == {("throw", "told")}


def test_properties_that_promise_a_message_on_an_event_that_sends_none_are_refused():
    drawing = Drawing()
    drawing.chain(
        drawing.start(),
        drawing.throw("told", payload_a="1"),
        drawing.node("endEvent", "done", drawing.properties({"toProcedure": "recognition"})),
    )

    assert {(p.rule, p.element) for p in check(drawing.xml()) if p.severity == "error"} == {
        ("throw", "told"),
        ("throw", "done"),
    }


def test_a_property_on_the_event_definition_or_given_twice_is_refused():
    drawing = Drawing()
    drawing.roots.append('<bpmn:signal id="s" name="all"/>')
    inside = drawing.properties({"payload.a": "1"})
    drawing.chain(
        drawing.start(),
        drawing.throw(
            "told", f'<bpmn:signalEventDefinition signalRef="s">{inside}</bpmn:signalEventDefinition>'
        ),
        drawing.throw("twice", drawing.signal("more"), payload_a="2"),
        drawing.end(),
    )
    xml = drawing.xml().replace(
        b'<camunda:property name="payload.a" value="2"/>',
        b'<camunda:property name="payload.a" value="2"/><camunda:property name="payload.a" value="3"/>',
    )

    found = {(p.rule, p.element) for p in check(xml) if p.severity == "error"}

    assert found == {("unsupported-element", "told"), ("property-twice", "twice")}


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_message_or_signal_needs_a_name(name):
    drawing = Drawing()
    drawing.roots.append(f'<bpmn:message id="m" name="{name}"/><bpmn:signal id="s" name="{name}"/>')
    drawing.chain(
        drawing.start(),
        drawing.throw("told", '<bpmn:messageEventDefinition messageRef="m"/>', toProcedure="recognition"),
        drawing.catch("heard", '<bpmn:signalEventDefinition signalRef="s"/>'),
        drawing.end(),
    )

    found = {(p.rule, p.element) for p in check(drawing.xml()) if p.severity == "error"}

    assert found == {("message", "told"), ("signal", "heard")}


@pytest.mark.parametrize("kind", ["message", "signal"])
def test_a_case_is_always_opened_by_a_plain_start_event(kind):
    drawing = Drawing()
    inner = drawing.message("go") if kind == "message" else drawing.signal("go")
    drawing.chain(drawing.node("startEvent", "opened", inner), drawing.task("prepare"), drawing.end())

    problem = next(p for p in check(drawing.xml()) if p.severity == "error")

    assert (problem.rule, problem.element) == ("unsupported-element", "opened")
    assert "sự kiện bắt đầu thường" in problem.remedy


def test_the_moment_of_sending_is_that_of_the_step():
    late = StepContext(datetime(2024, 2, 28, 17, 30, tzinfo=UTC))  # already 29/02 in Thanh Hóa

    step = sent(telling(toProcedure="recognition", payload_on="today()", expiresAfter="P1M"), context=late)

    assert step.thrown[0].payload == {"on": "2024-02-29"}
    assert step.thrown[0].expires == "2024-03-28T17:30:00Z"
