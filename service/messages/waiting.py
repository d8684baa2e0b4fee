"""Messages that wait: for a receiver that is not there yet, for one that moves on, or for their expiry."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from service.database import db, transaction
from service.messages.addresses import receiver_of
from service.messages.posting import find_and_offer, select_waiting
from service.messages.rows import TOO_LATE, WAITING, expire, offer
from service.models import Case, Message

MOST = 500


def sweep(now: datetime) -> int:
    """Expire what nobody will receive, look for receivers that have come, try those again that have moved.

    Returns how many messages were worth a look. With nothing to do: three indexed queries. What is done is
    guarded by the messages' rows, so that several may sweep at once.
    """
    return _expire_late(now) + _find_receivers(now) + _try_those_that_moved(now)


def _expire_late(now: datetime) -> int:
    db.session.rollback()
    late = db.session.scalars(
        select(Message.id)
        .where(Message.state == WAITING, Message.expires_at <= now)
        .order_by(Message.expires_at)
        .limit(MOST)
    ).all()
    done = 0
    for message in late:
        with transaction() as session:
            done += expire(session.connection(), message, TOO_LATE, now)
    return done


def _find_receivers(now: datetime) -> int:
    waiting = select_waiting().where(Message.receiver_case_id.is_(None)).limit(MOST)
    db.session.rollback()
    if not db.session.execute(waiting.limit(1)).all():
        return 0
    with transaction() as session:
        return find_and_offer(session.connection(), waiting, now)


def _try_those_that_moved(now: datetime) -> int:
    moved = (
        select_waiting()
        .add_columns(Case.rev, Case.status, Case.awaited)
        .join(Case, Case.id == Message.receiver_case_id)
        .where(Case.rev > Message.seen_rev)
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
