"""A person as the rules see them on one day: which seats they hold and what follows from that. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from service.audit.operations import Actor
from service.models.people import Role
from service.models.units import UnitKind

# The group (camunda:candidateGroups) that officers and leaders of a unit of this kind belong to.
GROUP_OF_KIND = {
    UnitKind.COMMUNE.value: "commune",
    UnitKind.DISTRICT.value: "district",
    UnitKind.DEPARTMENT.value: "department",
}
# Groups that a unit's code may never be: these mean the case's own commune, district, member, Sở, Chairman.
FIXED_GROUPS = frozenset(GROUP_OF_KIND.values()) | {"province_member", "chairman"}
SIGNING_ROLE = {"leader": Role.LEADER, "member": Role.MEMBER, "chairman": Role.CHAIRMAN}


def group_of(kind: str, code: str) -> str:
    """The group of the officers and leaders of a unit; an agency is a group of its own. "" for none."""
    return code if kind == UnitKind.AGENCY else GROUP_OF_KIND.get(kind, "")


@dataclass(frozen=True)
class Seat:
    position_id: uuid.UUID
    role: Role
    title: str
    capacity: str
    unit_id: uuid.UUID
    unit_kind: str
    unit_name: str
    # The districts that a member of the provincial committee answers for on this day.
    districts: frozenset[uuid.UUID] = frozenset()
    # Whose seat it is while this person acts in it (*xử lý thay*), and by what paper; None in one's own.
    substitutes: uuid.UUID | None = None
    legal_basis: str = ""
    unit_code: str = ""

    @property
    def group(self) -> str:
        return group_of(self.unit_kind, self.unit_code)

    def belongs_to(self, group: str, unit_id: uuid.UUID | None) -> bool:
        """Whether a task of (group, unit) is this seat's business."""
        if group == "province_member":
            return self.role == Role.MEMBER and unit_id in self.districts
        if group == "chairman":
            return self.role == Role.CHAIRMAN and unit_id == self.unit_id
        return (
            self.role in (Role.OFFICER, Role.LEADER, Role.CLERK)
            and self.group == group
            and unit_id == self.unit_id
        )


@dataclass(frozen=True)
class Viewer:
    """Everything access rules need; made by `identity.queries.load_viewer` for one day.

    One's own seats stand before those in which one acts for somebody else, so rules that take the first
    seat that fits take one's own.
    """

    id: uuid.UUID
    username: str
    name: str
    day: date
    seats: tuple[Seat, ...]
    must_change_password: bool = False
    is_demo: bool = False

    def actor(self, seat: Seat | None = None) -> Actor:
        """Who acts, as the log records it: this person, from which seat, for whom when it is another's."""
        if seat is None:
            return Actor(self.id)
        return Actor(self.id, seat.position_id, seat.substitutes)

    def has(self, *roles: Role) -> bool:
        return any(seat.role in roles for seat in self.seats)

    def units(self, kind: UnitKind, *roles: Role) -> frozenset[uuid.UUID]:
        """Units of a kind in which this person holds one of `roles` (any role when none is given)."""
        return frozenset(
            seat.unit_id
            for seat in self.seats
            if seat.unit_kind == kind and (not roles or seat.role in roles)
        )

    @property
    def districts(self) -> frozenset[uuid.UUID]:
        """Districts in the care of this member of the provincial committee."""
        return frozenset().union(*(seat.districts for seat in self.seats))

    @property
    def sees_all_cases(self) -> bool:
        return self.has(Role.AUDITOR, Role.CHAIRMAN) or bool(self._working_units(UnitKind.DEPARTMENT))

    def sees(
        self,
        commune_id: uuid.UUID,
        district_id: uuid.UUID | None,
        place: tuple[str, uuid.UUID | None] | None = None,
    ) -> bool:
        """Whether a case of these units is visible; `queries.visible_cases` asks the same of a table.

        `place` is the (group, unit) of one of its tasks: an agency sees the cases that asked it.
        """
        return (
            self.sees_all_cases
            or place in self.agencies
            or commune_id in self.communes
            or district_id in self.own_districts
            or district_id in self.districts
        )

    def _working_units(self, kind: UnitKind) -> frozenset[uuid.UUID]:
        return self.units(kind, Role.OFFICER, Role.LEADER, Role.CLERK)

    @property
    def communes(self) -> frozenset[uuid.UUID]:
        return self._working_units(UnitKind.COMMUNE)

    @property
    def own_districts(self) -> frozenset[uuid.UUID]:
        return self._working_units(UnitKind.DISTRICT)

    @property
    def agencies(self) -> frozenset[tuple[str, uuid.UUID]]:
        """The (group, unit) of each agency in which this person works."""
        units = self._working_units(UnitKind.AGENCY)
        return frozenset((seat.group, seat.unit_id) for seat in self.seats if seat.unit_id in units)

    @property
    def departments(self) -> frozenset[uuid.UUID]:
        return self._working_units(UnitKind.DEPARTMENT)

    @cached_property
    def worklist_groups(self) -> tuple[tuple[str, uuid.UUID], ...]:
        """The (group, unit) pairs whose open tasks are this person's to see, in a stable order."""
        pairs: set[tuple[str, uuid.UUID]] = set()
        for seat in self.seats:
            if seat.role == Role.MEMBER:
                pairs |= {("province_member", district) for district in seat.districts}
            elif seat.role == Role.CHAIRMAN:
                pairs.add(("chairman", seat.unit_id))
            elif seat.role in (Role.OFFICER, Role.LEADER, Role.CLERK) and seat.group:
                pairs.add((seat.group, seat.unit_id))
        return tuple(sorted(pairs, key=lambda pair: (pair[0], pair[1].hex)))

    def seat_for_preparing(self, group: str, unit_id: uuid.UUID | None) -> Seat | None:
        """The seat from which this person may fill in a task of (group, unit)."""
        wanted = {"province_member": Role.MEMBER, "chairman": Role.CHAIRMAN}.get(group, Role.OFFICER)
        return self._seat(wanted, group, unit_id)

    def seat_for_signing(self, group: str, unit_id: uuid.UUID | None, signer: str) -> Seat | None:
        """The seat from which this person may complete a task; a task without signer is its preparer's."""
        role = SIGNING_ROLE.get(signer)
        return self.seat_for_preparing(group, unit_id) if role is None else self._seat(role, group, unit_id)

    def seat_for_numbering(self, unit_id: uuid.UUID | None) -> Seat | None:
        """Văn thư cấp số: the clerk, or in small units the officer."""
        for seat in self.seats:
            if (
                seat.role in (Role.CLERK, Role.OFFICER, Role.MEMBER, Role.CHAIRMAN)
                and seat.unit_id == unit_id
            ):
                return seat
        return None

    def seats_at(self, unit_id: uuid.UUID | None) -> Sequence[Seat]:
        """The seats that tasks of this unit can be the business of; `Seat.belongs_to` knows the group."""
        return self._by_unit.get(unit_id, ()) if unit_id else ()

    @cached_property
    def _by_unit(self) -> Mapping[uuid.UUID, Sequence[Seat]]:
        """Somebody with fifty seats is asked about each of a list's rows which of them it belongs to."""
        found: dict[uuid.UUID, list[Seat]] = {}
        for seat in self.seats:
            for unit_id in {seat.unit_id, *seat.districts}:
                found.setdefault(unit_id, []).append(seat)
        return found

    def _seat(self, role: Role, group: str, unit_id: uuid.UUID | None) -> Seat | None:
        return next(
            (
                seat
                for seat in self.seats_at(unit_id)
                if seat.role == role and seat.belongs_to(group, unit_id)
            ),
            None,
        )
