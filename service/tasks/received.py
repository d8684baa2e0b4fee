"""Which tasks a colleague has put into somebody's hands, by whom, and with which words."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import select

from service.database import db
from service.identity.queries import names_of
from service.identity.viewer import Viewer
from service.models import Event, EventPrivatePart, Task
from service.tasks.places import IS_OPEN

_HANDED = ("task_assigned", "task_handed_over", "task_delegated", "task_given_back")
_ELSE = ("task_claimed", "task_released")


@dataclass(frozen=True)
class Hand:
    """How a task came to its owner: `kind` of the event, from whom, when, and what was said beside it."""

    kind: str
    by: str
    at: datetime
    note: str


def last_hand(task: Task, viewer: Viewer) -> Hand | None:
    """How this open task was put into its owner's hands; None where they took it, or nobody has it.

    Only for those whose worklist has the task: what colleagues say to each other is no other unit's business.
    """
    if (task.group, task.unit_id) not in viewer.worklist_groups or task.owner_id is None or not task.is_open:
        return None
    events = db.session.execute(
        select(Event.position, Event.type, Event.actor_id, Event.recorded_at, Event.body)
        .where(
            Event.stream == "case",
            Event.stream_id == str(task.case_id),
            Event.type.in_((*_HANDED, *_ELSE)),
        )
        .order_by(Event.seq.desc())
    )
    for event in events:
        data = orjson.loads(event.body)["data"]
        if data["task"] != task.ref:
            continue
        if event.type not in _HANDED or data["to"] != str(task.owner_id):
            return None
        note = db.session.get(EventPrivatePart, (event.position, "note"))
        giver = names_of({event.actor_id}).get(event.actor_id, "")
        return Hand(event.type, giver, event.recorded_at, note.content.decode() if note else "")
    return None


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
