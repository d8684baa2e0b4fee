"""Who is told about a task: those whose turn it is by today's dated appointments and assignments."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.engine import Connection

from service.identity.viewer import SIGNING_ROLE, group_of
from service.models import Appointment, MemberAssignment, Position, Role, Unit, User

MEMBER, CHAIRMAN = "province_member", "chairman"
# (group, unit): whose task it is.
Place = tuple[str, uuid.UUID | None]


@dataclass(frozen=True)
class Holders:
    """{(group, unit): {role: users}} of the people who hold seats on a day."""

    by_place: Mapping[Place, Mapping[Role, Sequence[uuid.UUID]]] = field(default_factory=dict)

    def with_role(self, place: Place, *roles: Role) -> frozenset[uuid.UUID]:
        held = self.by_place.get(place, {})
        return frozenset(user for role in roles for user in held.get(role, ()))

    def everybody(self, place: Place) -> frozenset[uuid.UUID]:
        return frozenset(user for users in self.by_place.get(place, {}).values() for user in users)


def holders_on(connection: Connection, places: Iterable[Place], day: date) -> Holders:
    """Who holds the seats of these places on `day`: active people, clerks aside. At most two statements."""
    wanted = set(places)
    found: dict[Place, dict[Role, list[uuid.UUID]]] = defaultdict(lambda: defaultdict(list))
    units = sorted({unit for group, unit in wanted if unit and group != MEMBER})
    districts = sorted({unit for group, unit in wanted if unit and group == MEMBER})
    if units:
        rows = connection.execute(
            _seats(day)
            .add_columns(Unit.id.label("unit_id"), Unit.kind, Unit.code)
            .join(Unit, Unit.id == Position.unit_id)
            .where(Unit.id.in_(units), Position.role.in_((Role.OFFICER, Role.LEADER, Role.CHAIRMAN)))
        )
        for row in rows:
            group = CHAIRMAN if row.role == Role.CHAIRMAN else group_of(row.kind, row.code)
            found[group, row.unit_id][Role(row.role)].append(row.user_id)
    if districts:
        rows = connection.execute(
            _seats(day)
            .add_columns(MemberAssignment.district_id)
            .join(
                MemberAssignment,
                and_(
                    MemberAssignment.position_id == Position.id,
                    MemberAssignment.valid_from <= day,
                    or_(MemberAssignment.valid_to.is_(None), MemberAssignment.valid_to >= day),
                ),
            )
            .where(MemberAssignment.district_id.in_(districts), Position.role == Role.MEMBER)
        )
        for row in rows:
            found[MEMBER, row.district_id][Role.MEMBER].append(row.user_id)
    return Holders(found)


def _seats(day: date) -> Any:
    return (
        select(User.id.label("user_id"), Position.role)
        .join(Appointment, Appointment.user_id == User.id)
        .join(Position, Position.id == Appointment.position_id)
        .where(
            User.active,
            Appointment.valid_from <= day,
            or_(Appointment.valid_to.is_(None), Appointment.valid_to >= day),
        )
        .order_by(User.id)
    )


def whose_turn(task: Any, held: Holders) -> frozenset[uuid.UUID]:
    """Those who may act on the task at its stage; its owner alone, once somebody has taken it.

    `task` has group, unit_id, signer, stage, owner_id, prepared_by. A unit without officers has its signers
    told of new work: somebody must know.
    """
    place = (task.group, task.unit_id)
    if task.owner_id is not None and task.owner_id in held.everybody(place):
        return frozenset({task.owner_id})
    signers = held.with_role(place, SIGNING_ROLE.get(task.signer, preparing_role(task.group)))
    if task.stage == "signing":
        return (signers - {task.prepared_by}) or signers
    return held.with_role(place, preparing_role(task.group)) or signers


def superiors(task: Any, held: Holders, department: uuid.UUID | None) -> frozenset[uuid.UUID]:
    """Who hears of a task long overdue: the unit's leaders; of a silent member, the leaders of Sở."""
    if task.group in (MEMBER, CHAIRMAN):
        return held.with_role(("department", department), Role.LEADER)
    return held.with_role((task.group, task.unit_id), Role.LEADER)


def preparing_role(group: str) -> Role:
    return {MEMBER: Role.MEMBER, CHAIRMAN: Role.CHAIRMAN}.get(group, Role.OFFICER)


def places_of(task: Any, department: uuid.UUID | None) -> Collection[Place]:
    """Every place whose people may have to hear of the task."""
    return {(task.group, task.unit_id), ("department", department)}
