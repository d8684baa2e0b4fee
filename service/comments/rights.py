"""Who speaks in a case's *Trao đổi*, and who hears what.

Whoever holds a seat in a unit of the case speaks; whoever sees the case hears, unless the author kept it
within the unit. What the responsible member says stays from Sở until Sở has recorded its own results.
"""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, and_, or_, select

from service.database import db
from service.identity.viewer import Seat, Viewer
from service.models import Case, Comment, Position, Role, Task
from service.processes.independence import MEMBER, hidden_steps
from service.processes.task_rows import unit_of

TO_CASE, TO_UNIT = "case", "unit"
AUDIENCES = (TO_CASE, TO_UNIT)
GROUPS = ("commune", "district", "province_member", "department", "chairman")


def speaking_seat(case: Case, viewer: Viewer) -> Seat | None:
    """The seat from which this person speaks about the case; None for those who only read."""
    for seat in viewer.seats:
        for group in GROUPS:
            unit = unit_of(case, group)
            if unit is not None and seat.belongs_to(group, unit):
                return seat
        if (seat.group, seat.unit_id) in viewer.agencies and _was_asked(case, seat):
            return seat
    return None


def _was_asked(case: Case, seat: Seat) -> bool:
    """Whether the case gave the seat's agency something to do."""
    asked = select(Task.id).where(
        Task.case_id == case.id, Task.group == seat.group, Task.unit_id == seat.unit_id
    )
    return db.session.execute(asked.limit(1)).first() is not None


def heard_by(viewer: Viewer, case_id: uuid.UUID) -> ColumnElement[bool]:
    """The condition on Comment that every query about the comments of a case starts from.

    The case itself must be visible to the viewer already (`visible_cases`).
    """
    units = sorted({seat.unit_id for seat in viewer.seats})
    meant: ColumnElement[bool] = or_(Comment.audience == TO_CASE, Comment.unit_id.in_(units))
    if MEMBER in hidden_steps(case_id, viewer):
        members = select(Position.id).where(Position.role == Role.MEMBER.value)
        meant = and_(meant, or_(Comment.position_id.is_(None), Comment.position_id.not_in(members)))
    return and_(Comment.case_id == case_id, or_(meant, Comment.author_id == viewer.id))
