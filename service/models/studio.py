"""Drafts of procedures: drawn in the studio, checked, approved by somebody else, then published."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.database import Base


class DraftState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class ProcessDraft(Base):
    """`rev` guards every write: of two people at one draft, the second is told and overwrites nothing.

    `diagram` is kept byte for byte as it came. While it is submitted or approved nothing of it can change;
    `content_hash` is what was submitted, and the only thing that may be published.
    """

    __tablename__ = "process_draft"
    __table_args__ = (Index("ix_process_draft_key", "key", "changed_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    diagram: Mapped[bytes] = mapped_column(LargeBinary)
    diagram_hash: Mapped[str] = mapped_column(String(64))
    # {"self_assess": "<form-js JSON text>", …}
    forms: Mapped[dict[str, Any]]
    catalogue: Mapped[str] = mapped_column(String(100))
    based_on: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("process_version.id"))
    rev: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    # {id of everybody who drew at it: id of the unit from which they did}: none of them approves it.
    editors: Mapped[dict[str, Any]] = mapped_column(JSON(), default=dict)
    note: Mapped[str] = mapped_column(Text, default="")
    legal_number: Mapped[str] = mapped_column(String(100), default="")
    legal_date: Mapped[date | None]
    effective_on: Mapped[date | None]
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    changed_at: Mapped[datetime]
    changed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    submitted_unit: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    decision_note: Mapped[str] = mapped_column(Text, default="")
    # The change of rights that the approver signed: [{"step", "name", "kind", "sentence"}, …].
    rights: Mapped[list[Any]] = mapped_column(JSON(), default=list)
    version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("process_version.id"))


class ProcessScenario(Base):
    """A course that was played once and what came of it, to be played again on every later draft.

    It belongs to the procedure, not to a draft. `rev` guards every write.
    """

    __tablename__ = "process_scenario"
    __table_args__ = (UniqueConstraint("key", "name"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(120))
    # As service.studio.play.acts has it.
    course: Mapped[list[Any]] = mapped_column(JSON())
    # {"moves": [{"path": [[element, its name], …], "active": [[element, its name], …]}, …], "outcome": …}
    expected: Mapped[dict[str, Any]]
    rev: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    changed_at: Mapped[datetime]
    changed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
