"""Reading units, their positions and who holds them; and persons with the seats they hold."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from service.database import AnyRow, db
from service.errors import NotFound
from service.models import Appointment, Position, Unit, UnitKind, UnitSuccession, User
from service.vietnamese import searchable, sort_key, without_controls
from service.wording import _

SIZE = 50
_Absent = aliased(User)


@dataclass(frozen=True)
class Held:
    """A person in a position; `absent` is whom they stand in for, "" in a seat of their own."""

    id: uuid.UUID
    user_id: uuid.UUID
    name: str
    username: str
    active: bool
    position: str
    position_id: uuid.UUID
    role: str
    unit: str
    unit_code: str
    valid_from: date
    valid_to: date | None
    absent: str
    legal_basis: str

    def on(self, day: date) -> str:
        """current | coming | past"""
        if self.valid_from > day:
            return "coming"
        return "past" if self.valid_to is not None and self.valid_to < day else "current"


@dataclass(frozen=True)
class UnitPage:
    unit: Unit
    children: int
    predecessors: Sequence[AnyRow]
    successors: Sequence[AnyRow]
    positions: Sequence[Position]
    held: list[Held]


def list_units(
    *, search: str = "", kind: str = "", in_force_on: date | None = None, after: str = ""
) -> tuple[list[Unit], str | None]:
    """Units by kind and Vietnamese name, and the code to continue after. Units are few: matched in Python."""
    query = select(Unit).order_by(Unit.code)
    if kind:
        query = query.where(Unit.kind == kind)
    wanted = searchable(without_controls(search))
    units = sorted(
        (
            unit
            for unit in db.session.scalars(query)
            if wanted in searchable(f"{unit.name} {unit.code}")
            and (in_force_on is None or unit.in_force_on(in_force_on))
        ),
        key=lambda unit: (KINDS.index(unit.kind), sort_key(unit.name), unit.code),
    )
    start = next((number for number, unit in enumerate(units, 1) if unit.code == after), 0)
    shown = units[start : start + SIZE]
    return shown, shown[-1].code if len(units) > start + SIZE else None


def units_left_behind(day: date) -> list[Unit]:
    """Units in force whose superior unit is not, by superior and Vietnamese name."""
    left = [
        unit
        for unit in db.session.scalars(select(Unit).where(Unit.parent_id.is_not(None)))
        if unit.in_force_on(day) and unit.parent is not None and not unit.parent.in_force_on(day)
    ]
    return sorted(
        left, key=lambda unit: (sort_key(unit.parent.name if unit.parent else ""), sort_key(unit.name))
    )


KINDS = ["province", "department", "agency", "district", "commune"]


def read_unit(code: str) -> UnitPage:
    unit = db.session.scalars(select(Unit).where(Unit.code == code)).one_or_none()
    if unit is None:
        raise NotFound(_("Không có đơn vị mang mã này."))
    children = db.session.execute(select(Unit.id).where(Unit.parent_id == unit.id)).all()
    followed = select(Unit.code, Unit.name, UnitSuccession.since, UnitSuccession.legal_basis)
    positions = db.session.scalars(
        select(Position).where(Position.unit_id == unit.id).order_by(Position.code)
    ).all()
    return UnitPage(
        unit=unit,
        children=len(children),
        predecessors=db.session.execute(
            followed.join(UnitSuccession, UnitSuccession.predecessor_id == Unit.id)
            .where(UnitSuccession.successor_id == unit.id)
            .order_by(UnitSuccession.since, Unit.code)
        ).all(),
        successors=db.session.execute(
            followed.join(UnitSuccession, UnitSuccession.successor_id == Unit.id)
            .where(UnitSuccession.predecessor_id == unit.id)
            .order_by(UnitSuccession.since, Unit.code)
        ).all(),
        positions=positions,
        held=_held(Position.unit_id == unit.id),
    )


def list_parents() -> list[Unit]:
    """Units that others may belong to, by kind and name."""
    kinds = (UnitKind.PROVINCE.value, UnitKind.DISTRICT.value)
    found = db.session.scalars(select(Unit).where(Unit.kind.in_(kinds)))
    return sorted(found, key=lambda unit: (KINDS.index(unit.kind), sort_key(unit.name), unit.code))


def alike(unit: Unit) -> list[Unit]:
    """The other units of its kind, by name: whom it may follow, or be followed by."""
    found = db.session.scalars(select(Unit).where(Unit.kind == unit.kind, Unit.id != unit.id))
    return sorted(found, key=lambda one: (sort_key(one.name), one.code))


def list_people(
    *, search: str = "", state: str = "", after: str = ""
) -> tuple[list[AnyRow], dict[uuid.UUID, list[Held]], str | None]:
    """Persons by user name, the seats of each, and the user name to continue after."""
    query = select(User.id, User.username, User.display_name, User.active, User.must_change_password)
    if state:
        query = query.where(User.active == (state == "active"))
    wanted = searchable(without_controls(search))
    people = [
        row
        for row in db.session.execute(query.where(User.username > after).order_by(User.username))
        if wanted in searchable(f"{row.display_name} {row.username}")
    ]
    shown = people[:SIZE]
    seats: dict[uuid.UUID, list[Held]] = {}
    if shown:
        for one in _held(Appointment.user_id.in_(sorted(row.id for row in shown))):
            seats.setdefault(one.user_id, []).append(one)
    return shown, seats, shown[-1].username if len(people) > SIZE else None


def read_person(user_id: uuid.UUID) -> tuple[User, list[Held]]:
    user = db.session.get(User, user_id, populate_existing=True)
    if user is None:
        raise NotFound(_("Không có tài khoản này."))
    return user, _held(Appointment.user_id == user.id)


def _held(condition: ColumnElement[bool]) -> list[Held]:
    """The latest first."""
    rows = db.session.execute(
        select(
            Appointment.id,
            Appointment.valid_from,
            Appointment.valid_to,
            Appointment.legal_basis,
            User.id.label("user_id"),
            User.display_name,
            User.username,
            User.active,
            Position.id.label("position_id"),
            Position.title,
            Position.role,
            Unit.name.label("unit"),
            Unit.code.label("unit_code"),
            _Absent.display_name.label("absent"),
        )
        .join(User, User.id == Appointment.user_id)
        .join(Position, Position.id == Appointment.position_id)
        .join(Unit, Unit.id == Position.unit_id)
        .outerjoin(_Absent, _Absent.id == Appointment.substitutes_id)
        .where(condition)
        .order_by(Appointment.valid_from.desc(), User.username, Position.code)
    ).all()
    return [
        Held(
            id=row.id,
            user_id=row.user_id,
            name=row.display_name,
            username=row.username,
            active=row.active,
            position=row.title,
            position_id=row.position_id,
            role=row.role,
            unit=row.unit,
            unit_code=row.unit_code,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            absent=row.absent or "",
            legal_basis=row.legal_basis,
        )
        for row in rows
    ]
