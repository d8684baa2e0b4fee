"""Putting rows into an empty database quickly: COPY on PostgreSQL, long INSERTs on SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import func, insert, inspect, select, text
from sqlalchemy.engine import Connection

from service.backup.format import Section, row_decoder, table_for
from service.database import Base
from service.errors import BadInput
from service.shortages import of_driver

ROWS_AT_ONCE = 1000


def load(connection: Connection, section: Section, rows: Iterable[list[Any]]) -> int:
    """Store the rows of one section; returns how many."""
    if connection.dialect.name == "postgresql":
        return _copy(connection, section, rows)
    table, decode, count = table_for(section), row_decoder(section), 0
    names = [name for name, _ in section.columns]
    pending = iter(rows)
    while chunk := [dict(zip(names, decode(row), strict=True)) for row in islice(pending, ROWS_AT_ONCE)]:
        connection.execute(insert(table), chunk)
        count += len(chunk)
    return count


def _copy(connection: Connection, section: Section, rows: Iterable[list[Any]]) -> int:
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(section.table), sql.SQL(", ").join(sql.Identifier(name) for name, _ in section.columns)
    )
    decode, count = row_decoder(section, for_copy=True), 0
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(decode(row))
                count += 1
    except psycopg.Error as error:
        raise of_driver(error) or BadInput(
            f"PostgreSQL không nhận dữ liệu của bảng {section.table}: {error}"
        ) from error
    return count


@contextmanager
def relations_later(connection: Connection) -> Iterator[None]:
    """Inside, rows may come in any order; afterwards everything that one row names is there, or it fails."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        yield
        return
    looking = inspect(connection)
    keys = [(table, key) for table in looking.get_table_names() for key in looking.get_foreign_keys(table)]
    quote = connection.dialect.identifier_preparer.quote_identifier
    for table, key in keys:
        connection.execute(text(f"ALTER TABLE {quote(table)} DROP CONSTRAINT {quote(str(key['name']))}"))
    yield
    for table, key in keys:
        ours, theirs = (
            ", ".join(map(quote, key[side])) for side in ("constrained_columns", "referred_columns")
        )
        connection.execute(
            text(
                f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(str(key['name']))} FOREIGN KEY ({ours}) "
                f"REFERENCES {quote(key['referred_table'])} ({theirs})"
            )
        )


def renew_sequences(connection: Connection) -> None:
    """Numbers go on after the largest that came along. SQLite looks for itself."""
    if connection.dialect.name != "postgresql":
        return
    quote = connection.dialect.identifier_preparer.quote_identifier
    there = set(inspect(connection).get_table_names())
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None or table.name not in there:
            continue
        sequence = connection.execute(
            text("SELECT pg_get_serial_sequence(:table, :column)"),
            {"table": quote(table.name), "column": column.name},
        ).scalar()
        if sequence:
            largest = select(func.max(column)).scalar_subquery()
            connection.execute(select(func.setval(sequence, func.coalesce(largest, 1), largest.is_not(None))))
