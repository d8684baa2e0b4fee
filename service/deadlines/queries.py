"""Reading deadlines: those that hold for one case, and the whole list."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import Select, or_, select
from sqlalchemy.engine import Connection

from service.calendars.spans import Period, period_of
from service.database import AnyRow, db
from service.models import Deadline, Unit, UnitKind

_COLUMNS = (
    Deadline.element,
    Deadline.last_day,
    Deadline.period,
    Deadline.period_unit,
    Deadline.wording,
    Deadline.source,
)


@dataclass(frozen=True)
class StepDeadline:
    """A step's last day, or its period from the receipt of the dossier, and the words of the source."""

    last_day: date | None
    wording: str
    source: str
    period: Period | None = None


@dataclass(frozen=True, order=True)
class DeadlineKey:
    """Which deadline: `district` is a unit's code, "" for all districts."""

    procedure: str
    year: int
    district: str
    element: str


@dataclass(frozen=True)
class DeadlineRow:
    """A deadline as people enter, export and see it; `line` is where a file has it."""

    key: DeadlineKey
    last_day: date | None
    period: Period | None
    wording: str
    source: str
    district_name: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


def deadlines_for(
    connection: Connection, procedure: str, year: int, district_id: uuid.UUID | None
) -> dict[str, StepDeadline]:
    """{step: deadline} for a case of that year; the district's own prevails over the one for all."""
    rows = connection.execute(
        select(*_COLUMNS, Deadline.district_id)
        .where(
            Deadline.procedure == procedure,
            Deadline.year == year,
            or_(Deadline.district_id.is_(None), Deadline.district_id == district_id),
        )
        .order_by(Deadline.district_id.is_not(None))
    )
    return {row.element: step_deadline(row) for row in rows}


def step_deadline(row: AnyRow | Deadline) -> StepDeadline:
    period = None if row.period is None else period_of(row.period, row.period_unit or "days")
    return StepDeadline(row.last_day, row.wording, row.source, period)


# Every deadline of a procedure and year: {(step, district or None for all): deadline}.
AllOfYear: TypeAlias = Mapping[tuple[str, uuid.UUID | None], StepDeadline]


def deadlines_of_year(connection: Connection, procedure: str, year: int) -> AllOfYear:
    """Every deadline of the procedure in the year, of all districts."""
    rows = connection.execute(
        select(*_COLUMNS, Deadline.district_id).where(Deadline.procedure == procedure, Deadline.year == year)
    )
    return {(row.element, row.district_id): step_deadline(row) for row in rows}


def in_district(all_of_year: AllOfYear, district_id: uuid.UUID | None) -> dict[str, StepDeadline]:
    """{step: deadline} for one district; its own prevails over the one for all."""
    general = {step: found for (step, district), found in all_of_year.items() if district is None}
    own = {
        step: found
        for (step, district), found in all_of_year.items()
        if district is not None and district == district_id
    }
    return general | own


def steps_with_periods(connection: Connection) -> frozenset[tuple[str, int, str]]:
    """(procedure, year, step) for each deadline that is a period, for whichever district."""
    rows = connection.execute(
        select(Deadline.procedure, Deadline.year, Deadline.element)
        .where(Deadline.period.is_not(None))
        .distinct()
    )
    return frozenset((row.procedure, row.year, row.element) for row in rows)


def steps_with_deadlines(procedure: str) -> list[str]:
    """The steps for which some year or district has a deadline."""
    query = select(Deadline.element).where(Deadline.procedure == procedure)
    return list(db.session.execute(query.distinct().order_by(Deadline.element)).scalars())


def list_deadlines(
    *, procedure: str = "", year: int | None = None, district: str | None = None
) -> list[DeadlineRow]:
    """Deadlines by procedure, year, district and step; `district` "" means those for all districts."""
    query = _listed()
    if procedure:
        query = query.where(Deadline.procedure == procedure)
    if year is not None:
        query = query.where(Deadline.year == year)
    if district is not None:
        query = query.where(Unit.code == district if district else Deadline.district_id.is_(None))
    return sorted((_row(found) for found in db.session.execute(query)), key=lambda row: row.key)


def read_deadline(key: DeadlineKey, connection: Connection | None = None) -> DeadlineRow | None:
    """The deadline under this key; None where there is none."""
    query = _listed().where(
        Deadline.procedure == key.procedure,
        Deadline.year == key.year,
        Deadline.element == key.element,
        Unit.code == key.district if key.district else Deadline.district_id.is_(None),
    )
    found = (connection or db.session.connection()).execute(query).one_or_none()
    return _row(found) if found is not None else None


def districts_by_code(connection: Connection, codes: Iterable[str]) -> dict[str, uuid.UUID]:
    """{code: id} of those codes that are districts."""
    rows = connection.execute(
        select(Unit.code, Unit.id).where(
            Unit.kind == UnitKind.DISTRICT.value, Unit.code.in_(sorted(set(codes)))
        )
    )
    return {row.code: row.id for row in rows}


def list_districts() -> Sequence[AnyRow]:
    """Districts to choose from: code, name."""
    return db.session.execute(
        select(Unit.code, Unit.name).where(Unit.kind == UnitKind.DISTRICT.value).order_by(Unit.code)
    ).all()


def years_with_deadlines() -> list[int]:
    return list(db.session.execute(select(Deadline.year).distinct().order_by(Deadline.year)).scalars())


def _listed() -> Select[*tuple[Any, ...]]:
    return select(
        *_COLUMNS,
        Deadline.procedure,
        Deadline.year,
        Unit.code.label("district"),
        Unit.name.label("district_name"),
    ).outerjoin(Unit, Unit.id == Deadline.district_id)


def _row(found: AnyRow) -> DeadlineRow:
    deadline = step_deadline(found)
    key = DeadlineKey(found.procedure, found.year, found.district or "", found.element)
    return DeadlineRow(
        key, deadline.last_day, deadline.period, found.wording, found.source, found.district_name or ""
    )
