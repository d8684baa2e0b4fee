"""The installation in figures for /metrics, each by an index and together once in fifteen seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from service import clock
from service.errors import Unavailable
from service.http.probes import probing
from service.models import Message, OutboxRow, ProcessBeat, Setting, Task, Timer
from service.models.cases import OPEN_STATES

log = structlog.get_logger(__name__)
KEPT_SECONDS = 15.0
LAST_BACKUP_AT = "last_backup_at"  # kept by service.backup


@dataclass(frozen=True)
class Figure:
    """A gauge: `values` by label value, or by "" where there is no label."""

    name: str
    help: str
    values: Mapping[str, float]
    label: str = ""


def counts(now: datetime) -> dict[str, Select[Any]]:
    """What is counted, by name. tests/integration/test_metrics.py holds each against an index."""
    waiting = (OutboxRow.state == "waiting", OutboxRow.available_at <= now)
    open_tasks = Task.state.in_(OPEN_STATES)
    return {
        "outbox_waiting": select(func.count()).select_from(OutboxRow).where(OutboxRow.state == "waiting"),
        "outbox_due": select(func.count()).select_from(OutboxRow).where(*waiting),
        "outbox_dead": select(func.count()).select_from(OutboxRow).where(OutboxRow.state == "dead"),
        "timers_set": select(func.count()).select_from(Timer).where(Timer.state == "set"),
        "timers_late": select(func.count())
        .select_from(Timer)
        .where(Timer.state == "set", Timer.due_at <= now),
        "messages_waiting": select(func.count()).select_from(Message).where(Message.state == "waiting"),
        "tasks_open": select(func.count()).select_from(Task).where(open_tasks),
        "tasks_overdue": select(func.count())
        .select_from(Task)
        .where(open_tasks, Task.due_on < clock.local_day(now)),
    }


def oldest(now: datetime) -> dict[str, Select[Any]]:
    """Since when something waits that should not, by name."""
    return {
        "outbox": select(func.min(OutboxRow.available_at)).where(
            OutboxRow.state == "waiting", OutboxRow.available_at <= now
        ),
        "timer": select(func.min(Timer.due_at)).where(Timer.state == "set", Timer.due_at <= now),
    }


def installation_figures() -> list[Figure]:
    """Everything; only `congnhan_database_up` 0 where the database is away."""
    try:
        with probing() as connection:
            found = list(_of_the_database(connection))
        up = 1.0
    except (SQLAlchemyError, Unavailable) as error:
        log.warning("no figures from the database", error=repr(error))
        found, up = [], 0.0
    return [
        Figure(
            "congnhan_database_up",
            "Whether the database answered the last question (1) or not (0).",
            {"": up},
        ),
        *found,
    ]


def _of_the_database(connection: Connection) -> Iterator[Figure]:
    now = clock.now(connection)

    def age(since: datetime | None) -> float:
        return max(0.0, (now - since).total_seconds()) if since else 0.0

    counted = {name: float(connection.execute(query).scalar_one()) for name, query in counts(now).items()}
    since = {name: connection.execute(query).scalar() for name, query in oldest(now).items()}
    yield Figure(
        "congnhan_outbox_rows",
        "Deliveries by state: waiting, dead (gave up, wait for an administrator).",
        {state: counted[f"outbox_{state}"] for state in ("waiting", "dead")},
        "state",
    )
    yield Figure(
        "congnhan_outbox_due", "Waiting deliveries whose time has come.", {"": counted["outbox_due"]}
    )
    yield Figure(
        "congnhan_outbox_oldest_due_seconds",
        "How long the oldest due delivery waits.",
        {"": age(since["outbox"])},
    )
    yield Figure("congnhan_timers_set", "Timers that will fire.", {"": counted["timers_set"]})
    yield Figure(
        "congnhan_timers_late", "Timers that are due and have not fired.", {"": counted["timers_late"]}
    )
    yield Figure(
        "congnhan_timers_oldest_late_seconds", "How late the latest timer is.", {"": age(since["timer"])}
    )
    yield Figure(
        "congnhan_messages_waiting",
        "Messages between cases without a receiver yet.",
        {"": counted["messages_waiting"]},
    )
    yield Figure("congnhan_tasks_open", "Human tasks on the worklists.", {"": counted["tasks_open"]})
    yield Figure("congnhan_tasks_overdue", "Open tasks after their due date.", {"": counted["tasks_overdue"]})
    # One row per process: a table of a dozen rows.
    beats = connection.execute(
        select(ProcessBeat.role, func.max(ProcessBeat.beat_at)).group_by(ProcessBeat.role)
    ).all()
    yield Figure(
        "congnhan_process_beat_age_seconds",
        "Since when no process of this role has said that it lives.",
        {role: age(last) for role, last in beats},
        "role",
    )
    backed_up = connection.execute(select(Setting.value).where(Setting.name == LAST_BACKUP_AT)).scalar()
    yield Figure(
        "congnhan_backup_last_success_timestamp_seconds",
        "When the newest backup was finished (0: never).",
        {"": datetime.fromisoformat(backed_up).timestamp() if backed_up else 0.0},
    )
