"""*Kiện toàn*: who holds a position from when to when. Tasks stay with the position; its people change."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import insert, or_, select

from service.administration.rights import as_administrator
from service.administration.typed import in_order, perhaps_basis, refused, text
from service.administration.validity import end
from service.audit.operations import record_administration
from service.clock import local_day
from service.database import transaction
from service.errors import BadInput, NotFound, WrongState
from service.identity.operations import appoint
from service.identity.queries import user_by_name
from service.identity.viewer import Viewer
from service.models import Appointment, Position, Role, Unit, User
from service.wording import _

CAPACITIES = ("", "TM.", "KT.", "TL.", "TUQ.")
LONGEST_TITLE = 200


def add_position(
    *, unit_code: str, role: str, title: str, capacity: str, by: Viewer | None, now: datetime
) -> uuid.UUID:
    """A new seat in a unit; its code is the unit's with the role, numbered from the second on."""
    if role not in set(Role):
        raise refused("role", _("Hãy chọn vai trò."))
    if capacity not in CAPACITIES:
        raise refused("capacity", _("Hãy chọn tư cách ký."))
    named = text(title, "title", _("chức danh"), LONGEST_TITLE)
    with transaction() as session:
        actor = as_administrator(session.connection(), by, now)
        unit = session.scalars(
            select(Unit).where(Unit.code == unit_code).with_for_update(key_share=True)
        ).one_or_none()
        if unit is None:
            raise NotFound()
        alike = session.execute(
            select(Position.code, Position.title).where(Position.unit_id == unit.id)
        ).all()
        if named.casefold() in {row.title.casefold() for row in alike}:
            raise refused("title", _("%(name)s đã có vị trí “%(named)s”.", name=unit.name, named=named))
        taken, number = {row.code for row in alike}, 1
        while (code := f"{unit_code}/{role}" + (f"-{number}" if number > 1 else "")) in taken:
            number += 1
        position_id = uuid.uuid4()
        session.execute(
            insert(Position).values(
                id=position_id, code=code, unit_id=unit.id, role=role, title=named, capacity=capacity
            )
        )
        record_administration(
            session.connection(),
            "position_added",
            {"position": str(position_id), "unit": str(unit.id), "role": role, "code": code},
            by=actor,
            at=now,
        )
    return position_id


def appoint_person(
    *,
    unit_code: str,
    position_id: uuid.UUID,
    username: str,
    first: date,
    last: date | None,
    legal_basis: str,
    by: Viewer | None,
    now: datetime,
) -> None:
    """Give somebody a seat. BadInput where they hold it on some of those days, or are switched off."""
    paper = perhaps_basis(legal_basis)
    in_order(first, last)
    with transaction() as session:
        actor = as_administrator(session.connection(), by, now)
        code = session.execute(
            select(Position.code)
            .join(Unit, Unit.id == Position.unit_id)
            .where(Position.id == position_id, Unit.code == unit_code)
        ).scalar_one_or_none()
        if code is None:
            raise refused("position", _("Hãy chọn vị trí."))
        user = user_by_name(username.strip().lower())
        if user is None:
            raise refused("username", _("Không có tài khoản này. Hãy tạo tài khoản trước."))
        session.execute(select(User.id).where(User.id == user.id).with_for_update(key_share=True))
        session.refresh(user)
        if not user.active:
            raise refused("username", _("Tài khoản này đã khóa. Hãy mở lại trước khi giao vị trí."))
        held = session.execute(
            select(Appointment.valid_from)
            .where(
                Appointment.user_id == user.id,
                Appointment.position_id == position_id,
                Appointment.substitutes_id.is_(None),
                or_(Appointment.valid_to.is_(None), Appointment.valid_to >= first),
                *((Appointment.valid_from <= last,) if last is not None else ()),
            )
            .limit(1)
        ).scalar_one_or_none()
        if held is not None:
            raise refused("username", _("Người này đã giữ vị trí đó từ %(held)s.", held=f"{held:%d/%m/%Y}"))
        appoint(
            username=user.username,
            position_code=code,
            valid_from=first,
            valid_to=last,
            legal_basis=paper,
            by=actor,
            now=now,
        )


def end_appointment(*, appointment_id: uuid.UUID, last: date, by: Viewer | None, now: datetime) -> None:
    """`last` becomes its last day: today or later. One that would begin after that never begins.

    What was done is not undone, so a day in the past is refused.
    """
    if last < local_day(now):
        raise refused(
            "last", _("Ngày cuối giữ vị trí không được trước hôm nay: việc đã làm vẫn còn hiệu lực.")
        )
    with transaction() as session:
        actor = as_administrator(session.connection(), by, now)
        one = session.execute(
            select(
                Appointment.user_id,
                Appointment.position_id,
                Appointment.valid_from,
                Position.role,
            )
            .join(Position, Position.id == Appointment.position_id)
            .where(Appointment.id == appointment_id, Appointment.substitutes_id.is_(None))
        ).one_or_none()
        if one is None:
            raise NotFound()
        if by is not None and one.user_id == by.id and one.role == Role.ADMINISTRATOR:
            raise BadInput(
                _("Ông/bà không tự thôi vị trí quản trị của mình; hãy nhờ một quản trị viên khác.")
            )
        begins = one.valid_from <= last
        if not end(session, Appointment, appointment_id, last, begun=begins):
            raise WrongState(
                _("Việc giữ vị trí này đã kết thúc vào ngày đó hoặc sớm hơn. Hãy tải lại trang.")
            )
        record_administration(
            session.connection(),
            "appointment_ended" if begins else "appointment_cancelled",
            {
                "user": str(one.user_id),
                "position": str(one.position_id),
                "to": last.isoformat() if begins else None,
            },
            by=actor,
            at=now,
        )
