"""Sheets of Phụ lục 01 as people fill them in: opened, changed cell by cell, sent back, confirmed."""

from __future__ import annotations

import io
import re
import uuid
from html import unescape
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.integration.web.conftest import Visitor


def the_sheet(data: bytes) -> Worksheet:
    sheet = load_workbook(io.BytesIO(data)).active
    assert isinstance(sheet, Worksheet)
    return sheet


def row(sheet: Worksheet, criterion: str) -> Any:
    return next(cells for cells in sheet.iter_rows(min_row=6) if cells[0].value == criterion)


def packed(sheet: Worksheet) -> bytes:
    out = io.BytesIO()
    assert sheet.parent is not None
    sheet.parent.save(out)
    return out.getvalue()


def send(visitor: Visitor, task: uuid.UUID, sheet: Worksheet) -> Any:
    return visitor.post(f"/viec/{task}/bang-tinh", {"file": (io.BytesIO(packed(sheet)), "bảng.xlsx")})


def preview(visitor: Visitor, task: uuid.UUID, sheet: Worksheet) -> str:
    answer = send(visitor, task, sheet)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def confirmation(text: str) -> dict[str, object]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"[ >]', text)
    return {name: unescape(value) for name, value in found if name != "csrf_token"}
