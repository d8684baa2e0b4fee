"""The dispatcher: what a commit promised, done after it. Delays are possible, loss is not.

A row is claimed before it is delivered; of several dispatchers one gets it. One delivery per case is in
flight, in order of id; behind a dead row the later ones of its case wait for an administrator: a decision
must not overtake its proposal. Handlers record what they did, so that twice is once.

What leaves the house may hang there: it has turns of its own and comes after what stays inside.

No clock decides who owns a row: a claim ends with its delivery, or when `service.jobs.abandoned` finds that
nobody is behind it. `available_at` only spaces out attempts; see `_due` for a clock that was set back.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Select, and_, exists, literal_column, or_, select, update
from sqlalchemy.orm import aliased

from service.database import db, transaction
from service.errors import Undeliverable
from service.jobs import stopwatch
from service.jobs.handlers import HANDLERS
from service.models import OutboxRow
from service.trace import tracing

log = structlog.get_logger(__name__)

# How long a delivery may take; a claim older than that has nobody behind it.
CLAIM = timedelta(minutes=2)
FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE = timedelta(minutes=30)
MOST_ATTEMPTS = 12  # with these pauses some two hours of a service that is down
BATCH = 16
# Their handlers wait for servers of others, twenty seconds and more each where one of those hangs.
OUTSIDE = frozenset({"job", "email", "webhook"})
BATCH_OUTSIDE = 2
# A service that is down must not hold up the message that would end the wait for it.
UNORDERED = frozenset({"job"})
# Written out: a partial index serves only a condition that is known when the statement is planned.
WAITING: ColumnElement[bool] = literal_column("outbox.state = 'waiting'")


def _due(now: datetime) -> ColumnElement[bool]:
    """Whether it is time for a row, even if the clock was ahead when its time was written down.

    A row that was never tried and was not put off is due whatever its clock said; a pause that would last
    longer than pauses last was written by a clock that ran ahead.
    """
    return or_(
        OutboxRow.available_at <= now,
        and_(OutboxRow.attempts == 0, OutboxRow.available_at <= OutboxRow.created_at),
        and_(OutboxRow.attempts > 0, OutboxRow.available_at > now + LONGEST_PAUSE),
    )


def inside() -> frozenset[str]:
    """The kinds whose handlers need our own database only."""
    return frozenset(HANDLERS) - OUTSIDE


def deliverable(now: datetime, *columns: Any, kinds: Collection[str] | None = None) -> Select[Any]:
    """Rows that may be delivered now, in order: due, unclaimed, of a known kind, the first of their case.

    Jobs wait for nothing and nothing waits for them. `kinds` narrows down; where all of them go outside,
    what failed less often comes first: one dead receiver does not stand before the others.
    """
    known = HANDLERS.keys() if kinds is None else HANDLERS.keys() & set(kinds)
    earlier = aliased(OutboxRow)
    blocked = exists(
        select(earlier.id).where(
            earlier.case_id == OutboxRow.case_id,
            earlier.id < OutboxRow.id,
            earlier.state.in_(("waiting", "dead")),
            earlier.kind.in_(sorted(HANDLERS.keys() - UNORDERED)),
        )
    )
    return (
        select(*(columns or (OutboxRow.id,)))
        .where(
            WAITING,
            OutboxRow.claimed_until.is_(None),
            OutboxRow.kind.in_(sorted(known)),  # a newer version's kinds wait for a newer process
            _due(now),
            or_(OutboxRow.case_id.is_(None), OutboxRow.kind.in_(sorted(UNORDERED)), ~blocked),
        )
        .order_by(*((OutboxRow.attempts,) if known <= OUTSIDE else ()), OutboxRow.id)
    )


def claim(now: datetime, outbox_id: int | None = None) -> int | None:
    """Reserve the next row that may be delivered (or the given one); None when there is none."""
    found = claim_many(now, 1, [outbox_id] if outbox_id is not None else None)
    return found[0] if found else None


def claim_many(
    now: datetime, most: int, of: Sequence[int] | None = None, kinds: Collection[str] | None = None
) -> list[int]:
    """Reserve up to `most` rows, at most one of each case, in order; only `of` these and `kinds` if given."""
    query = deliverable(now, kinds=kinds).limit(most)
    if of is not None:
        query = query.where(OutboxRow.id.in_(of))
    if not db.session.execute(query).scalars().all():
        return []  # nothing to write, so nobody is kept waiting for a lock
    with transaction() as session:
        found = list(session.execute(query.with_for_update(skip_locked=True)).scalars())
        if found:
            session.execute(
                update(OutboxRow)
                .where(OutboxRow.id.in_(found))
                .values(claimed_until=now + CLAIM, attempts=OutboxRow.attempts + 1)
            )
    return found


def give_back(outbox_ids: Sequence[int]) -> None:
    """Return claims of this process that it has not begun."""
    with transaction() as session:
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.id.in_(outbox_ids), WAITING, OutboxRow.claimed_until.is_not(None))
            .values(claimed_until=None, attempts=OutboxRow.attempts - 1)
        )


def deliver(outbox_id: int, now: datetime) -> bool:
    """Run a claimed row's handler; True when done. A failure is tried again later, at last left dead."""
    row = db.session.execute(
        select(
            OutboxRow.kind,
            OutboxRow.case_id,
            OutboxRow.payload,
            OutboxRow.attempts,
            OutboxRow.created_at,
            OutboxRow.traceparent,
        ).where(and_(OutboxRow.id == outbox_id, OutboxRow.state == "waiting"))
    ).one_or_none()
    if row is None:
        return True
    with tracing(row.traceparent):
        try:
            HANDLERS[row.kind](
                case_id=row.case_id, payload=row.payload, now=max(now, row.created_at), outbox_id=outbox_id
            )
        except Exception as error:
            db.session.rollback()
            dead = row.attempts >= MOST_ATTEMPTS or isinstance(error, Undeliverable)
            log.error(
                "delivery failed",
                outbox=outbox_id,
                kind=row.kind,
                attempt=row.attempts,
                dead=dead,
                error=repr(error),
            )
            _finish(
                outbox_id,
                row.attempts,
                state="dead" if dead else "waiting",
                available_at=now + pause_after(outbox_id, row.attempts),
                last_error=repr(error)[:2000],
            )
            return False
        _finish(outbox_id, row.attempts, state="done", done_at=now)
    return True


def pause_after(outbox_id: int, attempts: int) -> timedelta:
    """Twice as long each time up to half an hour, less up to a quarter so that rows do not come in herds."""
    whole = min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), LONGEST_PAUSE.total_seconds())
    return timedelta(seconds=whole * (1 - (zlib.crc32(f"{outbox_id}:{attempts}".encode()) % 1000) / 4000))


def _finish(outbox_id: int, attempt: int, **values: Any) -> None:
    """Close or release this claim; one that took too long and was taken over has nothing to say any more."""
    with transaction() as session:
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == outbox_id, OutboxRow.attempts == attempt, OutboxRow.state == "waiting")
            .values(claimed_until=None, **values)
        )


def drain(
    now: datetime,
    most: int = 10_000,
    *,
    of: Sequence[int] | None = None,
    kinds: Collection[str] | None = None,
    keep_on: Callable[[], bool] = lambda: True,
) -> int:
    """Deliver everything that is due (of `of` and `kinds`, where given) while `keep_on`; how many were done.

    What stays inside goes first, and again before every few that go outside.
    """
    wanted = frozenset(HANDLERS if kinds is None else kinds)
    done = tried = 0
    while tried < most and keep_on():
        claimed = _claim_batch(now, most - tried, of, wanted)
        if not claimed:
            break
        begun = stopwatch.seconds()
        for number, outbox_id in enumerate(claimed):
            # The last of a batch must not begin when others already think that nobody is behind it. The first
            # always goes: on a machine where claiming alone takes all the time, nothing ever would.
            if number and (not keep_on() or stopwatch.seconds() - begun > CLAIM.total_seconds() / 4):
                give_back(claimed[number:])
                break
            done += deliver(outbox_id, now)
            tried += 1
    return done


def _claim_batch(now: datetime, most: int, of: Sequence[int] | None, wanted: frozenset[str]) -> list[int]:
    for kinds, size in ((wanted - OUTSIDE, BATCH), (wanted & OUTSIDE, BATCH_OUTSIDE)):
        if kinds and (claimed := claim_many(now, min(size, most), of, kinds)):
            return claimed
    return []
