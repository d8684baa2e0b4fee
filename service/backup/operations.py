"""Making backups. What can be read from them again is `restoring`'s."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import insert, update
from sqlalchemy.engine import Connection

from service.backup.contents import Choice, SinceTransaction, everything, totals
from service.backup.format import Header
from service.backup.sealing import Recipient, recipients_of, seal
from service.backup.shelf import Newest, Shelf
from service.backup.writing import Content, Moment, snapshot
from service.database import iso_instant, transaction
from service.dossiers.storage import path_of
from service.errors import BadConfiguration
from service.migrations.schema import stored
from service.models import Setting
from service.version import VERSION

LAST_BACKUP_AT = "last_backup_at"
FULL_EVERY = timedelta(days=1)


@dataclass(frozen=True)
class Made:
    """A backup that lies on the shelf. `missing`: evidence that the storage no longer has."""

    path: Path
    kind: str
    rows: int
    size: int
    files: int
    missing: tuple[str, ...]
    pruned: int


def back_up(
    *,
    to: Path,
    recipients: Iterable[str],
    files: Path,
    now: datetime,
    made_at: datetime,
    full: bool = False,
    full_every: timedelta = FULL_EVERY,
    keep: int | None = None,
) -> Made:
    """Write one backup into the folder `to`: a part of what changed, or everything where it must be.

    `now` is the installation's time, told to people; `made_at` the real one, by which backups are ordered.
    Raises BadConfiguration (keys), WrongState (another one is running), StorageFull.
    """
    keys = recipients_of(recipients)
    shelf = Shelf(to)
    with shelf.locked(), snapshot() as connection:
        shelf.clear_leftovers()
        before = None if full else _to_continue(shelf, connection, made_at, full_every)
        moment = Moment.of(connection)
        content = _content(connection, before, moment, made_at)
        path = shelf.path_for(content.header)
        copied: list[str] = []
        missing: list[str] = []

        def fill(target: BinaryIO) -> None:
            seal(content.chunks(), target, keys)
            # Evidence first: a backup that has its name has all that it speaks of.
            for sha256 in sorted(content.files):
                source = path_of(files, sha256)
                if shelf.file_path(sha256).exists():
                    continue
                if not source.is_file():
                    missing.append(sha256)
                    continue
                shelf.write(shelf.file_path(sha256), partial(_seal_file, source, keys))
                copied.append(sha256)

        shelf.write(path, fill)
        shelf.note(_account(content, before, moment))
        gone = shelf.keep(keep) if keep else []
    _remember(now)
    return Made(
        path,
        content.header.kind,
        sum(content.rows.values()),
        path.stat().st_size,
        len(copied),
        tuple(missing),
        len(gone),
    )


def _seal_file(source: Path, keys: list[Recipient], target: BinaryIO) -> None:
    with source.open("rb") as plain:
        seal(iter(lambda: plain.read(1024 * 1024), b""), target, keys)


def _to_continue(
    shelf: Shelf, connection: Connection, made_at: datetime, full_every: timedelta
) -> Newest | None:
    """The backup that a part may continue: not too old, of this schema, of this very database."""
    newest = shelf.newest()
    if newest is None or newest.schema != stored(connection) or shelf.with_id(newest.full) is None:
        return None
    if made_at - datetime.fromisoformat(newest.full_made_at) >= full_every:
        return None
    moment = Moment.of(connection)
    if moment is None:
        return newest if newest.digests is not None else None
    if newest.xmin is None or newest.cluster != moment.cluster or moment.xmin < newest.xmin:
        return None
    return newest


def _content(
    connection: Connection, before: Newest | None, moment: Moment | None, made_at: datetime
) -> Content:
    identifier, schema = secrets.token_hex(8), stored(connection)
    if schema is None:
        raise BadConfiguration("Cơ sở dữ liệu chưa có bảng nào, không có gì để sao lưu.")
    header = Header(
        kind="part" if before else "full",
        id=identifier,
        full=before.full if before else identifier,
        previous=before.id if before else None,
        made_at=made_at.isoformat(),
        schema=schema,
        source=connection.dialect.name,
        version=VERSION,
    )
    choose: Choice = everything
    if before is not None and moment is not None and before.xmin is not None:
        choose = SinceTransaction(before.xmin, before.counts, before.heads, totals(connection))
    by_digest = moment is None
    known = before.known() if before is not None and by_digest else None
    return Content(header, connection, choose, known=known, keep_digests=by_digest)


def _account(content: Content, before: Newest | None, moment: Moment | None) -> Newest:
    return Newest(
        id=content.header.id,
        full=content.header.full,
        full_made_at=before.full_made_at if before else content.header.made_at,
        schema=content.header.schema,
        counts=content.totals,
        heads=content.long_heads,
        xmin=moment.xmin if moment else None,
        cluster=moment.cluster if moment else None,
        digests=Newest.packed(content.digests) if moment is None else None,
    )


def _remember(now: datetime) -> None:
    """For the operations page, which tells when the last backup was made."""
    value = iso_instant(now)
    with transaction() as session:
        changed = session.execute(update(Setting).where(Setting.name == LAST_BACKUP_AT).values(value=value))
        if changed.rowcount == 0:  # type: ignore[attr-defined]
            session.execute(insert(Setting).values(name=LAST_BACKUP_AT, value=value))
