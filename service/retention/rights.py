"""Who keeps records, and who decides what is destroyed. Asked again inside every write.

*Keepers* (administrators, and the clerks of Sở, whose archive it is) lay down periods, set holds, propose and
record transfers. *Deciders* (the province's chairmen, the leaders of Sở) approve; never what they proposed.
Auditors read.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from service.audit.operations import SYSTEM, Actor
from service.errors import NotAllowed
from service.identity.queries import load_viewer
from service.identity.viewer import Seat, Viewer
from service.models import Role, UnitKind
from service.wording import _


def keeper_seat(viewer: Viewer) -> Seat | None:
    return next(
        (
            seat
            for seat in viewer.seats
            if seat.role == Role.ADMINISTRATOR
            or (seat.role == Role.CLERK and seat.unit_kind == UnitKind.DEPARTMENT)
        ),
        None,
    )


def decider_seat(viewer: Viewer) -> Seat | None:
    return next(
        (
            seat
            for seat in viewer.seats
            if (seat.role == Role.CHAIRMAN and seat.unit_kind == UnitKind.PROVINCE)
            or (seat.role == Role.LEADER and seat.unit_kind == UnitKind.DEPARTMENT)
        ),
        None,
    )


def may_read_retention(viewer: Viewer) -> bool:
    return viewer.has(Role.AUDITOR) or keeper_seat(viewer) is not None or decider_seat(viewer) is not None


def as_keeper(connection: Connection, by: Viewer | None, now: datetime) -> Actor:
    """Raises NotAllowed. None is the command line, whose holder has the database itself."""
    if by is None:
        return SYSTEM
    viewer = load_viewer(by.id, now, connection)
    return viewer.actor(required_keeper(viewer))


def required_keeper(viewer: Viewer) -> Seat:
    if (seat := keeper_seat(viewer)) is None:
        raise NotAllowed(_("Chỉ quản trị viên hoặc văn thư của Sở làm việc này."))
    return seat


def required_decider(viewer: Viewer) -> Seat:
    if (seat := decider_seat(viewer)) is None:
        raise NotAllowed(_("Chỉ Chủ tịch, Phó Chủ tịch UBND tỉnh hoặc lãnh đạo Sở quyết định việc này."))
    return seat
