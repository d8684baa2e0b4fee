"""Persons, the positions they hold, and how they prove who they are."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.database import Base
from service.models.units import Unit


class Role(StrEnum):
    OFFICER = "officer"
    LEADER = "leader"
    MEMBER = "member"
    CHAIRMAN = "chairman"
    CLERK = "clerk"
    PROCESS_OWNER = "process_owner"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class User(Base):
    """`password_hash` is argon2id; an inactive person keeps their past acts and can do nothing new."""

    __tablename__ = "user_account"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(60), unique=True)
    display_name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    must_change_password: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    is_demo: Mapped[bool] = mapped_column(default=False)
    email: Mapped[str] = mapped_column(String(254), default="", server_default="")
    created_at: Mapped[datetime]


class Position(Base):
    """A seat in a unit. Tasks belong to it; people come and go by appointments."""

    __tablename__ = "position"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(100), unique=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    # How this seat signs: "" for the head (CHỦ TỊCH), "KT." for a deputy, "TM.", "TL.", "TUQ.".
    capacity: Mapped[str] = mapped_column(String(10), default="")

    unit: Mapped[Unit] = relationship()


class Appointment(Base):
    """Who holds a position, from day to day. With `substitutes_id` it is a substitution: this person acts in
    the position while that one, who holds it, is absent (*xử lý thay theo ủy quyền*)."""

    __tablename__ = "appointment"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    position_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("position.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    substitutes_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    legal_basis: Mapped[str] = mapped_column(String(300), default="", server_default="")

    position: Mapped[Position] = relationship()


class MemberAssignment(Base):
    """Which member of the provincial committee answers for which district, by date."""

    __tablename__ = "member_assignment"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    district_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    position_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("position.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    legal_basis: Mapped[str] = mapped_column(String(300), default="")


class LoginSession(Base):
    """`token_hash` is SHA-256 of the cookie's secret; revoking is setting `revoked_at`."""

    __tablename__ = "login_session"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    user_agent: Mapped[str] = mapped_column(String(200), default="")


class ApiToken(Base):
    """A bearer token, stored hashed; `scopes` is a space-separated subset of "read write"."""

    __tablename__ = "api_token"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    scopes: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
