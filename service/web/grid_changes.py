"""What a filled-in sheet would change in a task's table: cell by cell, with the verdict before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from evaluation.catalogue import Criterion
from service.dossiers.annex_books import shown, written
from service.dossiers.annex_files import AnnexRow
from service.dossiers.annex_layout import DECISIONS, HEADINGS, columns_of
from service.dossiers.result_files import Problem, ResultFileError
from service.errors import BadInput, WrongState
from service.tasks.answers import checked_answers
from service.web.criteria_grid import judge
from service.web.task_page import TaskPage

# {criterion: {column: what it becomes}}; "" only where the sheet clears it: a blank takes nothing away.
Values = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class CellChange:
    """`before` and `after` in words; `name` and `was` as the work form has them."""

    heading: str
    before: str
    after: str
    name: str
    was: str


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
    if table is None or page.grid is None or not page.grid.groups:
        return ()
    return columns_of(table.columns, table.decisions)


def require_fillable(page: TaskPage) -> tuple[str, ...]:
    columns = fillable_columns(page)
    if not columns or page.mode != "edit":
        raise WrongState(_("Chỉ nhập được bảng tính khi ông/bà đang soạn bảng chỉ tiêu của bước này."))
    return columns


def changes(page: TaskPage, values: Values, columns: Sequence[str]) -> list[RowChange]:
    """The rows that would change, in the order of the annex."""
    year = page.case.year
    table = page.grid.component.key if page.grid else ""
    found = []
    for criterion in page.assessed:
        entry = entry_of(page, criterion.id)
        given = values.get(criterion.id) or {}
        cells = tuple(
            CellChange(
                HEADINGS[key],
                shown(key, entry.get(key)),
                shown(key, given[key]),
                f"{table}.{criterion.id}.{key}",
                written(entry.get(key)),
            )
            for key in columns
            if key in given and given[key] != written(entry.get(key))
        )
        if cells:
            after = judge(criterion, {**entry, **_answers(given)}, year)
            before = judge(criterion, entry, year)
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
        rows[criterion] = {**(rows.get(criterion) or {}), **_answers(given)}
    return {**page.answers, table: rows}


def require_rows_of(page: TaskPage, rows: Sequence[AnnexRow], filename: str) -> None:
    """A meeting's table has only what is disputed: raises ResultFileError for results beside it."""
    there = {row.criterion.id for group in page.grid.groups for row in group.rows} if page.grid else set()
    beside = [row for row in rows if row.values and row.criterion not in there]
    if beside:
        sentence = _("không nằm trong các chỉ tiêu của bảng này; hãy để trống dòng này")
        raise ResultFileError(
            filename,
            tuple(
                Problem(
                    _("chỉ tiêu %(criterion)s %(fault)s", criterion=row.criterion, fault=sentence), row.row
                )
                for row in beside
            ),
        )


def values_of(page: TaskPage, rows: Sequence[AnnexRow], filename: str, *, today: date) -> Values:
    """The cells of a file, as a draft takes them; raises ResultFileError for what a draft would refuse."""
    values = {row.criterion: row.values for row in rows if row.values}
    if page.form is None or page.grid is None:
        return values
    table = page.grid.component.key
    try:
        given = {table: {criterion: _answers(cells) for criterion, cells in values.items()}}
        checked_answers(page.form, page.bundle, page.case.year, given, today=today, partial=True)
    except BadInput as error:
        lines = {row.criterion: row.row for row in rows}
        problems = [
            Problem(
                _("chỉ tiêu %(criterion)s: %(message)s", criterion=criterion, message=message),
                lines.get(criterion),
            )
            for path, messages in error.fields.items()
            for criterion in [".".join(path.split(".")[1:3])]
            for message in messages
        ]
        raise ResultFileError(filename, tuple(problems)) from error
    return values


def _answers(given: Mapping[str, str]) -> dict[str, Any]:
    """Cells as a form's answers have them: a choice is a name or nothing, the meeting's word a yes or no."""
    chosen: dict[str, Mapping[str, Any]] = {
        "agreed": {"true": True, "false": False},
        "decision": {key: key for key in DECISIONS},
    }
    return {key: chosen[key].get(text) if key in chosen else text for key, text in given.items()}
