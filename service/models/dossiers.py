"""Files handed in as evidence, and official documents signed on the way."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service.database import Base


class EvidenceFile(Base):
    """One upload. The bytes lie in storage under their SHA-256; equal bytes are stored once."""

    __tablename__ = "evidence_file"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("task.id"))
    criterion: Mapped[str | None] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    uploaded_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    uploaded_at: Mapped[datetime]
    # The file whose place this one took; both are kept.
    replaces_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("evidence_file.id"))
    # When retention erased the bytes and the name; the row and its hash stay.
    erased_at: Mapped[datetime | None]


class Upload(Base):
    """A file on its way in parts; `received` bytes of `size` lie in storage. It becomes an EvidenceFile."""

    __tablename__ = "upload"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("task.id"), index=True)
    criterion: Mapped[str | None] = mapped_column(String(10))
    field: Mapped[str] = mapped_column(String(100), default="")
    replaces_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("evidence_file.id"))
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    started_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    started_at: Mapped[datetime]


class Document(Base):
    """A signed document: kept are number, date, signer and capacity. The number may come later."""

    __tablename__ = "document"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("case_file.id"), index=True)
    round_act_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("round_act.id"), index=True)
    submission_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("submission.id"), index=True)
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    title: Mapped[str] = mapped_column(String(300))
    number: Mapped[str] = mapped_column(String(60), default="")
    issued_on: Mapped[date | None]
    signer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    signer_name: Mapped[str] = mapped_column(String(200))
    signer_title: Mapped[str] = mapped_column(String(200))
    # "", "TM.", "KT.", "TL.", "TUQ."
    capacity: Mapped[str] = mapped_column(String(10))
    signed_at: Mapped[datetime]
    numbered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    numbered_at: Mapped[datetime | None]
    # The signed paper as it came back from the document system; the bytes lie under their SHA-256.
    file_name: Mapped[str] = mapped_column(String(255), default="", server_default="")
    file_size: Mapped[int | None] = mapped_column(BigInteger)
    file_sha256: Mapped[str] = mapped_column(String(64), default="", server_default="")
    filed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    filed_at: Mapped[datetime | None]
