"""What people hear of a round: who hears it, and in which words, is looked up at the moment of telling."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from service.models import OutboxRow, Round
from service.trace import traceparent

ROUND_TOLD = "round_told"
REQUESTED, RETURNED, SIGNED, GIVEN = "requested", "returned", "signed", "decided"


def queue_telling(session: Session, round_: Round, what: str, now: datetime) -> None:
    """Leave a row of no case in the outbox, after the round's rev has moved: each act is told once."""
    session.execute(
        insert(OutboxRow).values(
            kind=ROUND_TOLD,
            case_id=None,
            payload={"round": str(round_.id), "what": what, "rev": round_.rev},
            dedup_key=f"round_told:{round_.id}:{round_.rev}",
            available_at=now,
            created_at=now,
            traceparent=traceparent(),
        )
    )
