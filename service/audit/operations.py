"""Appending to the log, inside the caller's transaction: the act and its record, or neither."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from service.audit.canonical import canonical, chain_hash, salted_digest
from service.database import AnyRow, insert_if_absent, iso_instant, table_of
from service.models import Event, EventPrivatePart, StreamHead
from service.trace import trace_id

FORMAT = 1
GENESIS = bytes(32)

ADD_EVENT = insert(table_of(Event))
_ADD_PRIVATE_PART = insert(table_of(EventPrivatePart))


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


@dataclass(frozen=True)
class PrivatePart:
    """What people typed or may be known by: the chain covers its salted digest, retention may erase it."""

    name: str
    salt: bytes
    content: bytes


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
    """The columns of one event, its hash chained to `previous`.

    `trace` ties it to the request, delivery or timer in which it happened (W3C Trace Context); events from
    outside any have none.
    """
    content: dict[str, Any] = {
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
    if trace := trace_id():
        content["trace"] = trace
    body = canonical(content)
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
    head = _locked_head(connection, stream, stream_id)
    seq, previous = head.seq + 1, head.hash
    parts = private_parts(private)
    row = event_row(
        stream=stream,
        stream_id=stream_id,
        seq=seq,
        previous=previous,
        kind=kind,
        data=data,
        actor=by,
        at=at,
        digests=digests_of(parts),
    )
    insert_event(connection, row, parts)
    connection.execute(
        update(StreamHead)
        .where(StreamHead.stream == stream, StreamHead.stream_id == stream_id)
        .values(seq=seq, hash=row["hash"])
    )
    return bytes(row["hash"])


def _locked_head(connection: Connection, stream: str, stream_id: str) -> AnyRow:
    """Where the stream ends; writers of one stream queue here. A brand-new stream ends at seq 0."""
    query = (
        select(StreamHead.seq, StreamHead.hash)
        .where(StreamHead.stream == stream, StreamHead.stream_id == stream_id)
        .with_for_update()
    )
    head = connection.execute(query).one_or_none()
    if head is None:
        # Two may be the first: one of them makes the row, both then wait for it.
        insert_if_absent(connection, StreamHead, stream=stream, stream_id=stream_id, seq=0, hash=GENESIS)
        head = connection.execute(query).one()
    return head


def private_parts(private: Mapping[str, bytes] | None) -> list[PrivatePart]:
    """Each part with a salt of its own, so that equal words do not show as equal digests."""
    return [PrivatePart(name, os.urandom(16), content) for name, content in (private or {}).items()]


def digests_of(parts: Iterable[PrivatePart]) -> dict[str, str]:
    return {part.name: salted_digest(part.salt, part.content) for part in parts}


def insert_event(connection: Connection, row: Mapping[str, Any], parts: Sequence[PrivatePart] = ()) -> None:
    """Store an event made by `event_row` and, beside it, the readable side of its digests."""
    stored = connection.execute(ADD_EVENT, row)
    if parts:
        position = stored.inserted_primary_key[0]  # type: ignore[index]
        connection.execute(
            _ADD_PRIVATE_PART,
            [
                {"position": position, "name": part.name, "salt": part.salt, "content": part.content}
                for part in parts
            ],
        )


def record_access(
    connection: Connection,
    kind: str,
    data: Mapping[str, Any],
    *,
    case_id: uuid.UUID,
    by: Actor,
    at: datetime,
    private: Mapping[str, bytes] | None = None,
) -> None:
    """A view, download, export or comment of a dossier: its own stream per case, never the case's chain."""
    append(connection, kind, data, stream="access", stream_id=str(case_id), by=by, at=at, private=private)


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
