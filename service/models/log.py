"""The append-only log. Triggers (see the migrations) refuse UPDATE and DELETE of events."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.database import Base


class Event(Base):
    """`body` is RFC 8785 JSON and exactly what `hash` covers together with the previous hash.

    The other columns repeat parts of the body for searching; the body is the truth.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("stream", "stream_id", "seq"),
        Index("ix_event_actor", "actor_id"),
    )

    position: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    # case | access | process | administration
    stream: Mapped[str] = mapped_column(String(20))
    stream_id: Mapped[str] = mapped_column(String(36))
    seq: Mapped[int]
    type: Mapped[str] = mapped_column(String(60))
    actor_id: Mapped[uuid.UUID | None]
    recorded_at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class EventPrivatePart(Base):
    """The readable side of a salted digest in an event's body; only retention may erase it."""

    __tablename__ = "event_private_part"

    position: Mapped[int] = mapped_column(ForeignKey("event.position"), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class StreamHead(Base):
    """Where a stream other than *case* ends; a case keeps its own head in its row."""

    __tablename__ = "stream_head"

    stream: Mapped[str] = mapped_column(String(20), primary_key=True)
    stream_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    seq: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
