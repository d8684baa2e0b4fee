"""Answers as files: CSV and Excel, in which no cell is a formula."""

from __future__ import annotations

import io
from typing import Any

from service.calendars.tables import write_csv
from service.questions.answers import Answer
from service.vietnamese import without_controls
from service.wording import _

CSV, XLSX = "csv", "xlsx"
LONGEST_CELL = 32_000  # Excel takes 32,767 characters


def as_csv(answer: Answer) -> bytes:
    return write_csv(answer.columns, (line.cells for line in answer.lines))


def as_xlsx(answer: Answer, *, title: str, asked: str) -> bytes:
    """A heading, what was asked, the answer in a sentence, then the table; every cell is text."""
    from openpyxl import Workbook  # noqa: PLC0415 - a quarter of a second that most processes never need
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415

    workbook = Workbook()
    sheet: Any = workbook.active
    sheet.title = _("Câu trả lời")
    above = [title, asked, answer.summary, *answer.notes]
    rows = [*((one,) for one in above), (), answer.columns, *(line.cells for line in answer.lines)]
    heading = len(above) + 2
    for number, row in enumerate(rows, start=1):
        for place, text in enumerate(row, start=1):
            cell: Any = sheet.cell(number, place)
            cell.value = without_controls(text)[:LONGEST_CELL] or None
            cell.number_format = "@"
            if cell.value is not None:
                cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=number >= heading, vertical="top")
            if number in (1, heading):
                cell.font = Font(bold=True)
    for place in range(1, len(answer.columns) + 1):
        sheet.column_dimensions[chr(64 + place)].width = 28
    sheet.freeze_panes = sheet.cell(heading + 1, 1)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()
