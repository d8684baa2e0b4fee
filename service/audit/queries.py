"""Reading the log: a case's history, and whether its chain is whole."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select

from service.audit.canonical import chain_hash
from service.audit.operations import GENESIS
from service.database import db
from service.models import Event


@dataclass(frozen=True)
class RecordedEvent:
    position: int
    seq: int
    type: str
    at: datetime
    actor_id: uuid.UUID | None
    data: dict[str, Any]
    digests: dict[str, str]
    hash: str


def case_events(case_id: uuid.UUID, *, after: int = 0, limit: int | None = None) -> Sequence[RecordedEvent]:
    """Events of a case in order of seq, from the first after `after`."""
    query = (
        select(Event)
        .where(Event.stream == "case", Event.stream_id == str(case_id), Event.seq > after)
        .order_by(Event.seq)
    )
    if limit is not None:
        query = query.limit(limit)
    return [_recorded(event) for event in db.session.scalars(query)]


def _recorded(event: Event) -> RecordedEvent:
    body = orjson.loads(event.body)
    return RecordedEvent(
        position=event.position,
        seq=event.seq,
        type=event.type,
        at=event.recorded_at,
        actor_id=event.actor_id,
        data=body["data"],
        digests=body["digests"],
        hash=event.hash.hex(),
    )


@dataclass(frozen=True)
class BrokenLink:
    """The first place where a chain does not hold."""

    stream: str
    stream_id: str
    seq: int
    what: str


def broken_links(stream: str, stream_id: str) -> Iterator[BrokenLink]:
    """Walk one chain and name each event whose seq or hash does not follow from the one before."""
    previous, expected = GENESIS, 1
    rows = db.session.execute(
        select(Event.seq, Event.body, Event.hash)
        .where(Event.stream == stream, Event.stream_id == stream_id)
        .order_by(Event.seq)
    )
    for seq, body, stored in rows:
        if seq != expected:
            yield BrokenLink(stream, stream_id, seq, f"thiếu sự kiện số {expected}")
        if chain_hash(previous, body) != stored:
            yield BrokenLink(stream, stream_id, seq, "mã băm không khớp với nội dung và sự kiện trước")
        previous, expected = stored, seq + 1
