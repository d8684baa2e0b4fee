"""Small tables that people hand in as CSV or YAML: rows of text with the number of their line. Pure."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import yaml

from service.errors import BadInput
from service.wording import _

LARGEST_FILE = 1024 * 1024
MOST_ROWS = 2000
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = "=+-@\t\r"
LONGEST_CELL = 400
MOST_ERRORS_SHOWN = 50


@dataclass
class Line:
    """One row: cells by column name, texts stripped and in NFC, "" where empty; what is wrong with it."""

    number: int
    cells: Mapping[str, str]
    errors: list[str] = field(default_factory=list)

    def wrong(self, sentence: str) -> None:
        self.errors.append(sentence)

    def text(self, column: str, longest: int, called: str) -> str:
        """A cell that must not be empty; "" after noting what is wrong."""
        value = self.cells.get(column, "")
        if not value:
            self.wrong(_("thiếu %(called)s.", called=called))
        elif len(value) > longest:
            self.wrong(_("%(called)s dài quá %(longest)s ký tự.", called=called, longest=longest))
            return ""
        elif value[0] in "=+-@":
            self.wrong(
                _(
                    "%(called)s không được bắt đầu bằng %(value)s (bảng tính sẽ hiểu là công thức).",
                    called=called,
                    value=f"{value[0]!r}",
                )
            )
            return ""
        return value

    def day(self, column: str, called: str) -> date | None:
        """A date as 2024-05-04 or 04/05/2024; None after noting what is wrong with it, or where empty."""
        value = self.cells.get(column, "")
        if not value:
            return None
        found = read_day(value)
        if found is None:
            self.wrong(
                _(
                    "%(called)s %(value)s không phải là một ngày; viết như 04/05/2024 hoặc 2024-05-04.",
                    called=called,
                    value=f"{value!r}",
                )
            )
        return found

    def whole(self, column: str, called: str, lowest: int, highest: int) -> int | None:
        """A whole number; None after noting what is wrong with it, or where empty."""
        value = self.cells.get(column, "")
        if not value:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 9 and lowest <= int(value) <= highest):
            self.wrong(
                _(
                    "%(called)s %(value)s phải là số nguyên từ %(lowest)s đến %(highest)s.",
                    called=called,
                    value=f"{value!r}",
                    lowest=lowest,
                    highest=highest,
                )
            )
            return None
        return int(value)


def read_day(text: str) -> date | None:
    """2024-05-04 or 04/05/2024 (also 4/5/2024); None for anything else."""
    text = text.strip()
    if not text.isascii():
        return None
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def read_table(content: bytes, name: str, columns: Mapping[str, str], key: str) -> list[Line]:
    """The rows of a CSV file, or of a YAML file's list under `key`, with cells by column id.

    `columns`: {heading as people write it, in lower case: id}. The ids themselves are headings too. A CSV
    may be separated by commas or semicolons and begin with a byte order mark, as Excel writes it.
    Raises BadInput for a file that is no such table, or an unknown heading.
    """
    if len(content) > LARGEST_FILE:
        raise BadInput(_("Tệp lớn hơn 1 MB; hãy tách thành nhiều tệp nhỏ hơn."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            _("Tệp không ở bảng mã UTF-8. Trong Excel, chọn Lưu thành “CSV UTF-8 (phân tách bằng dấu phẩy)”.")
        ) from error
    if "\0" in text:
        raise BadInput(_("Tệp không phải là văn bản CSV hoặc YAML."))
    headings = {id_: id_ for id_ in columns.values()} | dict(columns)
    yamls = name.lower().endswith((".yaml", ".yml"))
    rows = _yaml_rows(text, key) if yamls else _csv_rows(text)
    lines = [Line(number, _cells(number, row, headings)) for number, row in rows]
    if not lines:
        raise BadInput(_("Tệp không có dòng nào."))
    if len(lines) > MOST_ROWS:
        raise BadInput(_("Tệp có hơn %(most_rows)s dòng; hãy tách thành nhiều tệp.", most_rows=MOST_ROWS))
    return lines


def refuse_wrong(lines: Sequence[Line]) -> None:
    """Raise BadInput naming every line that is wrong, `fields` by “dòng N”; nothing when all are right."""
    wrong = {f"dòng {line.number}": list(line.errors) for line in lines if line.errors}
    if wrong:
        shown = dict(list(wrong.items())[:MOST_ERRORS_SHOWN])
        more = _(" (nêu %(count)s dòng đầu)", count=len(shown)) if len(shown) < len(wrong) else ""
        raise BadInput(
            _("Có %(count)s dòng chưa đúng%(more)s; chưa nhập dòng nào.", count=len(wrong), more=more),
            fields=shown,
        )


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV that Excel opens as it is: UTF-8 with a byte order mark, every cell quoted, none a formula."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows(without_formulas(rows))
    return out.getvalue().encode("utf-8-sig")


def without_formulas(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    """The same rows, in which no spreadsheet sees a formula: what begins like one gets an apostrophe."""
    return [[f"'{cell}" if cell[:1] and cell[0] in _FORMULA else cell for cell in row] for row in rows]


def _as_it_was(cell: Any) -> Any:
    """Without the apostrophe that kept a spreadsheet from reading a formula."""
    guarded = isinstance(cell, str) and cell[:1] == "'" and cell[1:2] and cell[1] in _FORMULA
    return cell[1:] if guarded else cell


def _csv_rows(text: str) -> list[tuple[int, Mapping[str, Any]]]:
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else "\t" if "\t" in first else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
    rows: list[tuple[int, Mapping[str, Any]]] = []
    try:
        for row in reader:
            if None in row:
                raise BadInput(
                    _(
                        "Dòng %(line_num)s: nhiều ô hơn dòng tiêu đề; đặt ô có dấu phẩy trong ngoặc kép.",
                        line_num=reader.line_num,
                    )
                )
            if any(row.values()):
                rows.append((reader.line_num, {name: _as_it_was(cell) for name, cell in row.items()}))
    except csv.Error as error:
        raise BadInput(
            _("Dòng %(line_num)s: không đọc được CSV (%(error)s).", line_num=reader.line_num, error=error)
        ) from error
    return rows


def _yaml_rows(text: str, key: str) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInput(_("Không đọc được YAML: %(error)s", error=str(error)[:300])) from error
    items = document.get(key) if isinstance(document, dict) else document
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise BadInput(_("Tệp YAML phải có mục “%(key)s:” là một danh sách các dòng.", key=key))
    return list(enumerate(items, start=1))


def _cells(number: int, row: Mapping[str, Any], headings: Mapping[str, str]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for heading, value in row.items():
        column = headings.get(_plain(str(heading)).lower())
        if column is None:
            known = ", ".join(dict.fromkeys(headings.values()))
            raise BadInput(
                _(
                    "Dòng %(number)s: không có cột %(heading)s. Các cột: %(known)s.",
                    number=number,
                    heading=f"{str(heading)[:60]!r}",
                    known=known,
                )
            )
        if value is not None and not isinstance(value, str | bool | int | float | date):
            raise BadInput(
                _("Dòng %(number)s: ô “%(heading)s” phải là một giá trị đơn.", number=number, heading=heading)
            )
        text = _plain(_as_text(value))
        if len(text) > LONGEST_CELL:
            raise BadInput(
                _(
                    "Dòng %(number)s: ô “%(heading)s” dài quá %(longest_cell)s ký tự.",
                    number=number,
                    heading=heading,
                    longest_cell=LONGEST_CELL,
                )
            )
        cells[column] = text
    return cells


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(text: str) -> str:
    """One line, in NFC, without control characters: what is shown must be what is stored."""
    return " ".join(
        "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", text)).split()
    )
