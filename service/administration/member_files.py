"""Responsible members as they are handed in, CSV or Excel: which seat answers for which district."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.administration.importing import each, whole_or_nothing
from service.administration.members import assign_member
from service.administration.rights import as_keeper_of_assignments
from service.administration.typed import refused
from service.calendars.tables import Line, read_table, refuse_wrong
from service.database import db
from service.identity.viewer import Viewer
from service.models import MemberAssignment, Position, Role, Unit, UnitKind
from service.vietnamese import searchable
from service.wording import _

HEADINGS = {
    "mã huyện": "district",
    "vị trí": "position",
    "từ ngày": "first",
    "đến hết ngày": "last",
    "căn cứ": "source",
}


@dataclass(frozen=True)
class MemberLine:
    """`position`: the title of a member's seat, or its code."""

    number: int
    district: str
    position: str
    first: date
    last: date | None
    source: str


def read_members(content: bytes, name: str) -> list[MemberLine]:
    """The rows of a CSV. Raises BadInput naming every line that cannot be read."""
    lines = read_table(content, name, HEADINGS, "members")
    found = [row for row in map(_read, lines) if row is not None]
    refuse_wrong(lines)
    return found


def _read(line: Line) -> MemberLine | None:
    district = line.text("district", 60, _("mã huyện")).lower()
    position = line.text("position", 200, _("vị trí Thành viên"))
    source = line.text("source", 300, _("căn cứ"))
    first, last = line.day("first", _("ngày đầu")), line.day("last", _("ngày cuối"))
    if first is None and not line.cells.get("first"):
        line.wrong(_("thiếu ngày đầu phụ trách."))
    if line.errors or first is None:
        return None
    return MemberLine(line.number, district, position, first, last, source)


def import_members(
    *, lines: Sequence[MemberLine], by: Viewer | None, now: datetime, only_try: bool = False
) -> list[str]:
    """Give these districts to these seats, all or none; what that does, a sentence each. BadInput by line."""

    def act() -> list[str]:
        session = db.session()
        as_keeper_of_assignments(session.connection(), by, now)
        return each(lines, partial(_store, session, by, now))

    return whole_or_nothing(act, only_try=only_try)


def _store(session: Session, by: Viewer | None, now: datetime, line: MemberLine) -> str:
    district = session.scalars(
        select(Unit).where(Unit.code == line.district, Unit.kind == UnitKind.DISTRICT.value)
    ).one_or_none()
    if district is None:
        raise refused("district", _("không có huyện nào mang mã “%(code)s”.", code=line.district))
    wanted = searchable(line.position)
    seats = session.scalars(
        select(Position).where(Position.role == Role.MEMBER.value).order_by(Position.code)
    )
    found = [one for one in seats if wanted in (searchable(one.title), one.code)]
    if len(found) != 1:
        said = (
            _("có nhiều vị trí Thành viên tên “%(title)s”; ghi mã vị trí.", title=line.position)
            if found
            else _("không có vị trí Thành viên nào tên “%(title)s”.", title=line.position)
        )
        raise refused("position", said)
    there = session.execute(
        select(MemberAssignment.id).where(
            MemberAssignment.district_id == district.id,
            MemberAssignment.position_id == found[0].id,
            MemberAssignment.valid_from == line.first,
        )
    ).first()
    if there is not None:
        return ""
    assign_member(
        district_code=district.code,
        position_id=found[0].id,
        first=line.first,
        last=line.last,
        legal_basis=line.source,
        by=by,
        now=now,
    )
    return _(
        "Giao %(district)s cho %(title)s từ %(day)s.",
        district=district.name,
        title=found[0].title,
        day=f"{line.first:%d/%m/%Y}",
    )


def members_as_rows() -> tuple[list[str], list[list[str]]]:
    """(headings, rows) of all assignments, the latest first."""
    rows = db.session.execute(
        select(
            Unit.code,
            Position.code.label("position"),
            MemberAssignment.valid_from,
            MemberAssignment.valid_to,
            MemberAssignment.legal_basis,
        )
        .join(Unit, Unit.id == MemberAssignment.district_id)
        .join(Position, Position.id == MemberAssignment.position_id)
        .order_by(Unit.code, MemberAssignment.valid_from.desc())
    )
    return [heading.capitalize() for heading in HEADINGS], [
        [
            row.code,
            row.position,
            f"{row.valid_from:%d/%m/%Y}",
            f"{row.valid_to:%d/%m/%Y}" if row.valid_to else "",
            row.legal_basis,
        ]
        for row in rows
    ]
