"""Nothing but the rows: what the service wrote for one completion, written again under new ids in one commit.

No engine, no checks, no reading: a floor. Once with the service's own prepared statements (SQLAlchemy Core),
once with Python's sqlite3 alone.
"""

from __future__ import annotations

import re
import sqlite3
import uuid
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

import orjson
from sqlalchemy import event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.sql.dml import Insert, UpdateBase

from bench.ground import LoopCase
from service.database import iso_instant
from service.processes.writing import defaults_of

Row: TypeAlias = dict[str, Any]

COUNTED = {"rev", "seen_rev", "seq", "occurrence"}
REF = re.compile(r"(\w+):(\d+)")
# What an event's private part refers to is known only once the event is stored.
EVENT_POSITION = "position"


class Rows:
    """The writes of a case's next completion: the recorded ones, moved on by one at each `renew`."""

    def __init__(self, engine: Engine, opened: LoopCase) -> None:
        self.written: list[tuple[UpdateBase, list[Row]]] = []
        event.listen(engine, "before_execute", self._note)
        try:
            opened.complete()
        finally:
            event.remove(engine, "before_execute", self._note)
        self.closed = next(row["of_task"] for _, rows in self.written for row in rows if "of_task" in row)
        self.opened = next(row["id"] for statement, rows in self.written for row in rows if _opens(statement))
        opened.look()

    def _note(self, _connection: Connection, statement: Any, several: list[Row], one: Row, *_: Any) -> None:
        if isinstance(statement, UpdateBase):
            self.written.append((statement, [dict(row) for row in several or [one]]))

    def renew(self) -> None:
        fresh = {row["id"]: uuid.uuid4() for _, rows in self.written for row in rows if "id" in row}
        fresh[self.closed] = self.opened
        for _, rows in self.written:
            for row in rows:
                for name, value in row.items():
                    if name in COUNTED:
                        row[name] = value + 1
                    elif isinstance(value, uuid.UUID):
                        row[name] = fresh.get(value, value)
                    elif isinstance(value, str) and (ref := REF.fullmatch(value)):
                        row[name] = f"{ref[1]}:{int(ref[2]) + 1}"
        self.closed, self.opened = self.opened, fresh[self.opened]


class CoreCase:
    """Over SQLAlchemy Core, on a connection from the pool as everybody else."""

    name = "the bare rows, SQLAlchemy Core"

    def __init__(self, engine: Engine, opened: LoopCase) -> None:
        self.engine, self.rows = engine, Rows(engine, opened)
        self.rows.renew()

    def look(self) -> None:
        self.rows.renew()

    def complete(self) -> None:
        with self.engine.connect().execution_options(writes=True) as connection:
            position = None
            for statement, rows in self.rows.written:
                values = (
                    [row | {EVENT_POSITION: position} for row in rows] if EVENT_POSITION in rows[0] else rows
                )
                done = connection.execute(statement, values if len(values) > 1 else values[0])
                if isinstance(statement, Insert) and done.inserted_primary_key:
                    position = done.inserted_primary_key[0]
            connection.commit()


class SqliteCase:
    """Over Python's sqlite3 on a connection kept open: as little as can be between the rows and the disk."""

    name = "the bare rows, plain sqlite3"

    def __init__(self, engine: Engine, opened: LoopCase, path: Path) -> None:
        self.rows = Rows(engine, opened)
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.texts = [_text(statement, rows[0]) for statement, rows in self.rows.written]
        self.look()

    def look(self) -> None:
        self.rows.renew()
        self.work = [
            (
                text,
                [[_stored(row.get(name, own.get(name))) for name in order] for row in rows],
                EVENT_POSITION in rows[0],
            )
            for (text, order, own), (_, rows) in zip(self.texts, self.rows.written, strict=True)
        ]

    def complete(self) -> None:
        run = self.connection.execute
        run("BEGIN IMMEDIATE")
        position = None
        for text, rows, is_part in self.work:
            for row in rows:
                position = run(text, [position, *row[1:]] if is_part else row).lastrowid
        run("COMMIT")

    def close(self) -> None:
        self.connection.close()


def _opens(statement: UpdateBase) -> bool:
    return isinstance(statement, Insert) and statement.table.name == "task"


def _text(statement: UpdateBase, row: Row) -> tuple[str, list[str], Row]:
    """The statement as SQLite gets it, the order of its parameters, and those that it brings itself."""
    compiled = statement.compile(dialect=sqlite.dialect(paramstyle="qmark"), column_keys=list(row))
    brought = dict(compiled.params or {}) | (defaults_of(statement) if isinstance(statement, Insert) else {})
    return str(compiled), list(compiled.positiontup or ()), brought


def _stored(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, datetime):
        return iso_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return orjson.dumps(value).decode() if isinstance(value, list | tuple | dict) else value
