"""The table of docs/bpmn.md, read and proved line by line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.engine.check import check
from service.engine.definition import compile_definition
from service.engine.diagram import EVENT_DEFINITIONS, FLOW_NODES
from tests.unit.engine.drawing import Drawing, calling
from tests.unit.engine.test_semantics import compare

TABLE = Path(__file__).resolve().parents[3] / "docs" / "bpmn.md"
LINE = re.compile(r"\| `(\w+)`(?: \+ `(\w+)`)? \| (runs|refused|drawn) \|")
TIMER = "<bpmn:timerEventDefinition><bpmn:timeDuration>P1D</bpmn:timeDuration></bpmn:timerEventDefinition>"
SENDING = {"toProcedure": "other"}
# Ways through each drawing: which of the possible acts is taken at each step.
WAYS = ([0] * 8, [1] * 8, [2] * 8, [0, 1, 0, 2, 1, 0, 1, 0])


def lines() -> list[tuple[str, str, str]]:
    return [found.groups(default="") for found in map(LINE.match, TABLE.read_text().splitlines()) if found]


def inside() -> Drawing:
    inner = Drawing()
    inner.flows = 100
    inner.chain(inner.start("begun"), inner.task("ask"), inner.end("made"))
    return inner


def definition_of(drawing: Drawing, kind: str) -> str:
    """An event definition with all that it needs, of the kinds that run; empty for the others."""
    made = {
        "timerEventDefinition": lambda: TIMER,
        "messageEventDefinition": lambda: drawing.message("said"),
        "signalEventDefinition": lambda: drawing.signal("all"),
        "errorEventDefinition": lambda: drawing.error("broken"),
        "": lambda: "",
    }
    return made.get(kind, lambda: f"<bpmn:{kind}/>")()


def thrown(drawing: Drawing, kind: str) -> str:
    return (drawing.properties(SENDING) if kind.startswith("message") else "") + definition_of(drawing, kind)


def event(kind: str, more: str) -> Drawing:
    """Start, task, the event; an end event and a boundary event where such stand."""
    drawing = Drawing()
    if kind == "startEvent":
        drawing.chain(
            drawing.node(kind, "it", definition_of(drawing, more)), drawing.task("prepare"), drawing.end()
        )
    elif kind == "boundaryEvent":
        drawing.start()
        host = drawing.job("prepare") if more.startswith("error") else drawing.task("prepare")
        drawing.chain("opened", host, drawing.end())
        drawing.boundary("it", host, definition_of(drawing, more))
        drawing.chain("it", drawing.task("after"), drawing.end("late"))
    elif kind == "endEvent" and more.startswith("error"):
        inner = Drawing()
        inner.flows = 100
        inner.chain(inner.start("begun"), inner.task("ask"), inner.xor("question", default="well"))
        inner.flow("question", inner.node(kind, "it", definition_of(drawing, more)), "ask.go = 1")
        inner.flow("question", inner.end("made"), identifier="well")
        drawing.chain(drawing.start(), drawing.sub("work", inner), drawing.end())
        drawing.boundary("caught", "work", drawing.error("broken"))
        drawing.chain("caught", drawing.end("failed"))
    else:
        throws = kind in {"endEvent", "intermediateThrowEvent"}
        it = drawing.node(kind, "it", (thrown if throws else definition_of)(drawing, more))
        drawing.chain(drawing.start(), drawing.task("prepare"), it)
        if kind != "endEvent":
            drawing.chain(it, drawing.end())
    return drawing


def gateway(kind: str) -> Drawing:
    """A split of the kind and a join of the same, where such a one joins."""
    drawing = Drawing()
    asking = kind in {"exclusiveGateway", "inclusiveGateway", "complexGateway"}
    drawing.chain(drawing.start(), drawing.task("ask_1"))
    drawing.node(kind, "it", **({"default": "otherwise"} if asking else {}))
    drawing.node("exclusiveGateway" if kind == "eventBasedGateway" else kind, "join")
    for branch, identifier, name in (("left", "to_left", "go"), ("right", "otherwise", "also")):
        waits = kind == "eventBasedGateway"
        drawing.catch(branch, drawing.message(branch)) if waits else drawing.task(branch)
        condition = f"ask_1.{name} = 1" if asking and identifier != "otherwise" else None
        drawing.flow("it", branch, condition, identifier)
        drawing.flow(branch, "join")
    drawing.chain("ask_1", "it")
    drawing.chain("join", drawing.end())
    return drawing


def activity(kind: str, more: str) -> Drawing:
    drawing = Drawing()
    made = {
        "serviceTask": lambda: drawing.job("it"),
        "businessRuleTask": lambda: drawing.rule("it", "eligible"),
        "callActivity": lambda: drawing.call("it", "drawing_called"),
        "subProcess": lambda: drawing.sub("it", inside()),
        "multiInstanceLoopCharacteristics": lambda: drawing.task("it", drawing.instances(2)),
        "sendTask": lambda: drawing.message("said") and drawing.node(
            kind, "it", drawing.properties(SENDING), messageRef="message_said"
        ),
        "receiveTask": lambda: drawing.message("said")
        and drawing.node(kind, "it", messageRef="message_said"),
        "userTask": lambda: drawing.task("it"),
        "standardLoopCharacteristics": lambda: drawing.task("it", f"<bpmn:{kind}/>"),
        "ioSpecification": lambda: drawing.task("it", f"<bpmn:{kind}/>"),
    }  # fmt: skip
    it = made.get(kind, lambda: drawing.node(kind, "it"))()
    if more == "completionCondition":
        drawing.body[-1] = drawing.body[-1].replace(
            "</bpmn:multi", f"<bpmn:{more}>true</bpmn:{more}></bpmn:multi"
        )
    elif more:
        drawing.body[-1] = drawing.body[-1].replace("<bpmn:subProcess ", f'<bpmn:subProcess {more}="true" ')
    drawing.chain(drawing.start(), drawing.task("prepare"), it, drawing.end())
    return drawing


def beside(kind: str) -> Drawing:
    """A straight drawing with something in it that no token meets."""
    drawing = Drawing()
    drawing.body.append(
        {
            "laneSet": '<bpmn:laneSet id="it"><bpmn:lane id="lane">'
            "<bpmn:flowNodeRef>prepare</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>",
            "dataObjectReference": '<bpmn:dataObject id="o"/>'
            '<bpmn:dataObjectReference id="it" dataObjectRef="o"/>',
        }.get(kind, "")
    )
    drawing.chain(drawing.start(), drawing.task("prepare"), drawing.end())
    if kind == "messageFlow":
        flow = '<bpmn:messageFlow id="it" sourceRef="prepare" targetRef="c"/>'
        drawing.roots.append(f'<bpmn:collaboration id="c">{flow}</bpmn:collaboration>')
    elif kind in {"textAnnotation", "group", "dataStoreReference"}:
        drawing.body.append(f'<bpmn:{kind} id="it"/>')
    return drawing


def twice() -> Drawing:
    """Two flows between the same two elements: a token for each."""
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.task("prepare"), drawing.parallel("split"))
    for identifier in ("it", "also"):
        drawing.flow(
            "split", drawing.parallel("join") if identifier == "it" else "join", identifier=identifier
        )
    drawing.chain("join", drawing.end())
    return drawing


def drawn(kind: str, more: str) -> Drawing:
    if kind == "sequenceFlow":
        return twice()
    if kind.endswith("Event"):
        return event(kind, more)
    if kind.endswith("Gateway"):
        return gateway(kind)
    if kind in BESIDE:
        return beside(kind)
    return activity(kind, more)


BESIDE = {"laneSet", "textAnnotation", "group", "dataObjectReference", "dataStoreReference", "messageFlow"}


@pytest.mark.parametrize(("kind", "more", "verdict"), lines())
def test_each_line_of_the_table_is_true(kind: str, more: str, verdict: str):
    drawing = drawn(kind, more)
    called = Drawing("drawing_called")
    called.flows = 500
    called.chain(called.start("called_begun"), called.task("called_ask"), called.end("called_made"))
    problems = [one for one in check(drawing.xml(), called=calling(called)) if one.severity == "error"]

    if verdict == "refused":
        refusals = [one for one in problems if one.rule in {"unsupported-element", "no-code"}]
        assert refusals
        assert all(one.message and one.remedy for one in refusals)
        return
    assert problems == []
    definition = compile_definition(drawing.xml(), calling(called))
    told = [step for way in WAYS for step in compare(definition, way, stored=True)]
    passed = {element for step in told for element in step.path}
    assert ("it" in passed) == (verdict == "runs")
    assert "done" in passed or kind == "endEvent"


def test_the_table_speaks_of_every_element_that_the_gate_knows():
    told = {word for kind, more, _ in lines() for word in (kind, more)}

    assert told >= FLOW_NODES | EVENT_DEFINITIONS
    assert len(lines()) == TABLE.read_text().count("\n| `")
