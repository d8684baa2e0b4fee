"""Which rows of an open task's criteria table are whose (`row_assignment`)."""

from __future__ import annotations

import uuid

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from service.database import db, table_of
from service.models import RowAssignment

_ROWS = table_of(RowAssignment)
_OF_PERSON = select(_ROWS.c.criterion).where(
    _ROWS.c.task_id == bindparam("of_task"), _ROWS.c.user_id == bindparam("of_user")
)


def rows_of(task_id: uuid.UUID, user_id: uuid.UUID, connection: Connection | None = None) -> frozenset[str]:
    """The criteria that this person was given to look after at this task."""
    connection = connection or db.session.connection()
    return frozenset(connection.execute(_OF_PERSON, {"of_task": task_id, "of_user": user_id}).scalars())


def row_owners(task_id: uuid.UUID) -> dict[str, uuid.UUID]:
    """{criterion: who looks after it}; criteria that nobody was given are the holder's."""
    rows = db.session.execute(select(_ROWS.c.criterion, _ROWS.c.user_id).where(_ROWS.c.task_id == task_id))
    return {row.criterion: row.user_id for row in rows}
