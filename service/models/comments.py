"""What people say to each other about a case, and the searches that they keep."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.database import Base


class Comment(Base):
    """On a case, or on one criterion of it. Its text is never changed; its author may withdraw it.

    `audience`: case (whoever sees the case) | unit (those of the author's unit only).
    """

    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_case", "case_id", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case_file.id"))
    criterion: Mapped[str | None] = mapped_column(String(10))
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    position_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("position.id"))
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    audience: Mapped[str] = mapped_column(String(10), default="case")
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class SavedFilter(Base):
    """A worklist filter that a person keeps under a name: the arguments of the page's address."""

    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime]


class SavedQuestion(Base):
    """A question about many cases that a person keeps under a name: which one, and the address's arguments.

    With `unit_id` everybody who works in that unit finds it as well; what it shows is what they may see.
    """

    __tablename__ = "saved_question"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    question: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime]
