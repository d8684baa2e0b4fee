"""Bells that asked for what is done by now: they count as read, for everybody whom they rang for.

Looked for where the next people are told, so that whoever acts pays nothing for it (docs/decisions/0012).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.engine import Connection

from service.database import AnyRow, table_of
from service.models import Notification, Task
from service.models.cases import OPEN_STATES
from service.notifications.kinds import Kind

_BELL, _TASK = table_of(Notification).c, table_of(Task).c
_REMINDERS = (Kind.DUE_SOON, Kind.OVERDUE)
_TO_PREPARE = (Kind.TASK_OPENED, Kind.SENT_BACK, Kind.CASE_RETURNED, Kind.ROWS_GIVEN, *_REMINDERS)
_TO_SIGN = (Kind.SIGNATURE_REQUESTED, *_REMINDERS)
ASKED = (*_TO_PREPARE, Kind.SIGNATURE_REQUESTED, Kind.ESCALATED)
# Why a task is told of: what its own bells asked before that.
_OVERTAKEN = {"signing": _TO_PREPARE, "sent_back": _TO_SIGN}


def read_what_is_done(connection: Connection, rows: Sequence[AnyRow], now: datetime) -> None:
    """`rows`: tasks (id, case_id, attention_why) that are about to be told of, a hundred at most."""
    overtaken = [
        and_(_BELL.task_id.in_([row.id for row in rows if row.attention_why == why]), _is_of(kinds))
        for why, kinds in _OVERTAKEN.items()
    ]
    _read(connection, {row.case_id for row in rows}, now, *overtaken)


def read_of_finished(connection: Connection, case_id: uuid.UUID, now: datetime) -> None:
    _read(connection, {case_id}, now)


def _read(
    connection: Connection, cases: Iterable[uuid.UUID], now: datetime, *overtaken: ColumnElement[bool]
) -> None:
    """Of these cases' tasks: what asked for one that is not open any more, and what is `overtaken`."""
    ids = sorted(cases)
    closed = select(_TASK.id).where(_TASK.case_id.in_(ids), _TASK.state.not_in(OPEN_STATES))
    done = or_(and_(_BELL.task_id.in_(closed), _is_of(ASKED)), *overtaken)
    connection.execute(
        update(table_of(Notification))
        .where(_BELL.read_at.is_(None), _BELL.case_id.in_(ids), done)
        .values(read_at=now)
    )


def _is_of(kinds: Iterable[Kind]) -> ColumnElement[bool]:
    return _BELL.kind.in_([kind.value for kind in kinds])
