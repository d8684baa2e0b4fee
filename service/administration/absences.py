"""Reading substitutions: whose, where, when; and between whom a new one may be arranged."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, literal, or_, select, true, tuple_
from sqlalchemy.orm import aliased

from service.administration.rights import (
    WORKING,
    administrator_seat,
    headed_units,
    may_read_all,
    substitution_seat,
)
from service.database import AnyRow, db
from service.errors import BadInput, NotFound
from service.identity.viewer import Viewer
from service.models import Appointment, Position, Unit, User
from service.vietnamese import searchable, sort_key, without_controls
from service.wording import _

STATES = ("current", "coming", "past")
MOST_HOLDERS = 50
_Absent = aliased(User)


@dataclass(frozen=True)
class Substitution:
    id: uuid.UUID
    absent: str
    substitute: str
    position: str
    unit: str
    first: date
    last: date
    legal_basis: str
    may_end: bool
    may_prolong: bool


@dataclass(frozen=True)
class Holder:
    """Who holds a position, and the appointment by which."""

    appointment_id: uuid.UUID
    name: str
    username: str
    position: str
    position_id: uuid.UUID
    unit_id: uuid.UUID
    unit: str
    role: str
    valid_from: date
    valid_to: date | None


def list_substitutions(
    viewer: Viewer, *, state: str = "current", cursor: str = "", size: int = 30
) -> tuple[list[Substitution], str | None]:
    """Those that `viewer` may see, the latest first, and the cursor of the next page.

    Administrator and auditors see all; the head of a unit the unit's; everybody those they are part of.
    """
    query = _listed().where(_visible(viewer), _in_state(state, viewer.day))
    if cursor:
        day, one = _decode(cursor)
        after = tuple_(literal(day, Appointment.valid_from.type), literal(one, Appointment.id.type))
        query = query.where(tuple_(Appointment.valid_from, Appointment.id) < after)
    rows = db.session.execute(
        query.order_by(Appointment.valid_from.desc(), Appointment.id.desc()).limit(size + 1)
    ).all()
    found = [
        _substitution(
            row,
            may_end=row.valid_to > viewer.day and _arranges(viewer, row),
            may_prolong=row.valid_to >= viewer.day and _arranges(viewer, row),
        )
        for row in rows[:size]
    ]
    return found, _encode(found[-1].first, found[-1].id) if len(rows) > size else None


def _listed() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Appointment.id,
            Appointment.valid_from,
            Appointment.valid_to,
            Appointment.legal_basis,
            User.display_name.label("substitute"),
            _Absent.display_name.label("absent"),
            Position.title,
            Position.role,
            Position.unit_id,
            Unit.name.label("unit"),
        )
        .join(User, User.id == Appointment.user_id)
        .join(_Absent, _Absent.id == Appointment.substitutes_id)
        .join(Position, Position.id == Appointment.position_id)
        .join(Unit, Unit.id == Position.unit_id)
    )


def _substitution(row: AnyRow, *, may_end: bool, may_prolong: bool) -> Substitution:
    return Substitution(
        id=row.id,
        absent=row.absent,
        substitute=row.substitute,
        position=row.title,
        unit=row.unit,
        first=row.valid_from,
        last=row.valid_to,
        legal_basis=row.legal_basis,
        may_end=may_end,
        may_prolong=may_prolong,
    )


def _arranges(viewer: Viewer, row: AnyRow) -> bool:
    return substitution_seat(viewer, row.unit_id, row.role) is not None


def standing_substitutions(day: date) -> list[Substitution]:
    """Those that hold on that day or later, the earliest first: for the command line."""
    rows = db.session.execute(
        _listed().where(Appointment.valid_to >= day).order_by(Appointment.valid_from, Appointment.id)
    )
    return [_substitution(row, may_end=True, may_prolong=True) for row in rows]


def appointments_of(username: str, day: date, position_code: str | None = None) -> Sequence[AnyRow]:
    """The seats of their own that somebody holds on that day: id, code of the position."""
    query = (
        select(Appointment.id, Position.code)
        .join(User, User.id == Appointment.user_id)
        .join(Position, Position.id == Appointment.position_id)
        .where(
            User.username == username,
            Appointment.substitutes_id.is_(None),
            Appointment.valid_from <= day,
            or_(Appointment.valid_to.is_(None), Appointment.valid_to >= day),
        )
        .order_by(Position.code)
    )
    if position_code is not None:
        query = query.where(Position.code == position_code)
    return db.session.execute(query).all()


def may_arrange(viewer: Viewer) -> bool:
    return administrator_seat(viewer) is not None or bool(headed_units(viewer))


def holders(viewer: Viewer, *, search: str = "") -> list[Holder]:
    """Whom `viewer` may have substituted, by unit and name; at most MOST_HOLDERS that match."""
    if administrator_seat(viewer) is not None:
        allowed: ColumnElement[bool] = true()
    else:
        allowed = and_(Position.unit_id.in_(sorted(headed_units(viewer))), Position.role.in_(WORKING))
    wanted = searchable(without_controls(search))
    found = [
        one
        for one in map(_holder, _held_on(viewer.day, allowed))
        if wanted in searchable(f"{one.name} {one.username} {one.position} {one.unit}")
    ]
    return sorted(found, key=lambda one: (sort_key(one.unit), sort_key(one.name)))[:MOST_HOLDERS]


def holder(viewer: Viewer, appointment_id: uuid.UUID) -> Holder:
    """Raises NotFound also where `viewer` may not have this position's holder substituted."""
    rows = _held_on(viewer.day, Appointment.id == appointment_id)
    if not rows or substitution_seat(viewer, rows[0].unit_id, rows[0].role) is None:
        raise NotFound(_("Không có người giữ vị trí này vào hôm nay."))
    return _holder(rows[0])


def colleagues(one: Holder, day: date) -> list[Holder]:
    """Who else holds a position in the same unit: one line a person, by name."""
    rows = _held_on(day, Position.unit_id == one.unit_id)
    people = {row.username: _holder(row) for row in rows if row.username != one.username}
    return sorted(people.values(), key=lambda other: sort_key(other.name))


def _held_on(day: date, condition: ColumnElement[bool]) -> Sequence[AnyRow]:
    return db.session.execute(
        select(
            Appointment.id,
            Appointment.valid_from,
            Appointment.valid_to,
            User.display_name,
            User.username,
            Position.id.label("position_id"),
            Position.title,
            Position.role,
            Unit.id.label("unit_id"),
            Unit.name.label("unit"),
        )
        .join(User, User.id == Appointment.user_id)
        .join(Position, Position.id == Appointment.position_id)
        .join(Unit, Unit.id == Position.unit_id)
        .where(
            User.active,
            Appointment.substitutes_id.is_(None),
            Appointment.valid_from <= day,
            or_(Appointment.valid_to.is_(None), Appointment.valid_to >= day),
            condition,
        )
        .order_by(Appointment.id)
    ).all()


def _holder(row: AnyRow) -> Holder:
    return Holder(
        appointment_id=row.id,
        name=row.display_name,
        username=row.username,
        position=row.title,
        position_id=row.position_id,
        unit_id=row.unit_id,
        unit=row.unit,
        role=row.role,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def _visible(viewer: Viewer) -> ColumnElement[bool]:
    if may_read_all(viewer):
        return true()
    mine = or_(Appointment.user_id == viewer.id, Appointment.substitutes_id == viewer.id)
    units = sorted(headed_units(viewer))
    return or_(mine, Position.unit_id.in_(units) if units else false())


def _in_state(state: str, day: date) -> ColumnElement[bool]:
    conditions = {
        "current": and_(Appointment.valid_from <= day, Appointment.valid_to >= day),
        "coming": Appointment.valid_from > day,
        "past": Appointment.valid_to < day,
    }
    return conditions.get(state, conditions["current"])


def _encode(day: date, one: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(f"{day.isoformat()}|{one}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[date, uuid.UUID]:
    try:
        text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
        day, _bar, one = text.partition("|")
        return date.fromisoformat(day), uuid.UUID(one)
    except (ValueError, UnicodeError) as error:
        raise BadInput(_("Địa chỉ trang không hợp lệ. Hãy mở lại từ trang đầu.")) from error
