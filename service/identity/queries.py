"""Who somebody is, and which cases they may see."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, false, or_, select, true
from sqlalchemy.engine import Connection

from service.clock import local_day
from service.database import AnyRow, db, table_of
from service.errors import NotAllowed, NotLoggedIn
from service.identity.viewer import Seat, Viewer
from service.models import (
    ApiToken,
    Appointment,
    Case,
    LoginSession,
    MemberAssignment,
    Position,
    Role,
    Unit,
    User,
)

# Put together once: everybody's every act starts with it.
_SEATS = (
    select(
        User.id,
        User.username,
        User.display_name,
        User.must_change_password,
        User.is_demo,
        Position.id.label("position_id"),
        Position.role,
        Position.title,
        Position.capacity,
        Unit.id.label("unit_id"),
        Unit.kind,
        Unit.name.label("unit_name"),
        MemberAssignment.district_id,
    )
    .select_from(User)
    .outerjoin(
        Appointment,
        and_(
            Appointment.user_id == User.id,
            Appointment.valid_from <= bindparam("day"),
            or_(Appointment.valid_to.is_(None), Appointment.valid_to >= bindparam("day")),
        ),
    )
    .outerjoin(Position, Position.id == Appointment.position_id)
    .outerjoin(Unit, Unit.id == Position.unit_id)
    .outerjoin(
        MemberAssignment,
        and_(
            MemberAssignment.position_id == Position.id,
            MemberAssignment.valid_from <= bindparam("day"),
            or_(MemberAssignment.valid_to.is_(None), MemberAssignment.valid_to >= bindparam("day")),
        ),
    )
    .where(User.id == bindparam("of_user"), User.active)
    .order_by(Position.code)
)

_SESSION, _TOKEN = table_of(LoginSession), table_of(ApiToken)
_USER_OF_SESSION = select(_SESSION.c.user_id).where(
    _SESSION.c.token_hash == bindparam("hashed"),
    _SESSION.c.revoked_at.is_(None),
    _SESSION.c.expires_at > bindparam("now"),
)
_USER_OF_TOKEN = select(_TOKEN.c.user_id, _TOKEN.c.scopes).where(
    _TOKEN.c.token_hash == bindparam("hashed"),
    _TOKEN.c.revoked_at.is_(None),
    _TOKEN.c.expires_at > bindparam("now"),
)


def load_viewer(user_id: uuid.UUID, now: datetime, connection: Connection | None = None) -> Viewer:
    """One statement; raises NotLoggedIn for somebody unknown or switched off."""
    day = local_day(now)
    connection = connection or db.session.connection()
    rows = connection.execute(_SEATS, {"of_user": user_id, "day": day}).all()
    if not rows:
        raise NotLoggedIn("Tài khoản không còn hiệu lực. Vui lòng liên hệ quản trị viên.")
    seats: dict[uuid.UUID, Seat] = {}
    districts: dict[uuid.UUID, set[uuid.UUID]] = {}
    for row in rows:
        if row.position_id is None:
            continue
        if row.district_id is not None and row.role == Role.MEMBER:
            districts.setdefault(row.position_id, set()).add(row.district_id)
        seats[row.position_id] = Seat(
            position_id=row.position_id,
            role=Role(row.role),
            title=row.title,
            capacity=row.capacity,
            unit_id=row.unit_id,
            unit_kind=row.kind,
            unit_name=row.unit_name,
            districts=frozenset(districts.get(row.position_id, ())),
        )
    first = rows[0]
    return Viewer(
        id=first.id,
        username=first.username,
        name=first.display_name,
        day=day,
        seats=tuple(seats.values()),
        must_change_password=first.must_change_password,
        is_demo=first.is_demo,
    )


def visible_cases(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on Case that every query about cases, tasks and files starts from (see Viewer.sees)."""
    if viewer.sees_all_cases:
        return true()
    reasons: list[ColumnElement[bool]] = []
    if viewer.communes:
        reasons.append(Case.commune_id.in_(sorted(viewer.communes, key=lambda unit: unit.hex)))
    if districts := viewer.own_districts | viewer.districts:
        reasons.append(Case.district_id.in_(sorted(districts, key=lambda unit: unit.hex)))
    return or_(*reasons) if reasons else false()


def user_of_session(secret: str, now: datetime) -> uuid.UUID | None:
    """Whose live session this cookie is; None when unknown, expired or revoked."""
    asked = {"hashed": token_hash(secret), "now": now}
    return db.session.connection().execute(_USER_OF_SESSION, asked).scalar_one_or_none()


def user_of_token(secret: str, scope: str, now: datetime) -> uuid.UUID:
    """Whose bearer token this is; raises NotLoggedIn when it is not valid, NotAllowed when out of scope."""
    asked = {"hashed": token_hash(secret), "now": now}
    row = db.session.connection().execute(_USER_OF_TOKEN, asked).one_or_none()
    if row is None:
        raise NotLoggedIn("Mã truy cập không đúng hoặc đã hết hạn.")
    if scope not in row.scopes.split():
        raise NotAllowed(f"Mã truy cập này không có phạm vi {scope!r}.")
    user_id: uuid.UUID = row.user_id
    return user_id


def token_hash(secret: str) -> bytes:
    """Secrets are 256 random bits, so a plain hash is enough to store them."""
    return hashlib.sha256(secret.encode()).digest()


def user_by_name(username: str) -> User | None:
    return db.session.scalars(select(User).where(User.username == username)).one_or_none()


def names_of(user_ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Display names for showing acts: {user id: name}."""
    if not user_ids:
        return {}
    rows = db.session.execute(select(User.id, User.display_name).where(User.id.in_(sorted(user_ids))))
    return {row.id: row.display_name for row in rows}


def demo_accounts(now: datetime) -> Sequence[AnyRow]:
    """The demo's published accounts with the seat each holds: username, display_name, role, title, unit."""
    day = local_day(now)
    return db.session.execute(
        select(User.username, User.display_name, Position.role, Position.title, Unit.name.label("unit"))
        .join(Appointment, Appointment.user_id == User.id)
        .join(Position, Position.id == Appointment.position_id)
        .join(Unit, Unit.id == Position.unit_id)
        .where(
            User.is_demo,
            User.active,
            Appointment.valid_from <= day,
            or_(Appointment.valid_to.is_(None), Appointment.valid_to >= day),
        )
        .order_by(Unit.kind, Unit.name, Position.role, User.username)
    ).all()
