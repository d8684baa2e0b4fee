"""What a test builds in a database as it was filled, the next test finds built: its rows are kept and put in.

Where the database differs by anything from the one the rows were made in, they are made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Table, func, insert, select

from service.database import Base, db

Built = TypeVar("Built")
Stored: TypeAlias = dict[Table, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Kept:
    before: Stored
    rows: dict[Table, list[dict[str, Any]]]
    built: Any


_kept: dict[Hashable, Kept] = {}


def built_once(key: Hashable, build: Callable[[], Built]) -> Built:
    """What `build()` answers, called once in this process for each key and kind of database.

    Where it changes a row, or takes one away, nothing is kept. Files and what else lies outside the database
    are not kept either: `build` must leave none.
    """
    engine = db.engine.dialect.name
    before = stored()
    kept = _kept.get((engine, key))
    if kept is None or kept.before != before:
        built = build()
        new = added(before, stored())
        if new is not None:
            _kept[engine, key] = Kept(before, new, built)
        return built
    with db.engine.begin() as connection:
        for table, rows in kept.rows.items():
            connection.execute(insert(table), rows)
            if engine == "postgresql" and table.autoincrement_column is not None:
                column = table.autoincrement_column
                sequence = select(
                    func.setval(
                        func.pg_get_serial_sequence(table.name, column.name),
                        select(func.max(column)).scalar_subquery(),
                    )
                )
                connection.execute(sequence)
    return kept.built


def stored() -> Stored:
    """Every row of every table, in no order that means anything."""
    db.session.rollback()
    with db.engine.connect() as connection:
        return {
            table: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def added(before: Stored, after: Stored) -> dict[Table, list[dict[str, Any]]] | None:
    """The rows that are new; None where others are no longer as they were."""
    found: dict[Table, list[dict[str, Any]]] = {}
    for table, rows in after.items():
        old = set(map(repr, before[table]))
        new = [row for row in rows if repr(row) not in old]
        if len(new) != len(rows) - len(old):
            return None
        if new:
            found[table] = [dict(zip(table.columns.keys(), row, strict=True)) for row in new]
    return found
