"""Where a case is: who holds it now, and its steps as a line."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from service.database import db
from service.models import Case, Round, RoundItem, Submission, Task, Unit
from service.models.cases import OPEN_STATES
from service.processes.facts import RETURNED
from service.processes.queries import Procedure, procedure
from service.wording import _


@dataclass(frozen=True)
class Holder:
    """Who has the case now (*hồ sơ đang ở*)."""

    task_id: uuid.UUID
    element: str
    step: str
    unit: str
    stage: str
    due_on: date | None
    due_reason: str
    due_why: str


def holders(case_id: uuid.UUID) -> list[Holder]:
    rows = db.session.execute(
        select(Task, Unit.name.label("unit_name"))
        .outerjoin(Unit, Unit.id == Task.unit_id)
        .where(Task.case_id == case_id, Task.state.in_(OPEN_STATES))
        .order_by(Task.received_at, Task.ref)
    ).all()
    return [
        Holder(
            task.id,
            task.element,
            task.name,
            _holder(task, unit_name),
            task.stage,
            task.due_on,
            task.due_reason,
            task.due_why,
        )
        for task, unit_name in rows
    ]


def _holder(task: Task, unit_name: str | None) -> str:
    if task.group == "province_member":
        return _("Thành viên BCĐ tỉnh phụ trách %(unit_name)s", unit_name=unit_name or "").strip()
    return unit_name or _("chưa phân công")


def live_round(case_id: uuid.UUID) -> tuple[uuid.UUID, str] | None:
    """(id, name) of the round that has the case now."""
    row = db.session.execute(
        select(Round.id, Round.name)
        .join(RoundItem, RoundItem.round_id == Round.id)
        .where(RoundItem.case_id == case_id, RoundItem.live)
    ).one_or_none()
    return (row.id, row.name) if row is not None else None


@dataclass(frozen=True)
class StepLine:
    """One human step on the case's line: `done` (`at` that time), `now`, or still `ahead`.

    `former`: it was done at that time, and the dossier has gone back before it since.
    """

    element: str
    name: str
    lane: str
    state: str
    at: datetime | None


def step_line(case: Case) -> list[StepLine]:
    bundle = procedure(case.process_version_id)
    done_at = {
        row.element: row.done_at
        for row in db.session.execute(
            select(Task.element, func.max(Task.completed_at).label("done_at"))
            .where(Task.case_id == case.id, Task.state == "completed")
            .group_by(Task.element)
        )
    }
    done = _standing(case)
    active = set(case.active)
    return [
        StepLine(
            task.id,
            task.name,
            task.lane,
            "now"
            if task.id in active
            else "done"
            if task.id in done
            else "former"
            if task.id in done_at
            else "ahead",
            _aware(done_at.get(task.id)),
        )
        for task in ordered_tasks(bundle)
    ]


def _standing(case: Case) -> set[str]:
    """The steps whose last act still stands: no return, and none before it has come again since."""
    order = {task.id: at for at, task in enumerate(ordered_tasks(procedure(case.process_version_id)))}
    acts = db.session.execute(
        select(Submission.element, Submission.action)
        .where(Submission.case_id == case.id)
        .order_by(Submission.seq)
    ).all()
    done: set[str] = set()
    came_back = False

    def arrive(element: str) -> None:
        """A step that was done before, or that a return led to, takes what comes after it along."""
        if element in done or came_back:
            place = order.get(element, len(order))
            done.difference_update([one for one in done if order.get(one, -1) > place])

    for element, action in acts:
        arrive(element)
        came_back = action == RETURNED
        (done.discard if came_back else done.add)(element)
    for element in case.active:
        arrive(element)
    return done


def _aware(value: Any) -> datetime | None:
    """max() loses the column's type on SQLite."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def ordered_tasks(bundle: Procedure) -> list[Any]:
    """Human tasks in the diagram's own order, which its author writes along the main path."""
    return list(bundle.definition.tasks.values())
