"""The rows of messages: written once, looked at again when their receiver has moved, ended once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, literal_column, select, update
from sqlalchemy.engine import Connection

from service.audit.operations import SYSTEM, record_administration
from service.database import AnyRow, insert_if_absent
from service.messages.addresses import Receiver
from service.models import Message, OutboxRow
from service.processes.record import SIGNAL
from service.wording import recorded

DELIVERY = "message_delivery"
WAITING, DELIVERED, EXPIRED = "waiting", "delivered", "expired"
# Written out: a partial index serves only a condition that is known when the statement is planned.
STILL_WAITING: ColumnElement[bool] = literal_column("message.state = 'waiting'")
NAMESPACE = uuid.UUID("5b1f0c56-6e55-5d0e-9c0b-6a2c9f3f6a70")
CASE_ENDED = recorded("Hồ sơ nhận đã kết thúc.")
NOBODY_WAITS = recorded("Hồ sơ không còn chờ tín hiệu này.")
TOO_LATE = recorded("Hết thời hạn mà không hồ sơ nào nhận.")


def message_id(source: str, receiver: uuid.UUID | None = None) -> uuid.UUID:
    """The same sending to the same receiver is the same row. A message is sent to one, wherever it may be."""
    return uuid.uuid5(NAMESPACE, source if receiver is None else f"{source}>{receiver}")


def message_row(
    payload: Mapping[str, Any],
    *,
    kind: str,
    position: int,
    sender: uuid.UUID | None,
    receiver: uuid.UUID | None,
    to: Mapping[str, Any],
    now: datetime,
    traceparent: str,
) -> dict[str, Any]:
    """The columns of a new message; `payload` is that of its outbox row (see processes.outbox_rows)."""
    return {
        "id": message_id(payload["source"], receiver if kind == "signal" else None),
        "kind": kind,
        "position": position,
        "name": payload["name"],
        "source": payload["source"],
        "sender_case_id": sender,
        "receiver_case_id": receiver,
        "to": dict(to),
        "payload": payload["payload"],
        "created_at": now,
        "expires_at": datetime.fromisoformat(payload["expires"]),
        "traceparent": traceparent,
    }


def offer(
    connection: Connection, messages: Sequence[AnyRow], receivers: Sequence[Receiver], now: datetime
) -> None:
    """Have each waiting message tried on its receiver as that stands now, if the receiver awaits it.

    The trying is an outbox row of the receiver: in order, retried, at last left dead. Twice is once; while
    one is not done no other is added, since it tries on the receiver as that stands when its turn comes.
    """
    for message, receiver in zip(messages, receivers, strict=True):
        moved = connection.execute(
            update(Message)
            .where(
                Message.id == message.id,
                Message.state == WAITING,
                Message.seen_rev < receiver.rev,
                ~being_tried(),
            )
            .values(receiver_case_id=receiver.id, seen_rev=receiver.rev)
        )
        if moved.rowcount != 1:
            continue  # somebody else has it in hand
        if receiver.finished:
            expire(connection, message.id, CASE_ENDED, now)
        elif awaits(receiver, message.kind, message.name):
            _try_on(connection, message, receiver, now)


def being_tried() -> ColumnElement[bool]:
    """Of a message: an outbox row of it is not done yet, or has been given up and holds up its case."""
    return exists(
        select(OutboxRow.id).where(
            OutboxRow.id == Message.delivery_id, OutboxRow.state.in_(("waiting", "dead"))
        )
    )


def _try_on(connection: Connection, message: AnyRow, receiver: Receiver, now: datetime) -> None:
    key = f"{DELIVERY}:{message.id}:{receiver.rev}"
    insert_if_absent(
        connection,
        OutboxRow,
        kind=DELIVERY,
        case_id=receiver.id,
        payload={"message": str(message.id)},
        dedup_key=key,
        available_at=now,
        created_at=now,
        traceparent=message.traceparent,
    )
    made = select(OutboxRow.id).where(OutboxRow.dedup_key == key).scalar_subquery()
    connection.execute(update(Message).where(Message.id == message.id).values(delivery_id=made))


def awaits(receiver: Receiver, kind: str, name: str) -> bool:
    return (f"{SIGNAL}{name}" if kind == "signal" else name) in receiver.awaited


def expire(connection: Connection, message: uuid.UUID, why: str, now: datetime) -> bool:
    """End a waiting message that nobody will receive: recorded for administrators, its attempts dropped."""
    ended = connection.execute(
        update(Message)
        .where(Message.id == message, Message.state == WAITING)
        .values(state=EXPIRED, last_error=why)
    )
    if ended.rowcount != 1:
        return False
    row = connection.execute(
        select(
            Message.kind,
            Message.name,
            Message.source,
            Message.sender_case_id,
            Message.receiver_case_id,
            Message.to,
        ).where(Message.id == message)
    ).one()
    attempts = connection.execute(
        select(OutboxRow.id, OutboxRow.payload).where(
            OutboxRow.case_id == row.receiver_case_id,
            OutboxRow.kind == DELIVERY,
            OutboxRow.state.in_(("waiting", "dead")),
        )
    )
    for attempt in attempts.all():
        if attempt.payload["message"] == str(message):
            connection.execute(update(OutboxRow).where(OutboxRow.id == attempt.id).values(state="dropped"))
    record_administration(
        connection,
        "message_expired",
        {
            "message": str(message),
            "kind": row.kind,
            "name": row.name,
            "source": row.source,
            "sender": str(row.sender_case_id) if row.sender_case_id else None,
            "receiver": str(row.receiver_case_id) if row.receiver_case_id else None,
            "to": row.to,
            "why": why,
        },
        by=SYSTEM,
        at=now,
    )
    return True
