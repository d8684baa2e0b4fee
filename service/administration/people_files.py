"""People as they are handed in, CSV or Excel: accounts made, seats given; one-time passwords told once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.administration.appointments import add_position, appoint_person
from service.administration.importing import each, whole_or_nothing
from service.administration.people import one_time_password
from service.administration.rights import as_administrator
from service.administration.typed import refused
from service.calendars.tables import Line, read_table, refuse_wrong
from service.database import db
from service.errors import BadInput
from service.identity.operations import ROLE_TITLES, add_user, hash_password
from service.identity.queries import user_by_name
from service.identity.viewer import Viewer
from service.models import Appointment, Position, Role, Unit, User
from service.vietnamese import searchable
from service.wording import _

HEADINGS = {
    "tên đăng nhập": "username",
    "họ tên": "name",
    "mã đơn vị": "unit",
    "vai trò": "role",
    "chức danh": "title",
    "từ ngày": "first",
    "đến hết ngày": "last",
    "căn cứ": "source",
}
# Each needs a password whose hash takes its time.
MOST_NEW = 200
ROLE_OF_WORD = {role.value: role for role in Role} | {
    searchable(title): role for role, title in ROLE_TITLES.items()
}


@dataclass(frozen=True)
class PersonLine:
    """`unit` "" gives no seat."""

    number: int
    username: str
    name: str
    unit: str
    role: str
    title: str
    first: date | None
    last: date | None
    source: str


@dataclass
class TakenIn:
    """What an import does, a sentence each; (user name, one-time password) of those whom it makes."""

    told: list[str] = field(default_factory=list)
    passwords: list[tuple[str, str]] = field(default_factory=list)


def read_people(content: bytes, name: str) -> list[PersonLine]:
    """The rows of a CSV. Raises BadInput naming every line that cannot be read."""
    lines = read_table(content, name, HEADINGS, "people")
    found = [row for row in map(_read, lines) if row is not None]
    refuse_wrong(lines)
    return found


def _read(line: Line) -> PersonLine | None:
    username = line.text("username", 60, _("tên đăng nhập")).lower()
    name, title, source = (
        line.text(column, longest, called) if line.cells.get(column) else ""
        for column, longest, called in (
            ("name", 200, _("họ tên")),
            ("title", 200, _("chức danh")),
            ("source", 300, _("căn cứ")),
        )
    )
    first, last = line.day("first", _("ngày đầu")), line.day("last", _("ngày cuối"))
    unit, word = line.cells.get("unit", "").lower(), line.cells.get("role", "")
    role = ROLE_OF_WORD.get(searchable(word))
    if unit and role is None:
        words = ", ".join(ROLE_TITLES.values())
        line.wrong(_("vai trò “%(word)s” phải là một trong: %(words)s.", word=word, words=words))
    if unit and first is None and not line.cells.get("first"):
        line.wrong(_("thiếu ngày đầu giữ vị trí."))
    if word and not unit:
        line.wrong(_("có vai trò mà thiếu mã đơn vị."))
    if first is not None and last is not None and last < first:
        line.wrong(_("ngày cuối phải từ ngày đầu trở đi."))
    if line.errors:
        return None
    return PersonLine(line.number, username, name, unit, role or "", title, first, last, source)


def import_people(
    *, lines: Sequence[PersonLine], by: Viewer | None, now: datetime, only_try: bool = False
) -> TakenIn:
    """Make accounts and give seats, all or none. Who is there already, or holds the seat, stays as they are.

    Raises BadInput by line. Passwords are kept nowhere else.
    """
    known = set(db.session.execute(select(User.username)).scalars())
    new = list(dict.fromkeys(line.username for line in lines if line.username not in known))
    if len(new) > MOST_NEW:
        raise BadInput(_("Tệp tạo hơn %(most)s tài khoản; hãy tách thành nhiều tệp.", most=MOST_NEW))
    db.session.rollback()  # nobody waits while passwords are hashed
    secrets = {username: one_time_password() for username in new}
    hashed = {} if only_try else {username: hash_password(secret) for username, secret in secrets.items()}
    done = TakenIn()

    def act() -> TakenIn:
        session = db.session()
        as_administrator(session.connection(), by, now)
        done.told += each(lines, partial(_store, session, secrets, hashed, by, now, done))
        return done

    return whole_or_nothing(act, only_try=only_try)


def _store(
    session: Session,
    secrets: dict[str, str],
    hashed: dict[str, str],
    by: Viewer | None,
    now: datetime,
    done: TakenIn,
    line: PersonLine,
) -> str:
    told = []
    user = user_by_name(line.username)
    if user is None:
        if not line.name:
            raise refused("name", _("chưa có tài khoản này: ghi thêm họ tên để tạo."))
        secret = secrets.get(line.username) or one_time_password()
        add_user(
            username=line.username,
            display_name=line.name,
            password=secret,
            hashed=hashed.get(line.username, "-"),
            by=as_administrator(session.connection(), by, now),
            now=now,
        )
        done.passwords.append((line.username, secret))
        told.append(_("Tạo tài khoản %(username)s cho %(name)s.", username=line.username, name=line.name))
    elif line.name and searchable(line.name) != searchable(user.display_name):
        raise refused(
            "name",
            _(
                "tên đăng nhập %(username)s là của %(name)s, khác với tên trong tệp.",
                username=line.username,
                name=user.display_name,
            ),
        )
    if line.unit and line.first is not None:
        told.append(_seat(session, by, now, line, line.first))
    return " ".join(one for one in told if one)


def _seat(session: Session, by: Viewer | None, now: datetime, line: PersonLine, first: date) -> str:
    unit = session.scalars(select(Unit).where(Unit.code == line.unit)).one_or_none()
    if unit is None:
        raise refused("unit", _("không có đơn vị nào mang mã “%(code)s”.", code=line.unit))
    title = line.title or ROLE_TITLES[Role(line.role)]
    seats = session.scalars(select(Position).where(Position.unit_id == unit.id).order_by(Position.code)).all()
    same = [one for one in seats if one.title.casefold() == title.casefold()]
    if not same and not line.title:
        same = [one for one in seats if one.role == line.role]
    if same and same[0].role != line.role:
        raise refused("role", _("vị trí “%(title)s” ở đó có vai trò khác.", title=same[0].title))
    asked: dict[str, Any] = {"unit_code": unit.code, "by": by, "now": now}
    position_id = same[0].id if same else add_position(**asked, role=line.role, title=title, capacity="")
    if _holds(session, position_id, line.username, first):
        return ""
    appoint_person(
        **asked,
        position_id=position_id,
        username=line.username,
        first=first,
        last=line.last,
        legal_basis=line.source,
    )
    name = same[0].title if same else title
    return _(
        "%(username)s giữ vị trí %(title)s, %(unit)s từ %(day)s.",
        username=line.username,
        title=name,
        unit=unit.name,
        day=f"{first:%d/%m/%Y}",
    )


def _holds(session: Session, position_id: uuid.UUID, username: str, day: date) -> bool:
    found = session.execute(
        select(Appointment.id)
        .join(User, User.id == Appointment.user_id)
        .where(
            User.username == username,
            Appointment.position_id == position_id,
            Appointment.substitutes_id.is_(None),
            Appointment.valid_from <= day,
            or_(Appointment.valid_to.is_(None), Appointment.valid_to >= day),
        )
    ).first()
    return found is not None


def people_as_rows(day: date) -> tuple[list[str], list[list[str]]]:
    """(headings, rows): who holds which seat on that day, and accounts without any."""
    held: dict[str, list[list[str]]] = {}
    for row in db.session.execute(
        select(
            User.username,
            User.display_name,
            Unit.code,
            Position.role,
            Position.title,
            Appointment.valid_from,
            Appointment.valid_to,
            Appointment.legal_basis,
        )
        .join(Appointment, Appointment.user_id == User.id)
        .join(Position, Position.id == Appointment.position_id)
        .join(Unit, Unit.id == Position.unit_id)
        .where(
            Appointment.substitutes_id.is_(None),
            or_(Appointment.valid_to.is_(None), Appointment.valid_to >= day),
        )
        .order_by(User.username, Position.code)
    ):
        last = f"{row.valid_to:%d/%m/%Y}" if row.valid_to else ""
        first, role = f"{row.valid_from:%d/%m/%Y}", ROLE_TITLES[Role(row.role)]
        cells = [row.username, row.display_name, row.code, role, row.title, first, last, row.legal_basis]
        held.setdefault(row.username, []).append(cells)
    everybody = db.session.execute(select(User.username, User.display_name).order_by(User.username))
    rows = [
        cells
        for one in everybody
        for cells in held.get(one.username, [[one.username, one.display_name, *[""] * 6]])
    ]
    return [heading.capitalize() for heading in HEADINGS], rows
