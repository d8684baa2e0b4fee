"""Scenes of what administrators change: units, links, positions, names, last days, lists as files."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from service.administration import (
    appointments,
    member_files,
    members,
    people,
    people_files,
    positions,
    prolonging,
    substitutions,
    successions,
    unit_changes,
    unit_files,
)
from service.administration.units import read_unit
from service.database import db
from service.models import Appointment, MemberAssignment, Unit, User
from tests.builders import NOON, person

Act = Callable[[], object]
Scene = Callable[[], Act]
TODAY, LATER = NOON.date(), NOON.date() + timedelta(days=9)
LEADER, OFFICER = "xa-thidu-lanhdao", "xa-thidu-chuyenvien"
NEW = unit_changes.UnitValues("UBND xã Đông", "thi-xa-bim-son", date(2023, 1, 1), None, "NQ 1")
LINK = {"predecessor": "xa-thi-du", "successor": "phuong-minh-hoa"}


def _by() -> dict[str, Any]:
    return {"by": person("quantri"), "now": NOON}


def _changing() -> Act:
    seen = unit_changes.values_of(read_unit("xa-thi-du").unit)
    values = unit_changes.UnitValues(**{**vars(seen), "name": "UBND xã Thí Dụ Đông"})
    return partial(unit_changes.change_unit, code="xa-thi-du", values=values, seen=seen.seal, **_by())


def _linking() -> Act:
    return partial(successions.add_succession, **LINK, since=date(2023, 6, 1), legal_basis="NQ 1", **_by())


def _unlinking() -> Act:
    _linking()()
    return partial(successions.remove_succession, **LINK, **_by())


def _position() -> uuid.UUID:
    asked = {"unit_code": "xa-thi-du", "role": "officer", "title": "Công chức Văn hóa", "capacity": ""}
    return appointments.add_position(**asked, **_by())


def _seat(username: str) -> uuid.UUID:
    query = select(Appointment.id).join(User, User.id == Appointment.user_id).where(User.username == username)
    return db.session.scalars(query.order_by(Appointment.id)).one()


def _holding_on() -> Act:
    one = _seat(OFFICER)
    appointments.end_appointment(appointment_id=one, last=TODAY, **_by())
    return partial(prolonging.prolong_appointment, appointment_id=one, last=None, **_by())


def _standing_in_longer() -> Act:
    one = substitutions.arrange_substitution(
        appointment_id=_seat(LEADER),
        substitute="xa-minhhoa-lanhdao",
        first=TODAY,
        last=TODAY + timedelta(days=4),
        legal_basis="Giấy số 5",
        **_by(),
    )
    return partial(prolonging.prolong_substitution, substitution_id=one, last=LATER, **_by())


def _answering_longer() -> Act:
    query = select(MemberAssignment.id).join(Unit, Unit.id == MemberAssignment.district_id)
    one = db.session.scalars(query.where(Unit.code == "thi-xa-bim-son")).one()
    members.end_assignment(assignment_id=one, last=TODAY, **_by())
    return partial(prolonging.prolong_assignment, assignment_id=one, last=None, **_by())


def _units() -> Act:
    line = unit_files.UnitLine(2, "xa-dong", "commune", NEW, ("xa-thi-du",))
    return partial(unit_files.import_units, lines=[line], **_by())


def _people() -> Act:
    line = people_files.PersonLine(
        2, "an.le", "Lê An", "xa-thi-du", "officer", "Công chức Văn hóa", TODAY, None, ""
    )
    return partial(people_files.import_people, lines=[line], **_by())


def _members() -> Act:
    line = member_files.MemberLine(
        2, "thi-xa-bim-son", "thanh-vien-bcd-thuong-xuan", date(2025, 7, 1), None, "QĐ 10"
    )
    return partial(member_files.import_members, lines=[line], **_by())


ADMINISTRATION_ATOMIC: dict[str, Scene] = {
    "administration.unit_changes.add_unit": lambda: partial(
        unit_changes.add_unit, code="xa-dong", kind="commune", values=NEW, **_by()
    ),
    "administration.unit_changes.change_unit": _changing,
    "administration.successions.add_succession": _linking,
    "administration.successions.remove_succession": _unlinking,
    "administration.positions.change_position": lambda: partial(
        positions.change_position, position_id=_position(), title="Công chức", capacity="TM.", **_by()
    ),
    "administration.positions.remove_position": lambda: partial(
        positions.remove_position, position_id=_position(), **_by()
    ),
    "administration.people.rename_person": lambda: partial(
        people.rename_person, user_id=person(OFFICER).id, display_name="Lê Thị D", **_by()
    ),
    "administration.prolonging.prolong_appointment": _holding_on,
    "administration.prolonging.prolong_substitution": _standing_in_longer,
    "administration.prolonging.prolong_assignment": _answering_longer,
    "administration.unit_files.import_units": _units,
    "administration.people_files.import_people": _people,
    "administration.member_files.import_members": _members,
}
# What the imports are made of.
ADMINISTRATION_WITHIN = {
    "administration.importing.whole_or_nothing": "administration.unit_files.import_units",
}
