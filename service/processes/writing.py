"""Rows to be written together: each statement once for all its rows, on PostgreSQL all of them in one.

What a statement costs is mostly the way there and back and the work of putting it together, on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnDefault,
    ColumnElement,
    Insert,
    ScalarSelect,
    Select,
    Table,
    Update,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.engine import Connection
from sqlalchemy.sql.visitors import replacement_traverse

from service.errors import CaseChangedMeanwhile
from service.processes.statements import GUARDED

# More rows than one step of one case writes: they go by statement, so that few shapes are ever put together.
MOST_IN_ONE = 12
_Shape = tuple[tuple[Insert | Update, tuple[str, ...]], ...]


class Rows:
    """Collects rows for the statements of `processes.statements`; `run` writes them in that order."""

    def __init__(self) -> None:
        self._rows: dict[Insert | Update, list[Mapping[str, Any]]] = {}

    def add(self, statement: Insert | Update, *rows: Mapping[str, Any]) -> None:
        if rows:
            self._rows.setdefault(statement, []).extend(rows)

    def run(self, connection: Connection) -> None:
        """Raises CaseChangedMeanwhile where a guarded row was not the one that was read."""
        count = sum(map(len, self._rows.values()))
        if connection.dialect.name == "postgresql" and 1 < count <= MOST_IN_ONE:
            self._run_in_one(connection)
            return
        for statement, rows in self._rows.items():
            result = connection.execute(statement, rows if len(rows) > 1 else rows[0])
            if statement in GUARDED and result.rowcount != len(rows):
                raise CaseChangedMeanwhile()

    def _run_in_one(self, connection: Connection) -> None:
        each = [
            (statement, {**defaults_of(statement), **row} if isinstance(statement, Insert) else row)
            for statement, rows in self._rows.items()
            for row in rows
        ]
        whole = _in_one(tuple((statement, tuple(row)) for statement, row in each))
        values = {
            _name(place, number): value
            for place, (_, row) in enumerate(each)
            for number, value in enumerate(row.values())
        }
        written: Sequence[int] = connection.execute(whole, values).one()
        if any(
            statement in GUARDED and count != 1 for (statement, _), count in zip(each, written, strict=True)
        ):
            raise CaseChangedMeanwhile()


def defaults_of(statement: Insert) -> dict[str, Any]:
    """What SQLAlchemy fills in by itself only where an INSERT stands alone."""
    table = cast("Table", statement.table)
    return {
        column.key: column.default.arg(None) if column.default.is_callable else column.default.arg
        for column in table.columns
        if isinstance(column.default, ColumnDefault)
    }


@lru_cache(maxsize=256)
def _in_one(shape: _Shape) -> Select[Any]:
    """`WITH … SELECT`: how many rows each of these wrote, in order; none writes where the first did not.

    So nothing is inserted twice where somebody else was faster, and the case is locked before its tasks.
    """
    parts: list[CTE] = []
    for place, (statement, keys) in enumerate(shape):
        first = _rows_of(parts[0]) == 1 if parts else None
        parts.append(_part(place, statement, keys, first))
    counted: list[Any] = [_rows_of(part).label(f"n{place}") for place, part in enumerate(parts)]
    return select(*counted)


def _rows_of(part: CTE) -> ScalarSelect[int]:
    return select(func.count()).select_from(part).scalar_subquery()


def _part(
    place: int, statement: Insert | Update, keys: tuple[str, ...], condition: ColumnElement[bool] | None
) -> CTE:
    names = {key: _name(place, number) for number, key in enumerate(keys)}
    if isinstance(statement, Insert):
        table = cast("Table", statement.table)
        row = select(*(bindparam(name, type_=table.c[key].type) for key, name in names.items()))
        made = row if condition is None else row.where(condition)
        written = statement.from_select(list(names), made, include_defaults=False)
        return written.returning(literal_column("1")).cte(f"w{place}")

    def rename(element: Any, **_named: Any) -> Any:
        if isinstance(element, BindParameter) and element.key in names:
            return BindParameter(names[element.key], type_=element.type)
        return None

    renamed = cast("Update", replacement_traverse(statement, {}, rename))
    conditional = renamed if condition is None else renamed.where(condition)
    return conditional.returning(literal_column("1")).cte(f"w{place}")


def _name(place: int, number: int) -> str:
    """Short: a statement has some eighty of them."""
    return f"p{place}x{number}"
