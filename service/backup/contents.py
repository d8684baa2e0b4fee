"""Which rows go into a backup: all of them, or those that changed since the backup before.

On PostgreSQL every row says by which transaction it was written (`xmin`). Transactions commit in another
order than they begin, so a part takes everything written by any transaction that was not over when the backup
before looked: some rows come twice, none is missed. The tables that grow without end are not searched for
them: their new rows belong to a case, or a stream, that moved. SQLite says nothing of the kind; there each
row is compared with a digest of itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from sqlalchemy import ColumnElement, Select, Table, func, literal_column, select, text, tuple_
from sqlalchemy.engine import Connection

import service.models  # noqa: F401  the tables
from service.backup.format import LEFT_OUT
from service.database import Base

TABLES: tuple[Table, ...] = tuple(
    table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT
)
# Grown with the cases: only what changed goes into a part. Of all others, everything if anything changed.
BY_ROW = frozenset(
    {
        "case_file",
        "document",
        "draft",
        "event",
        "erasure_case",
        "event_private_part",
        "evidence_file",
        "idempotency_key",
        "log_checkpoint",
        "log_cosignature",
        "log_leaf",
        "log_node",
        "message",
        "notification",
        "outbox",
        "round_delivery",
        "submission",
        "task",
        "timer",
    }
)
CHUNK = 500
ROWS_AT_ONCE = 1000

Rows: TypeAlias = Iterator[Sequence[Any]]


class Choice(Protocol):
    """Answers (whole, rows) for a table, or None where nothing has changed."""

    def __call__(self, connection: Connection, table: Table) -> tuple[bool, Rows] | None: ...


def everything(connection: Connection, table: Table) -> tuple[bool, Rows]:
    return True, streamed(connection, select(table))


def streamed(connection: Connection, query: Select[Any]) -> Rows:
    """The rows without holding them all."""
    return iter(connection.execute(query.execution_options(stream_results=True, yield_per=ROWS_AT_ONCE)))


def totals(connection: Connection) -> dict[str, int]:
    """How many rows each table has: one statement."""
    counts = [select(func.count()).select_from(table).scalar_subquery().label(table.name) for table in TABLES]
    row = connection.execute(select(*counts)).one()
    return {str(table.name): int(count) for table, count in zip(TABLES, row, strict=True)}


def heads(connection: Connection) -> tuple[str, dict[str, int]]:
    """A digest over where every stream ends, and the numbers of the few long streams ({"stream/id": seq}).

    The digest is a sum of SHA-256, so that it does not depend on an order of which two databases think
    differently.
    """
    case, stream = Base.metadata.tables["case_file"], Base.metadata.tables["stream_head"]
    total, long = 0, {}
    for row in streamed(connection, select(case.c.id, case.c.rev, case.c.last_hash)):
        total += _number(f"case/{row[0]}/{row[1]}", row[2])
    for row in streamed(connection, select(stream.c.stream, stream.c.stream_id, stream.c.seq, stream.c.hash)):
        total += _number(f"{row[0]}/{row[1]}/{row[2]}", row[3])
        if row[0] != "access":
            long[f"{row[0]}/{row[1]}"] = row[2]
    return f"{total % 2**256:064x}", long


def _number(name: str, ending: bytes) -> int:
    return int.from_bytes(hashlib.sha256(name.encode() + bytes(ending)).digest())


@dataclass
class SinceTransaction:
    """PostgreSQL: what transactions have written that were not over at `xmin` (a number of 64 bits)."""

    xmin: int
    counts: dict[str, int]
    known_heads: dict[str, int]
    now: dict[str, int]
    _events: list[int] = field(default_factory=list)

    def __call__(self, connection: Connection, table: Table) -> tuple[bool, Rows] | None:
        special: dict[str, Callable[[Connection, Table], Rows]] = {
            "event": self._new_events,
            "event_private_part": self._new_private_parts,
            "submission": self._new_submissions,
        }
        if table.name in special:
            return False, special[table.name](connection, table)
        if table.name in BY_ROW:
            return False, streamed(connection, select(table).where(self._written(table)))
        written: Select[Any] = (
            select(literal_column("1")).select_from(table).where(self._written(table)).limit(1)
        )
        same = self.counts.get(table.name) == self.now[table.name]
        if same and connection.execute(written).first() is None:
            return None
        return everything(connection, table)

    def _written(self, table: Table) -> ColumnElement[bool]:
        return text(f'age("{table.name}".xmin) <= age(CAST(:since AS xid))').bindparams(  # type: ignore[return-value]
            since=str(self.xmin % 2**32)
        )

    def _moved_cases(self, connection: Connection) -> Iterator[list[Any]]:
        case = Base.metadata.tables["case_file"]
        ids = list(connection.execute(select(case.c.id).where(self._written(case))).scalars())
        return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))

    def _new_events(self, connection: Connection, table: Table) -> Rows:
        for ids in self._moved_cases(connection):
            yield from self._noted(
                connection,
                select(table).where(
                    table.c.stream == "case",
                    table.c.stream_id.in_([str(one) for one in ids]),
                    self._written(table),
                ),
            )
        head = Base.metadata.tables["stream_head"]
        moved = connection.execute(select(head.c.stream, head.c.stream_id).where(self._written(head))).all()
        short = [tuple(row) for row in moved if row.stream == "access"]
        for start in range(0, len(short), CHUNK):
            of_streams = tuple_(table.c.stream, table.c.stream_id).in_(short[start : start + CHUNK])
            yield from self._noted(connection, select(table).where(of_streams, self._written(table)))
        for row in moved:
            if row.stream != "access":
                after = self.known_heads.get(f"{row.stream}/{row.stream_id}", 0)
                yield from self._noted(
                    connection,
                    select(table).where(
                        table.c.stream == row.stream, table.c.stream_id == row.stream_id, table.c.seq > after
                    ),
                )

    def _noted(self, connection: Connection, query: Select[Any]) -> Rows:
        for row in streamed(connection, query):
            self._events.append(row[0])
            yield row

    def _new_private_parts(self, connection: Connection, table: Table) -> Rows:
        for start in range(0, len(self._events), CHUNK):
            positions = self._events[start : start + CHUNK]
            yield from connection.execute(select(table).where(table.c.position.in_(positions)))
        # What retention emptied since: the case's own chain tells it, so the case has moved.
        event, written = Base.metadata.tables["event"], set(self._events)
        for ids in self._moved_cases(connection):
            emptied = connection.execute(
                select(table)
                .join(event, event.c.position == table.c.position)
                .where(
                    event.c.stream.in_(("case", "access")),
                    event.c.stream_id.in_([str(one) for one in ids]),
                    self._written(table),
                )
            )
            yield from (row for row in emptied if row.position not in written)

    def _new_submissions(self, connection: Connection, table: Table) -> Rows:
        for ids in self._moved_cases(connection):
            yield from connection.execute(select(table).where(table.c.case_id.in_(ids), self._written(table)))
