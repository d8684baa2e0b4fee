"""What stands under somebody's bell, and how they want to hear of it."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from service.database import db
from service.errors import BadInput, NotFound
from service.identity.queries import visible_cases
from service.identity.viewer import Viewer
from service.models import Case, Notification, NotificationPreference, Task, User
from service.models.cases import OPEN_STATES
from service.notifications.done import ASKED
from service.notifications.kinds import Kind, Preference
from service.notifications.telling import stored_preference
from service.rounds.queries import read_round
from service.wording import _

MOST_COUNTED = 100
ROUND_LINK = "/dot/"
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Page:
    """Unread first, each part newest first; `next_cursor` None on the last page."""

    items: Sequence[Notification]
    next_cursor: str | None


def unread_count(user_id: uuid.UUID) -> int:
    """How many are unread, counted up to MOST_COUNTED: one look into the index of what is unread."""
    unread = (
        select(Notification.id)
        .where(Notification.user_id == user_id, Notification.read_at.is_(None))
        .limit(MOST_COUNTED)
        .subquery()
    )
    return db.session.execute(select(func.count()).select_from(unread)).scalar_one()


def list_notifications(
    viewer: Viewer, *, cursor: str | None = None, size: int = 30, unread_only: bool = False
) -> Page:
    """One page of the viewer's own, by keyset: two statements at most, each along an index."""
    part, before = _decode(cursor) if cursor else ("u", None)
    found: list[Notification] = []
    if part == "u":
        found += _part(viewer.id, unread=True, before=before, size=size + 1)
        before = None
    if len(found) <= size and not unread_only:
        found += _part(viewer.id, unread=False, before=before, size=size + 1 - len(found))
    items = found[:size]
    return Page(items, _encode(items[-1]) if len(found) > size else None)


def _part(user_id: uuid.UUID, *, unread: bool, before: int | None, size: int) -> Sequence[Notification]:
    query = select(Notification).where(
        Notification.user_id == user_id,
        Notification.read_at.is_(None) if unread else Notification.read_at.is_not(None),
    )
    if before is not None:
        query = query.where(Notification.id < before)
    query = query.order_by(Notification.id.desc()).limit(size)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def closed_tasks(page: Page) -> dict[uuid.UUID, str]:
    """{id: state} of the tasks that a page's notifications asked for and that are not open any more."""
    asked = {one.task_id for one in page.items if one.task_id is not None and one.kind in ASKED}
    if not asked:
        return {}
    closed = select(Task.id, Task.state).where(Task.id.in_(sorted(asked)), Task.state.not_in(OPEN_STATES))
    return {row.id: str(row.state) for row in db.session.execute(closed)}


def read_notification(notification_id: int, viewer: Viewer) -> Notification:
    """One's own; raises NotFound for anybody else's, and for a number that no database holds."""
    found = (
        notification_id <= LARGEST_ID
        and db.session.scalars(
            select(Notification)
            .where(Notification.id == notification_id, Notification.user_id == viewer.id)
            .execution_options(populate_existing=True)
        ).one_or_none()
    )
    if not found:
        raise NotFound(_("Không có thông báo này, hoặc thông báo không phải của ông/bà."))
    return found


def still_visible(notification: Notification, viewer: Viewer) -> bool:
    """Whether what it leads to is still open to this person: people move, cases stay with the unit."""
    if notification.link.startswith(ROUND_LINK):
        try:
            read_round(uuid.UUID(notification.link.removeprefix(ROUND_LINK)), viewer)
        except (NotFound, ValueError):
            return False
        return True
    if notification.case_id is None:
        return True
    return may_see_case(notification.case_id, viewer)


def may_see_case(case_id: uuid.UUID, viewer: Viewer) -> bool:
    seen = select(Case.id).where(Case.id == case_id, visible_cases(viewer))
    return db.session.execute(seen).scalar_one_or_none() is not None


@dataclass(frozen=True)
class Preferences:
    """A person's address ("" for none) and how they hear of each kind, in the order of Kind."""

    email: str
    kinds: tuple[Preference, ...]


def preferences_of(user_id: uuid.UUID) -> Preferences:
    rows = db.session.execute(
        select(
            User.email.label("address"),
            NotificationPreference.kind,
            NotificationPreference.bell,
            NotificationPreference.email,
        )
        .outerjoin(NotificationPreference, NotificationPreference.user_id == User.id)
        .where(User.id == user_id)
    ).all()
    chosen: dict[Kind, Preference] = {}
    for row in rows:
        if row.kind is not None:
            chosen |= stored_preference(row)
    return Preferences(
        rows[0].address if rows else "", tuple(chosen.get(kind, Preference(kind)) for kind in Kind)
    )


def _encode(last: Notification) -> str:
    text = f"{'u' if last.read_at is None else 'r'}{last.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[str, int]:
    try:
        text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
        part, number = text[:1], text[1:]
        if part not in ("u", "r") or not (number.isascii() and number.isdigit() and len(number) < 19):
            raise _not_a_cursor()
        return part, int(number)
    except (ValueError, UnicodeError) as error:
        raise _not_a_cursor() from error


def _not_a_cursor() -> BadInput:
    sentence = _("Con trỏ trang không hợp lệ. Hãy tải lại từ trang đầu.")
    return BadInput(sentence, fields={"cursor": [_("Không hợp lệ.")]})
