"""Messages and signals between cases: sent in one case's transaction, consumed in the receiver's own."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.database import Base


class Message(Base):
    """One message for one receiver, or for one not there yet (`receiver_case_id` null, `to` says who).

    `source` names the throwing event (`case id:element:occurrence`) or the act that sent it: with the
    receiver it makes the message unique, so that twice is once. `state`: waiting → delivered | expired.
    `seen_rev` is the receiver's revision at the last attempt: only a case that moved since is worth another.
    `position` (that of its outbox row) is the order in which one sender's messages arrive. `delivery_id` is
    the outbox row that last tried it: while that is not done there is no second one.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("source", "receiver_case_id", name="one_message_per_receiver"),
        # The sweep's questions: what waits, in order; and what has waited too long.
        Index(
            "ix_message_waiting",
            "position",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_message_expiring",
            "expires_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_message_receiver", "receiver_case_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    # message | signal
    kind: Mapped[str] = mapped_column(String(10))
    position: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(100))
    source: Mapped[str] = mapped_column(String(300))
    sender_case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("case_file.id"))
    receiver_case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("case_file.id"))
    to: Mapped[dict[str, Any]]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    seen_rev: Mapped[int] = mapped_column(default=-1)
    delivery_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
    traceparent: Mapped[str] = mapped_column(String(55), default="")
