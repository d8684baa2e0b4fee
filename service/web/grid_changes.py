"""What a filled-in sheet would change in a task's table: cell by cell, with the verdict before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from evaluation.catalogue import Criterion
from service.dossiers.annex_files import AnnexRow
from service.dossiers.annex_layout import DECISIONS, HEADINGS, columns_of
from service.dossiers.result_files import Problem, ResultFileError
from service.errors import BadInput, WrongState
from service.tasks.answers import checked_answers
from service.web.criteria_grid import judge
from service.web.task_page import TaskPage

# {criterion: {column: what it becomes}}; a blank never takes anything away.
Values = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class CellChange:
    heading: str
    before: str
    after: str


@dataclass(frozen=True)
class RowChange:
    """`before` and `after` are (verdict, sentence)."""

    criterion: Criterion
    target: str
    cells: tuple[CellChange, ...]
    before: tuple[str, str]
    after: tuple[str, str]


def fillable_columns(page: TaskPage) -> tuple[str, ...]:
    """The columns that a sheet may fill in at this step; () where the page has no such table."""
    table = page.grid.component if page.grid else None
    if table is None or "agreed" in table.columns:
        return ()
    return columns_of(table.columns, table.decisions)


def require_fillable(page: TaskPage) -> tuple[str, ...]:
    columns = fillable_columns(page)
    if not columns or page.mode != "edit":
        raise WrongState("Chỉ nhập được bảng tính khi ông/bà đang soạn bảng chỉ tiêu của bước này.")
    return columns


def changes(page: TaskPage, values: Values, columns: Sequence[str]) -> list[RowChange]:
    """The rows that would change, in the order of the annex."""
    year = page.case.year
    found = []
    for criterion in page.assessed:
        entry = entry_of(page, criterion.id)
        given = values.get(criterion.id) or {}
        cells = tuple(
            CellChange(HEADINGS[key], _shown(key, entry.get(key)), _shown(key, given[key]))
            for key in columns
            if given.get(key) and given[key] != (entry.get(key) or "")
        )
        if cells:
            before, after = judge(criterion, entry, year), judge(criterion, {**entry, **given}, year)
            found.append(RowChange(criterion, criterion.targets[year].text, cells, before, after))
    return found


def entry_of(page: TaskPage, criterion: str) -> dict[str, Any]:
    table = page.grid.component.key if page.grid else ""
    return dict((page.answers.get(table) or {}).get(criterion) or {})


def merged(page: TaskPage, values: Values) -> dict[str, Any]:
    """The page's answers with these cells laid over."""
    table = page.grid.component.key if page.grid else ""
    rows = dict(page.answers.get(table) or {})
    for criterion, given in values.items():
        rows[criterion] = {
            **(rows.get(criterion) or {}),
            **{key: text for key, text in given.items() if text},
        }
    return {**page.answers, table: rows}


def values_of(page: TaskPage, rows: Sequence[AnnexRow], filename: str, *, today: date) -> Values:
    """The cells of a file, as a draft takes them; raises ResultFileError for what a draft would refuse."""
    values = {row.criterion: row.values for row in rows if row.values}
    if page.form is None or page.grid is None:
        return values
    table = page.grid.component.key
    try:
        checked_answers(page.form, page.bundle, page.case.year, {table: values}, today=today, partial=True)
    except BadInput as error:
        lines = {row.criterion: row.row for row in rows}
        problems = [
            Problem(f"chỉ tiêu {criterion}: {message}", lines.get(criterion))
            for path, messages in error.fields.items()
            for criterion in [".".join(path.split(".")[1:3])]
            for message in messages
        ]
        raise ResultFileError(filename, tuple(problems)) from error
    return values


def _shown(key: str, value: Any) -> str:
    return DECISIONS.get(value or "", "") if key == "decision" else (value or "")
