"""Restoring: into an empty database, all of it and proven, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Select, inspect, literal_column, select, text, union
from sqlalchemy import table as table_clause
from sqlalchemy.engine import Connection

from service.audit.check import check_everything
from service.backup.contents import TABLES, heads
from service.backup.format import LEFT_OUT, Header, Section
from service.backup.loading import load, relations_later, renew_sequences
from service.backup.reading import End, chain, read
from service.backup.sealing import Identity, unsealed
from service.backup.shelf import Shelf
from service.connections import unhurried
from service.database import db, transaction
from service.dossiers.storage import path_of, store
from service.errors import BadInput, WrongState
from service.migrations.schema import known, newest, stored
from service.models import Document, EvidenceFile

# Housekeeping removes rows from these, which parts do not tell: a few may come back, and go again.
MAY_RETURN = frozenset({"idempotency_key", "notification", "outbox"})
FINDINGS_TOLD = 5
LARGEST_FILE = 2**40  # whatever could once be handed in comes back


@dataclass(frozen=True)
class Restored:
    """What came back. `findings` are those of `db check`, empty unless they were accepted."""

    header: Header
    backups: int
    rows: int
    findings: tuple[str, ...]


@dataclass
class _Loader:
    """Newest backup first: the row that comes first is the one that counts."""

    connection: Connection
    loaded: dict[str, int] = field(default_factory=dict)
    _seen: dict[str, set[tuple[Any, ...]]] = field(default_factory=dict)
    _whole: set[str] = field(default_factory=set)
    last: bool = False

    def take(self, section: Section, rows: Iterator[list[Any]]) -> None:
        if section.table in self._whole:
            return
        if section.whole:
            self._whole.add(section.table)
        count = load(self.connection, section, self._new(section, rows))
        self.loaded[section.table] = self.loaded.get(section.table, 0) + count

    def _new(self, section: Section, rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
        seen, places = self._seen.setdefault(section.table, set()), section.key_places
        for row in rows:
            key = tuple(row[place] for place in places)
            if key in seen:
                continue
            if not self.last:
                seen.add(key)
            yield row


def restore(
    source: Path,
    identities: Sequence[Identity],
    *,
    upgrade: Callable[[str], None],
    accept_findings: bool = False,
) -> Restored:
    """Load the state in `source` (a folder or one backup) into the current application's empty database.

    `upgrade(revision)` migrates. Everything is compared with what the backup says of itself and checked as
    `db check` does before anything is committed. Raises BadInput (the backup), WrongState (not empty).
    """
    backups = chain(source, identities)
    header = backups[0][1]
    _require_readable(header)
    _make_ready(header, upgrade)
    with transaction() as session:
        connection = session.connection()
        unhurried(connection)
        loader, ends = _Loader(connection), list[End]()
        connection.execute(text("DELETE FROM setting"))
        with relations_later(connection):
            for number, (path, _) in enumerate(backups, 1):
                loader.last = number == len(backups)
                ends.append(read(path, identities, loader.take))
        renew_sequences(connection)
        _compare(connection, ends[0], loader.loaded)
        # Checked with today's code, on today's schema: an older backup is migrated first, see below.
        findings = tuple(islice(check_everything(), 1000)) if header.schema == newest() else ()
        _refuse(findings, accept_findings)
    if header.schema != newest():
        upgrade("head")
        findings = tuple(islice(check_everything(), 1000))
        db.session.rollback()
    return Restored(header, len(backups), sum(loader.loaded.values()), findings)


def restore_files(source: Path, identities: Sequence[Identity], files: Path) -> tuple[int, list[str]]:
    """What the database names and the storage lacks: how many files came back, and which are nowhere."""
    shelf = Shelf(source if source.is_dir() else source.parent)
    names = list(
        db.session.execute(
            union(
                select(EvidenceFile.sha256.label("name")).where(EvidenceFile.erased_at.is_(None)),
                select(Document.file_sha256).where(Document.file_sha256 != ""),
            ).order_by("name")
        ).scalars()
    )
    db.session.rollback()
    came, missing = 0, []
    for sha256 in names:
        if path_of(files, sha256).is_file():
            continue
        sealed = shelf.file_path(sha256)
        if not sealed.is_file():
            missing.append(sha256)
            continue
        with unsealed(sealed, identities) as plain:
            found = store(files, plain, LARGEST_FILE)
        if found.sha256 != sha256:
            raise BadInput(f"{sealed.name}: nội dung không khớp với tên tệp.")
        came += 1
    return came, missing


def _require_readable(header: Header) -> None:
    if header.schema not in known():
        raise BadInput(
            f"Bản sao lưu thuộc lược đồ {header.schema}, chương trình này chỉ biết đến {newest()}. "
            "Hãy cài phiên bản chương trình mới hơn rồi khôi phục."
        )


def _make_ready(header: Header, upgrade: Callable[[str], None]) -> None:
    """The schema of the backup, and nothing in it."""
    with db.engine.connect() as connection:
        revision = stored(connection)
        tables = set(inspect(connection).get_table_names())
    if revision is None:
        if tables:
            raise WrongState("Cơ sở dữ liệu đích đã có bảng của chương trình khác; hãy dùng một cơ sở trống.")
        upgrade(header.schema)
    elif revision != header.schema:
        raise WrongState(
            f"Cơ sở dữ liệu đích ở lược đồ {revision}, bản sao lưu ở {header.schema}: "
            "hãy khôi phục vào một cơ sở dữ liệu trống hẳn."
        )
    with db.engine.connect() as connection:
        for table in (*(table.name for table in TABLES), *LEFT_OUT):
            if table == "setting" or (tables and table not in tables):
                continue
            if _has_rows(connection, table):
                raise WrongState(
                    f"Cơ sở dữ liệu đích đã có dữ liệu (bảng {table}); chỉ khôi phục vào một cơ sở trống."
                )


def _has_rows(connection: Connection, table: str) -> bool:
    if not inspect(connection).has_table(table):
        return False
    rows: Select[Any] = select(literal_column("1")).select_from(table_clause(table)).limit(1)
    return connection.execute(rows).first() is not None


def _compare(connection: Connection, said: End, loaded: dict[str, int]) -> None:
    """What is there is what the newest backup saw."""
    for table, rows in said.totals.items():
        found = loaded.get(table, 0)
        if found < rows or (found > rows and table not in MAY_RETURN):
            raise BadInput(f"Bảng {table} có {found} dòng sau khi khôi phục, bản sao lưu ghi {rows}.")
    if heads(connection)[0] != said.heads:
        raise BadInput("Các chuỗi nhật ký sau khi khôi phục không kết thúc ở chỗ bản sao lưu ghi.")


def _refuse(findings: Sequence[str], accepted: bool) -> None:
    if findings and not accepted:
        told = "\n  ".join(findings[:FINDINGS_TOLD])
        raise BadInput(
            f"Dữ liệu trong bản sao lưu không nhất quán ({len(findings)} vấn đề), không khôi phục:\n  {told}"
        )
