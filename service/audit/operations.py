"""Appending to the log, inside the caller's transaction: the act and its record, or neither."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from service.audit.canonical import canonical, chain_hash, salted_digest
from service.database import iso_instant
from service.models import Event, EventPrivatePart, StreamHead

FORMAT = 1
GENESIS = bytes(32)


@dataclass(frozen=True)
class Actor:
    """Who did it, from which seat; `user_id` None is the system itself (timers, deliveries)."""

    user_id: uuid.UUID | None
    position_id: uuid.UUID | None = None
    acting_for: uuid.UUID | None = None

    def as_json(self) -> dict[str, str | None]:
        return {
            "id": str(self.user_id) if self.user_id else None,
            "position": str(self.position_id) if self.position_id else None,
            "acting_for": str(self.acting_for) if self.acting_for else None,
        }


SYSTEM = Actor(None)


def event_row(
    *,
    stream: str,
    stream_id: str,
    seq: int,
    previous: bytes,
    kind: str,
    data: Mapping[str, Any],
    actor: Actor,
    at: datetime,
    versions: Mapping[str, Any] | None = None,
    digests: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The columns of one event, its hash chained to `previous`."""
    body = canonical(
        {
            "format": FORMAT,
            "stream": stream,
            "stream_id": stream_id,
            "seq": seq,
            "type": kind,
            "at": iso_instant(at),
            "actor": actor.as_json(),
            "versions": dict(versions or {}),
            "data": dict(data),
            "digests": dict(digests or {}),
        }
    )
    return {
        "stream": stream,
        "stream_id": stream_id,
        "seq": seq,
        "type": kind,
        "actor_id": actor.user_id,
        "recorded_at": at,
        "body": body,
        "hash": chain_hash(previous, body),
    }


def append(
    connection: Connection,
    kind: str,
    data: Mapping[str, Any],
    *,
    stream: str,
    stream_id: str = "",
    by: Actor,
    at: datetime,
    private: Mapping[str, bytes] | None = None,
) -> bytes:
    """Record an event in the access, process or administration stream; returns its hash.

    `private` parts enter the body as salted digests only; their content lies beside.
    """
    head = connection.execute(
        select(StreamHead.seq, StreamHead.hash)
        .where(StreamHead.stream == stream, StreamHead.stream_id == stream_id)
        .with_for_update()
    ).one_or_none()
    seq, previous = (head.seq + 1, head.hash) if head else (1, GENESIS)
    salts = {name: os.urandom(16) for name in private or {}}
    row = event_row(
        stream=stream,
        stream_id=stream_id,
        seq=seq,
        previous=previous,
        kind=kind,
        data=data,
        actor=by,
        at=at,
        digests={name: salted_digest(salts[name], content) for name, content in (private or {}).items()},
    )
    result = connection.execute(insert(Event).values(**row))
    for name, content in (private or {}).items():
        connection.execute(
            insert(EventPrivatePart).values(
                position=result.inserted_primary_key[0],  # type: ignore[index]
                name=name,
                salt=salts[name],
                content=content,
            )
        )
    where = (StreamHead.stream == stream, StreamHead.stream_id == stream_id)
    if head:
        connection.execute(update(StreamHead).where(*where).values(seq=seq, hash=row["hash"]))
    else:
        # A second writer of a brand-new stream fails on the primary key and its transaction starts over.
        connection.execute(
            insert(StreamHead).values(stream=stream, stream_id=stream_id, seq=seq, hash=row["hash"])
        )
    return bytes(row["hash"])


def record_access(
    connection: Connection, kind: str, data: Mapping[str, Any], *, case_id: uuid.UUID, by: Actor, at: datetime
) -> None:
    """A view, download or export of a dossier: its own stream per case, never the case's chain."""
    append(connection, kind, data, stream="access", stream_id=str(case_id), by=by, at=at)


def record_administration(
    connection: Connection,
    kind: str,
    data: Mapping[str, Any],
    *,
    by: Actor,
    at: datetime,
    private: Mapping[str, bytes] | None = None,
) -> None:
    append(connection, kind, data, stream="administration", by=by, at=at, private=private)
