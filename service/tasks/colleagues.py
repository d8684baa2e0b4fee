"""Who may be given a task: the people whose seat fits its group, unit and stage on a day."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import and_, or_, select
from sqlalchemy.engine import Connection

from service.clock import local_day
from service.database import db
from service.errors import BadInput, NotAllowed, NotLoggedIn, SeparationOfDuties
from service.identity.queries import load_viewer
from service.identity.viewer import Seat, Viewer
from service.models import Appointment, MemberAssignment, Position, Role, User
from service.processes.queries import Procedure
from service.processes.separation import step_at_another_level
from service.tasks.guarding import SIGNING
from service.vietnamese import sort_key
from service.wording import _

# (group, unit, signer, stage): what decides whose seat fits.
Place: TypeAlias = tuple[str, "uuid.UUID | None", str, str]
_WORKING = (Role.OFFICER, Role.LEADER, Role.MEMBER, Role.CHAIRMAN)


@dataclass(frozen=True)
class Colleague:
    id: uuid.UUID
    name: str
    title: str
    # Whom this person acts for in that seat (*xử lý thay*).
    substitutes: uuid.UUID | None


def fitting_seat(viewer: Viewer, place: Place) -> Seat | None:
    """The seat from which somebody may be given a task of this place and work on it at its stage."""
    group, unit_id, signer, stage = place
    if stage == SIGNING:
        return viewer.seat_for_signing(group, unit_id, signer)
    return viewer.seat_for_preparing(group, unit_id)


def leading_seat(viewer: Viewer, group: str, unit_id: uuid.UUID | None) -> Seat | None:
    """The leader's seat in the unit whose task it is; a member's and the chairman's tasks have none above."""
    return next(
        (
            seat
            for seat in viewer.seats_at(unit_id)
            if seat.role == Role.LEADER and seat.belongs_to(group, unit_id)
        ),
        None,
    )


def place_of(task: Any) -> Place:
    """Of a Task or a row of the worklist."""
    return task.group, task.unit_id, task.signer, task.stage


def colleagues(places: Iterable[Place], now: datetime, *, but: uuid.UUID | None = None) -> list[Colleague]:
    """Everybody whose seat fits one of `places` today, by name; without `but`, who asks."""
    wanted = set(places)
    found = []
    for user_id in _holders({unit for _group, unit, _element, _signer in wanted if unit is not None}, now):
        viewer = load_viewer(user_id, now)
        seat = next(
            (seat for place in sorted(wanted, key=repr) if (seat := fitting_seat(viewer, place))), None
        )
        if seat is not None and user_id != but:
            found.append(Colleague(user_id, viewer.name, seat.title, seat.substitutes))
    return sorted(found, key=lambda one: (sort_key(one.name), one.id.hex))


def colleagues_for(task: Any, viewer: Viewer, now: datetime) -> list[Colleague]:
    """Who may be given this task besides the viewer; nobody where the viewer neither does nor leads it."""
    place = place_of(task)
    if fitting_seat(viewer, place) is None and leading_seat(viewer, task.group, task.unit_id) is None:
        return []
    return [one for one in colleagues([place], now, but=viewer.id) if not signs_own_draft(task, one.id)]


def signs_own_draft(task: Any, user_id: uuid.UUID) -> bool:
    return bool(task.stage == SIGNING and task.prepared_by == user_id)


def require_fitting(
    connection: Connection, row: Any, bundle: Procedure, to: uuid.UUID, now: datetime
) -> Viewer:
    """The person who is to have the task of `row` (see `open_task`); raises where it may not be theirs."""
    try:
        receiver = load_viewer(to, now, connection)
    except NotLoggedIn:
        sentence = _("Người được chọn không còn tài khoản hiệu lực. Hãy chọn người khác.")
        raise BadInput(sentence, fields={"to": [sentence]}) from None
    place: Place = (row.task_group, row.task_unit_id, row.task_signer, row.task_stage)
    if fitting_seat(receiver, place) is None:
        raise NotAllowed(
            _(
                "Người được chọn không giữ vị trí %(act)s ở bước này. Hãy chọn đồng nghiệp của đơn vị được "
                "giao bước.",
                act=_("ký") if row.task_stage == SIGNING else _("soạn"),
            )
        )
    if row.task_stage == SIGNING and row.task_prepared_by == receiver.id:
        raise NotAllowed(_("Người soạn không tự ký; hãy chọn một lãnh đạo khác."))
    element = step_at_another_level(row.acts, bundle, row.task_group, receiver.id)
    if element is not None:
        raise SeparationOfDuties(
            _(
                "%(name)s đã xử lý bước “%(step)s” của hồ sơ này ở cấp khác; một người không được xử lý ở "
                "hai cấp. Hãy chọn đồng nghiệp khác.",
                name=receiver.name,
                step=bundle.element_name(element),
            )
        )
    return receiver


def _holders(units: set[uuid.UUID], now: datetime) -> list[uuid.UUID]:
    """Active people who today hold a working seat in one of `units`, or answer for it as a member."""
    if not units:
        return []
    day, among = local_day(now), sorted(units, key=lambda unit: unit.hex)
    query = (
        select(User.id)
        .join(Appointment, Appointment.user_id == User.id)
        .join(Position, Position.id == Appointment.position_id)
        .outerjoin(
            MemberAssignment,
            and_(
                MemberAssignment.position_id == Position.id,
                MemberAssignment.valid_from <= day,
                or_(MemberAssignment.valid_to.is_(None), MemberAssignment.valid_to >= day),
            ),
        )
        .where(
            User.active,
            Position.role.in_(_WORKING),
            Appointment.valid_from <= day,
            or_(Appointment.valid_to.is_(None), Appointment.valid_to >= day),
            or_(Position.unit_id.in_(among), MemberAssignment.district_id.in_(among)),
        )
        .distinct()
        .order_by(User.id)
    )
    return list(db.session.scalars(query))
