"""One backup's plain stream: header, sections, end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import orjson
from sqlalchemy import Table, text
from sqlalchemy.engine import Connection

from service.backup.contents import BY_ROW, TABLES, Choice, Rows, everything, heads, totals
from service.backup.format import Header, Section, row_encoder, section_of
from service.connections import unhurried
from service.database import db

# The columns by which rows name bytes in storage; "" where there are none.
HASHES = {"evidence_file": "sha256", "document": "file_sha256"}
# Where it is set, the bytes are gone, and are meant to be.
ERASED_AT = "erased_at"
BLOCK = 256 * 1024
DIGEST = 8


@contextmanager
def snapshot() -> Iterator[Connection]:
    """Everything as it was at one moment; nobody who writes has to wait."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        unhurried(connection)
        yield connection
        connection.rollback()


@dataclass(frozen=True)
class Moment:
    """From which transaction on a later part must look again; `cluster` tells one server from another."""

    xmin: int
    cluster: str

    @classmethod
    def of(cls, connection: Connection) -> Moment | None:
        """None on SQLite, which keeps no account of it."""
        if connection.dialect.name != "postgresql":
            return None
        row = connection.execute(
            text(
                "SELECT pg_snapshot_xmin(pg_current_snapshot())::text, "
                "(SELECT oid FROM pg_database WHERE datname = current_database())::text, "
                "(SELECT system_identifier FROM pg_control_system())::text"
            )
        ).one()
        return cls(int(row[0]), f"{row[2]}/{row[1]}")


@dataclass
class Content:
    """The stream, and what was learnt of the database while it ran.

    `known`: digests of the rows that the backup before had ({table: 8 bytes each}), where rows are told apart
    by them; `digests` are then those of now.
    """

    header: Header
    connection: Connection
    choose: Choice
    known: Mapping[str, frozenset[bytes]] | None = None
    keep_digests: bool = False
    rows: dict[str, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    heads: str = ""
    long_heads: dict[str, int] = field(default_factory=dict)
    digests: dict[str, set[bytes]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)

    def chunks(self) -> Iterator[bytes]:
        """The plain bytes, in pieces of some 256 KiB."""
        whole = hashlib.sha256()
        for block in _blocks(self._lines()):
            whole.update(block)
            yield block
        self.totals = totals(self.connection)
        self.heads, self.long_heads = heads(self.connection)
        yield (
            orjson.dumps(
                {
                    "end": True,
                    "rows": self.rows,
                    "totals": self.totals,
                    "heads": self.heads,
                    "sha256": whole.hexdigest(),
                }
            )
            + b"\n"
        )

    def _lines(self) -> Iterator[bytes]:
        yield self.header.line()
        for table in TABLES:
            chosen = self.choose(self.connection, table)
            if chosen is None:
                continue
            whole, rows = chosen
            if self.known is not None:
                whole = table.name not in BY_ROW
                if whole:
                    if not self._differs(table, rows):
                        continue
                    _, rows = everything(self.connection, table)
            section = section_of(table, whole=whole)
            yield section.line()
            yield from self._section(section, rows)

    def _section(self, section: Section, rows: Rows) -> Iterator[bytes]:
        encode, name, written = row_encoder(section), section.table, 0
        known = (
            frozenset[bytes]() if self.known is None or section.whole else self.known.get(name, frozenset())
        )
        digests = self.digests.setdefault(name, set())
        columns = [column for column, _ in section.columns]
        sha256 = columns.index(HASHES[name]) if name in HASHES else None
        erased = columns.index(ERASED_AT) if ERASED_AT in columns else None
        for row in rows:
            line = encode(row)
            if self.keep_digests:
                digest = hashlib.blake2b(line, digest_size=DIGEST).digest()
                digests.add(digest)
                if digest in known:
                    continue
            if sha256 is not None and row[sha256] and (erased is None or row[erased] is None):
                self.files.add(row[sha256])
            written += 1
            yield line
        self.rows[name] = written

    def _differs(self, table: Table, rows: Rows) -> bool:
        """Whether a table that is kept whole is another one than in the backup before."""
        encode = row_encoder(section_of(table, whole=True))
        now = {hashlib.blake2b(encode(row), digest_size=DIGEST).digest() for row in rows}
        self.digests[str(table.name)] = now
        return now != (self.known or {}).get(table.name, frozenset())


def _blocks(lines: Iterable[bytes]) -> Iterator[bytes]:
    gathered, size = [], 0
    for line in lines:
        gathered.append(line)
        size += len(line)
        if size >= BLOCK:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)
