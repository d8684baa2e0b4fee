"""Who somebody is, and which cases they may see."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, bindparam, false, or_, select, text, true
from sqlalchemy.engine import Connection

from service.clock import OFFSET, local_day, time_with
from service.database import AnyRow, db
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
    Task,
    Unit,
    User,
)
from service.wording import _

# *Thừa ủy quyền*: how one signs in a seat that one holds for somebody who is absent.
BY_AUTHORISATION = "TUQ."

# All about a person that rights depend on, put together once: every act starts with it. Which of the seats
# are held on the day is told in Python, so that who reads the clock by the same statement may ask too.
_ABOUT = (
    select(
        User.id,
        User.username,
        User.display_name,
        User.active,
        User.must_change_password,
        User.is_demo,
        Position.id.label("position_id"),
        Position.role,
        Position.title,
        Position.capacity,
        Unit.id.label("unit_id"),
        Unit.kind,
        Unit.name.label("unit_name"),
        Unit.code.label("unit_code"),
        Appointment.valid_from.label("held_from"),
        Appointment.valid_to.label("held_to"),
        Appointment.substitutes_id,
        Appointment.legal_basis,
        MemberAssignment.district_id,
        MemberAssignment.valid_from.label("assigned_from"),
        MemberAssignment.valid_to.label("assigned_to"),
    )
    .select_from(User)
    .outerjoin(Appointment, Appointment.user_id == User.id)
    .outerjoin(Position, Position.id == Appointment.position_id)
    .outerjoin(Unit, Unit.id == Position.unit_id)
    .outerjoin(MemberAssignment, MemberAssignment.position_id == Position.id)
    .order_by(Position.code)
)
_OF_USER = _ABOUT.where(User.id == bindparam("of_user"))
_OF_SESSION = (
    _ABOUT.add_columns(LoginSession.expires_at, OFFSET.label("clock_offset"))
    .join(LoginSession, LoginSession.user_id == User.id)
    .where(LoginSession.token_hash == bindparam("hashed"), LoginSession.revoked_at.is_(None))
)
_OF_TOKEN = (
    _ABOUT.add_columns(ApiToken.expires_at, ApiToken.scopes, OFFSET.label("clock_offset"))
    .join(ApiToken, ApiToken.user_id == User.id)
    .where(ApiToken.token_hash == bindparam("hashed"), ApiToken.revoked_at.is_(None))
)


def load_viewer(user_id: uuid.UUID, now: datetime, connection: Connection | None = None) -> Viewer:
    """One statement; raises NotLoggedIn for somebody unknown or switched off."""
    connection = connection or db.session.connection()
    return _viewer(connection.execute(_OF_USER, {"of_user": user_id}).all(), local_day(now))


def viewer_of_session(secret: str, at: datetime | None = None) -> tuple[Viewer, datetime] | None:
    """Whose live session this cookie is, and what time it is; None when unknown, expired or revoked.

    One statement for all, the clock's included, unless `at` says the time. Raises NotLoggedIn for somebody
    switched off.
    """
    rows = db.session.connection().execute(_OF_SESSION, {"hashed": token_hash(secret)}).all()
    if not rows:
        return None
    now = at or time_with(rows[0].clock_offset)
    return (_viewer(rows, local_day(now)), now) if rows[0].expires_at > now else None


def viewer_of_token(secret: str, scope: str, at: datetime | None = None) -> tuple[Viewer, datetime]:
    """Whose bearer token this is, and what time it is; as `viewer_of_session`.

    Raises NotLoggedIn when it is not valid, NotAllowed when out of scope.
    """
    rows = db.session.connection().execute(_OF_TOKEN, {"hashed": token_hash(secret)}).all()
    now = at or time_with(rows[0].clock_offset if rows else None)
    if not rows or rows[0].expires_at <= now:
        raise NotLoggedIn(_("Mã truy cập không đúng hoặc đã hết hạn."))
    if scope not in rows[0].scopes.split():
        raise NotAllowed(_("Mã truy cập này không có phạm vi %(scope)s.", scope=f"{scope!r}"))
    return _viewer(rows, local_day(now)), now


def _viewer(rows: Sequence[AnyRow], day: date) -> Viewer:
    if not rows or not rows[0].active:
        raise NotLoggedIn(_("Tài khoản không còn hiệu lực. Vui lòng liên hệ quản trị viên."))
    seats: dict[uuid.UUID, Seat] = {}
    districts: dict[uuid.UUID, set[uuid.UUID]] = {}
    for row in rows:
        if row.position_id is None or not _holds(row.held_from, row.held_to, day):
            continue
        if row.role == Role.MEMBER and _holds(row.assigned_from, row.assigned_to, day):
            districts.setdefault(row.position_id, set()).add(row.district_id)
        before = seats.get(row.position_id)
        if row.substitutes_id is not None and before is not None and before.substitutes != row.substitutes_id:
            continue  # one's own seat, or that of somebody else who holds the same position
        seats[row.position_id] = Seat(
            position_id=row.position_id,
            role=Role(row.role),
            title=row.title,
            capacity=row.capacity if row.substitutes_id is None else BY_AUTHORISATION,
            unit_id=row.unit_id,
            unit_kind=row.kind,
            unit_name=row.unit_name,
            districts=frozenset(districts.get(row.position_id, ())),
            substitutes=row.substitutes_id,
            legal_basis=row.legal_basis or "",
            unit_code=row.unit_code,
        )
    first = rows[0]
    return Viewer(
        id=first.id,
        username=first.username,
        name=first.display_name,
        day=day,
        seats=tuple(sorted(seats.values(), key=lambda seat: seat.substitutes is not None)),
        must_change_password=first.must_change_password,
        is_demo=first.is_demo,
    )


def _holds(since: date | None, until: date | None, day: date) -> bool:
    """Both days are included; without a first day (an outer join found nothing) nothing holds."""
    return since is not None and since <= day and (until is None or until >= day)


def visible_cases(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on Case that every query about cases, tasks and files starts from (see Viewer.sees)."""
    if viewer.sees_all_cases:
        return true()
    reasons: list[ColumnElement[bool]] = []
    if viewer.communes:
        reasons.append(Case.commune_id.in_(sorted(viewer.communes, key=lambda unit: unit.hex)))
    if districts := viewer.own_districts | viewer.districts:
        reasons.append(Case.district_id.in_(sorted(districts, key=lambda unit: unit.hex)))
    reasons += [_asked(group, unit) for group, unit in sorted(viewer.agencies)]
    return or_(*reasons) if reasons else false()


def _asked(group: str, unit: uuid.UUID) -> ColumnElement[bool]:
    """Cases with a task, open or done, of this agency: along the indexes of the worklist."""
    place = Task.group == group, Task.unit_id == unit
    return or_(
        Case.id.in_(select(Task.case_id).where(*place, text("task.state IN ('ready', 'reserved')"))),
        Case.id.in_(select(Task.case_id).where(*place, text("task.state = 'completed'"))),
    )


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
