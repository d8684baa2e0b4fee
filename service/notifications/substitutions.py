"""Telling of a substitution: who is to act in a position, and whose it is; nobody by name: e-mails travel."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from service.database import transaction
from service.models import Position, Unit
from service.notifications import words
from service.notifications.kinds import Kind
from service.notifications.telling import Telling, tell

WHERE = "/quan-tri/xu-ly-thay"


def announce_substitution(payload: Mapping[str, Any], now: datetime, *, by_email: bool) -> None:
    """`payload`: notice, absent, substitute, position, by, and the days from, to in ISO, or None."""
    with transaction() as session:
        connection = session.connection()
        place = connection.execute(
            select(Position.title, Unit.name)
            .join(Unit, Unit.id == Position.unit_id)
            .where(Position.id == uuid.UUID(payload["position"]))
        ).one_or_none()
        if place is None:
            return
        last = date.fromisoformat(payload["to"]) if payload["to"] else None
        if payload["from"]:
            first = date.fromisoformat(payload["from"])
            assert last is not None
            said = {
                "substitute": words.stands_in(place.title, place.name, first, last),
                "absent": words.is_stood_in_for(place.title, place.name, first, last),
            }
        else:
            said = dict.fromkeys(
                ("substitute", "absent"), words.stands_in_no_more(place.title, place.name, last)
            )
        key = f"substitution:{payload['notice']}"
        tellings = [
            Telling(uuid.UUID(payload[who]), Kind.SUBSTITUTION, sentence, WHERE, key)
            for who, sentence in said.items()
            if payload[who] != payload["by"]
        ]
        tell(connection, tellings, now=now, by_email=by_email)
