"""Where measurements happen: a throw-away database with the demo's people, and a small looping procedure."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.engine import make_url

from service.app import create_core
from service.cases.operations import open_case
from service.cli.within import upgrade_database
from service.clock import LOCAL
from service.config import Settings
from service.database import db
from service.demo.loader import load_reference_data, viewer_named
from service.models import Case, Task, Unit
from service.models.cases import OPEN_STATES
from service.processes.publishing import publish_version
from service.tasks.operations import complete_task

NOON = datetime(2023, 11, 20, 12, 0, tzinfo=LOCAL)
LOOP = "bench_loop"
COMMUNES = (
    ("xa-thi-du", "xa-thidu-chuyenvien"),
    ("phuong-minh-hoa", "xa-minhhoa-chuyenvien"),
    ("phuong-ngoc-trao", "xa-ngoctrao-chuyenvien"),
)
YEARS = (2022, 2023, 2024, 2025)

_DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="urn:cong-nhan:bench">
  <bpmn:process id="{key}" name="Vòng lặp để đo" isExecutable="true">
    <bpmn:startEvent id="opened"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="work" name="Bổ sung hồ sơ" camunda:candidateGroups="commune">
      <bpmn:incoming>f1</bpmn:incoming><bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:boundaryEvent id="late" name="Quá hạn" attachedToRef="work" cancelActivity="false">
      <bpmn:outgoing>f5</bpmn:outgoing>
      <bpmn:timerEventDefinition id="late_timer">
        <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">{timer}</bpmn:timeDuration>
      </bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:exclusiveGateway id="again" name="Bổ sung nữa?" default="f4">
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing><bpmn:outgoing>f4</bpmn:outgoing>
    </bpmn:exclusiveGateway>
    <bpmn:endEvent id="done"><bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>
    <bpmn:endEvent id="reminded"><bpmn:incoming>f5</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="opened" targetRef="work" />
    <bpmn:sequenceFlow id="f2" sourceRef="work" targetRef="again" />
    <bpmn:sequenceFlow id="f3" name="Có" sourceRef="again" targetRef="work">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="f4" name="Không" sourceRef="again" targetRef="done" />
    <bpmn:sequenceFlow id="f5" sourceRef="late" targetRef="reminded" />
  </bpmn:process>
</bpmn:definitions>
"""


def loop_diagram(timer: str = "P30D", condition: str = 'work.action = "return"') -> bytes:
    """A task with a boundary timer, done again until somebody is content; texts in the engine's language."""
    return _DIAGRAM.format(key=LOOP, timer=timer, condition=condition).encode()


@contextmanager
def ground() -> Iterator[Path]:
    """An application context over a fresh SQLite file with everything loaded; answers the file."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory(prefix="congnhan-bench-") as folder:
        path = Path(folder) / "congnhan.db"
        settings = Settings(f"sqlite:///{path}", Path(folder), secret_key="bench", demo=True)
        with create_core(settings).app_context():
            upgrade_database()
            load_reference_data()
            publish_version(
                diagram=loop_diagram(),
                forms={},
                catalogue="qd-1829",
                legal_basis="bench",
                effective_on=date(2022, 1, 1),
                now=NOON,
            )
            try:
                yield path
            finally:
                db.session.remove()
                db.engine.dispose()


def database_file() -> Path:
    return Path(str(make_url(db.engine.url).database))


_OPEN = (
    select(func.length(Case.state), Task.id)
    .outerjoin(Task, and_(Task.case_id == Case.id, Task.state.in_(OPEN_STATES)))
    .where(Case.id == bindparam("of_case"))
)


class LoopCase:
    """A case of the looping procedure and its commune's officer, who does everything."""

    def __init__(self, number: int) -> None:
        """Opens the case. There is one per commune and year, so `number` is 0 to 11."""
        self.at, self.completions, self.largest_state = NOON, 0, 0
        commune, officer = COMMUNES[number % len(COMMUNES)]
        self.officer = viewer_named(officer, self.at)
        self.case_id = open_case(
            commune_id=db.session.execute(select(Unit.id).where(Unit.code == commune)).scalar_one(),
            year=YEARS[number // len(COMMUNES)],
            by=self.officer,
            now=self.at,
            procedure_key=LOOP,
        )
        self.look()

    def look(self) -> None:
        """Find the open task, if any, and leave nothing in memory: a completion starts as a request does."""
        size, self.task_id = db.session.connection().execute(_OPEN, {"of_case": self.case_id}).one()
        self.largest_state = max(self.largest_state, size)
        db.session.remove()

    def complete(self, action: str = "return") -> None:
        self.at += timedelta(seconds=1)
        self.completions += 1
        complete_task(
            task_id=self.task_id,
            answers={"action": action, "reason": "Bổ sung minh chứng tiêu chí 2.6"},
            by=self.officer,
            now=self.at,
        )
