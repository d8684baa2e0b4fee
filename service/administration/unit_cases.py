"""What still depends on a unit: open cases, units under it, lists and people. Read before it ends."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.engine import Connection

from service.models import Appointment, Case, MemberAssignment, Position, Quota, Task, Unit
from service.models.cases import OPEN_STATES

MOST_SHOWN = 30


@dataclass(frozen=True)
class OpenCase:
    """An open case in which the unit has a part. `own`: it is this commune's dossier itself."""

    id: uuid.UUID
    code: str
    commune: str
    year: int
    own: bool
    # A task of the case is on this unit's worklist now.
    waits_here: bool


@dataclass(frozen=True)
class Dependents:
    """What the end of a unit touches after its last day."""

    cases: tuple[OpenCase, ...] = ()
    children: tuple[str, ...] = ()
    quotas: int = 0
    members: int = 0
    people: int = 0

    @property
    def asks(self) -> bool:
        """Whether somebody must have read this before the unit may end."""
        return bool(self.cases or self.children)

    @property
    def seal(self) -> str:
        """Names exactly these cases and units: one more, and what was read no longer counts."""
        names = [one.code for one in self.cases] + list(self.children)
        return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]


def dependents(connection: Connection, unit_id: uuid.UUID, last: date) -> Dependents:
    """What goes on after `last` although the unit does not."""
    waiting = exists().where(Task.case_id == Case.id, Task.unit_id == unit_id, Task.state.in_(OPEN_STATES))
    cases = connection.execute(
        select(
            Case.id,
            Case.code,
            Unit.name,
            Case.year,
            (Case.commune_id == unit_id).label("own"),
            waiting.label("waits_here"),
        )
        .join(Unit, Unit.id == Case.commune_id)
        .where(
            Case.finished_at.is_(None),
            Case.status != "finished",
            or_(
                Case.commune_id == unit_id,
                Case.district_id == unit_id,
                Case.department_id == unit_id,
                Case.province_id == unit_id,
                waiting,
            ),
        )
        .order_by(Case.code)
    ).all()
    children = connection.execute(
        select(Unit.name)
        .where(Unit.parent_id == unit_id, or_(Unit.valid_to.is_(None), Unit.valid_to > last))
        .order_by(Unit.code)
    ).scalars()
    return Dependents(
        cases=tuple(OpenCase(*row) for row in cases),
        children=tuple(children),
        quotas=_quotas(connection, unit_id, last.year),
        members=connection.execute(
            select(func.count()).where(
                MemberAssignment.district_id == unit_id, _goes_on(MemberAssignment.valid_to, last)
            )
        ).scalar_one(),
        people=connection.execute(
            select(func.count(Appointment.user_id.distinct()))
            .join(Position, Position.id == Appointment.position_id)
            .where(Position.unit_id == unit_id, _goes_on(Appointment.valid_to, last))
        ).scalar_one(),
    )


def _goes_on(column: Any, last: date) -> ColumnElement[bool]:
    return or_(column.is_(None), column > last)


def _quotas(connection: Connection, unit_id: uuid.UUID, year: int) -> int:
    """Years after the last one for which the commune is on a list and has no case yet."""
    opened = exists().where(and_(Case.commune_id == Quota.commune_id, Case.year == Quota.year))
    return connection.execute(
        select(func.count()).where(Quota.commune_id == unit_id, Quota.year > year, ~opened)
    ).scalar_one()
