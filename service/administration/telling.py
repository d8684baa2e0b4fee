"""Having people told of what was arranged for them: queued with the act itself, told by a worker."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from service.audit.operations import Actor
from service.models import OutboxRow
from service.trace import traceparent


def tell_of_substitution(
    connection: Connection,
    *,
    absent: uuid.UUID,
    substitute: uuid.UUID,
    position: uuid.UUID,
    first: date | None,
    last: date | None,
    by: Actor,
    now: datetime,
) -> None:
    """Both are told, but for who arranges it. Without `first` it ends with `last`, or never begins."""
    notice = str(uuid.uuid4())
    payload = {
        "notice": notice,
        "absent": str(absent),
        "substitute": str(substitute),
        "position": str(position),
        "from": first.isoformat() if first else None,
        "to": last.isoformat() if last else None,
        "by": str(by.user_id),
    }
    connection.execute(
        insert(OutboxRow).values(
            kind="substitution",
            case_id=None,
            payload=payload,
            dedup_key=f"substitution:{notice}",
            available_at=now,
            created_at=now,
            traceparent=traceparent(),
        )
    )
