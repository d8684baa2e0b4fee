"""The announcer's work: open tasks about which somebody must be told, a hundred per transaction.

A task's row says when (`attention_at`) and of what (`attention_why`). What is told and the row's next moment
are written together, so that a crash leaves both or neither; announcers beside each other take other rows.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from service.calendars.queries import load_calendar
from service.calendars.reminders import Reminder, next_attention, plan_reminders
from service.calendars.working_days import WorkingCalendar
from service.clock import local_day
from service.database import AnyRow, db, iso_instant, table_of, transaction
from service.models import Case, Task, Unit
from service.notifications import words
from service.notifications.events import Event, EventKind, task_event
from service.notifications.kinds import Kind
from service.notifications.recipients import Holders, holders_on, places_of, superiors, whose_turn
from service.notifications.surroundings import LiveRound, live_rounds, returned_criteria
from service.notifications.telling import Telling, queue, tell
from service.notifications.webhooks import listeners, webhook_rows
from service.processes.queries import Procedure, procedure

log = structlog.get_logger(__name__)

BATCH = 100
TRY_AGAIN = timedelta(hours=1)
REMINDER_KINDS: Mapping[str, Kind] = {
    "before": Kind.DUE_SOON,
    "after": Kind.OVERDUE,
    "escalation": Kind.ESCALATED,
}
TASK = table_of(Task)
_COMMUNE, _PLACE = aliased(Unit), aliased(Unit)
# Written out, not as parameters: SQLite takes the partial index only where it reads the index's own words.
_DUE = (text("task.state IN ('ready', 'reserved')"), Task.attention_at <= bindparam("now"))
_ANYTHING = select(Task.id).where(*_DUE).limit(1)
_TAKE = (
    select(
        Task.id,
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


@dataclass(frozen=True)
class Surroundings:
    """What the sentences about a batch of tasks need besides their rows."""

    held: Holders
    calendar: WorkingCalendar
    returned: Mapping[uuid.UUID, Sequence[str]]
    rounds: Mapping[uuid.UUID, LiveRound]
    now: datetime

    @property
    def today(self) -> date:
        return local_day(self.now)


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
            said = _of_task(row, around)
        except Exception as error:  # noqa: BLE001 - one task must not keep all the others silent
            log.error("task not announced", task=str(row.id), error=repr(error))
        else:
            tellings += said.tellings
            events += said.events
            following, why = said.following, "planned"
        moments.append({"of_task": row.id, "seen": row.attention_at, "next": following, "why": why})
    tell(connection, tellings, now=now, by_email=by_email)
    if events:
        queue(connection, webhook_rows(listeners(connection), events), now)
    connection.execute(_DONE, moments)
    return len(rows)


@dataclass(frozen=True)
class Said:
    """All that is told of one task now, and when it must be looked at next."""

    tellings: Sequence[Telling]
    events: Sequence[Event]
    following: datetime | None


def _of_task(row: AnyRow, around: Surroundings) -> Said:
    bundle = procedure(row.process_version_id)
    task = bundle.definition.tasks.get(row.element)
    plan = plan_reminders(row.due_on, task.properties if task else {}, around.calendar)
    due = due_reminders(row, plan, around)
    return Said(
        tellings=[*_of_now(row, bundle, around), *_of_plan(row, due, around)],
        events=list(_events(row, due, around.now)),
        following=next_attention(plan, around.now),
    )


def _surroundings(connection: Connection, rows: Sequence[AnyRow], now: datetime) -> Surroundings:
    places = {place for row in rows for place in places_of(row, row.department_id)}
    return Surroundings(
        held=holders_on(connection, places, local_day(now)),
        calendar=load_calendar(connection),
        returned=returned_criteria(connection, rows),
        rounds=live_rounds(connection, rows),
        now=now,
    )


def due_reminders(row: AnyRow, plan: Sequence[Reminder], around: Surroundings) -> list[Reminder]:
    """Which reminders are to be told now: after a standstill the last one of each kind, not all of them."""
    since = row.received_at if row.attention_why == "opened" else row.attention_at
    last = {one.kind: one for one in plan if since <= one.at <= around.now and one.at > row.received_at}
    if row.due_on is not None and row.due_on < around.today:
        last.pop("before", None)
    return [last[kind] for kind in REMINDER_KINDS if kind in last]


def _of_now(row: AnyRow, bundle: Procedure, around: Surroundings) -> Iterator[Telling]:
    """That it has come to somebody: opened, returned, handed up for signature, sent back to its officer."""
    if row.attention_why == "planned":
        return
    moment = iso_instant(row.attention_at)
    facts = _facts(row, around)
    link, key = f"/viec/{row.id}", f"task:{row.id}:{row.attention_why}:{moment}"
    kind, said = Kind.TASK_OPENED, words.opened(facts)
    if row.attention_why == "signing":
        kind, said = Kind.SIGNATURE_REQUESTED, words.signature_requested(facts)
    elif row.attention_why == "sent_back":
        kind, said = Kind.SENT_BACK, words.sent_back(facts)
    elif row.completed_by_round:
        round_ = around.rounds.get(row.case_id)
        said = words.waits_for_round(facts)
        if round_ is not None:
            # One Tờ trình for a hundred cases is one thing to decide about, not a hundred.
            said, link = words.round_waits(round_.name), f"/dot/{round_.id}"
            key = f"round:{round_.id}:{row.element}"
    elif row.returned:
        criteria = around.returned.get(row.id, ())
        kind, said = Kind.CASE_RETURNED, words.returned(facts, criteria)
        link += _place_of(bundle, row.element, criteria)
    yield from _to(whose_turn(row, around.held), row, kind, said, link, key)


def _of_plan(row: AnyRow, due: Sequence[Reminder], around: Surroundings) -> Iterator[Telling]:
    """Reminders before and after the due date, and the leaders' share when it is long past."""
    facts, turn = _facts(row, around), whose_turn(row, around.held)
    above = superiors(row, around.held, row.department_id)
    kinds = {one.kind for one in due}
    for one in due:
        kind = REMINDER_KINDS[one.kind]
        if kind == Kind.ESCALATED:
            told, said = above, words.escalated(facts, _holder(row))
        elif kind == Kind.OVERDUE:
            # Whoever is told as a leader in the same breath need not hear it twice.
            told, said = turn - (above if "escalation" in kinds else frozenset()), words.overdue(facts)
        else:
            told, said = turn, words.due_soon(facts)
        key = f"task:{row.id}:{kind}:{row.due_on}:{one.days}"
        yield from _to(told, row, kind, said, f"/viec/{row.id}", key)


def _events(row: AnyRow, due: Sequence[Reminder], now: datetime) -> Iterator[Event]:
    if row.attention_why == "opened":
        yield task_event(EventKind.TASK_OPENED, row, row.received_at)
    if {one.kind for one in due} & {"after", "escalation"}:
        yield task_event(EventKind.TASK_OVERDUE, row, now)


def _to(
    users: frozenset[uuid.UUID], row: AnyRow, kind: Kind, said: words.Words, link: str, key: str
) -> Iterator[Telling]:
    for user in users:
        yield Telling(user, kind, said, link, key, case_id=row.case_id, task_id=row.id)


def _facts(row: AnyRow, around: Surroundings) -> words.TaskFacts:
    return words.TaskFacts(row.name, row.commune, row.code, row.year, row.due_on, around.today)


def _holder(row: AnyRow) -> str:
    """Who has it, as the page of a case says it."""
    if row.group == "province_member":
        return f"Thành viên BCĐ tỉnh phụ trách {row.unit or ''}".strip()
    return row.unit or ""


def _place_of(bundle: Procedure, element: str, criteria: Sequence[str]) -> str:
    """The anchor of the first criterion to supplement, where the step's page has the table."""
    form = bundle.form_of(element)
    has_table = form is not None and any(field.type == "criteria" for field in form.fields)
    return f"#row-{criteria[0]}" if criteria and has_table else ""
