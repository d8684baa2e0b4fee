"""The table of Phụ lục 01 as an Excel file: text cells only, so that 7/7 and 1.10 stay what they are."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.catalogue import Criterion
from service.dossiers.annex_layout import AGREED, CLEAR, DECISIONS, FIXED, HEADINGS, LEVELS
from service.vietnamese import without_controls

SHEET = "Phụ lục 01"
HOW = (
    "Chỉ điền các cột nền trắng, giữ nguyên cột TT. "
    f"Ô để trống: giữ nguyên nội dung đang có trên trang; muốn xóa nội dung đó: ghi {CLEAR} vào ô."
)
_CHOICES = {"decision": DECISIONS, "agreed": AGREED}
_WIDTHS = {"agreed": 18, "raw": 22, "decision": 16, "reason": 30, "difficulty": 34}
_FIXED_WIDTHS, _LEVELS_WIDTH = (6, 58, 12, 17), 40
_HEAD, _GROUP, _LOCKED = "FFD9E2EF", "FFEAF0F7", "FFF3F4F6"


@dataclass(frozen=True, slots=True)
class AnnexBook:
    """What the sheet says above its table, its columns to fill in, and what stands in them by criterion.

    `levels`: what earlier levels said, by criterion; without it the sheet has no such column.
    """

    heading: str
    source: str
    dossier: str
    year: int
    columns: tuple[str, ...]
    criteria: Sequence[Criterion]
    values: Mapping[str, Mapping[str, Any]]
    levels: Mapping[str, str] | None = None

    @property
    def fixed(self) -> list[str]:
        """Headings of what is not filled in."""
        return [
            *(one.format(year=self.year) for one in FIXED),
            *([LEVELS] if self.levels is not None else []),
        ]


def annex_book(book: AnnexBook) -> bytes:
    """The .xlsx: heading, one row per criterion in the order of the annex, printed on A4 landscape."""
    from openpyxl import Workbook  # noqa: PLC0415 - a quarter of a second that most processes never need

    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = SHEET
    headings = [*book.fixed, *(HEADINGS[key] for key in book.columns)]
    style = _Style(len(headings))
    style.lines_above(sheet, book)
    sheet.append(headings)
    style.head(sheet)
    start = sheet.max_row + 1
    group = ""
    for criterion in book.criteria:
        if criterion.group.id != group:
            group = criterion.group.id
            style.group(sheet, f"{group}. {criterion.group.name}")
        style.row(sheet, _cells(book, criterion), fixed=len(book.fixed))
    for place, key in enumerate(book.columns, len(book.fixed) + 1):
        if key in _CHOICES:
            _choose(sheet, place, start, [*_CHOICES[key].values(), CLEAR])
    fixed_widths = [*_FIXED_WIDTHS, *([_LEVELS_WIDTH] if book.levels is not None else [])]
    _set_page(sheet, start, [*fixed_widths, *(_WIDTHS[key] for key in book.columns)])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _cells(book: AnnexBook, criterion: Criterion) -> list[str]:
    target = criterion.targets[book.year]
    given = book.values.get(criterion.id) or {}
    values = [shown(key, given.get(key)) for key in book.columns]
    if not target.assessed:
        values = ["*", *("" for _ in values[1:])]
    levels = [book.levels.get(criterion.id, "")] if book.levels is not None else []
    return [criterion.id, criterion.name, criterion.unit, target.text, *levels, *values]


def shown(key: str, value: Any) -> str:
    """What stands in a cell for an answer: the words of a choice, the text of anything else."""
    return _CHOICES[key].get(written(value), "") if key in _CHOICES else written(value)


def written(value: Any) -> str:
    """An answer as the text that a page's field has for it."""
    return str(value).lower() if isinstance(value, bool) else str(value or "")


class _Style:
    """Looks of the sheet, each made once."""

    def __init__(self, columns: int) -> None:
        from openpyxl.styles import Alignment, Border, Font, PatternFill, Side  # noqa: PLC0415 - as above

        line = Side(style="thin", color="FF808080")
        self.columns = columns
        self.plain, self.bold = (
            Font(name="Times New Roman", size=11),
            Font(name="Times New Roman", size=11, bold=True),
        )
        self.title, self.small = (
            Font(name="Times New Roman", size=13, bold=True),
            Font(name="Times New Roman", size=10, italic=True),
        )
        self.border = Border(left=line, right=line, top=line, bottom=line)
        self.fills = {name: PatternFill("solid", fgColor=name) for name in (_HEAD, _GROUP, _LOCKED)}
        self.centre = Alignment(horizontal="center", vertical="center", wrap_text=True)
        self.left = Alignment(vertical="top", wrap_text=True)
        self.middle = Alignment(horizontal="center", vertical="top", wrap_text=True)

    def lines_above(self, sheet: Any, book: AnnexBook) -> None:
        for text, font in (
            (book.heading, self.title),
            (book.source, self.small),
            (book.dossier, self.bold),
            (HOW, self.small),
        ):
            sheet.append([""])
            cell = sheet.cell(sheet.max_row, 1)
            self._write(cell, text)
            cell.font, cell.alignment = font, self.centre
            sheet.merge_cells(start_row=cell.row, start_column=1, end_row=cell.row, end_column=self.columns)
            sheet.row_dimensions[cell.row].height = 36 if font is self.title else 18

    def head(self, sheet: Any) -> None:
        for cell in sheet[sheet.max_row]:
            cell.font, cell.fill, cell.border, cell.alignment = (
                self.bold,
                self.fills[_HEAD],
                self.border,
                self.centre,
            )

    def group(self, sheet: Any, text: str) -> None:
        sheet.append(["", text])
        for place in range(1, self.columns + 1):
            cell = sheet.cell(sheet.max_row, place)
            cell.font, cell.fill, cell.border, cell.alignment = (
                self.bold,
                self.fills[_GROUP],
                self.border,
                self.left,
            )

    def row(self, sheet: Any, texts: Sequence[str], *, fixed: int) -> None:
        row = sheet.max_row + 1
        open_row = texts[fixed] != "*"
        for place, text in enumerate(texts, 1):
            cell = sheet.cell(row, place)
            self._write(cell, text)
            cell.font, cell.border = self.plain, self.border
            cell.alignment = (
                self.left if place == 2 or 4 < place <= fixed or place > fixed + 1 else self.middle
            )
            if place <= fixed or not open_row:
                cell.fill = self.fills[_LOCKED]

    @staticmethod
    def _write(cell: Any, text: str) -> None:
        """As text whatever it looks like: a result that begins with "=" is no formula."""
        lines = [without_controls(line) for line in text.splitlines()]
        cell.value = "\n".join(lines) or None
        cell.number_format = "@"
        if cell.value is not None:
            cell.data_type = "s"


def _choose(sheet: Any, column: int, start: int, words: Sequence[str]) -> None:
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - as above
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    choices = DataValidation(type="list", formula1=f'"{",".join(words)}"', allow_blank=True)
    choices.error = f"Hãy chọn một trong: {', '.join(words)}."
    letter = get_column_letter(column)
    choices.add(f"{letter}{start}:{letter}{sheet.max_row}")
    sheet.add_data_validation(choices)


def _set_page(sheet: Any, start: int, widths: Sequence[int]) -> None:
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - as above

    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = f"C{start}"
    sheet.print_title_rows = f"{start - 1}:{start - 1}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.center.text = "Trang &P/&N"
    sheet.page_margins.left = sheet.page_margins.right = 0.4
