"""A note that open due dates wait to be computed again: written with the change, taken back when it is done.

So that after a crash between the two nobody need remember: the pages show the note, and recomputing begins
with what it names.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from service.database import db, insert_if_absent, transaction
from service.models import Setting

NAME = "due_dates_to_recompute"
CALENDAR, EVERYTHING = "calendar", "everything"
LONGEST = 2000


def deadlines_scope(procedure: str, year: int) -> str:
    """How a change of that procedure's deadlines of a year is noted."""
    return f"deadlines:{procedure}:{year}"


def note_pending(connection: Connection, scopes: Iterable[str]) -> None:
    """Note, in the transaction of the change, what must be looked at again."""
    insert_if_absent(connection, Setting, name=NAME, value="")
    known = connection.execute(
        select(Setting.value).where(Setting.name == NAME).with_for_update()
    ).scalar_one()
    noted = " ".join(sorted({*known.split(), *scopes}))
    value = noted if len(noted) <= LONGEST else EVERYTHING
    connection.execute(update(Setting).where(Setting.name == NAME).values(value=value))


def pending_scopes(connection: Connection | None = None) -> frozenset[str]:
    """What is noted; empty when every change has been worked out."""
    value = (
        (connection or db.session.connection())
        .execute(select(Setting.value).where(Setting.name == NAME))
        .scalar_one_or_none()
    )
    return frozenset((value or "").split())


def clear_pending(connection: Connection, done: frozenset[str]) -> bool:
    """Take the note back if it is still what was worked out; False where more has been noted since."""
    if pending_scopes(connection) != done:
        return False
    connection.execute(delete(Setting).where(Setting.name == NAME))
    return True


def forget_pending() -> None:
    """Nothing is open yet that could depend on what was noted (an installation's first data)."""
    with transaction() as session:
        session.execute(delete(Setting).where(Setting.name == NAME))
