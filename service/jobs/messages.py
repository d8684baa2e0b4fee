"""Messages and signals on their way: posted after the sender's commit, delivered in the receiver's own."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from service.messages.delivery import deliver_message
from service.messages.posting import broadcast, post_message
from service.messages.waiting import Place, sweep


def handle_message(
    *, case_id: uuid.UUID | None, payload: dict[str, Any], now: datetime, outbox_id: int
) -> None:
    post_message(case_id=case_id, payload=payload, now=now, outbox_id=outbox_id)


def handle_signal(
    *, case_id: uuid.UUID | None, payload: dict[str, Any], now: datetime, outbox_id: int
) -> None:
    broadcast(case_id=case_id, payload=payload, now=now, outbox_id=outbox_id)


def handle_delivery(
    *,
    case_id: uuid.UUID,  # noqa: ARG001
    payload: dict[str, Any],
    now: datetime,
    outbox_id: int,  # noqa: ARG001
) -> None:
    deliver_message(uuid.UUID(payload["message"]), now)


def sweep_messages(now: datetime, place: Place | None = None) -> int:
    """A pass over what waits (see messages.waiting.sweep); how many there was something to do about."""
    return sweep(now, place)
