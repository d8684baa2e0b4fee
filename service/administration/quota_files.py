"""Yearly lists of communes (QĐ 969) as people hand them in, CSV or Excel: each line finds its commune."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import aliased

from service.calendars.tables import Line, read_table, refuse_wrong, write_csv
from service.database import AnyRow, db
from service.dossiers.result_sheets import SheetRefused, read_sheet
from service.errors import BadInput
from service.models import Unit, UnitKind
from service.vietnamese import searchable
from service.wording import _

HEADINGS = {
    "năm": "year",
    "mã xã": "code",
    "mã": "code",
    "xã": "commune",
    "tên xã": "commune",
    "huyện": "district",
    "tên huyện": "district",
}
FIRST_YEAR, LAST_YEAR = 2022, 2100
MOST_ROWS = 2000
_District = aliased(Unit)
# What stands before the name itself, on one list or another.
_TITLES = (
    "ubnd ",
    "uy ban nhan dan ",
    "xa ",
    "phuong ",
    "thi tran ",
    "huyen ",
    "thi xa ",
    "thanh pho ",
    "tp ",
    "tx ",
)


@dataclass(frozen=True)
class QuotaLine:
    """One commune of one year, as the file says it."""

    year: int
    commune_id: uuid.UUID
    code: str
    commune: str
    district: str


def as_csv(content: bytes, name: str) -> tuple[bytes, str]:
    """(the same table as CSV, its name): Excel's first sheet becomes text. Raises BadInput."""
    if not name.lower().endswith((".xlsx", ".xlsm")) and not content.startswith(b"PK"):
        return content, name
    try:
        rows = read_sheet(content, max_rows=MOST_ROWS + 1, first_is_text=False)
    except SheetRefused as error:
        raise BadInput(_("Không đọc được tệp Excel: %(message)s.", message=error.message)) from error
    if not rows:
        raise BadInput(_("Trang tính đầu tiên không có dòng nào."))
    headings = rows[0].cells
    lines: list[list[str]] = []
    for row in rows[1:]:
        lines += [[""] * len(headings)] * (row.row - rows[0].row - 1 - len(lines))  # lines keep their numbers
        lines.append([*row.cells, *[""] * (len(headings) - len(row.cells))])
    return write_csv(headings, lines), name.rsplit(".", 1)[0] + ".csv"


def read_quotas(content: bytes, name: str) -> list[QuotaLine]:
    """The communes that a CSV names, by code, or by name with the district's where several share it.

    Raises BadInput naming every wrong line (“dòng N”); nothing is taken over from such a file.
    """
    if name.lower().endswith((".yaml", ".yml")):
        raise BadInput(_("Danh sách nhập từ tệp CSV hoặc Excel (.xlsx)."))
    lines = read_table(content, name, HEADINGS, "quotas")
    communes = _communes()
    found: list[QuotaLine] = []
    seen: dict[tuple[uuid.UUID, int], int] = {}
    for line in lines:
        year = line.whole("year", _("năm"), FIRST_YEAR, LAST_YEAR)
        if not line.cells.get("year"):
            line.wrong(_("thiếu năm."))
        commune = _commune(line, communes)
        if year is None or commune is None:
            continue
        if (commune.id, year) in seen:
            line.wrong(_("trùng xã và năm với dòng %(seen)s.", seen=seen[commune.id, year]))
        if commune.valid_from.year > year or (commune.valid_to is not None and commune.valid_to.year < year):
            line.wrong(_("%(name)s không hoạt động trong năm %(year)s.", name=commune.name, year=year))
        seen.setdefault((commune.id, year), line.number)
        found.append(QuotaLine(year, commune.id, commune.code, commune.name, commune.district or ""))
    refuse_wrong(lines)
    return found


def _communes() -> Sequence[AnyRow]:
    return db.session.execute(
        select(
            Unit.id, Unit.code, Unit.name, Unit.valid_from, Unit.valid_to, _District.name.label("district")
        )
        .outerjoin(_District, _District.id == Unit.parent_id)
        .where(Unit.kind == UnitKind.COMMUNE.value)
        .order_by(Unit.code)
    ).all()


def _commune(line: Line, communes: Sequence[AnyRow]) -> AnyRow | None:
    """The commune that the line names; None after noting why it is not known which."""
    code, name, district = (line.cells.get(column, "") for column in ("code", "commune", "district"))
    if code:
        found = [row for row in communes if row.code == code]
        if not found:
            line.wrong(_("không có xã nào mang mã %(code)s.", code=f"{code!r}"))
            return None
        if name and not _same(name, found[0].name):
            line.wrong(
                _(
                    "mã %(code)s là %(name)s, khác với tên “%(written)s”.",
                    code=f"{code!r}",
                    name=found[0].name,
                    written=name,
                )
            )
            return None
        return found[0]
    if not name:
        line.wrong(_("thiếu mã xã hoặc tên xã."))
        return None
    alike = [row for row in communes if _same(name, row.name)]
    if district:
        alike = [row for row in alike if _same(district, row.district or "")]
    if len(alike) == 1:
        return alike[0]
    place = _(" ở “%(district)s”", district=district) if district else ""
    if not alike:
        line.wrong(_("không có xã nào tên “%(name)s”%(place)s.", name=name, place=place))
    else:
        which = ", ".join(f"{row.code} ({row.district or _('không thuộc huyện nào')})" for row in alike[:5])
        line.wrong(
            _(
                "có %(count)s xã tên “%(name)s”%(place)s: ghi mã xã hoặc tên huyện (%(which)s).",
                count=len(alike),
                name=name,
                place=place,
                which=which,
            )
        )
    return None


def _same(written: str, name: str) -> bool:
    """With or without “UBND xã …” before it; diacritics and case aside, titles only where both have one."""
    one, other = _bare(written), _bare(name)
    return one[1] == other[1] and (not one[0] or not other[0] or one[0] == other[0])


def _bare(text: str) -> tuple[str, str]:
    """(its title: xa, phuong …, the name itself)"""
    plain, title = searchable(text), ""
    for prefix in _TITLES:
        if plain.startswith(prefix):
            plain, title = (
                plain[len(prefix) :],
                (title if "ub" in prefix or "uy" in prefix else prefix.strip()),
            )
    return title, plain
