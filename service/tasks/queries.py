"""Single tasks, as a viewer may see them. The list of them: `tasks.worklist`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

import orjson
from sqlalchemy import exists, or_, select

from evaluation.catalogue import criterion_order
from forms.schema import Form
from service.database import AnyRow, db
from service.errors import NotFound
from service.identity.queries import visible_cases
from service.identity.viewer import Viewer
from service.models import Appointment, Case, Draft, MemberAssignment, Submission, Task, Unit, User
from service.models.cases import OPEN_STATES
from service.processes.independence import hidden_steps


def read_task(task_id: uuid.UUID, viewer: Viewer) -> Task:
    """A task of a case that the viewer may see; raises NotFound."""
    task = db.session.scalars(
        select(Task)
        .join(Case, Case.id == Task.case_id)
        .where(Task.id == task_id, visible_cases(viewer))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if task is None:
        raise NotFound()
    return task


def read_draft(task: Task, viewer: Viewer) -> Draft | None:
    """The draft, for those who prepare or sign this task; nobody else reads unfinished work."""
    if (
        viewer.seat_for_preparing(task.group, task.unit_id) is None
        and viewer.seat_for_signing(task.group, task.unit_id, task.signer) is None
    ):
        return None
    return db.session.get(Draft, task.id, populate_existing=True)


def former_answers(task: Task) -> dict[str, Any] | None:
    """What this step submitted the last time round, to start from; never another level's values."""
    return _former_answers(task.case_id, task.element)


def answers_to_start_from(case_id: uuid.UUID, element: str, form: Form | None) -> dict[str, Any]:
    """What a draft of this step begins with: its former answers, as far as its form still asks for them."""
    if form is None:
        return {}
    former, keys = _former_answers(case_id, element) or {}, {component.key for component in form.fields}
    kept = {key: value for key, value in former.items() if key in keys}
    return {**kept, "action": form.actions[0].name}


def _former_answers(case_id: uuid.UUID, element: str) -> dict[str, Any] | None:
    row = db.session.execute(
        select(Submission.content)
        .where(
            Submission.case_id == case_id,
            Submission.element == element,
            Submission.action != "return",
        )
        .order_by(Submission.seq.desc())
        .limit(1)
    ).scalar_one_or_none()
    return dict(orjson.loads(row)["answers"]) if row is not None else None


def submission_of(task: Task) -> tuple[dict[str, Any], Submission] | None:
    """What a completed task handed over: its content (answers, results, files) and row; None while open."""
    row = db.session.scalars(select(Submission).where(Submission.task_id == task.id)).one_or_none()
    return (orjson.loads(row.content), row) if row is not None else None


def handed_in(case_id: uuid.UUID) -> dict[str, uuid.UUID]:
    """The task by which each step last handed something over, returns aside: {step: task id}."""
    rows = db.session.execute(
        select(Submission.element, Submission.task_id)
        .where(Submission.case_id == case_id, Submission.action != "return")
        .order_by(Submission.seq)
    )
    return {row.element: row.task_id for row in rows}


def return_reasons(task: Task, viewer: Viewer) -> dict[str, Any] | None:
    """The return that opened this task: {"reason", "criteria_reasons", "due_on", "element", "at"}.

    None where there was none, or where it is the member's and Sở has not recorded its own results yet.
    """
    if not task.returned:
        return None
    row = db.session.execute(
        select(Submission.content, Submission.element, Submission.signed_at)
        .where(
            Submission.case_id == task.case_id,
            Submission.action == "return",
            Submission.signed_at <= task.received_at,
        )
        .order_by(Submission.seq.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.element in hidden_steps(task.case_id, viewer):
        return None
    answers = orjson.loads(row.content)["answers"]
    reasons = answers.get("criteria_reasons") or {}
    # Contents are kept with their keys in the order of text, in which 1.10 comes before 1.2.
    ordered = {key: reasons[key] for key in sorted(reasons, key=criterion_order)}
    return {**answers, "criteria_reasons": ordered, "element": row.element, "at": row.signed_at}


def unassigned_member_tasks(day: date) -> Sequence[AnyRow]:
    """Open opinions that nobody is responsible for on `day`: Sở must have a member assigned."""
    assigned = exists(
        select(MemberAssignment.id)
        .join(Appointment, Appointment.position_id == MemberAssignment.position_id)
        .join(User, User.id == Appointment.user_id)
        .where(
            User.active,
            Appointment.valid_from <= day,
            or_(Appointment.valid_to.is_(None), Appointment.valid_to >= day),
            MemberAssignment.district_id == Task.unit_id,
            MemberAssignment.valid_from <= day,
            or_(MemberAssignment.valid_to.is_(None), MemberAssignment.valid_to >= day),
        )
    )
    return db.session.execute(
        select(Task.id, Task.name, Case.id.label("case_id"), Case.code, Unit.name.label("district"))
        .join(Case, Case.id == Task.case_id)
        .outerjoin(Unit, Unit.id == Task.unit_id)
        .where(Task.group == "province_member", Task.state.in_(OPEN_STATES), ~assigned)
        .order_by(Case.code)
    ).all()
