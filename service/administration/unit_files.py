"""Units as people hand them in, CSV or Excel: new ones, changed ones, and whom they take over from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.administration.importing import each, whole_or_nothing
from service.administration.rights import as_administrator
from service.administration.successions import insert_succession
from service.administration.typed import refused
from service.administration.unit_changes import (
    CODE,
    PARENTS,
    StillNeeded,
    UnitValues,
    checked,
    insert_unit,
    locked_unit,
    store_change,
    values_of,
)
from service.audit.operations import Actor
from service.calendars.tables import Line, read_table, refuse_wrong
from service.database import db
from service.errors import WrongState
from service.identity.viewer import Viewer
from service.models import Unit, UnitSuccession
from service.wording import _, recorded

HEADINGS = {
    "mã": "code",
    "tên": "name",
    "loại": "kind",
    "trực thuộc": "parent",
    "từ ngày": "first",
    "đến hết ngày": "last",
    "nguồn": "source",
    "tiếp nhận từ": "follows",
}
KIND_OF_WORD = {
    recorded("tỉnh"): "province",
    recorded("sở"): "department",
    recorded("ngành"): "agency",
    recorded("huyện"): "district",
    recorded("xã"): "commune",
    **{kind: kind for kind in PARENTS},
}
WORD_OF_KIND = {
    "province": recorded("tỉnh"),
    "department": recorded("sở"),
    "agency": recorded("ngành"),
    "district": recorded("huyện"),
    "commune": recorded("xã"),
}


@dataclass(frozen=True)
class UnitLine:
    """`follows`: codes of the units that it takes over from, on its first day."""

    number: int
    code: str
    kind: str
    values: UnitValues
    follows: tuple[str, ...]


def read_units(content: bytes, name: str) -> list[UnitLine]:
    """The rows of a CSV. Raises BadInput naming every line that cannot be read."""
    lines = read_table(content, name, HEADINGS, "units")
    found = []
    seen: dict[str, int] = {}
    for line in lines:
        row = _read(line)
        if row is None:
            continue
        if row.code in seen:
            line.wrong(_("trùng mã với dòng %(number)s.", number=seen[row.code]))
        seen.setdefault(row.code, line.number)
        found.append(row)
    refuse_wrong(lines)
    return found


def _read(line: Line) -> UnitLine | None:
    code, word = line.text("code", 60, _("mã")).lower(), line.text("kind", 20, _("loại")).lower()
    name = line.text("name", 200, _("tên"))
    source = line.text("source", 300, _("nguồn")) if line.cells.get("source") else ""
    first, last = line.day("first", _("ngày đầu")), line.day("last", _("ngày cuối"))
    if first is None and not line.cells.get("first"):
        line.wrong(_("thiếu ngày bắt đầu hoạt động."))
    if code and CODE.fullmatch(code) is None:
        line.wrong(_("mã chỉ gồm chữ thường không dấu, số và gạch nối."))
    kind = KIND_OF_WORD.get(word)
    if word and kind is None:
        line.wrong(_("loại “%(word)s” phải là: tỉnh, sở, ngành, huyện hoặc xã.", word=word))
    if first is not None and last is not None and last < first:
        line.wrong(_("ngày cuối phải từ ngày đầu trở đi."))
    if line.errors or first is None or kind is None:
        return None
    follows = tuple(part for part in line.cells.get("follows", "").replace(",", " ").lower().split())
    values = checked(name, line.cells.get("parent", "").lower(), first, last, source)
    return UnitLine(line.number, code, kind, values, follows)


def import_units(
    *, lines: Sequence[UnitLine], by: Viewer | None, now: datetime, only_try: bool = False
) -> list[str]:
    """Add and change these units, all or none; what that does, a sentence each. Raises BadInput by line.

    Units that others belong to come first, links last, whatever their order in the file.
    """
    order = list(PARENTS)
    sorted_lines = sorted(lines, key=lambda line: order.index(line.kind))

    def act() -> list[str]:
        session = db.session()
        actor = as_administrator(session.connection(), by, now)
        told = each(sorted_lines, partial(_store, session, actor, now))
        return told + each(
            [line for line in sorted_lines if line.follows], partial(_link, session, actor, now)
        )

    return whole_or_nothing(act, only_try=only_try)


def _store(session: Session, actor: Actor, now: datetime, line: UnitLine) -> str:
    there = session.execute(select(Unit.kind).where(Unit.code == line.code)).scalar_one_or_none()
    if there is None:
        insert_unit(session, line.code, line.kind, line.values, actor, now)
        session.flush()
        return _("Thêm %(name)s (%(code)s).", name=line.values.name, code=line.code)
    if there != line.kind:
        raise refused("kind", _("mã %(code)s đã là một đơn vị loại khác.", code=line.code))
    unit = locked_unit(session, line.code)
    before = values_of(unit)
    if before == line.values:
        return ""
    try:
        store_change(session, unit, before, line.values, "", actor, now)
    except StillNeeded as error:
        cases = ", ".join(one.code for one in error.found.cases[:5])
        more = _("hồ sơ %(cases)s", cases=cases) if cases else _("đơn vị trực thuộc")
        raise WrongState(
            _(
                "%(name)s còn %(more)s sau ngày cuối; hãy ghi ngày cuối ở trang Sửa đơn vị.",
                name=unit.name,
                more=more,
            )
        ) from error
    return _("Sửa %(name)s (%(code)s).", name=line.values.name, code=line.code)


def _link(session: Session, actor: Actor, now: datetime, line: UnitLine) -> str:
    told = []
    for code in line.follows:
        units = session.execute(select(Unit.code, Unit.id).where(Unit.code.in_((code, line.code))))
        ids = {row.code: row.id for row in units}
        if code in ids and session.get(UnitSuccession, (ids[code], ids[line.code])) is not None:
            continue
        paper = line.values.source or _("theo danh sách nhập")
        insert_succession(session, code, line.code, line.values.valid_from, paper, actor, now)
        told.append(_("%(code)s kế tiếp %(former)s.", code=line.code, former=code))
    return " ".join(told)


def units_as_rows() -> tuple[list[str], list[list[str]]]:
    """(headings, rows) of all units, which importing takes back unchanged."""
    followed: dict[str, list[str]] = {}
    codes = {row.id: row.code for row in db.session.execute(select(Unit.id, Unit.code))}
    for link in db.session.scalars(select(UnitSuccession).order_by(UnitSuccession.predecessor_id)):
        followed.setdefault(codes[link.successor_id], []).append(codes[link.predecessor_id])
    units = db.session.scalars(select(Unit).order_by(Unit.kind.desc(), Unit.code))
    rows = []
    for unit in units:
        values = values_of(unit)
        last = f"{values.valid_to:%d/%m/%Y}" if values.valid_to else ""
        first = f"{values.valid_from:%d/%m/%Y}"
        follows = " ".join(sorted(followed.get(unit.code, ())))
        rows.append(
            [
                unit.code,
                values.name,
                WORD_OF_KIND[unit.kind],
                values.parent,
                first,
                last,
                values.source,
                follows,
            ]
        )
    return [heading.capitalize() for heading in HEADINGS], rows
