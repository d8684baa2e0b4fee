"""Rounds: one Tờ trình and one Decision for many cases."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.database import Base
from service.models.cases import Case


class Round(Base):
    """`state`: gathering → signing → submitted → decided."""

    __tablename__ = "round"
    __table_args__ = (UniqueConstraint("procedure", "year", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    procedure: Mapped[str] = mapped_column(String(100))
    year: Mapped[int]
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"))
    province_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"))
    state: Mapped[str] = mapped_column(String(12), default="gathering")
    rev: Mapped[int] = mapped_column(default=0)
    # The Tờ trình being prepared: {"text": …}
    draft: Mapped[dict[str, Any]]
    prepared_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    opened_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]


class RoundItem(Base):
    """One case in a round. `list`: assigned | registered | not_proposed; a case is in one live round."""

    __tablename__ = "round_item"
    __table_args__ = (
        Index(
            "uq_round_item_live_case",
            "case_id",
            unique=True,
            sqlite_where=text("live"),
            postgresql_where=text("live"),
        ),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"), primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    list: Mapped[str] = mapped_column(String(14))
    # recognise | refuse | return | set_aside, once decided
    outcome: Mapped[str | None] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text, default="")
    live: Mapped[bool] = mapped_column(default=True)

    case: Mapped[Case] = relationship()


class RoundAct(Base):
    """The Tờ trình or the Decision of a round, given once. `content` lists what each case gets."""

    __tablename__ = "round_act"
    __table_args__ = (UniqueConstraint("round_id", "kind"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"))
    # submission | decision
    kind: Mapped[str] = mapped_column(String(12))
    content: Mapped[dict[str, Any]]
    prepared_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    signed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    signed_at: Mapped[datetime]


class RoundDelivery(Base):
    """That an act completed a case's own task: written in that case's transaction, exactly once."""

    __tablename__ = "round_delivery"

    act_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round_act.id"), primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    # delivered | refused
    state: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
