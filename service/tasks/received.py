"""Which tasks a colleague has put into somebody's hands, as against those that they took themselves."""

from __future__ import annotations

import uuid

import orjson
from sqlalchemy import select

from service.database import db
from service.identity.viewer import Viewer
from service.models import Event, Task
from service.tasks.places import IS_OPEN

_HANDED = ("task_assigned", "task_handed_over", "task_delegated", "task_given_back")
_ELSE = ("task_claimed", "task_released")


def handed_to(viewer: Viewer) -> frozenset[uuid.UUID]:
    """Ids of the open tasks that are the viewer's because somebody else gave them; the log tells."""
    mine = db.session.execute(
        select(Task.id, Task.case_id, Task.ref).where(Task.owner_id == viewer.id, IS_OPEN)
    ).all()
    last: dict[tuple[str, str], bool] = {}
    events = db.session.execute(
        select(Event.stream_id, Event.type, Event.actor_id, Event.body)
        .where(
            Event.stream == "case",
            Event.stream_id.in_(sorted({str(task.case_id) for task in mine})),
            Event.type.in_((*_HANDED, *_ELSE)),
        )
        .order_by(Event.stream_id, Event.seq)
    )
    for event in events:
        data = orjson.loads(event.body)["data"]
        given = event.type in _HANDED and event.actor_id != viewer.id and data["to"] == str(viewer.id)
        last[event.stream_id, data["task"]] = given
    return frozenset(task.id for task in mine if last.get((str(task.case_id), task.ref), False))
