"""The announcer's work: open tasks about which somebody must be told, a hundred per transaction.

A task's row says when (`attention_at`) and of what (`attention_why`). What is told and the row's next moment
are written together, so that a crash leaves both or neither; announcers beside each other take other rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from service.calendars.queries import load_calendar
from service.clock import local_day
from service.database import AnyRow, db, table_of, transaction
from service.models import Case, Task, Unit
from service.notifications.done import read_what_is_done
from service.notifications.events import Event
from service.notifications.recipients import holders_on, places_of
from service.notifications.saying import Surroundings, say
from service.notifications.surroundings import live_rounds, returned_criteria, with_notes
from service.notifications.telling import Telling, queue, tell
from service.notifications.webhooks import listeners, webhook_rows

log = structlog.get_logger(__name__)

BATCH = 100
TRY_AGAIN = timedelta(hours=1)
TASK = table_of(Task)
_COMMUNE, _PLACE = aliased(Unit), aliased(Unit)
# Written out, not as parameters: SQLite takes the partial index only where it reads the index's own words.
_DUE = (text("task.state IN ('ready', 'reserved')"), Task.attention_at <= bindparam("now"))
_ANYTHING = select(Task.id).where(*_DUE).limit(1)
_TAKE = (
    select(
        Task.id,
        Task.ref,
        Task.element,
        Task.name,
        Task.group,
        Task.unit_id,
        Task.signer,
        Task.completed_by_round,
        Task.stage,
        Task.owner_id,
        Task.prepared_by,
        Task.returned,
        Task.received_at,
        Task.due_on,
        Task.attention_at,
        Task.attention_why,
        Case.id.label("case_id"),
        Case.code,
        Case.year,
        Case.procedure,
        Case.process_version_id,
        Case.department_id,
        _COMMUNE.name.label("commune"),
        _COMMUNE.code.label("commune_code"),
        _PLACE.name.label("unit"),
        _PLACE.code.label("unit_code"),
    )
    .join(Case, Case.id == Task.case_id)
    .join(_COMMUNE, _COMMUNE.id == Case.commune_id)
    .outerjoin(_PLACE, _PLACE.id == Task.unit_id)
    .where(*_DUE)
    .order_by(Task.attention_at, Task.id)
    .limit(BATCH)
    .with_for_update(skip_locked=True, of=Task)
)
# Guarded although the row is locked: SQLite has no row locks, and a moment set meanwhile must not be lost.
_DONE = (
    update(TASK)
    .where(TASK.c.id == bindparam("of_task"), TASK.c.attention_at == bindparam("seen"))
    .values(attention_at=bindparam("next"), attention_why=bindparam("why"))
)


def announce_tasks(now: datetime, *, by_email: bool, most: int = 10_000) -> int:
    """Tell people about every open task whose moment has come; how many tasks that were.

    With nothing to tell this is one statement along the index of such tasks.
    """
    done = 0
    while done < most and db.session.execute(_ANYTHING, {"now": now}).first() is not None:
        with transaction() as session:
            dealt_with = _batch(session.connection(), now, by_email=by_email)
        if dealt_with == 0:
            break  # another announcer has the rest in its hands
        done += dealt_with
    return done


def _batch(connection: Connection, now: datetime, *, by_email: bool) -> int:
    rows = connection.execute(_TAKE, {"now": now}).all()
    if not rows:
        return 0
    around = _surroundings(connection, rows, now)
    tellings: list[Telling] = []
    events: list[Event] = []
    moments: list[dict[str, object]] = []
    for row in rows:
        following: datetime | None = now + TRY_AGAIN
        why = row.attention_why
        try:
            said = say(row, around)
        except Exception as error:  # noqa: BLE001 - one task must not keep all the others silent
            log.error("task not announced", task=str(row.id), error=repr(error))
        else:
            tellings += said.tellings
            events += said.events
            following, why = said.following, "planned"
        moments.append({"of_task": row.id, "seen": row.attention_at, "next": following, "why": why})
    read_what_is_done(connection, rows, now)
    tell(connection, tellings, now=now, by_email=by_email)
    if events:
        queue(connection, webhook_rows(listeners(connection), events), now)
    connection.execute(_DONE, moments)
    return len(rows)


def _surroundings(connection: Connection, rows: Sequence[AnyRow], now: datetime) -> Surroundings:
    places = {place for row in rows for place in places_of(row, row.department_id)}
    return Surroundings(
        held=holders_on(connection, places, local_day(now)),
        calendar=load_calendar(connection),
        returned=returned_criteria(connection, rows),
        rounds=live_rounds(connection, rows),
        noted=with_notes(connection, rows),
        now=now,
    )
