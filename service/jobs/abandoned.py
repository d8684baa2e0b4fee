"""Claims with nobody behind them: their process died, or lost the database.

No clock is asked, since clocks jump and differ between machines: who sees the same claim unchanged for longer
than a delivery may take, by a stopwatch of its own, sets the row free. Every scheduler watches for itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, literal_column, select, update

from service.database import db, transaction
from service.jobs.outbox import CLAIM, MOST_ATTEMPTS
from service.jobs.stopwatch import Watch
from service.models import OutboxRow

log = structlog.get_logger(__name__)

# (outbox id, attempt): the next attempt is another claim.
ClaimWatch = Watch[tuple[int, int]]
CLAIMED: ColumnElement[bool] = literal_column("outbox.claimed_until IS NOT NULL")
DIED = "Tiến trình đang xử lý đã dừng đột ngột ở mỗi lần thử."


def release_abandoned(watch: ClaimWatch, now: datetime, patience: timedelta = CLAIM) -> int:
    """Set free what nobody is delivering any more, to be delivered `now`; returns how many rows.

    A claim that this `watch` has seen unchanged for longer than `patience` is nobody's.
    A row whose every attempt ended the process that tried it is left dead like one that always failed.
    """
    claimed = db.session.execute(
        select(OutboxRow.id, OutboxRow.attempts)
        .where(CLAIMED, OutboxRow.state == "waiting")
        .order_by(OutboxRow.id)
    )
    abandoned = watch.unchanged_for(patience, [(row.id, row.attempts) for row in claimed])
    if not abandoned:
        return 0
    released = 0
    with transaction() as session:
        for outbox_id, attempts in abandoned:
            dead = attempts >= MOST_ATTEMPTS
            values = {"state": "dead", "last_error": DIED} if dead else {}
            freed = session.execute(
                update(OutboxRow)
                .where(
                    OutboxRow.id == outbox_id,
                    OutboxRow.attempts == attempts,
                    OutboxRow.state == "waiting",
                    OutboxRow.claimed_until.is_not(None),
                )
                .values(claimed_until=None, available_at=now, **values)
            )
            released += freed.rowcount  # type: ignore[attr-defined]
            log.warning("claim abandoned", outbox=outbox_id, attempt=attempts, dead=dead)
    return released
