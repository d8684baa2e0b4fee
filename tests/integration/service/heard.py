"""What people have been told, for tests of notifications."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from service.database import db, transaction
from service.models import CalendarYear, Notification, User
from tests.builders import NOON


def heard(username: str) -> list[str]:
    """The kinds that somebody has been told, oldest first."""
    return [one.kind for one in told(username)]


def unread(username: str) -> list[str]:
    return [one.kind for one in told(username) if one.read_at is None]


def told(username: str) -> list[Any]:
    """Somebody's notifications, oldest first: kind, title, body, link, read_at, created_at."""
    db.session.rollback()
    return list(
        db.session.execute(
            select(
                Notification.id,
                Notification.kind,
                Notification.title,
                Notification.body,
                Notification.link,
                Notification.read_at,
                Notification.created_at,
            )
            .join(User, User.id == Notification.user_id)
            .where(User.username == username)
            .order_by(Notification.id)
        )
    )


def everybody_heard() -> list[tuple[str, str, str]]:
    """(username, kind, link) of every notification there is, sorted."""
    db.session.rollback()
    rows = db.session.execute(
        select(User.username, Notification.kind, Notification.link)
        .select_from(Notification)
        .join(User, User.id == Notification.user_id)
    )
    return sorted((row.username, row.kind, row.link) for row in rows)


def knows_working_days(*years: int) -> None:
    """A calendar in which only Saturdays and Sundays are off."""
    with transaction() as session:
        for year in years:
            session.merge(CalendarYear(year=year, source="thử", imported_at=NOON))


def has_address(username: str, address: str) -> None:
    with transaction() as session:
        session.scalars(select(User).where(User.username == username)).one().email = address
