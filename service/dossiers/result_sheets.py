"""The sheets of an Excel file as text, refusing every cell whose meaning Excel may have changed.

Excel keeps 1.10 as the number 1.1 and turns 7/7 into a date: what was typed cannot be known any more.
"""

import datetime as dt
import io
import math
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from evaluation.bounded_yaml import shorten
from evaluation.numbers import format_number, format_percent
from service.wording import _, marked

MAX_UNPACKED = 20 * 1024 * 1024
MAX_PARTS = 200
MAX_COLUMNS = 20
MAX_NUMBER = 10**15  # beyond it Excel itself no longer keeps every digit
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
# The worksheets of a book on paper are few; a hundred of them are no table of results.
MAX_SHEETS = 20
MAX_MERGED = 1_000
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
Read = TypeVar("Read")
_AS_TEXT = marked("hãy định dạng ô là Văn bản (Text) rồi gõ lại")


class SheetRefused(Exception):  # noqa: N818 - named as a fact, like every domain error
    def __init__(self, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.row = row


@dataclass(frozen=True, slots=True)
class SheetRow:
    cells: list[str]
    row: int


@dataclass(frozen=True, slots=True)
class LooseRow:
    """A row whose unreadable cells say what is wrong with them instead of refusing the file."""

    cells: list[str | SheetRefused]
    row: int


@dataclass(frozen=True, slots=True)
class LooseSheet:
    """`merged`: (first column, first row, last column, last row), counted from 1."""

    name: str
    rows: list[LooseRow]
    merged: tuple[tuple[int, int, int, int], ...]


def read_sheet(data: bytes, *, max_rows: int, first_is_text: bool = True) -> list[SheetRow]:
    """The rows of the first sheet that hold anything, trailing empty cells cut. Raises SheetRefused.

    The first column, where criteria have their numbers, must be text unless `first_is_text` is False: then it
    is a list of something else, in which days are days (04/05/2024).
    Elsewhere a number is taken as Excel stores it, in full (a cell in percent
    format as that percentage), except above 0 up to 1 in a plain format: 0.544 may mean 0,544% or 54,4%.
    """

    def read(book: Any) -> list[SheetRow]:
        return [_strict(row) for row in _rows(_first_sheet(book), max_rows, first_is_text=first_is_text)]

    return _of_book(data, read)


def read_visible_sheets(data: bytes, *, max_rows: int) -> list[LooseSheet]:
    """Every sheet that is not hidden, cell by cell as `read_sheet` reads them, a refusal in its cell's place.

    Raises SheetRefused only for what concerns the whole file.
    """

    def read(book: Any) -> list[LooseSheet]:
        if len(book.sheetnames) > MAX_SHEETS:
            raise SheetRefused(
                _("tệp có hơn %(max_sheets)s trang tính; hãy chỉ gửi bảng kết quả", max_sheets=MAX_SHEETS)
            )
        return [
            LooseSheet(sheet.title, list(_rows(sheet, max_rows)), _merged_in(data, sheet))
            for sheet in book.worksheets
            if sheet.sheet_state == "visible"
        ]

    return _of_book(data, read)


def _of_book(data: bytes, read: Callable[[Any], Read]) -> Read:
    _check_container(data)
    import openpyxl  # noqa: PLC0415 - a quarter of a second that most processes never need

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that are not read here
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
            try:
                return read(book)
            finally:
                book.close()
    except SheetRefused:
        raise
    except Exception:  # noqa: BLE001 - openpyxl fails on damaged files with whatever its parts raise
        raise SheetRefused(
            _("tệp Excel bị hỏng; hãy mở bằng Excel, lưu lại dạng .xlsx rồi gửi lại")
        ) from None


def _check_container(data: bytes) -> None:
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetRefused(_("tệp có mật khẩu hoặc là .xls cũ; hãy bỏ mật khẩu và lưu lại dạng .xlsx"))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            problem = _archive_problem(archive)
    except Exception:  # noqa: BLE001 - zipfile and zlib report damage in many ways
        problem = _("tệp không phải Excel .xlsx hoặc bị hỏng; hãy mở bằng Excel và lưu lại")
    if problem:
        raise SheetRefused(problem)


def _archive_problem(archive: zipfile.ZipFile) -> str | None:
    parts = archive.infolist()
    # Before anything is unpacked: a few kilobytes can declare gigabytes.
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        return _("tệp Excel quá lớn khi giải nén; hãy chỉ gửi bảng kết quả")
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        return _("tệp Excel nén theo cách lạ; hãy mở bằng Excel, lưu lại dạng .xlsx")
    if any("vbaproject" in part.filename.lower() for part in parts):
        return _("tệp có macro; hãy lưu lại dạng .xlsx không macro")
    for part in parts:
        content = archive.read(part)
        if any(mark in content for mark in _DOCTYPES):
            return _("tệp Excel chứa khai báo DOCTYPE; hãy mở bằng Excel và lưu lại")
    return None


def _first_sheet(book: Any) -> Any:
    sheet = book.worksheets[0] if book.worksheets else None
    if sheet is None or sheet is not book[book.sheetnames[0]]:
        raise SheetRefused(_("trang đầu tiên không phải trang tính; hãy để bảng kết quả ở trang đầu"))
    return sheet


def _rows(sheet: Any, max_rows: int, *, first_is_text: bool = True) -> Iterator[LooseRow]:
    for cells in sheet.iter_rows(max_row=max_rows + 1, max_col=MAX_COLUMNS):
        texts = [
            _text_or_refusal(cell, first=first_is_text and position == 0, days=not first_is_text)
            for position, cell in enumerate(cells)
        ]
        while texts and isinstance(texts[-1], str) and not texts[-1].strip():
            texts.pop()
        if texts:
            row = next(cell.row for cell in cells if cell.value is not None)
            if row > max_rows:
                raise SheetRefused(
                    _("trang tính có hơn %(max_rows)s dòng; hãy chỉ gửi bảng kết quả", max_rows=max_rows), row
                )
            yield LooseRow(texts, row)


def _strict(row: LooseRow) -> SheetRow:
    texts = []
    for cell in row.cells:
        if isinstance(cell, SheetRefused):
            raise cell
        texts.append(cell)
    return SheetRow(texts, row.row)


def _text_or_refusal(cell: Any, *, first: bool, days: bool) -> str | SheetRefused:
    try:
        return _text(cell, first=first, days=days)
    except SheetRefused as refused:
        return refused


def _merged_in(data: bytes, sheet: Any) -> tuple[tuple[int, int, int, int], ...]:
    """What is merged in a sheet: a reader of cells one by one sees only the first cell of each."""
    from openpyxl.utils import range_boundaries  # noqa: PLC0415 - as above

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        path = sheet._worksheet_path  # noqa: SLF001 - openpyxl keeps no other way from a sheet to its part
        found = _MERGED.findall(archive.read(path.lstrip("/")))
    if len(found) > MAX_MERGED:
        raise SheetRefused(_("trang tính có quá nhiều ô gộp; hãy bỏ gộp ô rồi gửi lại"))
    bounds = (range_boundaries(one.decode("ascii")) for one in found)
    return tuple(
        (left or 1, top or 1, right or MAX_COLUMNS, bottom or 1) for left, top, right, bottom in bounds
    )


def _text(cell: Any, *, first: bool, days: bool) -> str:
    value = cell.value
    if value is None:
        return ""
    place = _("ô %(coordinate)s", coordinate=cell.coordinate)
    if cell.data_type == "f":
        raise SheetRefused(_("%(place)s là công thức; hãy dán giá trị dạng văn bản", place=place), cell.row)
    if cell.data_type == "e":
        raise SheetRefused(
            _(
                "%(place)s là lỗi Excel %(value)s; hãy ghi lại kết quả",
                place=place,
                value=shorten(str(value)),
            ),
            cell.row,
        )
    if days and isinstance(value, dt.datetime) and value.time() == dt.time():
        return f"{value:%d/%m/%Y}"
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        raise SheetRefused(
            _(
                "%(place)s: Excel đã đổi giá trị thành ngày giờ (%(value)s); %(as_text)s",
                place=place,
                value=value,
                as_text=_(_AS_TEXT),
            ),
            cell.row,
        )
    if isinstance(value, bool):
        raise SheetRefused(
            _("%(place)s là TRUE/FALSE; hãy ghi “Có” hoặc “Không” dạng văn bản", place=place), cell.row
        )
    if isinstance(value, int | float):
        if first:
            raise SheetRefused(
                _(
                    "%(place)s là số %(value)s, không biết là 1.1 hay 1.10; %(as_text)s, ví dụ 1.10",
                    place=place,
                    value=value,
                    as_text=_(_AS_TEXT),
                ),
                cell.row,
            )
        return _number(value, cell, place)
    return str(value)


def _number(value: float, cell: Any, place: str) -> str:
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        raise SheetRefused(
            _(
                "%(place)s là số %(value)s, không đọc được; %(as_text)s",
                place=place,
                value=value,
                as_text=_(_AS_TEXT),
            ),
            cell.row,
        )
    # repr gives the shortest text of the stored binary number: 0.544 for what was typed as 54,4%.
    number = Fraction(repr(value))
    if "%" in str(cell.number_format):
        return format_percent(number * 100)
    if 0 < number <= 1:
        raise SheetRefused(
            _(
                "%(place)s là số %(value)s, không biết là tỷ lệ hay phần trăm; %(as_text)s, ví dụ 54,4%%",
                place=place,
                value=value,
                as_text=_(_AS_TEXT),
            ),
            cell.row,
        )
    return format_number(number)
