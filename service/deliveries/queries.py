"""Reading the state of operations. Nothing here depends on the number of cases."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from service.database import AnyRow, db
from service.models import Case, Message, OutboxRow, ProcessBeat, Setting, Timer

PAGE = 25
LAST_BACKUP = "last_backup_at"
# A beat comes every ten seconds.
ALIVE_WITHIN = timedelta(seconds=60)
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class KindCount:
    """Deliveries of one kind that are not done; `oldest` is when the oldest of them was ordered."""

    kind: str
    waiting: int
    failing: int
    dead: int
    oldest: datetime


@dataclass(frozen=True)
class Delivery:
    """One that failed. `state`: dead (given up) or waiting (tried again at `available_at`).

    `behind` counts the deliveries of its case that wait until it is done or dropped.
    """

    id: int
    kind: str
    state: str
    code: str
    attempts: int
    created_at: datetime
    available_at: datetime
    last_error: str
    trace: str
    behind: int


@dataclass(frozen=True)
class FailingTimer:
    id: uuid.UUID
    code: str
    element: str
    due_at: datetime
    attempts: int
    retry_at: datetime | None
    last_error: str


@dataclass(frozen=True)
class LivingProcess:
    name: str
    role: str
    version: str
    started_at: datetime
    beat_at: datetime
    is_alive: bool


def counts_by_kind() -> list[KindCount]:
    """What is not done, by kind in alphabetical order; kinds with nothing to do are left out."""
    failed = OutboxRow.attempts > 0
    rows = db.session.execute(
        select(
            OutboxRow.kind,
            func.count().filter(OutboxRow.state == "waiting").label("waiting"),
            func.count().filter(OutboxRow.state == "waiting", failed).label("failing"),
            func.count().filter(OutboxRow.state == "dead").label("dead"),
            func.min(OutboxRow.created_at).label("oldest"),
        )
        .where(OutboxRow.state.in_(("waiting", "dead")))
        .group_by(OutboxRow.kind)
        .order_by(OutboxRow.kind)
    )
    return [KindCount(row.kind, row.waiting, row.failing, row.dead, row.oldest) for row in rows]


def failed_deliveries(*, after: int = 0, limit: int = PAGE) -> Sequence[Delivery]:
    """Given up, or failed at least once and to be tried again; oldest first, from the first after `after`."""
    return _deliveries(db.session.execute(_failed(OutboxRow.id > after).limit(limit)).all())


def read_delivery(outbox_id: int) -> Delivery | None:
    """One that failed; None if there is none of this number."""
    if not 0 < outbox_id <= LARGEST_ID:
        return None
    found = _deliveries(db.session.execute(_failed(OutboxRow.id == outbox_id)).all())
    return found[0] if found else None


def _failed(which: ColumnElement[bool]) -> Select[Any]:
    later = aliased(OutboxRow)
    behind = (
        select(func.count())
        .where(later.case_id == OutboxRow.case_id, later.id > OutboxRow.id, later.state == "waiting")
        .scalar_subquery()
    )
    return (
        select(
            OutboxRow.id,
            OutboxRow.kind,
            OutboxRow.state,
            OutboxRow.attempts,
            OutboxRow.created_at,
            OutboxRow.available_at,
            OutboxRow.last_error,
            OutboxRow.traceparent,
            OutboxRow.case_id,
            OutboxRow.payload,
            behind.label("behind"),
        )
        .where(
            OutboxRow.state.in_(("waiting", "dead")),
            or_(OutboxRow.state == "dead", OutboxRow.last_error != ""),
            which,
        )
        .order_by(OutboxRow.id)
    )


def _deliveries(rows: Sequence[AnyRow]) -> list[Delivery]:
    cases = {row.id: _case_of(row) for row in rows}
    wanted = sorted({case for case in cases.values() if case is not None})
    codes: dict[uuid.UUID, str] = {}
    if wanted:
        named = db.session.execute(select(Case.id, Case.code).where(Case.id.in_(wanted)))
        codes = {row.id: row.code for row in named}
    return [
        Delivery(
            id=row.id,
            kind=row.kind,
            state=row.state,
            code=codes.get(cases[row.id] or uuid.UUID(int=0), ""),
            attempts=row.attempts,
            created_at=row.created_at,
            available_at=row.available_at,
            last_error=row.last_error,
            trace=row.traceparent[3:35],
            behind=row.behind,
        )
        for row in rows
    ]


def _case_of(row: AnyRow) -> uuid.UUID | None:
    """Rows that must not hold up their case name it in the payload only."""
    if row.case_id is not None:
        return uuid.UUID(str(row.case_id))
    try:
        return uuid.UUID(str(row.payload.get("case")))
    except ValueError:
        return None


def failing_timers(*, limit: int = 100) -> Sequence[FailingTimer]:
    """Timers whose firing failed, the earliest due first."""
    rows = db.session.execute(
        select(
            Timer.id,
            Case.code,
            Timer.element,
            Timer.due_at,
            Timer.attempts,
            Timer.retry_at,
            Timer.last_error,
        )
        .join(Case, Case.id == Timer.case_id)
        .where(Timer.state == "set", Timer.attempts > 0)
        .order_by(Timer.due_at, Timer.id)
        .limit(limit)
    )
    return [FailingTimer(**row._mapping) for row in rows]  # noqa: SLF001 SQLAlchemy's public name


def processes(now: datetime) -> Sequence[LivingProcess]:
    """Processes that said that they live within the last day, by role."""
    return [
        LivingProcess(
            beat.name,
            beat.role,
            beat.version,
            beat.started_at,
            beat.beat_at,
            beat.beat_at > now - ALIVE_WITHIN,
        )
        for beat in db.session.scalars(select(ProcessBeat).order_by(ProcessBeat.role, ProcessBeat.name))
    ]


def messages_waiting() -> int:
    """Messages between cases whose receiver does not await them yet."""
    return db.session.execute(
        select(func.count()).select_from(Message).where(literal_column("message.state = 'waiting'"))
    ).scalar_one()


def last_backup_at() -> datetime | None:
    text = db.session.execute(select(Setting.value).where(Setting.name == LAST_BACKUP)).scalar_one_or_none()
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
