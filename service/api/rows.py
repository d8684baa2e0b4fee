"""/tasks/…/rows and single fields of a draft: several people at one criteria table."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from service.api.fields import Id, Input, Items, Object, Text, Whole
from service.api.schemas import told
from service.api.schemas_tasks import DraftSaved
from service.api.tasks import bp
from service.errors import NotAllowed
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.idempotency import idempotent
from service.identity.queries import names_of
from service.identity.viewer import Viewer
from service.models import Task
from service.processes.draft_fields import with_fields
from service.processes.row_owners import row_owners
from service.tasks.colleagues import leading_seat
from service.tasks.draft_saving import Typed
from service.tasks.operations import save_fields
from service.tasks.queries import read_task
from service.tasks.rows import assign_rows, take_back_rows


class FieldsInput(Input):
    rev = Whole(required=True, metadata=told("The draft's `rev` that you have read; 0 for none.", 0))
    changes = Object(
        required=True,
        metadata=told(
            "Field by field; null empties one.", {"criteria.2.6.raw": "54,4%", "report_summary": None}
        ),
    )


class CriteriaInput(Input):
    criteria = Items(Text(longest=10), required=True, metadata=told("Rows of the table.", ["2.6", "3.2"]))


class RowsInput(CriteriaInput):
    to = Id(required=True, metadata=told("The colleague's id; see `colleagues`."))


class RowOutput(Schema):
    criterion = fields.String(metadata=told("The row.", "2.6"))
    user_id = fields.UUID(metadata=told("Who was given it."))
    name = fields.String()


class RowList(Schema):
    items = fields.List(fields.Nested(RowOutput))


@bp.patch("/tasks/<uuid:task_id>/draft/fields")
@policy(LOGGED_IN)
@bp.arguments(FieldsInput)
@bp.response(200, DraftSaved)
def save_some_fields(body: dict[str, Any], task_id: UUID) -> Any:
    """Save single fields beside what others save in theirs.

    Answers 409 `draft-changed` when somebody else changed one of the same fields since `rev`. Whoever was
    given rows of a colleague's task saves exactly those.
    """
    changes = {str(path): value for path, value in body["changes"].items()}
    typed = Typed(with_fields({}, changes), body["rev"], frozenset(changes))
    return {"rev": save_fields(task_id=task_id, typed=typed, by=current_viewer(), now=now()).rev}


@bp.get("/tasks/<uuid:task_id>/rows")
@policy(LOGGED_IN)
@bp.response(200, RowList)
def list_rows(task_id: UUID) -> Any:
    """Which rows were given to whom. For those who prepare the task or lead its unit."""
    return _shown(read_task(task_id, current_viewer()), current_viewer())


@bp.post("/tasks/<uuid:task_id>/rows")
@policy(LOGGED_IN)
@bp.arguments(RowsInput)
@idempotent
@bp.response(200, RowList)
def give_rows(body: dict[str, Any], task_id: UUID) -> Any:
    """*Phân công chỉ tiêu*: by who holds the task or leads its unit, to somebody who may prepare it."""
    viewer = current_viewer()
    assign_rows(task_id=task_id, criteria=body["criteria"], to=body["to"], by=viewer, now=now())
    return _shown(read_task(task_id, viewer), viewer)


@bp.post("/tasks/<uuid:task_id>/rows/take-back")
@policy(LOGGED_IN)
@bp.arguments(CriteriaInput)
@idempotent
@bp.response(200, RowList)
def take_rows_back(body: dict[str, Any], task_id: UUID) -> Any:
    """The rows are the holder's again."""
    viewer = current_viewer()
    take_back_rows(task_id=task_id, criteria=body["criteria"], by=viewer, now=now())
    return _shown(read_task(task_id, viewer), viewer)


def _shown(task: Task, viewer: Viewer) -> dict[str, Any]:
    prepares = viewer.seat_for_preparing(task.group, task.unit_id) is not None
    if not prepares and leading_seat(viewer, task.group, task.unit_id) is None:
        raise NotAllowed()
    owners = row_owners(task.id)
    names = names_of(set(owners.values()))
    return {
        "items": [
            {"criterion": criterion, "user_id": user, "name": names.get(user, "")}
            for criterion, user in sorted(owners.items(), key=lambda one: tuple(map(int, one[0].split("."))))
        ]
    }
