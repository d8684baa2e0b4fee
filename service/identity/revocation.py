"""Taking back what lets somebody in: sessions, tokens, a role, the account itself. All of it is recorded."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.engine import Connection

from service.audit.operations import SYSTEM, Actor, record_administration
from service.clock import local_day
from service.database import transaction
from service.errors import NotFound
from service.identity.queries import user_by_name
from service.models import ApiToken, Appointment, LoginSession, Position, Unit, User
from service.wording import _


def end_sessions(connection: Connection, user_id: uuid.UUID, now: datetime) -> None:
    connection.execute(
        update(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def end_tokens(connection: Connection, user_id: uuid.UUID, now: datetime) -> int:
    """How many live tokens of the person were revoked."""
    return connection.execute(
        update(ApiToken)
        .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now)
        .values(revoked_at=now)
    ).rowcount


def revoke_tokens(*, username: str, by: Actor = SYSTEM, now: datetime) -> int:
    """All of the person's bearer tokens; how many there were."""
    with transaction() as session:
        connection, user = session.connection(), _known(username)
        revoked = end_tokens(connection, user.id, now)
        data = {"user": str(user.id), "tokens": revoked}
        record_administration(connection, "tokens_revoked", data, by=by, at=now)
    return revoked


def deactivate(*, username: str, by: Actor = SYSTEM, now: datetime) -> None:
    """The person keeps their past acts and can do nothing new, at once."""
    with transaction() as session:
        connection, user = session.connection(), _known(username)
        connection.execute(update(User).where(User.id == user.id).values(active=False))
        end_sessions(connection, user.id, now)
        end_tokens(connection, user.id, now)
        record_administration(connection, "user_deactivated", {"user": str(user.id)}, by=by, at=now)


def activate(*, username: str, by: Actor = SYSTEM, now: datetime) -> None:
    """The person may log in again; what was revoked stays revoked."""
    with transaction() as session:
        connection, user = session.connection(), _known(username)
        connection.execute(update(User).where(User.id == user.id).values(active=True))
        record_administration(connection, "user_activated", {"user": str(user.id)}, by=by, at=now)


def end_role(*, username: str, role: str, unit_code: str, by: Actor = SYSTEM, now: datetime) -> None:
    """Today is the last day of this role in this unit. Raises NotFound when the person does not hold it."""
    today = local_day(now)
    with transaction() as session:
        connection, user = session.connection(), _known(username)
        held = connection.execute(
            select(Appointment.id, Appointment.position_id)
            .join(Position, Position.id == Appointment.position_id)
            .join(Unit, Unit.id == Position.unit_id)
            .where(Appointment.user_id == user.id, Position.role == role, Unit.code == unit_code)
            .where(Appointment.substitutes_id.is_(None))
            .where(or_(Appointment.valid_to.is_(None), Appointment.valid_to > today))
            .where(Appointment.valid_from <= today)
            .order_by(Appointment.id)
        ).all()
        if not held:
            raise NotFound(
                _(
                    "%(username)s không giữ vai trò %(role)s tại %(unit_code)s sau hôm nay.",
                    username=username,
                    role=f"{role!r}",
                    unit_code=f"{unit_code!r}",
                )
            )
        for row in held:
            connection.execute(update(Appointment).where(Appointment.id == row.id).values(valid_to=today))
            record_administration(
                connection,
                "appointment_ended",
                {"user": str(user.id), "position": str(row.position_id), "to": today.isoformat()},
                by=by,
                at=now,
            )


def _known(username: str) -> User:
    user = user_by_name(username)
    if user is None:
        raise NotFound(_("Không có tài khoản %(username)s.", username=f"{username!r}"))
    return user
