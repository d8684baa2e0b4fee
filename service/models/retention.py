"""How long what is kept, what must not be destroyed, what is to be destroyed, what went to the archive."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.database import Base


class RecordKind(StrEnum):
    """What periods are laid down for. Events, hashes, leaves and checkpoints are none of these."""

    SUBMISSION = "submission"
    EVIDENCE = "evidence"
    PRIVATE = "private"
    ACCESS = "access"
    COMMENT = "comment"
    DRAFT = "draft"
    NOTIFICATION = "notification"


class ErasureState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    DONE = "done"


class RetentionRule(Base):
    """The period of a kind of record from day to day; `years` None: for ever.

    Counted from the day on which the case ended (`end`) or from the last day of that year (`year_end`).
    While it is not `confirmed` by the archive nothing is destroyed by it. `transfer_years`: by when, in years
    after the year in which the case ended, the dossier goes to the archive; None: not said.
    """

    __tablename__ = "retention_rule"
    __table_args__ = (UniqueConstraint("kind", "valid_from"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    years: Mapped[int | None]
    counted_from: Mapped[str] = mapped_column(String(10))
    transfer_years: Mapped[int | None]
    legal_basis: Mapped[str] = mapped_column(String(600))
    confirmed: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class LegalHold(Base):
    """*Tạm dừng hủy*: of one case, or of all that fit year, procedure and unit, until it is lifted."""

    __tablename__ = "legal_hold"
    __table_args__ = (Index("ix_legal_hold_lifted_at", "lifted_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("case_file.id"))
    year: Mapped[int | None]
    procedure: Mapped[str | None] = mapped_column(String(100))
    # The commune or the district of the cases.
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    reason: Mapped[str] = mapped_column(String(600))
    legal_basis: Mapped[str] = mapped_column(String(600))
    set_at: Mapped[datetime]
    set_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    lifted_reason: Mapped[str] = mapped_column(String(600), default="")


class Erasure(Base):
    """A list to be destroyed: proposed by one, decided by another, then carried out case by case.

    `why`: period (past its time) | redaction (one item); `target` says which item. See ErasureState.
    """

    __tablename__ = "erasure"
    __table_args__ = (Index("ix_erasure_state", "state"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    why: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(600))
    target: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10))
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    proposed_for: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    decided_for: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    decision: Mapped[str] = mapped_column(String(600), default="")
    finished_at: Mapped[datetime | None]


class ErasureCase(Base):
    """One kind of record of one case on such a list. `state`: waiting → done | held.

    `event_seq` is the event of the case's chain that tells it, `items` how many things were erased by it.
    """

    __tablename__ = "erasure_case"
    __table_args__ = (Index("ix_erasure_case_case_id", "case_id"),)

    erasure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("erasure.id"), primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    legal_basis: Mapped[str] = mapped_column(String(700))
    due_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    event_seq: Mapped[int | None]
    items: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]


class ErasureSlip(Base):
    """Leave to erase one recorded thing, which the triggers ask for; it lives within one transaction only.

    `what`: submission (`subject`) | private (`position`, `name`). `content` and `salt` are what takes the
    place of what was there; `event_position` is the event that tells it.
    """

    __tablename__ = "erasure_slip"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    erasure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("erasure.id"))
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case_file.id"))
    event_position: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    what: Mapped[str] = mapped_column(String(20))
    subject: Mapped[uuid.UUID | None]
    position: Mapped[int | None] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    name: Mapped[str] = mapped_column(String(60), default="")
    content: Mapped[bytes] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))


class ArchiveTransfer(Base):
    """*Nộp lưu*: dossiers handed to the archive together, and what it said to that."""

    __tablename__ = "archive_transfer"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    archive: Mapped[str] = mapped_column(String(300))
    receipt_number: Mapped[str] = mapped_column(String(100))
    received_on: Mapped[date]
    receiver: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))


class TransferredCase(Base):
    """One dossier of a transfer, and how far its log had come by then."""

    __tablename__ = "transferred_case"
    __table_args__ = (Index("ix_transferred_case_case_id", "case_id"),)

    transfer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("archive_transfer.id"), primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    rev: Mapped[int]
