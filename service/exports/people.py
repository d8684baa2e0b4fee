"""How people appear in an export: by their names, or by their seats with a number that holds within it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import select

from service.cases.timeline import HANDED
from service.database import db
from service.identity.queries import names_of
from service.models import Position
from service.models.people import Role
from service.wording import recorded

SYSTEM = recorded("Hệ thống")
NOTICE = recorded(
    "Dữ liệu cá nhân đã được lược bớt: người tham gia ghi bằng chức vụ và số thứ tự trong bản xuất này; "
    "không có họ tên, tài khoản, tên tệp, kết quả và nội dung do người ghi."
)
WHOLE = recorded("Có dữ liệu cá nhân: chỉ dùng cho việc đã được phép.")
_ROLES = {
    Role.OFFICER: recorded("Chuyên viên"),
    Role.LEADER: recorded("Lãnh đạo"),
    Role.MEMBER: recorded("Thành viên BCĐ tỉnh"),
    Role.CHAIRMAN: recorded("Chủ tịch/Phó Chủ tịch UBND tỉnh"),
    Role.CLERK: recorded("Văn thư"),
}


class People(Mapping[uuid.UUID, str]):
    """{person: how they are called}. Numbers follow the order in which people were first met."""

    def __init__(self, *, minimised: bool) -> None:
        self.minimised = minimised
        self._called: dict[uuid.UUID, str] = {}
        self._number: dict[uuid.UUID, int] = {}
        self._role: dict[uuid.UUID, str] = {}

    def __getitem__(self, person: uuid.UUID) -> str:
        return self._called[person]

    def __iter__(self) -> Iterator[uuid.UUID]:
        return iter(self._called)

    def __len__(self) -> int:
        return len(self._called)

    def called(self, person: str | uuid.UUID | None) -> str:
        """The system where nobody is named."""
        return self._called[_id(person)] if person else SYSTEM

    def role(self, person: str | uuid.UUID | None) -> str:
        """The seat from which somebody first acted; "" where nobody did."""
        return self._role.get(_id(person), "") if person else ""

    def key(self, person: str | uuid.UUID) -> str:
        """What tells them apart within the export."""
        known = _id(person)
        return f"user:{self._number[known]}" if self.minimised else f"user:{known}"

    def meet(self, bodies: Iterable[Mapping[str, Any]]) -> None:
        """Know all whom these events name; who acts is known by the first seat they acted from."""
        bodies = list(bodies)
        seats = _seats({body["actor"]["position"] for body in bodies} - {None})
        for body in bodies:
            actor = body["actor"]
            if actor["id"] and actor["position"] in seats and not actor["acting_for"]:
                self._role.setdefault(_id(actor["id"]), seats[actor["position"]])
        new = [one for one in dict.fromkeys(_named(bodies)) if one not in self._number]
        names = {} if self.minimised else names_of(set(new))
        for person in new:
            self._number[person] = len(self._number) + 1
            self._called[person] = names.get(person) or self._by_seat(person)

    def _by_seat(self, person: uuid.UUID) -> str:
        number, role = self._number[person], self._role.get(person)
        return recorded(f"Người {number} ({role})") if role else recorded(f"Người {number}")


def _named(bodies: Iterable[Mapping[str, Any]]) -> Iterator[uuid.UUID]:
    for body in bodies:
        actor, data = body["actor"], body["data"]
        for one in (actor["id"], actor["acting_for"], data.get("prepared_by"), *data.get("helped_by", ())):
            if one:
                yield _id(one)
        if body["type"] in HANDED:
            yield _id(data["to"])


def _seats(positions: set[str]) -> dict[str, str]:
    """{position: its title and unit}."""
    rows = db.session.scalars(select(Position).where(Position.id.in_(sorted(map(uuid.UUID, positions)))))
    return {
        str(seat.id): f"{seat.title or _ROLES.get(Role(seat.role), seat.role)}, {seat.unit.name}"
        for seat in rows
    }


def _id(person: str | uuid.UUID) -> uuid.UUID:
    return person if isinstance(person, uuid.UUID) else uuid.UUID(person)
