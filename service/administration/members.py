"""*Thành viên Ban Chỉ đạo tỉnh phụ trách*: which member answers for which district, by date."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, or_, select

from service.administration.rights import as_keeper_of_assignments
from service.administration.typed import basis, in_order, refused
from service.administration.validity import end
from service.audit.operations import record_administration
from service.clock import local_day
from service.database import db, transaction
from service.errors import NotFound, WrongState
from service.identity.viewer import Viewer
from service.models import Appointment, MemberAssignment, Position, Role, Unit, UnitKind, User
from service.vietnamese import sort_key
from service.wording import _


@dataclass(frozen=True)
class Assignment:
    id: uuid.UUID
    position_id: uuid.UUID
    position: str
    # Who holds that position today: tasks follow the position.
    people: tuple[str, ...]
    first: date
    last: date | None
    legal_basis: str

    def on(self, day: date) -> str:
        """current | coming | past"""
        if self.first > day:
            return "coming"
        return "past" if self.last is not None and self.last < day else "current"


@dataclass(frozen=True)
class District:
    code: str
    name: str
    in_force: bool
    assignments: list[Assignment]

    def current(self, day: date) -> Assignment | None:
        return next((one for one in self.assignments if one.on(day) == "current"), None)

    def lacks_member(self, day: date) -> bool:
        """Nobody would be asked for an opinion: no member, or a position that nobody holds."""
        now = self.current(day)
        return self.in_force and (now is None or not now.people)


def list_districts_with_members(day: date) -> list[District]:
    """Every district, those without a member first, then in Vietnamese order; latest assignments first."""
    people: dict[uuid.UUID, list[str]] = {}
    for row in db.session.execute(
        select(Appointment.position_id, User.display_name)
        .join(User, User.id == Appointment.user_id)
        .join(Position, Position.id == Appointment.position_id)
        .where(
            Position.role == Role.MEMBER.value,
            User.active,
            Appointment.valid_from <= day,
            or_(Appointment.valid_to.is_(None), Appointment.valid_to >= day),
        )
        .order_by(User.display_name)
    ):
        people.setdefault(row.position_id, []).append(row.display_name)
    assigned: dict[uuid.UUID, list[Assignment]] = {}
    for one, title in db.session.execute(
        select(MemberAssignment, Position.title)
        .join(Position, Position.id == MemberAssignment.position_id)
        .order_by(MemberAssignment.valid_from.desc(), MemberAssignment.id)
        .execution_options(populate_existing=True)
    ):
        assigned.setdefault(one.district_id, []).append(
            Assignment(
                one.id,
                one.position_id,
                title,
                tuple(people.get(one.position_id, ())),
                one.valid_from,
                one.valid_to,
                one.legal_basis,
            )
        )
    districts = [
        District(unit.code, unit.name, unit.in_force_on(day), assigned.get(unit.id, []))
        for unit in db.session.scalars(select(Unit).where(Unit.kind == UnitKind.DISTRICT.value))
    ]
    return sorted(districts, key=lambda one: (not one.lacks_member(day), sort_key(one.name)))


def member_positions() -> list[tuple[uuid.UUID, str]]:
    """(id, title) of the committee's seats that a district may be given to."""
    rows = db.session.execute(
        select(Position.id, Position.title)
        .where(Position.role == Role.MEMBER.value)
        .order_by(Position.title, Position.code)
    )
    return sorted(((row.id, row.title) for row in rows), key=lambda one: sort_key(one[1]))


def assign_member(
    *,
    district_code: str,
    position_id: uuid.UUID,
    first: date,
    last: date | None,
    legal_basis: str,
    by: Viewer | None,
    now: datetime,
) -> None:
    """Give a district to a member's position. BadInput where it has another on some of those days."""
    paper = basis(legal_basis)
    in_order(first, last)
    with transaction() as session:
        actor = as_keeper_of_assignments(session.connection(), by, now)
        # Two who assign the same district at once come one after the other.
        district = session.scalars(
            select(Unit)
            .where(Unit.code == district_code, Unit.kind == UnitKind.DISTRICT.value)
            .with_for_update(key_share=True)
        ).one_or_none()
        if district is None:
            raise refused("district", _("Hãy chọn huyện."))
        position = session.get(Position, position_id)
        if position is None or position.role != Role.MEMBER:
            raise refused("position", _("Hãy chọn vị trí Thành viên Ban Chỉ đạo tỉnh."))
        other = session.execute(
            select(MemberAssignment.valid_from, MemberAssignment.valid_to, Position.title)
            .join(Position, Position.id == MemberAssignment.position_id)
            .where(
                MemberAssignment.district_id == district.id,
                or_(MemberAssignment.valid_to.is_(None), MemberAssignment.valid_to >= first),
                *((MemberAssignment.valid_from <= last,) if last is not None else ()),
            )
            .order_by(MemberAssignment.valid_from)
            .limit(1)
        ).one_or_none()
        if other is not None:
            until = (
                _("đến %(valid_to)s", valid_to=f"{other.valid_to:%d/%m/%Y}")
                if other.valid_to
                else _("chưa có ngày cuối")
            )
            raise refused(
                "first",
                _(
                    "%(name)s đã giao cho “%(title)s” từ %(valid_from)s (%(until)s). Hãy kết thúc phân công "
                    "đó trước, hoặc chọn ngày khác.",
                    name=district.name,
                    title=other.title,
                    valid_from=f"{other.valid_from:%d/%m/%Y}",
                    until=until,
                ),
            )
        session.execute(
            insert(MemberAssignment).values(
                id=uuid.uuid4(),
                district_id=district.id,
                position_id=position_id,
                valid_from=first,
                valid_to=last,
                legal_basis=paper,
            )
        )
        record_administration(
            session.connection(),
            "member_assigned",
            {
                "district": str(district.id),
                "position": str(position_id),
                "from": first.isoformat(),
                "to": last.isoformat() if last else None,
                "source": paper,
            },
            by=actor,
            at=now,
        )


def end_assignment(*, assignment_id: uuid.UUID, last: date, by: Viewer | None, now: datetime) -> None:
    """`last` becomes its last day, today or later; one that would begin after that never begins."""
    if last < local_day(now):
        raise refused(
            "last", _("Ngày cuối phụ trách không được trước hôm nay: ý kiến đã cho vẫn còn hiệu lực.")
        )
    with transaction() as session:
        actor = as_keeper_of_assignments(session.connection(), by, now)
        one = session.get(MemberAssignment, assignment_id, populate_existing=True)
        if one is None:
            raise NotFound()
        told = {"district": str(one.district_id), "position": str(one.position_id)}
        begins = one.valid_from <= last
        if not end(session, MemberAssignment, assignment_id, last, begun=begins):
            raise WrongState(_("Phân công này đã kết thúc vào ngày đó hoặc sớm hơn. Hãy tải lại trang."))
        record_administration(
            session.connection(),
            "member_assignment_ended",
            {**told, "to": last.isoformat() if begins else None},
            by=actor,
            at=now,
        )
