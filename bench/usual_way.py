"""The usual way, done well: SpiffWorkflow's serializer keeps a case as one JSON text with the definition.

Load it whole, complete the task, save it whole; worklist, submission, timer and audit rows through the ORM.
It writes the very tables that the service writes, with the same checks of who may act and when, in one
transaction with one commit. It leaves out what the service adds: pruning, recorded decisions, retries.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import uuid
from datetime import datetime, timedelta
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bench.ground import LOOP, LoopCase, loop_diagram
from service.identity.queries import load_viewer
from service.models import Case, Event, Submission, Task, Timer
from service.models.cases import OPEN_STATES

SERIALIZER = BpmnWorkflowSerializer()


def new_workflow() -> BpmnWorkflow:
    """Spiff evaluates timers and conditions as Python, so the texts of the diagram differ."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.parse(io.BytesIO(loop_diagram('"P30D"', 'action == "return"'))))
    workflow = BpmnWorkflow(parser.get_spec(LOOP), parser.get_subprocess_specs(LOOP))
    workflow.do_engine_steps()
    workflow.refresh_waiting_tasks()
    return workflow


class UsualCase:
    """A case opened by the service, carried on the usual way in the same database."""

    name = "the usual way"

    def __init__(self, engine: Engine, opened: LoopCase) -> None:
        self.engine, self.officer, self.at = engine, opened.officer, opened.at
        self.case_id, self.task_id = opened.case_id, opened.task_id
        workflow = new_workflow()
        with Session(engine) as session:
            case = session.get_one(Case, self.case_id)
            case.state = SERIALIZER.serialize_json(workflow).encode()
            session.get_one(Task, self.task_id).ref = str(_open_task(workflow).id)
            for timer in session.scalars(select(Timer).where(Timer.case_id == self.case_id)):
                timer.ref = str(next(iter(_timers(workflow))))
            session.commit()

    def look(self) -> None:
        with Session(self.engine) as session:
            self.task_id = session.scalars(
                select(Task.id).where(Task.case_id == self.case_id, Task.state.in_(OPEN_STATES))
            ).one()

    def state_size(self) -> int:
        with Session(self.engine) as session:
            return len(session.get_one(Case, self.case_id).state)

    def complete(self, action: str = "return") -> None:
        self.at += timedelta(seconds=1)
        answers = {"action": action, "reason": "Bổ sung minh chứng tiêu chí 2.6"}
        with Session(self.engine) as session:
            session.connection(execution_options={"writes": True})
            task = session.get_one(Task, self.task_id)
            case = session.get_one(Case, task.case_id)
            viewer = load_viewer(self.officer.id, self.at, session.connection())
            if not task.is_open or viewer.seat_for_preparing(task.group, task.unit_id) is None:
                raise AssertionError("the officer may complete the open task")
            workflow = SERIALIZER.deserialize_json(case.state.decode())
            done = workflow.get_task_from_id(uuid.UUID(task.ref))
            done.data.update(answers)
            done.run()
            workflow.do_engine_steps()
            workflow.refresh_waiting_tasks()
            case.state = SERIALIZER.serialize_json(workflow).encode()
            self._record(session, case, task, workflow, answers)
            session.commit()

    def _record(
        self, session: Session, case: Case, task: Task, workflow: BpmnWorkflow, answers: dict[str, str]
    ) -> None:
        case.rev += 1
        case.status = "finished" if workflow.completed else "open"
        case.last_event_at = self.at
        case.variables = dict(workflow.data)
        task.state, task.completed_at, task.completed_by = "completed", self.at, self.officer.id
        content = json.dumps({"answers": answers}).encode()
        salt = os.urandom(16)
        session.add(
            Submission(
                id=uuid.uuid4(),
                case_id=case.id,
                task_id=task.id,
                seq=case.rev,
                element=task.element,
                action=answers["action"],
                content=content,
                salt=salt,
                digest=hashlib.sha256(salt + content).hexdigest(),
                signed_by=self.officer.id,
                signed_at=self.at,
            )
        )
        opened = _open_task(workflow)
        if opened is not None:
            session.add(
                Task(
                    id=uuid.uuid4(),
                    case_id=case.id,
                    ref=str(opened.id),
                    element=opened.task_spec.bpmn_id,
                    occurrence=task.occurrence + 1,
                    name=opened.task_spec.bpmn_name,
                    group=task.group,
                    unit_id=task.unit_id,
                    received_at=self.at,
                    returned=True,
                    note=answers["reason"],
                )
            )
        waiting = _timers(workflow)
        for timer in session.scalars(select(Timer).where(Timer.case_id == case.id, Timer.state == "set")):
            if timer.ref not in waiting:
                timer.state = "cleared"
        for ref, due_at in waiting.items():
            session.add(Timer(id=uuid.uuid4(), case_id=case.id, ref=ref, element="late", due_at=due_at))
        body = json.dumps(
            {"type": "task_completed", "at": self.at.isoformat(), "task": task.ref, **answers}
        ).encode()
        case.last_hash = hashlib.sha256(case.last_hash + body).digest()
        session.add(
            Event(
                stream="case",
                stream_id=str(case.id),
                seq=case.rev,
                type="task_completed",
                actor_id=self.officer.id,
                recorded_at=self.at,
                body=body,
                hash=case.last_hash,
            )
        )


def _open_task(workflow: BpmnWorkflow) -> Any:
    return next(iter(workflow.get_tasks(state=TaskState.READY, manual=True)), None)


def _timers(workflow: BpmnWorkflow) -> dict[str, datetime]:
    """{task id: due} of every timer that is being waited for."""
    return {
        str(token.id): datetime.fromisoformat(token.internal_data["event_value"])
        for token in workflow.get_tasks(state=TaskState.WAITING)
        if isinstance(getattr(token.task_spec, "event_definition", None), TimerEventDefinition)
    }
