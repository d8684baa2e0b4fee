"""What somebody does with their own bell: reading, and choosing how to hear."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import update

from service.audit.operations import Actor, record_administration
from service.database import transaction
from service.identity.viewer import Viewer
from service.models import Notification, NotificationPreference, User
from service.notifications.kinds import ALWAYS_RING, Preference
from service.notifications.mail_addresses import checked_address
from service.notifications.queries import preferences_of, read_notification
from service.notifications.telling import store_row


def mark_read(*, notification_id: int, by: Viewer, now: datetime) -> Notification:
    """One's own notification, read from now on (or still since before); raises NotFound."""
    found = read_notification(notification_id, by)
    if found.read_at is None:
        with transaction() as session:
            session.execute(
                update(Notification)
                .where(Notification.id == notification_id, Notification.user_id == by.id)
                .where(Notification.read_at.is_(None))
                .values(read_at=now)
            )
        found = read_notification(notification_id, by)
    return found


def mark_all_read(*, up_to: int | None = None, by: Viewer, now: datetime) -> int:
    """All of one's own, or those up to the newest that was shown: what came since is still news."""
    unread = update(Notification).where(Notification.user_id == by.id, Notification.read_at.is_(None))
    if up_to is not None:
        unread = unread.where(Notification.id <= up_to)
    with transaction() as session:
        return session.execute(unread.values(read_at=now)).rowcount  # type: ignore[attr-defined,no-any-return]


def save_preferences(*, email: str, kinds: Iterable[Preference], by: Viewer, now: datetime) -> None:
    """How one wants to hear from now on; kinds that are not given keep what they have.

    Raises BadInput for an address that is none. What a leader must hear rings whatever is chosen.
    """
    email = checked_address(email)
    chosen = {preference.kind: preference for preference in kinds}
    with transaction() as session:
        known = preferences_of(by.id)
        session.execute(update(User).where(User.id == by.id).values(email=email))
        for one in chosen.values():
            store_row(
                session.connection(),
                NotificationPreference,
                {"user_id": by.id, "kind": one.kind.value},
                {"bell": one.bell or one.kind in ALWAYS_RING, "email": one.email},
            )
        record_administration(
            session.connection(),
            "notification_preferences_changed",
            {"kinds": sorted(kind.value for kind in chosen), "has_email": bool(email)},
            by=Actor(by.id),
            at=now,
            private={"email": email.encode()} if email != known.email else None,
        )
