"""The dispatcher: what a commit promised, done after it. Delays are possible, loss is not.

A row is claimed for a time; a dispatcher that dies leaves it to be claimed again. One delivery per case is in
flight, in order of id; behind a dead row the later ones of its case wait for an administrator: a decision
must not overtake its proposal. Handlers record what they did, so that twice is once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import aliased

from service.database import db, transaction
from service.errors import Undeliverable
from service.jobs.handlers import HANDLERS
from service.models import OutboxRow

log = structlog.get_logger(__name__)

CLAIM = timedelta(minutes=2)
FIRST_PAUSE_SECONDS = 5
MOST_ATTEMPTS = 8


def claim(now: datetime, outbox_id: int | None = None) -> int | None:
    """Reserve the next row that may be delivered (or the given one); None when there is none."""
    earlier = aliased(OutboxRow)
    blocked = exists(
        select(earlier.id).where(
            earlier.case_id == OutboxRow.case_id,
            earlier.id < OutboxRow.id,
            earlier.state != "done",
            earlier.kind.in_(sorted(HANDLERS)),
        )
    )
    free = or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until < now)
    query = (
        select(OutboxRow.id)
        .where(
            OutboxRow.state == "waiting",
            OutboxRow.available_at <= now,
            free,
            OutboxRow.kind.in_(sorted(HANDLERS)),
            or_(OutboxRow.case_id.is_(None), ~blocked),
        )
        .order_by(OutboxRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if outbox_id is not None:
        query = query.where(OutboxRow.id == outbox_id)
    with transaction() as session:
        found = session.execute(query).scalar_one_or_none()
        if found is not None:
            session.execute(
                update(OutboxRow)
                .where(OutboxRow.id == found)
                .values(claimed_until=now + CLAIM, attempts=OutboxRow.attempts + 1)
            )
    return found


def deliver(outbox_id: int, now: datetime) -> bool:
    """Run a claimed row's handler; True when done. A failure is tried again later, at last left dead."""
    row = db.session.execute(
        select(OutboxRow.kind, OutboxRow.case_id, OutboxRow.payload, OutboxRow.attempts).where(
            and_(OutboxRow.id == outbox_id, OutboxRow.state == "waiting")
        )
    ).one_or_none()
    if row is None:
        return True
    try:
        HANDLERS[row.kind](case_id=row.case_id, payload=row.payload, now=now, outbox_id=outbox_id)
    except Exception as error:
        db.session.rollback()
        dead = row.attempts >= MOST_ATTEMPTS or isinstance(error, Undeliverable)
        log.error("delivery failed", outbox=outbox_id, kind=row.kind, dead=dead, error=repr(error))
        pause = timedelta(seconds=FIRST_PAUSE_SECONDS * 2 ** min(row.attempts - 1, MOST_ATTEMPTS))
        _finish(
            outbox_id,
            row.attempts,
            state="dead" if dead else "waiting",
            available_at=now + pause,
            last_error=repr(error)[:2000],
        )
        return False
    _finish(outbox_id, row.attempts, state="done", done_at=now)
    return True


def _finish(outbox_id: int, attempt: int, **values: Any) -> None:
    """Close or release this claim; one that took too long and was taken over has nothing to say any more."""
    with transaction() as session:
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == outbox_id, OutboxRow.attempts == attempt, OutboxRow.state == "waiting")
            .values(claimed_until=None, **values)
        )


def drain(now: datetime, most: int = 10_000) -> int:
    """Deliver everything that is due; returns how many were done."""
    done = 0
    for _ in range(most):
        outbox_id = claim(now)
        if outbox_id is None:
            break
        done += deliver(outbox_id, now)
    return done
