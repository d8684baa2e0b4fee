"""Reference data with validity: deadlines, quotas, index sets; and installation settings."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from service.database import Base


class Deadline(Base):
    """The deadline of a step in a year, for one district or (district_id null) for all.

    Either a calendar date (`last_day`), which never moves, or a period of `period` days from the receipt of
    the dossier, whose clock stops while the dossier is returned. `period_unit`: days | working_days.
    """

    __tablename__ = "deadline"
    __table_args__ = (
        UniqueConstraint("procedure", "year", "element", "district_id"),
        # To a unique constraint one null is not another; this one has the deadline for all districts once.
        Index(
            "ix_deadline_for_all",
            "procedure",
            "year",
            "element",
            unique=True,
            sqlite_where=text("district_id IS NULL"),
            postgresql_where=text("district_id IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    procedure: Mapped[str] = mapped_column(String(100))
    year: Mapped[int]
    element: Mapped[str] = mapped_column(String(100))
    district_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    last_day: Mapped[date | None]
    period: Mapped[int | None]
    period_unit: Mapped[str | None] = mapped_column(String(12))
    # The words of the source ("trước ngày 04/12/2023"), shown as the reason of the date.
    wording: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(300))


class CalendarYear(Base):
    """A year whose days off are known; outside these years nothing is computed in working days."""

    __tablename__ = "calendar_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(300))
    imported_at: Mapped[datetime]


class CalendarDay(Base):
    """A day that is not as its weekday says: off (a holiday), or worked (a Saturday made up for)."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    is_working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(300))
    # The province's own decision, which no import of public holidays replaces.
    is_own: Mapped[bool] = mapped_column(default=False, server_default=false())


class Quota(Base):
    """QĐ 969: this commune is to complete in this year."""

    __tablename__ = "quota"

    commune_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(300))


class IndexSet(Base):
    """A version of the ranking index (QĐ 3853 as corrected): its maximum comes from the province."""

    __tablename__ = "index_set"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    maximum: Mapped[Decimal] = mapped_column(Numeric(12, 4))
    document: Mapped[str] = mapped_column(String(300))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    illustrative: Mapped[bool] = mapped_column(default=False)


class Setting(Base):
    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(String(2000))


class Counter(Base):
    """Gapless numbers given inside the transaction that uses them (case codes)."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    last: Mapped[int]


class ProcedureDepartment(Base):
    """Which department verifies and submits in a procedure, by date (Sở TTTT, since 1/3/2025 Sở KH&CN)."""

    __tablename__ = "procedure_department"

    procedure: Mapped[str] = mapped_column(String(100), primary_key=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]
    legal_basis: Mapped[str] = mapped_column(String(300), default="")
