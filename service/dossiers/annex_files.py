"""A filled-in sheet of Phụ lục 01 (Excel or CSV) → what it says of each criterion, or what is to be mended.

Everything or nothing, as in result_files; but all rows are looked at, so that one round of mending is enough.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evaluation.bounded_yaml import decode, shorten
from evaluation.catalogue import Criterion, CriterionId, YearCatalogue
from evaluation.errors import TypingError, UnknownCriterion, YamlRefused
from evaluation.values import read_result
from forms.cleaning import text_problem
from forms.criteria import MAX_RAW, MAX_REASON
from service.dossiers.annex_layout import (
    HEADINGS,
    NOTHING,
    Heading,
    agreed_named,
    clears,
    decision_named,
    heading_in,
)
from service.dossiers.result_files import MAX_BYTES, Problem, ResultFileError
from service.dossiers.result_sheets import LooseRow, LooseSheet, SheetRefused, read_visible_sheets
from service.vietnamese import searchable
from service.wording import _, marked

MAX_ROWS = 500
HEADING_WITHIN = 40
_CASE_CODE = re.compile(r"\bCN-20\d\d-\d{6}\b")
# Columns whose words are chosen from a few: how they are read, and what to write instead.
_CHOSEN: Mapping[str, tuple[Callable[[str], str | None], str]] = {
    "decision": (
        decision_named,
        marked("ở cột Tự kết luận; hãy ghi Đạt, Chưa đạt, Không áp dụng hoặc để trống"),
    ),
    "agreed": (
        agreed_named,
        marked("ở cột Ý kiến Hội nghị; hãy ghi Thống nhất, Còn ý kiến khác nhau hoặc để trống"),
    ),
}
_NO_TABLE = marked(
    "không thấy bảng: cần một dòng tiêu đề có cột TT và cột Kết quả; hãy dùng tệp mẫu tải từ trang này"
)


@dataclass(frozen=True, slots=True)
class AnnexRow:
    """What a sheet says of one criterion: only cells that hold something; "" where it says to clear one."""

    criterion: CriterionId
    values: Mapping[str, str]
    row: int


@dataclass(frozen=True, slots=True)
class AnnexTable:
    """`case_code` is the dossier that the sheet says it was made for; "" where it says nothing."""

    rows: tuple[AnnexRow, ...]
    case_code: str
    sheet: str


def read_annex_file(data: bytes, filename: str, year: YearCatalogue, columns: Sequence[str]) -> AnnexTable:
    """The rows of a filled-in sheet, by the columns that the step takes.

    Raises ResultFileError with every problem in the order of rows: unknown or repeated criteria, cells that
    Excel changed, formulas, merged cells, results that evaluation refuses, a sheet of another year.
    """
    try:
        sheets = _sheets(data, filename)
    except (SheetRefused, YamlRefused) as error:
        row = error.row if isinstance(error, SheetRefused) else error.line
        raise ResultFileError(filename, (Problem(error.message, row),)) from None
    found = [(sheet, place, heading) for sheet in sheets for place, heading in _headings(sheet)]
    if len(found) != 1:
        names = ", ".join(f"“{shorten(sheet.name)}”" for sheet, _, _ in found[:4])
        more = _("có nhiều bảng (%(names)s); hãy chỉ giữ một bảng trong tệp", names=names)
        raise ResultFileError(filename, (Problem(more if found else _(_NO_TABLE)),))
    sheet, place, heading = found[0]
    if heading.year not in (None, year.year):
        wrong = _(
            "bảng ghi mức phải đạt năm %(year)s, hồ sơ này đánh giá năm %(case_year)s; hãy tải tệp mẫu",
            year=heading.year,
            case_year=year.year,
        )
        raise ResultFileError(filename, (Problem(wrong, sheet.rows[place].row),))
    reader = _Reader(year, heading, tuple(key for key in columns if key in heading.values), sheet)
    rows = reader.read(sheet.rows[place + 1 :])
    if reader.problems:
        raise ResultFileError(filename, tuple(sorted(reader.problems, key=lambda one: one.row or 0)))
    above = " ".join(_text(cell) for row in sheet.rows[:place] for cell in row.cells)
    code = _CASE_CODE.search(above)
    return AnnexTable(tuple(rows), code[0] if code else "", sheet.name)


class _Reader:
    """One pass over the rows below the heading, collecting what is wrong."""

    def __init__(
        self, year: YearCatalogue, heading: Heading, columns: tuple[str, ...], sheet: LooseSheet
    ) -> None:
        self.year, self.heading, self.columns, self.sheet = year, heading, columns, sheet
        self.problems: list[Problem] = []
        self.seen: dict[CriterionId, int] = {}
        self.by_name: dict[str, list[Criterion]] = {}
        for criterion in year.criteria:
            self.by_name.setdefault(_plain(criterion.name), []).append(criterion)

    def read(self, rows: Sequence[LooseRow]) -> list[AnnexRow]:
        # Below the last criterion stand signatures and notes, which are nobody's results.
        last = max((place for place, row in enumerate(rows) if self._criterion_of(row)), default=-1)
        return [found for row in rows[: last + 1] if (found := self._read_row(row)) is not None]

    def _read_row(self, row: LooseRow) -> AnnexRow | None:
        criterion = self._criterion_of(row)
        filled = {key: cell for key in self.columns if (cell := self._cell(row, self.heading.values[key]))}
        if criterion is None:
            if filled:
                tt = shorten(_text(self._cell(row, self.heading.id)))
                what = _("cột TT ghi “%(tt)s”", tt=tt) if tt else _("cột TT trống")
                self._say(
                    row,
                    _(
                        "dòng có kết quả nhưng %(what)s; hãy ghi số chỉ tiêu dạng văn bản, như 1.10",
                        what=what,
                    ),
                )
            return None
        if (problem := self._misplaced(row, criterion)) is not None:
            self._say(row, problem)
            return None
        values = {
            key: value
            for key, cell in filled.items()
            if (value := self._value(row, criterion, key, cell)) is not None
        }
        target = criterion.targets[self.year.year]
        if not target.assessed:
            if values:
                self._say(
                    row,
                    _(
                        "chỉ tiêu %(id)s không đánh giá năm %(year)s; hãy để trống dòng này",
                        id=criterion.id,
                        year=self.year.year,
                    ),
                )
            return None
        return AnnexRow(criterion.id, values, row.row)

    def _criterion_of(self, row: LooseRow) -> Criterion | None:
        """By its number as text; where Excel made a number of it (1.1 or 1.10?), by its full name."""
        cell = self._cell(row, self.heading.id)
        if isinstance(cell, str):
            try:
                return self.year.criterion(cell)
            except UnknownCriterion:
                pass
        same = self.by_name.get(self._name(row), [])
        return same[0] if len(same) == 1 else None

    def _misplaced(self, row: LooseRow, criterion: Criterion) -> str | None:
        named = self.by_name.get(self._name(row), [])
        if named and criterion not in named:
            return _(
                "TT ghi %(id)s nhưng tên là của chỉ tiêu %(named)s; hãy sửa TT hoặc tên cho khớp",
                id=criterion.id,
                named=named[0].id,
            )
        first = self.seen.setdefault(criterion.id, row.row)
        if first != row.row:
            return _(
                "chỉ tiêu %(id)s bị lặp (đã có ở dòng %(first)s); hãy giữ một dòng",
                id=criterion.id,
                first=first,
            )
        used = {place + 1 for place in (self.heading.id, *self.heading.values.values())}
        for left, top, right, bottom in self.sheet.merged:
            across = sum(left <= place <= right for place in used)
            if top <= row.row <= bottom and across and (bottom > top or across > 1):
                return _(
                    "chỉ tiêu %(id)s: có ô bị gộp; hãy bỏ gộp ô (Unmerge) và ghi từng dòng", id=criterion.id
                )
        return None

    def _value(self, row: LooseRow, criterion: Criterion, key: str, cell: str | SheetRefused) -> str | None:
        """None where the cell says nothing, or nothing that can be taken; "" where it clears the page's."""
        try:
            if isinstance(cell, SheetRefused):
                raise cell
            text = unicodedata.normalize("NFC", cell).strip()
            if text in NOTHING:
                return None
            return "" if clears(text) else self._meaning(text, criterion, key)
        except (SheetRefused, TypingError) as error:
            self._say(row, _("chỉ tiêu %(id)s: %(message)s", id=criterion.id, message=error.message))
            return None

    def _meaning(self, text: str, criterion: Criterion, key: str) -> str:
        # As a draft would: what it refuses is said beside everything else that is to be mended.
        if problem := text_problem(text, HEADINGS[key], MAX_RAW if key == "raw" else MAX_REASON):
            raise SheetRefused(problem)
        if key == "raw":
            read_result(text, criterion.targets[self.year.year])
        if key not in _CHOSEN:
            return text
        named, sentence = _CHOSEN[key]
        if (meant := named(text)) is None:
            raise SheetRefused(_("không hiểu “%(text)s” %(remedy)s", text=shorten(text), remedy=_(sentence)))
        return meant

    def _cell(self, row: LooseRow, place: int) -> str | SheetRefused:
        cell = row.cells[place] if place < len(row.cells) else ""
        return cell if isinstance(cell, SheetRefused) else cell.strip()

    def _name(self, row: LooseRow) -> str:
        return _plain(_text(self._cell(row, self.heading.name))) if self.heading.name is not None else ""

    def _say(self, row: LooseRow, message: str) -> None:
        self.problems.append(Problem(message, row.row))


def _headings(sheet: LooseSheet) -> list[tuple[int, Heading]]:
    rows = enumerate(sheet.rows[:HEADING_WITHIN])
    return [
        (place, found) for place, row in rows if (found := heading_in([_text(cell) for cell in row.cells]))
    ]


def _sheets(data: bytes, filename: str) -> list[LooseSheet]:
    if len(data) > MAX_BYTES:
        raise SheetRefused(
            _("tệp lớn hơn %(max_bytes)s MB; hãy chỉ gửi bảng kết quả", max_bytes=MAX_BYTES // 1024 // 1024)
        )
    if not data.strip():
        raise SheetRefused(_("tệp trống; hãy điền bảng kết quả rồi gửi lại"))
    extension = filename.lower().rpartition(".")[2]
    # Whatever it is called: what it is stands in its first bytes.
    if extension == "xlsx" or data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return read_visible_sheets(data, max_rows=MAX_ROWS)
    if extension == "xls":
        raise SheetRefused(_("không đọc tệp .xls cũ; hãy mở bằng Excel và lưu lại dạng .xlsx"))
    if extension not in ("csv", "tsv", "txt"):
        raise SheetRefused(
            _("không đọc tệp loại “%(extension)s”; hãy gửi tệp .xlsx hoặc .csv", extension=shorten(extension))
        )
    text = decode(data)
    readings = [_delimited(text, separator) for separator in ";\t,"]
    return [next((one for one in readings if _headings(one)), readings[-1])]


def _delimited(text: str, separator: str) -> LooseSheet:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows: list[LooseRow] = []
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(LooseRow(list(cells), start))
            start = reader.line_num + 1
            if len(rows) > MAX_ROWS:
                raise SheetRefused(
                    _("tệp có hơn %(max_rows)s dòng; hãy chỉ gửi bảng kết quả", max_rows=MAX_ROWS), start
                )
    except csv.Error:
        raise SheetRefused(_("dấu nháy kép không khớp hoặc ô quá dài; hãy sửa dòng này"), start) from None
    return LooseSheet("", rows, ())


def _text(cell: str | SheetRefused) -> str:
    return cell if isinstance(cell, str) else ""


def _plain(text: str) -> str:
    return searchable(text).rstrip(" .")
