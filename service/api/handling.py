"""/tasks/…: who looks after a task and how pressing it is; none of it moves the case."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from service.api.schemas_tasks import (
    ColleagueList,
    FollowUpInput,
    NoteInput,
    PriorityInput,
    TaskOutput,
    ToInput,
)
from service.api.tasks import bp, shown_task
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.idempotency import idempotent
from service.tasks import handling, pressing
from service.tasks.colleagues import colleagues_for
from service.tasks.queries import read_task


@bp.get("/tasks/<uuid:task_id>/colleagues")
@policy(LOGGED_IN)
@bp.response(200, ColleagueList)
def list_colleagues(task_id: UUID) -> Any:
    """To whom the task may be given now, by name. For those who work on it or lead its unit."""
    viewer = current_viewer()
    return {"items": colleagues_for(read_task(task_id, viewer), viewer, now())}


@bp.post("/tasks/<uuid:task_id>/hand-over")
@policy(LOGGED_IN)
@bp.arguments(ToInput)
@idempotent
@bp.response(200, TaskOutput)
def hand_over(body: dict[str, Any], task_id: UUID) -> Any:
    """*Chuyển cho đồng nghiệp*: by who holds it, or by a leader of the unit."""
    handling.hand_over_task(task_id=task_id, **body, by=current_viewer(), now=now())
    return shown_task(task_id)


@bp.post("/tasks/<uuid:task_id>/assign")
@policy(LOGGED_IN)
@bp.arguments(ToInput)
@idempotent
@bp.response(200, TaskOutput)
def assign(body: dict[str, Any], task_id: UUID) -> Any:
    """*Giao việc*: by a leader of the unit."""
    handling.assign_task(task_id=task_id, **body, by=current_viewer(), now=now())
    return shown_task(task_id)


@bp.post("/tasks/<uuid:task_id>/delegate")
@policy(LOGGED_IN)
@bp.arguments(ToInput)
@idempotent
@bp.response(200, TaskOutput)
def delegate(body: dict[str, Any], task_id: UUID) -> Any:
    """*Nhờ xử lý*: by who holds it; it comes back with `give-back`."""
    handling.delegate_task(task_id=task_id, **body, by=current_viewer(), now=now())
    return shown_task(task_id)


@bp.post("/tasks/<uuid:task_id>/give-back")
@policy(LOGGED_IN)
@bp.arguments(NoteInput)
@idempotent
@bp.response(200, TaskOutput)
def give_back(body: dict[str, Any], task_id: UUID) -> Any:
    """*Trả lại người nhờ*; who asked, or a leader of the unit, may take it back by the same."""
    handling.give_back_task(task_id=task_id, **body, by=current_viewer(), now=now())
    return shown_task(task_id)


@bp.put("/tasks/<uuid:task_id>/priority")
@policy(LOGGED_IN)
@bp.arguments(PriorityInput)
@bp.response(200, TaskOutput)
def set_priority(body: dict[str, Any], task_id: UUID) -> Any:
    """*Thường* (5) or *Khẩn* (2)."""
    pressing.set_priority(task_id=task_id, priority=body["priority"], by=current_viewer(), now=now())
    return shown_task(task_id)


@bp.put("/tasks/<uuid:task_id>/follow-up")
@policy(LOGGED_IN)
@bp.arguments(FollowUpInput)
@bp.response(200, TaskOutput)
def set_follow_up(body: dict[str, Any], task_id: UUID) -> Any:
    """*Ngày xem lại*; changes no deadline."""
    pressing.set_follow_up(task_id=task_id, day=body["day"], by=current_viewer(), now=now())
    return shown_task(task_id)
