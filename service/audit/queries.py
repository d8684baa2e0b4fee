"""Reading the log: a case's history, and whether its chain is whole."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select

from service.audit.canonical import chain_hash
from service.audit.erased import ERASED, ErasedThings, erased_in, notices
from service.audit.operations import GENESIS
from service.database import db, iso_instant
from service.errors import NotFound
from service.models import Case, Event, EventPrivatePart, StreamHead


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
    # What people typed, as far as retention has left it: {"reason": "…"}.
    private: dict[str, str] = field(default_factory=dict)
    # In whose place the actor acted (*xử lý thay*).
    acting_for: uuid.UUID | None = None
    # Which chain it is of; a case's stream is named by the case's id.
    stream_id: str = ""
    position_id: uuid.UUID | None = None


def case_events(case_id: uuid.UUID, *, after: int = 0, limit: int | None = None) -> Sequence[RecordedEvent]:
    """Events of a case in order of seq, from the first after `after`."""
    query = (
        select(Event)
        .where(Event.stream == "case", Event.stream_id == str(case_id), Event.seq > after)
        .order_by(Event.seq)
    )
    if limit is not None:
        query = query.limit(limit)
    events = list(db.session.scalars(query))
    private: dict[int, dict[str, str]] = {}
    if events:
        parts = db.session.execute(
            select(EventPrivatePart.position, EventPrivatePart.name, EventPrivatePart.content)
            .join(Event, Event.position == EventPrivatePart.position)
            .where(
                Event.stream == "case",
                Event.stream_id == str(case_id),
                Event.seq.between(events[0].seq, events[-1].seq),
                EventPrivatePart.salt != b"",
            )
        )
        for position, name, content in parts:
            private.setdefault(position, {})[name] = content.decode()
    return [_recorded(event, private.get(event.position, {})) for event in events]


def erased_things(case_id: uuid.UUID) -> ErasedThings:
    """What retention has erased of a case, as its chain tells it."""
    return erased_in(_erasures(case_id))


def erasure_notices(case_id: uuid.UUID) -> list[str]:
    """The same as sentences for its readers."""
    return notices(_erasures(case_id))


def _erasures(case_id: uuid.UUID) -> Iterator[dict[str, Any]]:
    bodies = db.session.execute(
        select(Event.body)
        .where(Event.stream == "case", Event.stream_id == str(case_id), Event.type == ERASED)
        .order_by(Event.seq)
    ).scalars()
    return (orjson.loads(body) for body in bodies)


def events_at(positions: Sequence[int]) -> list[RecordedEvent]:
    """These events, of whatever streams, in the order given; two statements."""
    rows = db.session.scalars(select(Event).where(Event.position.in_(positions))) if positions else ()
    found = {event.position: event for event in rows}
    private: dict[int, dict[str, str]] = {}
    if found:
        parts = db.session.execute(
            select(EventPrivatePart.position, EventPrivatePart.name, EventPrivatePart.content).where(
                EventPrivatePart.position.in_(positions), EventPrivatePart.salt != b""
            )
        )
        for position, name, content in parts:
            private.setdefault(position, {})[name] = content.decode()
    return [_recorded(found[one], private.get(one, {})) for one in positions if one in found]


def _recorded(event: Event, private: dict[str, str]) -> RecordedEvent:
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
        private=private,
        acting_for=uuid.UUID(absent) if (absent := body["actor"].get("acting_for")) else None,
        stream_id=event.stream_id,
        position_id=uuid.UUID(seat) if (seat := body["actor"].get("position")) else None,
    )


def case_named(name: str) -> uuid.UUID:
    """The case of that code or id. Raises NotFound."""
    found = db.session.execute(select(Case.id).where(Case.code == name)).scalar()
    if found is None:
        try:
            asked = uuid.UUID(name)
        except ValueError:
            raise NotFound(f"Không có hồ sơ {name!r}.") from None
        found = db.session.execute(select(Case.id).where(Case.id == asked)).scalar()
    if found is None:
        raise NotFound(f"Không có hồ sơ {name!r}.")
    return found


@dataclass(frozen=True)
class BrokenLink:
    """The first place where a chain does not hold."""

    stream: str
    stream_id: str
    seq: int
    what: str


def broken_links(stream: str, stream_id: str) -> Iterator[BrokenLink]:
    """Walk one chain and name each event that does not follow from the one before, or says otherwise."""
    previous, expected = GENESIS, 1
    rows = db.session.execute(
        select(Event.seq, Event.body, Event.hash, Event.type, Event.actor_id, Event.recorded_at)
        .where(Event.stream == stream, Event.stream_id == stream_id)
        .order_by(Event.seq)
    )
    for seq, found, stored, kind, actor_id, recorded_at in rows:
        if seq != expected:
            yield BrokenLink(stream, stream_id, seq, f"thiếu sự kiện số {expected}")
        body = found if isinstance(found, bytes) else str(found).encode()  # a tampered cell may be text
        if chain_hash(previous, body) != stored:
            yield BrokenLink(stream, stream_id, seq, "mã băm không khớp với nội dung và sự kiện trước")
        elif _repeated(orjson.loads(body)) != (
            stream, stream_id, seq, kind, str(actor_id) if actor_id else None, iso_instant(recorded_at),
        ):  # fmt: skip
            yield BrokenLink(stream, stream_id, seq, "các cột không khớp với nội dung")
        previous, expected = stored, seq + 1
    if stream != "case":
        head = db.session.execute(
            select(StreamHead.seq, StreamHead.hash).where(
                StreamHead.stream == stream, StreamHead.stream_id == stream_id
            )
        ).one_or_none()
        if head is None or (head.seq, head.hash) != (expected - 1, previous):
            yield BrokenLink(stream, stream_id, expected, "chuỗi không kết thúc ở sự kiện cuối đã ghi")


def _repeated(body: dict[str, Any]) -> tuple[Any, ...]:
    """What the event's other columns repeat from its body."""
    return (body["stream"], body["stream_id"], body["seq"], body["type"], body["actor"]["id"], body["at"])
