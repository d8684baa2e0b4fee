"""What a case or a person has sent becomes messages: one for its receiver; of a signal one per listener."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from service.database import db, insert_missing, transaction
from service.messages.addresses import Receiver, find_receivers, full_address, receiver_of
from service.messages.rows import STILL_WAITING, awaits, message_row, offer
from service.models import Case, Message
from service.processes.queries import versions_catching
from service.trace import traceparent

BATCH = 200
NOWHERE = uuid.UUID(int=0)


def post_message(
    *, case_id: uuid.UUID | None, payload: Mapping[str, Any], now: datetime, outbox_id: int
) -> None:
    """Store a message that `case_id` (None: a person) sent; have it tried on its receiver if there is one.

    A second posting finds the first one's row and changes nothing.
    """
    with transaction() as session:
        connection = session.connection()
        row = message_row(
            payload,
            kind="message",
            position=outbox_id,
            sender=case_id,
            receiver=None,
            to=full_address(connection, payload["to"], case_id),
            now=now,
            traceparent=traceparent(),
        )
        insert_missing(connection, Message, [row])
        # All that this sender has waiting without a receiver: an earlier one must not come in later.
        mine = Message.id == row["id"] if case_id is None else Message.sender_case_id == case_id
        find_and_offer(connection, select_waiting().where(Message.receiver_case_id.is_(None), mine), now)


def find_and_offer(connection: Connection, waiting: Any, now: datetime) -> int:
    """Look for the receivers of messages that had none; returns how many were found."""
    messages = connection.execute(waiting).all()
    receivers = find_receivers(connection, [message.to for message in messages])
    found = [(m, r) for m, r in zip(messages, receivers, strict=True) if r is not None]
    offer(connection, [message for message, _ in found], [receiver for _, receiver in found], now)
    return len(found)


def select_waiting() -> Any:
    """Waiting messages in the order in which they were sent."""
    return (
        select(
            Message.id,
            Message.kind,
            Message.position,
            Message.name,
            Message.to,
            Message.sender_case_id,
            Message.receiver_case_id,
            Message.traceparent,
        )
        .where(STILL_WAITING)
        .order_by(Message.position, Message.id)
    )


def broadcast(
    *, case_id: uuid.UUID | None, payload: Mapping[str, Any], now: datetime, outbox_id: int
) -> None:
    """A message row for every open case that awaits the signal now, batch by batch, each batch a commit.

    A signal is heard by who listens when it is called: a case that does not await it gets no row. Repeated
    after a crash, it finds the rows of the batches that were done.
    """
    last, full = NOWHERE, True
    while full:
        with transaction() as session:
            connection = session.connection()
            versions = versions_catching(payload["name"])
            cases = connection.execute(
                select(Case.id, Case.rev, Case.status, Case.awaited)
                .where(Case.status == "open", Case.process_version_id.in_(versions), Case.id > last)
                .order_by(Case.id)
                .limit(BATCH)
            ).all()
            listening = [
                receiver
                for receiver in map(receiver_of, cases)
                if awaits(receiver, "signal", payload["name"])
            ]
            _call(connection, case_id, payload, listening, now, outbox_id)
        full = len(cases) == BATCH
        last = cases[-1].id if cases else last
        db.session.rollback()


def _call(
    connection: Connection,
    case_id: uuid.UUID | None,
    payload: Mapping[str, Any],
    listening: list[Receiver],
    now: datetime,
    outbox_id: int,
) -> None:
    rows = [
        message_row(
            payload,
            kind="signal",
            position=outbox_id,
            sender=case_id,
            receiver=receiver.id,
            to={},
            now=now,
            traceparent=traceparent(),
        )
        for receiver in listening
    ]
    insert_missing(connection, Message, rows)
    by_id = {receiver.id: receiver for receiver in listening}
    ids = [row["id"] for row in rows]
    messages = connection.execute(select_waiting().where(Message.id.in_(ids))).all()
    offer(connection, messages, [by_id[message.receiver_case_id] for message in messages], now)
