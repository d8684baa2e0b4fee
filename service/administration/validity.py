"""How what holds from day to day ends: on a last day, or never begun; and how a last day is taken back."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from service.models import Appointment, MemberAssignment


def end(
    session: Session,
    table: type[Appointment] | type[MemberAssignment],
    identity: uuid.UUID,
    last: date,
    *,
    begun: bool,
) -> bool:
    """`last` becomes the row's last day, or the row goes where it has not `begun` by then.

    False where it ends on that day or before already.
    """
    same = (table.id == identity, or_(table.valid_to.is_(None), table.valid_to > last))
    changed = session.execute(
        update(table).where(*same).values(valid_to=last) if begun else delete(table).where(*same)
    )
    return bool(changed.rowcount == 1)  # type: ignore[attr-defined]


def prolong(
    session: Session,
    table: type[Appointment] | type[MemberAssignment],
    identity: uuid.UUID,
    *,
    seen: date,
    last: date | None,
    today: date,
) -> bool:
    """`last`, or no last day, in place of the one `seen`, which is today or still to come.

    False where somebody has changed it meanwhile, or it is over: what has ended begins anew.
    """
    changed = session.execute(
        update(table)
        .where(table.id == identity, table.valid_to == seen, table.valid_to >= today)
        .values(valid_to=last)
    )
    return bool(changed.rowcount == 1)  # type: ignore[attr-defined]
