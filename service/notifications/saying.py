"""What is told of one task at one moment: to whom, in which words, and when it must be looked at next."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from service.calendars.reminders import Reminder, next_attention, plan_reminders
from service.calendars.working_days import WorkingCalendar
from service.clock import local_day
from service.database import AnyRow, iso_instant
from service.notifications import words
from service.notifications.events import Event, EventKind, task_event
from service.notifications.kinds import Kind
from service.notifications.recipients import Holders, superiors, whose_turn
from service.notifications.surroundings import LiveRound
from service.notifications.telling import Telling
from service.processes.queries import Procedure, procedure

REMINDER_KINDS: Mapping[str, Kind] = {
    "before": Kind.DUE_SOON,
    "after": Kind.OVERDUE,
    "escalation": Kind.ESCALATED,
}


@dataclass(frozen=True)
class Surroundings:
    """What the sentences about a batch of tasks need besides their rows."""

    held: Holders
    calendar: WorkingCalendar
    returned: Mapping[uuid.UUID, Sequence[str]]
    rounds: Mapping[uuid.UUID, LiveRound]
    # Tasks that a colleague handed over with words of their own.
    noted: frozenset[uuid.UUID]
    now: datetime

    @property
    def today(self) -> date:
        return local_day(self.now)


@dataclass(frozen=True)
class Said:
    """All that is told of one task now, and when it must be looked at next."""

    tellings: Sequence[Telling]
    events: Sequence[Event]
    following: datetime | None


def say(row: AnyRow, around: Surroundings) -> Said:
    """`row` has the task's columns and its case's, as `announcements` reads them."""
    bundle = procedure(row.process_version_id)
    task = bundle.definition.tasks.get(row.element)
    plan = plan_reminders(row.due_on, task.properties if task else {}, around.calendar)
    due = due_reminders(row, plan, around)
    return Said(
        tellings=[*_of_now(row, bundle, around), *_of_plan(row, due, around)],
        events=list(_events(row, due, around.now)),
        following=next_attention(plan, around.now),
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
    elif row.attention_why == "handed":
        said = words.handed(facts, noted=row.id in around.noted)
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
