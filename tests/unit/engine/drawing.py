"""Draws BPMN files for tests: a few calls instead of a page of XML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from service.engine.definition import Definition, compile_definition
from service.engine.step import StepContext

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="drawing" targetNamespace="test">\n'
)
NOON = datetime(2023, 11, 20, 5, 0, tzinfo=UTC)
CONTEXT = StepContext(NOON)


class Drawing:
    """Collects elements. `node` returns the id it was given, so that calls read like the drawing."""

    def __init__(self, process: str = "drawing_process", attributes: str = 'isExecutable="true"') -> None:
        self.process, self.attributes = process, attributes
        self.roots: list[str] = []
        self.body: list[str] = []
        self.flows = 0

    def node(self, kind: str, identifier: str, inner: str = "", **attributes: str) -> str:
        extra = "".join(f" {k.replace('camunda_', 'camunda:')}={quoteattr(v)}" for k, v in attributes.items())
        self.body.append(f'<bpmn:{kind} id="{identifier}" name="{identifier}"{extra}>{inner}</bpmn:{kind}>')
        return identifier

    def start(self, identifier: str = "opened") -> str:
        return self.node("startEvent", identifier)

    def end(self, identifier: str = "done", *, terminate: bool = False) -> str:
        return self.node("endEvent", identifier, "<bpmn:terminateEventDefinition/>" if terminate else "")

    def task(self, identifier: str, inner: str = "", **attributes: str) -> str:
        return self.node("userTask", identifier, inner, camunda_candidateGroups="commune", **attributes)

    def job(self, identifier: str, topic: str = "notify.send") -> str:
        return self.node("serviceTask", identifier, camunda_type="external", camunda_topic=topic)

    def rule(self, identifier: str, variable: str, topic: str = "evaluation.decide", inner: str = "") -> str:
        return self.node(
            "businessRuleTask",
            identifier,
            inner,
            camunda_type="external",
            camunda_topic=topic,
            camunda_resultVariable=variable,
        )

    def xor(self, identifier: str, default: str = "") -> str:
        return self.node("exclusiveGateway", identifier, **({"default": default} if default else {}))

    def parallel(self, identifier: str) -> str:
        return self.node("parallelGateway", identifier)

    def event_gateway(self, identifier: str) -> str:
        return self.node("eventBasedGateway", identifier)

    def timer(self, form: str, text: str) -> str:
        inner = f"<bpmn:{form}>{escape(text)}</bpmn:{form}>"
        return f"<bpmn:timerEventDefinition>{inner}</bpmn:timerEventDefinition>"

    def message(self, name: str) -> str:
        self.roots.append(f'<bpmn:message id="message_{name}" name="{name}"/>')
        return f'<bpmn:messageEventDefinition messageRef="message_{name}"/>'

    def signal(self, name: str) -> str:
        self.roots.append(f'<bpmn:signal id="signal_{name}" name="{name}"/>')
        return f'<bpmn:signalEventDefinition signalRef="signal_{name}"/>'

    def properties(self, given: Mapping[str, str]) -> str:
        """Extension properties, as a modeler writes them."""
        items = "".join(
            f"<camunda:property name={quoteattr(name)} value={quoteattr(value)}/>"
            for name, value in given.items()
        )
        return (
            f"<bpmn:extensionElements><camunda:properties>{items}</camunda:properties>"
            "</bpmn:extensionElements>"
        )

    def throw(self, identifier: str, inner: str = "", **given: str) -> str:
        """An intermediate throw event with properties; `payload_x` stands for `payload.x`."""
        return self.node("intermediateThrowEvent", identifier, self._throwing(given) + inner)

    def throwing_end(self, identifier: str, inner: str, **given: str) -> str:
        return self.node("endEvent", identifier, self._throwing(given) + inner)

    def _throwing(self, given: Mapping[str, str]) -> str:
        named = {name.replace("payload_", "payload.", 1): value for name, value in given.items()}
        return self.properties(named) if named else ""

    def call(self, identifier: str, key: str) -> str:
        return self.node("callActivity", identifier, calledElement=key)

    def error(self, code: str) -> str:
        if not code:
            return "<bpmn:errorEventDefinition/>"
        self.roots.append(f'<bpmn:error id="error_{code}" errorCode="{code}"/>')
        return f'<bpmn:errorEventDefinition errorRef="error_{code}"/>'

    def catch(self, identifier: str, inner: str) -> str:
        return self.node("intermediateCatchEvent", identifier, inner)

    def boundary(self, identifier: str, host: str, inner: str, *, interrupting: bool = True) -> str:
        return self.node(
            "boundaryEvent",
            identifier,
            inner,
            attachedToRef=host,
            cancelActivity="true" if interrupting else "false",
        )

    def instances(self, count: int | str, *, sequential: bool = False) -> str:
        return (
            f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
            f"<bpmn:loopCardinality>{count}</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
        )

    def flow(self, source: str, target: str, condition: str | None = None, identifier: str = "") -> str:
        if not identifier:
            self.flows += 1
            identifier = f"flow_{self.flows}"
        inner = (
            ""
            if condition is None
            else (
                f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{escape(condition)}'
                "</bpmn:conditionExpression>"
            )
        )
        self.body.append(
            f'<bpmn:sequenceFlow id="{identifier}" sourceRef="{source}" targetRef="{target}">{inner}'
            "</bpmn:sequenceFlow>"
        )
        return identifier

    def chain(self, *nodes: str) -> None:
        for source, target in pairwise(nodes):
            self.flow(source, target)

    def sub(self, identifier: str, inside: Drawing) -> str:
        """An embedded sub-process with what `inside` has drawn."""
        self.roots.extend(inside.roots)
        self.body.append(
            f'<bpmn:subProcess id="{identifier}" name="{identifier}">{"".join(inside.body)}</bpmn:subProcess>'
        )
        return identifier

    def inner(self) -> Drawing:
        """A drawing for a sub-process of this one: flow ids go on counting."""
        drawing = Drawing(self.process)
        drawing.flows = 1000 + self.flows * 10
        return drawing

    def xml(self) -> bytes:
        roots = "".join(dict.fromkeys(self.roots))
        body = "\n".join(self.body)
        return (
            f'{HEAD}{roots}<bpmn:process id="{self.process}" {self.attributes}>\n{body}\n</bpmn:process>\n'
            "</bpmn:definitions>"
        ).encode()

    def compiled(self, *called: Drawing) -> Definition:
        return compile_definition(self.xml(), calling(*called))


def calling(*called: Drawing) -> dict[str, bytes]:
    """The files of called processes by their keys, as the engine wants them."""
    return {drawing.process: drawing.xml() for drawing in called}


def straight(task: str = "prepare") -> Drawing:
    """Start, one task, end."""
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.task(task), drawing.end())
    return drawing


def returning() -> Drawing:
    """A task that comes back while its answer is `return`."""
    drawing = Drawing()
    drawing.start()
    drawing.task("prepare")
    drawing.xor("complete_question", default="yes")
    drawing.end()
    drawing.chain("opened", "prepare", "complete_question")
    drawing.flow("complete_question", "prepare", 'prepare.action = "return"', "no")
    drawing.flow("complete_question", "done", identifier="yes")
    return drawing
