"""Telling of a procedure's draft: who may approve it, and to those who drew it what became of it.

What a bell asked for is done by the time somebody has decided: the bells that asked for it are then read.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.engine import Connection

from service.clock import local_day
from service.database import transaction
from service.models import Appointment, DraftState, Notification, Position, ProcessDraft, Role, User
from service.notifications import words
from service.notifications.kinds import Kind
from service.notifications.telling import Telling, tell

SUBMITTED, PUBLISHED = "process_draft_submitted", "process_draft_published"


def announce_draft(payload: Mapping[str, Any], now: datetime, *, by_email: bool) -> None:
    """`payload`: draft, rev, what (the kind of the event), by. Told twice is once."""
    what, by = payload["what"], uuid.UUID(payload["by"])
    with transaction() as session:
        draft = session.get(ProcessDraft, uuid.UUID(payload["draft"]), populate_existing=True)
        if draft is None:
            return
        connection = session.connection()
        link, asked = f"/quy-trinh/ban-thao/{draft.id}", f"draft:{draft.id}:{SUBMITTED}:"
        if what != SUBMITTED:
            _read(connection, asked, now)
        elif draft.state != DraftState.SUBMITTED:
            return
        said, users = _said(connection, draft, what, local_day(now))
        key = f"draft:{draft.id}:{what}:{payload['rev']}"
        tellings = [Telling(user, Kind.PROCESS_DRAFT, said, link, key) for user in sorted(users - {by})]
        tell(connection, tellings, now=now, by_email=by_email)


def _said(
    connection: Connection, draft: ProcessDraft, what: str, day: date
) -> tuple[words.Words, set[uuid.UUID]]:
    if what == SUBMITTED:
        return words.draft_waits(draft.name), _may_approve(connection, draft, day)
    if what not in words.DRAFT_OUTCOMES:
        return words.draft_waits(draft.name), set()  # taken back: nobody has to hear of it
    users = {draft.submitted_by} if draft.submitted_by else set()
    if what == PUBLISHED:
        users |= {uuid.UUID(editor) for editor in draft.editors}
    return words.draft_decided(draft.name, what), users


def _may_approve(connection: Connection, draft: ProcessDraft, day: date) -> set[uuid.UUID]:
    """Process owners of other units who have not drawn at it: see studio.guards."""
    owners = connection.scalars(
        select(User.id)
        .join(Appointment, Appointment.user_id == User.id)
        .join(Position, Position.id == Appointment.position_id)
        .where(
            User.active,
            Position.role == Role.PROCESS_OWNER,
            Position.unit_id != draft.submitted_unit,
            Appointment.valid_from <= day,
            or_(Appointment.valid_to.is_(None), Appointment.valid_to >= day),
        )
    )
    return {owner for owner in owners if str(owner) not in draft.editors and owner != draft.submitted_by}


def _read(connection: Connection, key: str, now: datetime) -> None:
    connection.execute(
        update(Notification)
        .where(Notification.dedup_key.startswith(key, autoescape=True), Notification.read_at.is_(None))
        .values(read_at=now)
    )
