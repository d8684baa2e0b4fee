"""What other systems are told: a JSON document per event, no personal data. See docs/notifications.md."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from service.database import iso_instant

# Ids of the same event are the same wherever and whenever they are made.
NAMESPACE = uuid.UUID("6f6c1f6e-0b51-5a52-9d0f-2d6f0c1e7a3b")


class EventKind(StrEnum):
    TASK_OPENED = "task_opened"
    TASK_OVERDUE = "task_overdue"
    CASE_FINISHED = "case_finished"


@dataclass(frozen=True)
class Event:
    """`id` names the event for ever: a receiver that has seen it need not look again."""

    id: str
    kind: str
    at: datetime
    data: Mapping[str, Any]

    def body(self) -> dict[str, Any]:
        """The document as it is sent: {"type", "timestamp", "data"} as Standard Webhooks advises."""
        return {"type": self.kind, "timestamp": iso_instant(self.at), "data": dict(self.data)}


def event_id(*parts: object) -> str:
    return f"msg_{uuid.uuid5(NAMESPACE, ':'.join(map(str, parts))).hex}"


def task_event(kind: EventKind, row: Any, at: datetime) -> Event:
    """`row` has the task's and its case's columns as `announcements` reads them."""
    data = {
        "case": case_data(row),
        "task": {
            "id": str(row.id),
            "step": row.element,
            "name": row.name,
            "group": row.group,
            "unit": row.unit_code,
            "due_on": row.due_on.isoformat() if row.due_on else None,
        },
    }
    told_once_for = (row.due_on,) if kind == EventKind.TASK_OVERDUE else ()
    return Event(event_id(kind, row.id, *told_once_for), kind.value, at, data)


def finished_event(row: Any, outcome: str, at: datetime) -> Event:
    return Event(
        event_id(EventKind.CASE_FINISHED, row.case_id),
        EventKind.CASE_FINISHED.value,
        at,
        {"case": case_data(row), "outcome": outcome},
    )


def case_data(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.case_id),
        "code": row.code,
        "year": row.year,
        "procedure": row.procedure,
        "commune": {"code": row.commune_code, "name": row.commune},
    }
