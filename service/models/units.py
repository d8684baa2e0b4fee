"""Administrative units with their validity, and who followed whom."""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.database import Base


class UnitKind(StrEnum):
    PROVINCE = "province"
    DEPARTMENT = "department"
    # Asked for its opinion by name: its code is the group of its tasks, and it sees the cases that asked it.
    AGENCY = "agency"
    DISTRICT = "district"
    COMMUNE = "commune"


class Unit(Base):
    """`code` is the public name in imports; a unit is in force on [valid_from, valid_to]."""

    __tablename__ = "unit"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20), index=True)
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    fictitious: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(String(300), default="")

    parent: Mapped[Unit | None] = relationship(remote_side=[id])  # noqa: A003  the column above

    def in_force_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class UnitSuccession(Base):
    """`successor` took over from `predecessor` on `since` (merger, division, renaming)."""

    __tablename__ = "unit_succession"

    predecessor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    successor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    since: Mapped[date]
    legal_basis: Mapped[str] = mapped_column(String(300), default="")
