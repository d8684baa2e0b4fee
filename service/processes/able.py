"""Whether the separation of duties leaves somebody able to act at every step, unit by unit, on a day.

One person never acts at two levels of one case: the only one at a step is lost to every other level.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from service.database import db
from service.engine.definition import HumanTask
from service.engine.errors import Problem
from service.identity.viewer import SIGNING_ROLE, group_of
from service.models import (
    Appointment,
    MemberAssignment,
    Position,
    ProcedureDepartment,
    Role,
    Unit,
    UnitKind,
    User,
)
from service.vietnamese import sort_key

MEMBER, CHAIRMAN = "province_member", "chairman"
_OF_ITS_OWN = {MEMBER: Role.MEMBER, CHAIRMAN: Role.CHAIRMAN}
_MANY = ("commune", "district", MEMBER)
# More people than these with seats at several levels of one case leave enough ways.
MOST_SHARED, MOST_NAMED, MOST_UNSEATED = 6, 5, 3
_NOBODY = "Chưa có ai {act} được bước này ở: {units}."
_KEPT_OUT = (
    "Tách bạch các cấp: người duy nhất {act} được bước này ở {units} cũng cần cho cấp khác của cùng hồ sơ; "
    "một người không xử lý ở hai cấp."
)
Place = tuple[str, uuid.UUID | None]
# (group, role): what somebody at that level must be able to do.
Need = tuple[str, Role]


@dataclass
class _Held:
    """{(group, unit): {role: people}}, and the units."""

    people: dict[Place, dict[Role, set[uuid.UUID]]] = field(default_factory=lambda: defaultdict(dict))
    units: dict[uuid.UUID, Unit] = field(default_factory=dict)

    def add(self, place: Place, role: str, user: uuid.UUID) -> None:
        self.people[place].setdefault(Role(role), set()).add(user)

    def able(self, place: Place, role: Role) -> set[uuid.UUID]:
        return self.people[place].get(role, set()) if place in self.people else set()

    def called(self, unit: uuid.UUID | None) -> str:
        return self.units[unit].name if unit in self.units else "đơn vị chưa xác định"


def nobody_left(procedure: str, tasks: Iterable[HumanTask], day: date) -> Iterator[Problem]:
    """A warning per step that nobody could do, naming the units; people change, so it keeps nothing back."""
    needs = {(task.groups[0], role): task for task in tasks for role in _roles(task)}
    if not needs:
        return
    held = _read(day)
    without: dict[Need, set[str]] = defaultdict(set)
    lost: dict[Need, set[str]] = defaultdict(set)
    empty: dict[str, set[str]] = defaultdict(set)
    for places in _chains(procedure, held, day):
        own = {need: held.able((need[0], places.get(need[0])), need[1]) for need in needs}
        for (group, role), people in own.items():
            place = group, places.get(group)
            if people:
                continue
            # Units of which nobody has a seat yet are not in use, which is said once for all of them.
            if place in held.people or group not in _MANY:
                without[group, role].add(held.called(place[1]))
            elif place[1] is not None:
                empty[group].add(held.called(place[1]))
        for need in _lost({need: people for need, people in own.items() if people}):
            lost[need].add(held.called(places.get(need[0])))
    yield from _told(needs, without, _NOBODY, "Giao vị trí cho người ở trang Đơn vị.")
    yield from _unseated(needs, empty)
    yield from _told(needs, lost, _KEPT_OUT, "Giao thêm người ở một trong hai cấp, hoặc đổi người phụ trách.")


def _unseated(needs: Mapping[Need, HumanTask], empty: Mapping[str, set[str]]) -> Iterator[Problem]:
    """One warning per level, at the first step that is given to it."""
    for group, units in empty.items():
        task = next(task for need, task in needs.items() if need[0] == group)
        named, others = sorted(units, key=sort_key)[:MOST_UNSEATED], len(units) - MOST_UNSEATED
        more = f" và {others} đơn vị khác" if others > 0 else ""
        yield Problem(
            task.id,
            task.name,
            "no-seat",
            "warning",
            f"{len(units)} đơn vị chưa có ai giữ vị trí nào: {', '.join(named)}{more}. Hồ sơ ở đó sẽ đứng "
            "ở bước này.",
            "Giao vị trí cho người ở trang Đơn vị trước ngày có hiệu lực.",
        )


def _told(
    needs: Mapping[Need, HumanTask], found: Mapping[Need, set[str]], sentence: str, remedy: str
) -> Iterator[Problem]:
    for need, units in found.items():
        task, act = needs[need], "ký" if need[1] == Role.LEADER else "làm"
        text = sentence.format(act=act, units=_listed(units))
        yield Problem(task.id, task.name, "nobody-left", "warning", text, remedy)


def _roles(task: HumanTask) -> set[Role]:
    """Who prepares and who signs; the clerk is anybody's."""
    if len(task.groups) != 1:
        return set()
    prepares = _OF_ITS_OWN.get(task.groups[0], Role.OFFICER)
    signs = SIGNING_ROLE.get(task.properties.get("signer", "none"))
    return {prepares, signs} if signs else {prepares}


def _lost(own: Mapping[Need, set[uuid.UUID]]) -> set[Need]:
    """What stays undone however people who hold seats at several levels keep to one of them."""
    levels: dict[uuid.UUID, set[str]] = defaultdict(set)
    for (group, _role), people in own.items():
        for user in people:
            levels[user].add(group)
    shared = sorted((user for user, groups in levels.items() if len(groups) > 1), key=lambda one: one.hex)
    if not shared or len(shared) > MOST_SHARED:
        return set()
    best: set[Need] | None = None
    for ways in product(*(sorted(levels[user]) for user in shared)):
        kept = dict(zip(shared, ways, strict=True))
        undone = {
            need
            for need, people in own.items()
            if not any(kept.get(one, need[0]) == need[0] for one in people)
        }
        if best is None or len(undone) < len(best):
            best = undone
        if not best:
            break
    return best or set()


def _chains(procedure: str, held: _Held, day: date) -> Iterator[dict[str, uuid.UUID | None]]:
    """{group: unit} for a case of each commune in force."""
    department = db.session.execute(
        select(ProcedureDepartment.unit_id)
        .where(ProcedureDepartment.procedure == procedure, *_holds(ProcedureDepartment, day))
        .order_by(ProcedureDepartment.valid_from.desc())
        .limit(1)
    ).scalar_one_or_none()
    agencies = {unit.code: unit.id for unit in held.units.values() if unit.kind == UnitKind.AGENCY}
    for unit in held.units.values():
        if unit.kind != UnitKind.COMMUNE or not unit.in_force_on(day):
            continue
        above = held.units.get(unit.parent_id) if unit.parent_id else None
        is_district = above is not None and above.kind == UnitKind.DISTRICT
        district = above.id if above is not None and is_district else None
        province = above.parent_id if above is not None and is_district else unit.parent_id
        yield {
            **agencies,
            "commune": unit.id,
            "district": district,
            MEMBER: district,
            "department": department,
            CHAIRMAN: province,
        }


def _read(day: date) -> _Held:
    held = _Held(units={unit.id: unit for unit in db.session.scalars(select(Unit).order_by(Unit.code))})
    seats = (
        select(Appointment.user_id, Position.id, Position.role, Position.unit_id)
        .join(User, User.id == Appointment.user_id)
        .join(Position, Position.id == Appointment.position_id)
        .where(User.active, *_holds(Appointment, day))
    )
    districts: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for given in db.session.execute(
        select(MemberAssignment.position_id, MemberAssignment.district_id).where(
            *_holds(MemberAssignment, day)
        )
    ):
        districts[given.position_id].append(given.district_id)
    for row in db.session.execute(seats):
        unit = held.units[row.unit_id]
        if row.role == Role.MEMBER:
            for district in districts[row.id]:
                held.add((MEMBER, district), row.role, row.user_id)
        elif row.role == Role.CHAIRMAN:
            held.add((CHAIRMAN, unit.id), row.role, row.user_id)
        elif row.role in (Role.OFFICER, Role.LEADER):
            held.add((group_of(unit.kind, unit.code), unit.id), row.role, row.user_id)
    return held


def _holds(table: Any, day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.valid_from <= day, or_(table.valid_to.is_(None), table.valid_to >= day)


def _listed(units: set[str]) -> str:
    named = sorted(units)
    more = f" và {len(named) - MOST_NAMED} đơn vị khác" if len(named) > MOST_NAMED else ""
    return ", ".join(named[:MOST_NAMED]) + more
