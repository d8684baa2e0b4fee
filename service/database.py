"""The database handle, the one way to write (`transaction`), and column types.

SQLite runs in WAL mode with `synchronous=FULL` (an acknowledged commit survives a power cut) and takes
its write lock at BEGIN, so that two writers queue instead of failing in the middle. PostgreSQL runs in READ
COMMITTED, guarded by revisions; nothing waits there without an end (docs/decisions/0007).
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeAlias, cast

import orjson
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, MetaData, String, Table, Uuid, event
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection, Dialect, Engine, Row, make_url
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.pool.base import _ConnectionRecord
from sqlalchemy.types import TypeDecorator

from service.errors import ConnectionLost, OutcomeUnknown, Unavailable
from service.shortages import as_shortage

BUSY_TIMEOUT_MS = 10_000
# Of PostgreSQL's sessions. Migrations, checks and backups take longer on purpose: see `unhurried`.
SESSION = {
    "default_transaction_isolation": "read committed",
    "lock_timeout": f"{BUSY_TIMEOUT_MS}ms",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
}

# In a session's `info`: its owner met a change by somebody else and does the same transaction once more.
STARTED_OVER = "started over"
_HELD = "held open"

# Of a pooled connection: so long after its last use nobody asks whether it still lives.
FRESH_SECONDS = 1.0
_RETURNED_AT = "returned at"

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


class PatientPool(QueuePool):
    """Whoever has waited in vain is told so in the domain's words, wherever that happens.

    A connection that was in use a moment ago is handed out without asking the server whether it still lives:
    a request takes one several times, and the question costs as much as a small statement.
    """

    def _do_get(self) -> ConnectionPoolEntry:
        try:
            record = super()._do_get()
        except PoolTimeout as error:
            raise Unavailable() from error
        if time.monotonic() - record.info.get(_RETURNED_AT, float("-inf")) < FRESH_SECONDS:
            cast("_ConnectionRecord", record).fresh = True
        return record

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        record.info[_RETURNED_AT] = time.monotonic()
        super()._do_return_conn(record)


def engine_options(database_url: str, *, pool: int = 12, wait_seconds: float = 10) -> dict[str, Any]:
    """For create_engine. A process holds at most `pool` connections; who finds none waits, then is told."""
    options: dict[str, Any] = {
        "json_serializer": lambda value: orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode(),
        "json_deserializer": orjson.loads,
    }
    if database_url.startswith("sqlite"):
        options["connect_args"] = {"timeout": BUSY_TIMEOUT_MS / 1000}
        return options
    given = make_url(database_url).query.get("options", "")
    options["connect_args"] = {
        "options": f"{_session_options()} {given}".strip(),
        "fallback_application_name": "congnhan",
        "connect_timeout": 10,
        "tcp_user_timeout": 30_000,
    }
    return options | {
        "poolclass": PatientPool,
        "pool_size": pool,
        "max_overflow": 0,
        "pool_timeout": wait_seconds,
        "pool_pre_ping": True,
    }


def _session_options() -> str:
    escaped = {name: value.replace(" ", "\\ ") for name, value in SESSION.items()}
    return " ".join(f"-c {name}={value}" for name, value in escaped.items())


def unhurried(connection: Connection) -> None:
    """This transaction may take as long as its work takes; locks are still not waited for without end."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT set_config('statement_timeout', '0', true), "
            "set_config('idle_in_transaction_session_timeout', '0', true)"
        )


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
    if session.in_transaction():
        session.rollback()
    held: AtBegin | None = session.info.get(_HELD)
    kept_open = False
    try:
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


def insert_if_absent(connection: Connection, table: type[DeclarativeBase], **values: Any) -> None:
    """INSERT … ON CONFLICT DO NOTHING: of two who make the same row at once, one does and both go on."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    connection.execute(insert(table).values(**values).on_conflict_do_nothing())


def insert_missing(connection: Connection, table: type[DeclarativeBase], rows: list[dict[str, Any]]) -> None:
    """As `insert_if_absent`, for many rows; those that are there already stay as they are."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    if rows:
        connection.execute(insert(table).on_conflict_do_nothing(), rows)


def iso_instant(value: datetime) -> str:
    """`2023-11-20T01:02:03.000004Z`: one spelling per instant, so that text order is time order."""
    return f"{value.astimezone(UTC).isoformat(timespec='microseconds')[:26]}Z"
