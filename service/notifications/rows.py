"""Telling a colleague that rows of a criteria table are theirs to fill in, or are theirs no more."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from service.clock import local_day
from service.database import transaction
from service.errors import NotLoggedIn
from service.identity.queries import load_viewer
from service.models import Case, Task, Unit
from service.models.cases import OPEN_STATES
from service.notifications import words
from service.notifications.kinds import Kind
from service.notifications.telling import Telling, tell


def announce_rows(payload: Mapping[str, Any], now: datetime, *, by_email: bool) -> None:
    """`payload`: notice, task, user, criteria, given. Who prepares there no more is not told."""
    user_id, task_id = uuid.UUID(payload["user"]), uuid.UUID(payload["task"])
    with transaction() as session:
        connection = session.connection()
        row = connection.execute(
            select(
                Task.case_id,
                Task.name,
                Task.group,
                Task.unit_id,
                Task.due_on,
                Case.code,
                Case.year,
                Unit.name.label("commune"),
            )
            .join(Case, Case.id == Task.case_id)
            .join(Unit, Unit.id == Case.commune_id)
            .where(Task.id == task_id, Task.state.in_(OPEN_STATES))
        ).one_or_none()
        if row is None:
            return
        try:
            viewer = load_viewer(user_id, now, connection)
        except NotLoggedIn:  # switched off since
            return
        if viewer.seat_for_preparing(row.group, row.unit_id) is None:
            return
        facts = words.TaskFacts(row.name, row.commune, row.code, row.year, row.due_on, local_day(now))
        criteria = payload["criteria"]
        said = words.rows_given(facts, criteria) if payload["given"] else words.rows_taken(facts, criteria)
        place = f"#row-{criteria[0]}" if payload["given"] else ""
        told = Telling(
            user_id,
            Kind.ROWS_GIVEN,
            said,
            f"/viec/{task_id}{place}",
            f"rows:{payload['notice']}",
            case_id=row.case_id,
            task_id=task_id,
        )
        tell(connection, [told], now=now, by_email=by_email)
