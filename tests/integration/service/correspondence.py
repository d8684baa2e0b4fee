"""Two small procedures that write to each other, and what tests ask of the messages between their cases."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from xml.sax.saxutils import quoteattr

from sqlalchemy import select

from service.audit.queries import case_events
from service.database import db
from service.jobs.messages import sweep_messages
from service.jobs.outbox import drain
from service.models import Case, Message
from service.tasks.operations import complete_task
from tests.builders import NOON, open_task, person
from tests.integration.service.scenes import published
from tests.unit.engine.drawing import Drawing

OFFICER = "xa-thidu-chuyenvien"


def properties(values: Mapping[str, str]) -> str:
    """A node's `camunda:properties`, to be put inside it."""
    inner = "".join(
        f"<camunda:property name={quoteattr(name)} value={quoteattr(value)}/>"
        for name, value in values.items()
    )
    return (
        f"<bpmn:extensionElements><camunda:properties>{inner}</camunda:properties></bpmn:extensionElements>"
    )


def signal(drawing: Drawing, name: str) -> str:
    """The definition of an event that throws or waits for the signal."""
    drawing.roots.append(f'<bpmn:signal id="signal_{name}" name="{name}"/>')
    return f'<bpmn:signalEventDefinition signalRef="signal_{name}"/>'


def throw(drawing: Drawing, identifier: str, definition: str, **values: str) -> str:
    """An event that sends; `values` are its properties, with `_` for the dot in `payload.…`."""
    named = {name.replace("payload_", "payload."): value for name, value in values.items()}
    return drawing.node("intermediateThrowEvent", identifier, properties(named) + definition)


def service_task(drawing: Drawing, identifier: str, topic: str, **given: str) -> str:
    """Work for the service; `given` are the task's properties."""
    return drawing.node(
        "serviceTask", identifier, properties(given), camunda_type="external", camunda_topic=topic
    )


def asking_procedure() -> str:
    """The commune writes a question to the other procedure's case of the same commune and year.

    Then it waits for the answer at most 60 days.
    """
    drawing = Drawing("asking")
    drawing.start()
    drawing.task("write")
    throw(drawing, "ask", drawing.message("question"), toProcedure="answering", payload_what="write.action")
    drawing.event_gateway("answer_or_not")
    drawing.catch("answer", drawing.message("answer"))
    drawing.catch("no_answer", drawing.timer("timeDuration", "P60D"))
    drawing.task("read_answer")
    drawing.end()
    drawing.end("unanswered")
    drawing.chain("opened", "write", "ask", "answer_or_not", "answer", "read_answer", "done")
    drawing.chain("answer_or_not", "no_answer", "unanswered")
    return published(drawing)


def answering_procedure(before: str = "") -> str:
    """Waits for a question, has the commune think, and writes back to whoever asked.

    `before` names a task that is to be done before it listens.
    """
    drawing = Drawing("answering")
    drawing.start()
    steps = ["opened"]
    if before:
        steps.append(drawing.task(before))
    drawing.catch("question", drawing.message("question"))
    drawing.task("think")
    throw(
        drawing,
        "reply",
        drawing.message("answer"),
        toCase="question.sender",
        payload_what="question.what",
        payload_after="think.action",
    )
    drawing.end()
    drawing.chain(*steps, "question", "think", "reply", "done")
    return published(drawing)


def writing_procedure(times: int = 3, **more: str) -> str:
    """The commune's one task, then that many notes numbered from 1 to the receiving procedure's case."""
    drawing = Drawing("writing")
    drawing.start()
    drawing.task("write")
    drawing.end()
    notes = [
        throw(
            drawing,
            f"note_{number}",
            drawing.message("note"),
            payload_number=str(number),
            **{"toProcedure": "receiving", **more},
        )
        for number in range(1, times + 1)
    ]
    drawing.chain("opened", "write", *notes, "done")
    return published(drawing)


def receiving_procedure(times: int = 3, before: str = "") -> str:
    """Takes that many notes one after the other; `before` names a task that is to be done first."""
    drawing = Drawing("receiving")
    drawing.start()
    drawing.end()
    first = ["opened", drawing.task(before)] if before else ["opened"]
    taken = [drawing.catch(f"taken_{n}", drawing.message("note")) for n in range(1, times + 1)]
    drawing.chain(*first, *taken, "done")
    return published(drawing)


def do(case_id: uuid.UUID, element: str, action: str = "complete", at: datetime = NOON) -> None:
    """The commune's officer completes the open task."""
    complete_task(
        task_id=open_task(case_id, element), answers={"action": action}, by=person(OFFICER, at), now=at
    )


def carry(at: datetime = NOON) -> None:
    """Let everything reach its receiver that can."""
    for _ in range(10):
        if not (sweep_messages(at) + drain(at)):
            return
    raise AssertionError("messages go round in circles")


def messages() -> list[Message]:
    """Every message row, in the order of sending."""
    db.session.rollback()
    query = select(Message).order_by(Message.position, Message.id).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def states() -> list[tuple[str, str]]:
    return [(message.name, message.state) for message in messages()]


def variables_of(case_id: uuid.UUID) -> dict[str, object]:
    db.session.rollback()
    return dict(db.session.execute(select(Case.variables).where(Case.id == case_id)).scalar_one())


def caught(case_id: uuid.UUID) -> list[str]:
    """The names of what the case has received, in order."""
    db.session.rollback()
    return [
        event.data["name"]
        for event in case_events(case_id)
        if event.type in ("message_caught", "signal_caught")
    ]
