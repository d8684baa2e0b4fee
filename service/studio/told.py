"""What people hear of a draft: who hears it, and in which words, is looked up at the moment of telling."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from service.models import OutboxRow
from service.trace import traceparent

DRAFT_TOLD = "draft_told"


def queue_telling(
    connection: Connection, draft_id: uuid.UUID, rev: int, what: str, by: uuid.UUID, now: datetime
) -> None:
    """Leave a row of no case in the outbox. `what` is the kind of the recorded event, done upon `rev`."""
    connection.execute(
        insert(OutboxRow).values(
            kind=DRAFT_TOLD,
            case_id=None,
            payload={"draft": str(draft_id), "rev": rev, "what": what, "by": str(by)},
            dedup_key=f"{DRAFT_TOLD}:{draft_id}:{rev}",
            available_at=now,
            created_at=now,
            traceparent=traceparent(),
        )
    )
