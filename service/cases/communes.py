"""Which communes a person may open a case for, and which of them have one already."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, false, or_, select

from service.cases.operations import RECOGNITION
from service.database import db
from service.identity.viewer import Viewer
from service.models import Case, Quota, Role, Unit, UnitKind
from service.vietnamese import sort_key


@dataclass(frozen=True)
class OpenableCommune:
    id: uuid.UUID
    name: str
    # On the year's list of assigned communes (QĐ 969).
    assigned: bool
    case_id: uuid.UUID | None


def communes_to_open(viewer: Viewer, *, year: int, day: date) -> list[OpenableCommune]:
    """Sở: the year's assigned communes; a commune: itself; anybody else: none. In force on `day`, by name."""
    found = db.session.execute(
        select(Unit.id, Unit.name, Quota.year.label("quota_year"), Case.id.label("case_id"))
        .outerjoin(Quota, and_(Quota.commune_id == Unit.id, Quota.year == year))
        .outerjoin(Case, and_(Case.commune_id == Unit.id, Case.year == year, Case.procedure == RECOGNITION))
        .where(
            Unit.kind == UnitKind.COMMUNE.value,
            Unit.valid_from <= day,
            or_(Unit.valid_to.is_(None), Unit.valid_to >= day),
            _may_open(viewer),
        )
        .order_by(Unit.id)
    ).all()
    # Vietnamese order is computed here: databases differ in it.
    rows = sorted(found, key=lambda row: sort_key(row.name))
    return [OpenableCommune(row.id, row.name, row.quota_year is not None, row.case_id) for row in rows]


def _may_open(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.units(UnitKind.DEPARTMENT, Role.OFFICER, Role.LEADER):
        return Quota.year.is_not(None)
    own = viewer.units(UnitKind.COMMUNE, Role.OFFICER, Role.LEADER)
    return Unit.id.in_(sorted(own, key=lambda unit: unit.hex)) if own else false()


def anyone_assigned(year: int) -> bool:
    """Whether any commune is on the year's list."""
    return db.session.execute(select(Quota.year).where(Quota.year == year).limit(1)).first() is not None
