"""Deadlines as a table that people exchange: CSV for spreadsheets, YAML beside the sources. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import yaml

from service.calendars.spans import LONGEST, Period, period_of, unit_of_period
from service.calendars.tables import Line, read_table, refuse_wrong, write_csv
from service.deadlines.queries import DeadlineKey, DeadlineRow
from service.deadlines.wording import NotUnderstood, read_wording
from service.wording import _, recorded

HEADINGS = {
    "thủ tục": "procedure",
    "năm": "year",
    "huyện": "district",
    "bước": "element",
    "nội dung": "wording",
    "ngày cuối": "last_day",
    "số ngày": "period",
    "đơn vị": "period_unit",
    "căn cứ": "source",
}
FIRST_YEAR, LAST_YEAR = 2000, 2100
LONGEST_KEY, LONGEST_WORDING, LONGEST_SOURCE = 100, 200, 300
UNIT_WORDS = {
    recorded("ngày"): "days",
    recorded("ngày làm việc"): "working_days",
    "days": "days",
    "working_days": "working_days",
}
WORDS_OF_UNIT = {"days": recorded("ngày"), "working_days": recorded("ngày làm việc")}


def read_deadlines(content: bytes, name: str) -> list[DeadlineRow]:
    """The rows of a CSV or YAML file (`deadlines:`). Raises BadInput naming every wrong line."""
    lines = read_table(content, name, HEADINGS, "deadlines")
    seen: dict[DeadlineKey, int] = {}
    rows = []
    for line in lines:
        row = read_line(line)
        if row is None:
            continue
        if row.key in seen:
            line.wrong(_("trùng thủ tục, năm, huyện và bước với dòng %(seen)s.", seen=seen[row.key]))
        seen.setdefault(row.key, line.number)
        rows.append(row)
    refuse_wrong(lines)
    return rows


def read_line(line: Line) -> DeadlineRow | None:
    """One deadline; None after noting on the line what is wrong with it."""
    procedure = line.text("procedure", LONGEST_KEY, _("thủ tục"))
    element = line.text("element", LONGEST_KEY, _("bước"))
    wording = line.text("wording", LONGEST_WORDING, _("nội dung thời hạn"))
    source = line.text("source", LONGEST_SOURCE, _("căn cứ"))
    year = line.whole("year", _("năm"), FIRST_YEAR, LAST_YEAR)
    if year is None and not line.cells.get("year"):
        line.wrong(_("thiếu năm."))
    last_day = line.day("last_day", _("ngày cuối"))
    period = _period(line)
    if line.errors or year is None:
        return None
    key = DeadlineKey(procedure, year, line.cells.get("district", ""), element)
    return _checked(line, DeadlineRow(key, last_day, period, wording, source))


def _period(line: Line) -> Period | None:
    count = line.whole("period", _("số ngày"), 1, LONGEST)
    word = line.cells.get("period_unit", "").lower()
    if word and word not in UNIT_WORDS:
        line.wrong(_("đơn vị %(word)s phải là “ngày” hoặc “ngày làm việc”.", word=f"{word!r}"))
    elif count is not None and not word:
        line.wrong(_("có số ngày mà thiếu đơn vị (“ngày” hoặc “ngày làm việc”)."))
    elif word and not line.cells.get("period"):
        line.wrong(_("có đơn vị mà thiếu số ngày."))
    elif count is not None:
        return period_of(count, UNIT_WORDS[word])
    return None


def _checked(line: Line, row: DeadlineRow) -> DeadlineRow | None:
    """The row with what its words say; they prevail, and what was written beside must agree."""
    if row.last_day is not None and row.period is not None:
        line.wrong(_("ghi hoặc ngày cuối, hoặc số ngày, không ghi cả hai."))
        return None
    try:
        meaning = read_wording(row.wording, row.key.year)
    except NotUnderstood as error:
        line.wrong(f"“{row.wording}”: {error}")
        return None
    if row.last_day is not None and row.last_day != meaning.last_day:
        said = f"{meaning.last_day:%d/%m/%Y}" if meaning.last_day else f"{meaning.period}"
        line.wrong(
            _(
                "“%(wording)s” nghĩa là %(said)s, khác với ngày cuối %(last_day)s.",
                wording=row.wording,
                said=said,
                last_day=f"{row.last_day:%d/%m/%Y}",
            )
        )
        return None
    if row.period is not None and row.period != meaning.period:
        said = f"{meaning.last_day:%d/%m/%Y}" if meaning.last_day else f"{meaning.period}"
        line.wrong(
            _(
                "“%(wording)s” nghĩa là %(said)s, khác với %(period)s.",
                wording=row.wording,
                said=said,
                period=row.period,
            )
        )
        return None
    return replace(row, last_day=meaning.last_day, period=meaning.period, line=line.number)


def to_csv(rows: Iterable[DeadlineRow]) -> bytes:
    """With Vietnamese headings, for Excel; read_deadlines takes it back unchanged."""
    return write_csv([heading.capitalize() for heading in HEADINGS], [_texts(row) for row in rows])


def to_yaml(rows: Iterable[DeadlineRow]) -> bytes:
    items = [dict(zip(HEADINGS.values(), _texts(row), strict=True)) for row in rows]
    kept: list[dict[str, Any]] = [{name: text for name, text in item.items() if text} for item in items]
    text: str = yaml.safe_dump({"deadlines": kept}, allow_unicode=True, sort_keys=False, width=110)
    return text.encode()


def _texts(row: DeadlineRow) -> list[str]:
    unit = WORDS_OF_UNIT[unit_of_period(row.period)] if row.period is not None else ""
    return [
        row.key.procedure,
        str(row.key.year),
        row.key.district,
        row.key.element,
        row.wording,
        f"{row.last_day:%d/%m/%Y}" if row.last_day else "",
        str(row.period.count) if row.period is not None else "",
        unit,
        row.source,
    ]
