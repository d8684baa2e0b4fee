"""The database handle, the one way to write (`transaction`), and column types.

SQLite runs in WAL mode with `synchronous=FULL` (an acknowledged commit survives a power cut) and takes
its write lock at BEGIN, so that two writers queue instead of failing in the middle. PostgreSQL runs in READ
COMMITTED, guarded by revisions; nothing waits there without an end (docs/decisions/0007).
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeAlias, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, MetaData, String, Table, Uuid, event
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection, Dialect, Engine, Row
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from service.connections import BUSY_TIMEOUT_MS, sees_the_present
from service.errors import ConnectionLost, OutcomeUnknown
from service.shortages import as_shortage

# In a session's `info`: its owner met a change by somebody else and does the same transaction once more.
STARTED_OVER = "started over"
_HELD = "held open"

# A row whose columns the type checker does not follow.
AnyRow: TypeAlias = Row[*tuple[Any, ...]]


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime; on SQLite text that sorts as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime must not reach the database")
        value = value.astimezone(UTC)
        return iso_instant(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: UtcDateTime(),
        uuid.UUID: Uuid(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }


def table_of(model: type[Base]) -> Table:
    """For statements that run all the time: those on a model cost the ORM's work each time as well."""
    return cast("Table", model.__table__)


# Models derive from Base, not from db.Model: they are plain SQLAlchemy and typed.
db = SQLAlchemy(metadata=Base.metadata)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # we say BEGIN ourselves, below
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        # KiB. The two megabytes that SQLite keeps by default are less than one busy person's part of the
        # worklist's indexes, which each request would read from the file again.
        "cache_size=-8000",
    ):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    begin = "BEGIN IMMEDIATE" if connection.get_execution_options().get("writes", False) else "BEGIN"
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    try:
        # Straight to the driver, as SQLAlchemy does with COMMIT: all it would add is time.
        driver.execute(begin)
    except sqlite3.OperationalError as error:
        raise OperationalError(begin, None, error) from error


@event.listens_for(Engine, "handle_error")
def _name_shortages(context: ExceptionContext) -> None:
    """Wherever a statement meets a shortage, it is the domain's error that is raised."""
    if context.is_pre_ping or context.sqlalchemy_exception is None:
        return
    if (shortage := as_shortage(context.sqlalchemy_exception)) is not None:
        raise shortage  # SQLAlchemy chains it to the driver's and raises it in place of its own


@contextmanager
def transaction() -> Iterator[Session]:
    """All that happens inside is committed together, or not at all.

    A transaction inside another joins it. What was read before is read again inside: the snapshot that a
    request has read so far is given up at the start. Raises Unavailable and its kinds for passing shortages.
    """
    session = db.session()
    if session.info.get("writing"):
        yield session
        return
    read_anew(session)
    held: AtBegin | None = session.info.get(_HELD)
    kept_open = False
    try:
        if not session.in_transaction():
            session.connection(execution_options={"writes": True})
        session.info["writing"] = True
        if held is not None:
            held(session)
        yield session
        session.flush()
        if held is None:
            _commit(session)
        kept_open = held is not None
    except BaseException:
        session.rollback()
        raise
    finally:
        if not kept_open:
            session.info.pop("writing", None)


def read_anew(session: Session) -> None:
    """What is read from here on is what is committed by then.

    On SQLite that takes a new transaction. On PostgreSQL each statement sees the present anyhow, and to end
    one transaction and begin the next costs as much as what is read in between.
    """
    if not session.in_transaction():
        return
    changed = session.new or session.dirty or session.deleted
    if session.is_active and not changed and sees_the_present(session.connection()):
        session.expire_all()
    else:
        session.rollback()


AtBegin: TypeAlias = Callable[[Session], None]


@contextmanager
def one_transaction_from_the_first_write(at_begin: AtBegin) -> Iterator[None]:
    """All that happens inside is one transaction, which begins only where the first `transaction()` does.

    What is read, computed and put into files before that keeps nobody waiting. `at_begin(session)` is the
    first to write in it; it runs again where what followed failed, was taken back and is tried anew.
    """
    session = db.session()
    session.info[_HELD] = at_begin
    try:
        yield
        with transaction():
            pass  # begun now, if nothing else has written
        _commit(session)
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(_HELD, None)
        session.info.pop("writing", None)


def _commit(session: Session) -> None:
    try:
        session.commit()
    except ConnectionLost as error:
        # The server may have committed and died before it could say so.
        raise OutcomeUnknown() from error


def insert_if_absent(connection: Connection, table: type[DeclarativeBase], **values: Any) -> bool:
    """INSERT … ON CONFLICT DO NOTHING: of two who make the same row at once, one does and both go on.

    Whether it was this one who did.
    """
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    made = insert(table).values(**values).on_conflict_do_nothing()
    return connection.execute(made.execution_options(preserve_rowcount=True)).rowcount == 1


def insert_missing(connection: Connection, table: type[DeclarativeBase], rows: list[dict[str, Any]]) -> None:
    """As `insert_if_absent`, for many rows; those that are there already stay as they are."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    if rows:
        connection.execute(insert(table).on_conflict_do_nothing(), rows)


def iso_instant(value: datetime) -> str:
    """`2023-11-20T01:02:03.000004Z`: one spelling per instant, so that text order is time order."""
    return f"{value.astimezone(UTC).isoformat(timespec='microseconds')[:26]}Z"
