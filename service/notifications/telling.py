"""Writing what people and systems are told, inside the caller's transaction: all of it once per person."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection

from service.database import AnyRow
from service.models import Notification, NotificationPreference, OutboxRow, User
from service.notifications.kinds import ALWAYS_RING, Kind, Preference
from service.notifications.words import Words
from service.trace import traceparent

EMAIL, WEBHOOK = "email", "webhook"


@dataclass(frozen=True)
class Telling:
    """One thing for one person. `key` is the same whenever the same thing is told again."""

    user_id: uuid.UUID
    kind: Kind
    words: Words
    link: str
    key: str
    case_id: uuid.UUID | None = None
    task_id: uuid.UUID | None = None


def tell(connection: Connection, tellings: Iterable[Telling], *, now: datetime, by_email: bool) -> int:
    """Store them under each person's bell and queue the e-mails; what was told before is not told again.

    `by_email` False where the installation sends no mail. Returns how many are new.
    """
    # In one order whoever tells: two that told the same people crosswise would wait for each other.
    wanted = {(one.user_id, one.key): one for one in tellings}
    ordered = [wanted[place] for place in sorted(wanted, key=lambda place: (place[0].hex, place[1]))]
    if not ordered:
        return 0
    wishes = _wishes(connection, {one.user_id for one in ordered})
    stored = connection.execute(
        _insert(connection, Notification)
        .on_conflict_do_nothing()
        .returning(Notification.id, Notification.user_id, Notification.dedup_key),
        [_row(one, _wish(wishes, one), now) for one in ordered],
    ).all()
    if by_email:
        queue(
            connection,
            [
                {"kind": EMAIL, "payload": {"notification": row.id}, "dedup_key": f"email:{row.id}"}
                for row in stored
                if wishes[row.user_id].has_address and _wish(wishes, wanted[row.user_id, row.dedup_key]).email
            ],
            now,
        )
    return len(stored)


def queue(connection: Connection, rows: list[dict[str, Any]], now: datetime) -> None:
    """Outbox rows of no case, so that a mail server that is down never holds up a case; twice is once."""
    if rows:
        common = {
            "case_id": None,
            "available_at": now,
            "created_at": now,
            "traceparent": traceparent(),
        }
        connection.execute(
            _insert(connection, OutboxRow).on_conflict_do_nothing(), [{**common, **row} for row in rows]
        )


def _wish(wishes: Mapping[uuid.UUID, _Wishes], one: Telling) -> Preference:
    return wishes[one.user_id].by_kind.get(one.kind, Preference(one.kind))


def _row(one: Telling, preference: Preference, now: datetime) -> dict[str, Any]:
    rings = preference.bell or one.kind in ALWAYS_RING
    return {
        "user_id": one.user_id,
        "kind": one.kind.value,
        "title": one.words.title,
        "body": one.words.body,
        "link": one.link,
        "case_id": one.case_id,
        "task_id": one.task_id,
        "dedup_key": one.key,
        "created_at": now,
        # Who wants no bell for it still finds it in the list, among what is read.
        "read_at": None if rings else now,
    }


@dataclass(frozen=True)
class _Wishes:
    has_address: bool
    by_kind: Mapping[Kind, Preference]


def _wishes(connection: Connection, users: set[uuid.UUID]) -> dict[uuid.UUID, _Wishes]:
    rows = connection.execute(
        select(
            User.id,
            User.email.label("address"),
            NotificationPreference.kind,
            NotificationPreference.bell,
            NotificationPreference.email,
        )
        .outerjoin(NotificationPreference, NotificationPreference.user_id == User.id)
        .where(User.id.in_(sorted(users)))
    ).all()
    addresses = {row.id: row.address for row in rows}
    chosen: dict[uuid.UUID, dict[Kind, Preference]] = {user: {} for user in addresses}
    for row in rows:
        if row.kind is not None:
            chosen[row.id] |= stored_preference(row)
    return {user: _Wishes(bool(address), chosen[user]) for user, address in addresses.items()}


def stored_preference(row: AnyRow) -> dict[Kind, Preference]:
    """{kind: preference} of a row with kind, bell and email; nothing for a kind that is no more."""
    if row.kind not in set(Kind):
        return {}
    kind = Kind(row.kind)
    return {kind: Preference(kind, row.bell or kind in ALWAYS_RING, row.email)}


def _insert(connection: Connection, table: Any) -> Any:
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    return insert(table)


def store_row(connection: Connection, table: Any, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """The row of this key has these values from now on, whether there was one or not."""
    connection.execute(
        _insert(connection, table)
        .values(**key, **values)
        .on_conflict_do_update(index_elements=list(key), set_=dict(values))
    )
