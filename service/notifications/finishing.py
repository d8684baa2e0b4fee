"""Telling how a case ended: to the commune, the district, the member responsible and Sở."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from service.clock import local_day
from service.database import transaction
from service.models import Case, Unit
from service.notifications import words
from service.notifications.done import read_of_finished
from service.notifications.events import finished_event
from service.notifications.kinds import Kind
from service.notifications.recipients import MEMBER, Place, holders_on
from service.notifications.telling import Telling, queue, tell
from service.notifications.webhooks import listeners, webhook_rows
from service.processes.queries import procedure


def announce_finished(
    case_id: uuid.UUID, payload: Mapping[str, Any], now: datetime, *, by_email: bool
) -> None:
    """`payload` has the outcome (an end event's id). Told twice, everybody still hears it once."""
    commune = aliased(Unit)
    with transaction() as session:
        connection = session.connection()
        row = connection.execute(
            select(
                Case.id.label("case_id"),
                Case.code,
                Case.year,
                Case.procedure,
                Case.process_version_id,
                Case.commune_id,
                Case.district_id,
                Case.department_id,
                Case.outcome,
                Case.finished_at,
                commune.name.label("commune"),
                commune.code.label("commune_code"),
            )
            .join(commune, commune.id == Case.commune_id)
            .where(Case.id == case_id)
        ).one()
        outcome = str(payload.get("outcome") or row.outcome or "")
        places: set[Place] = {
            ("commune", row.commune_id),
            ("district", row.district_id),
            (MEMBER, row.district_id),
            ("department", row.department_id),
        }
        held = holders_on(connection, places, local_day(now))
        name = procedure(row.process_version_id).element_name(outcome)
        said = words.finished(row.commune, row.code, row.year, outcome, name)
        people = frozenset[uuid.UUID]().union(*(held.everybody(place) for place in places))
        read_of_finished(connection, case_id, now)
        tell(
            connection,
            [
                Telling(
                    user,
                    Kind.CASE_FINISHED,
                    said,
                    f"/ho-so/{case_id}",
                    f"case:{case_id}:finished",
                    case_id=case_id,
                )
                for user in people
            ],
            now=now,
            by_email=by_email,
        )
        event = finished_event(row, outcome, row.finished_at or now)
        queue(connection, webhook_rows(listeners(connection), [event]), now)
