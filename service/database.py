"""The database handle, the one way to write (`transaction`), and column types.

SQLite runs in WAL mode with `synchronous=FULL` (an acknowledged commit survives a power cut) and takes
its write lock at BEGIN, so that two writers queue instead of failing in the middle.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeAlias, cast

import orjson
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, MetaData, String, Table, Uuid, event
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection, Dialect, Engine, Row
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from service.errors import StorageFull, Unavailable

BUSY_TIMEOUT_MS = 10_000

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


def engine_options(database_url: str) -> dict[str, Any]:
    options: dict[str, Any] = {
        "json_serializer": lambda value: orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode(),
        "json_deserializer": orjson.loads,
    }
    if database_url.startswith("sqlite"):
        options["connect_args"] = {"timeout": BUSY_TIMEOUT_MS / 1000}
    else:
        options |= {"pool_size": 10, "max_overflow": 10, "pool_timeout": 10, "pool_pre_ping": True}
    return options


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


@contextmanager
def transaction() -> Iterator[Session]:
    """All that happens inside is committed together, or not at all.

    A transaction inside another joins it. What was read before is read again inside: the snapshot that a
    request has read so far is given up at the start. Raises Unavailable / StorageFull for passing shortages.
    """
    session = db.session()
    if session.info.get("writing"):
        yield session
        return
    if session.in_transaction():
        session.rollback()
    try:
        with _translated():
            session.connection(execution_options={"writes": True})
        session.info["writing"] = True
        yield session
        with _translated():
            session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("writing", None)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        if (shortage := as_shortage(error)) is not None:
            raise shortage from error
        raise


def as_shortage(error: BaseException) -> Unavailable | None:
    """The domain's word for a database error that goes away by itself; None for any other."""
    if isinstance(error, PoolTimeout):
        return Unavailable()
    if isinstance(error, OperationalError):
        text = str(error.orig).lower()
        if "full" in text or "no space" in text or "readonly" in text or "disk i/o" in text:
            return StorageFull()
        if "locked" in text or "busy" in text or "connection" in text or "deadlock" in text:
            return Unavailable()
    return None


def insert_if_absent(connection: Connection, table: type[DeclarativeBase], **values: Any) -> None:
    """INSERT … ON CONFLICT DO NOTHING: of two who make the same row at once, one does and both go on."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    connection.execute(insert(table).values(**values).on_conflict_do_nothing())


def iso_instant(value: datetime) -> str:
    """`2023-11-20T01:02:03.000004Z`: one spelling per instant, so that text order is time order."""
    return f"{value.astimezone(UTC).isoformat(timespec='microseconds')[:26]}Z"
