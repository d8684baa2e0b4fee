"""Messages that wait: for a receiver that is not there yet, for one that moves on, or for their expiry."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, tuple_
from sqlalchemy.engine import Connection

from service.database import AnyRow, db, transaction
from service.messages.addresses import find_receivers, receiver_of
from service.messages.posting import find_and_offer, select_waiting
from service.messages.rows import STILL_WAITING, TOO_LATE, being_tried, expire, offer
from service.models import Case, Message

MOST = 500
PAGE = 200


@dataclass
class Place:
    """How far a sweep has come among the messages whose receiver is not there; None: at the beginning."""

    last: tuple[int, uuid.UUID] | None = None


def sweep(now: datetime, place: Place | None = None) -> int:
    """Expire what nobody will receive, look for receivers that have come, try those again that have moved.

    Returns how many messages there was something to do about. With nothing to do: three indexed queries, and
    for a page of those without a receiver where to look for it; `place` remembers from sweep to sweep which
    page comes next, so that however many wait in vain, each has its turn. What is done is guarded by the
    messages' rows, so that several may sweep at once.
    """
    return _expire_late(now) + _find_receivers(now, place or Place()) + _try_those_that_moved(now)


def _expire_late(now: datetime) -> int:
    db.session.rollback()
    late = db.session.scalars(
        select(Message.id)
        .where(STILL_WAITING, Message.expires_at <= now)
        .order_by(Message.expires_at)
        .limit(MOST)
    ).all()
    done = 0
    for message in late:
        with transaction() as session:
            done += expire(session.connection(), message, TOO_LATE, now)
    return done


def _find_receivers(now: datetime, place: Place) -> int:
    """One page. Nobody is kept waiting by the looking; what was found is looked up again behind the lock."""
    nowhere = select_waiting().where(Message.receiver_case_id.is_(None))
    page = nowhere.limit(PAGE)
    if place.last is not None:
        page = page.where(tuple_(Message.position, Message.id) > place.last)
    db.session.rollback()
    connection = db.session.connection()
    messages = connection.execute(page).all()
    place.last = (messages[-1].position, messages[-1].id) if len(messages) == PAGE else None
    found = _with_receiver(connection, messages)
    if not found:
        return 0
    # All that their senders have waiting, on earlier pages too: an earlier one must not come in later.
    senders = {message.sender_case_id for message in found} - {None}
    theirs = or_(Message.id.in_([message.id for message in found]), Message.sender_case_id.in_(senders))
    with transaction() as session:
        return find_and_offer(session.connection(), nowhere.where(theirs), now)


def _with_receiver(connection: Connection, messages: Sequence[AnyRow]) -> list[AnyRow]:
    if not messages:
        return []
    receivers = find_receivers(connection, [message.to for message in messages])
    return [message for message, receiver in zip(messages, receivers, strict=True) if receiver is not None]


def _try_those_that_moved(now: datetime) -> int:
    moved = (
        select_waiting()
        .add_columns(Case.rev, Case.status, Case.awaited)
        .join(Case, Case.id == Message.receiver_case_id)
        .where(Case.rev > Message.seen_rev, ~being_tried())
        .limit(MOST)
    )
    db.session.rollback()
    if not db.session.execute(moved.limit(1)).all():
        return 0
    with transaction() as session:
        connection = session.connection()
        messages = connection.execute(moved).all()
        receivers = [receiver_of(message, message.receiver_case_id) for message in messages]
        offer(connection, messages, receivers, now)
    return len(messages)
