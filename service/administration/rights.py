"""Who may change what here. Asked again inside every write, of the person as they stand at that moment."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.engine import Connection

from service.audit.operations import SYSTEM, Actor
from service.errors import NotAllowed, NotFound
from service.identity.queries import load_viewer
from service.identity.viewer import Seat, Viewer
from service.models import Role, UnitKind
from service.wording import _

HEADS = (Role.LEADER, Role.CHAIRMAN)
# Seats that handle dossiers. Who administers, keeps procedures or inspects is the administrator's to decide.
WORKING = (Role.OFFICER, Role.LEADER, Role.MEMBER, Role.CHAIRMAN, Role.CLERK)


def administrator_seat(viewer: Viewer) -> Seat | None:
    return next((seat for seat in viewer.seats if seat.role == Role.ADMINISTRATOR), None)


def assignments_seat(viewer: Viewer) -> Seat | None:
    """The seat from which yearly lists, members and index sets are kept: administrator, or leader of Sở."""
    return administrator_seat(viewer) or next(
        (seat for seat in viewer.seats if seat.role == Role.LEADER and seat.unit_kind == UnitKind.DEPARTMENT),
        None,
    )


def may_read_all(viewer: Viewer) -> bool:
    return viewer.has(Role.ADMINISTRATOR, Role.AUDITOR)


def headed_units(viewer: Viewer) -> frozenset[uuid.UUID]:
    """The units that this person heads in a seat of their own: who only substitutes cannot prolong that."""
    return frozenset(seat.unit_id for seat in viewer.seats if seat.role in HEADS and seat.substitutes is None)


def substitution_seat(viewer: Viewer, unit_id: uuid.UUID, role: str) -> Seat | None:
    """The seat from which this person may have somebody act in a position of that role in that unit."""
    if (seat := administrator_seat(viewer)) is not None:
        return seat
    if role not in WORKING or unit_id not in headed_units(viewer):
        return None
    return next(seat for seat in viewer.seats if seat.role in HEADS and seat.unit_id == unit_id)


def as_administrator(connection: Connection, by: Viewer | None, now: datetime) -> Actor:
    """Raises NotAllowed. None is the command line, whose holder has the database itself."""
    if by is None:
        return SYSTEM
    viewer = load_viewer(by.id, now, connection)
    if (seat := administrator_seat(viewer)) is None:
        raise NotAllowed(_("Chỉ quản trị viên làm việc này."))
    return viewer.actor(seat)


def as_keeper_of_assignments(connection: Connection, by: Viewer | None, now: datetime) -> Actor:
    """As `as_administrator`; the leader of Sở too."""
    if by is None:
        return SYSTEM
    viewer = load_viewer(by.id, now, connection)
    if (seat := assignments_seat(viewer)) is None:
        raise NotAllowed(_("Chỉ quản trị viên hoặc lãnh đạo Sở làm việc này."))
    return viewer.actor(seat)


def as_arranger(
    connection: Connection, by: Viewer | None, unit_id: uuid.UUID, role: str, now: datetime
) -> Actor:
    """Who may have somebody act in a position of that role in that unit; NotFound for others."""
    if by is None:
        return SYSTEM
    viewer = load_viewer(by.id, now, connection)
    if (seat := substitution_seat(viewer, unit_id, role)) is None:
        raise NotFound()
    return viewer.actor(seat)
