"""How connections to the database are made, kept and shared.

PostgreSQL's sessions run in READ COMMITTED, and nothing waits there without an end (docs/decisions/0007).
"""

from __future__ import annotations

import time
from typing import Any, cast

import orjson
import psycopg
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect, Engine, make_url
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.pool.base import _ConnectionRecord

from service.errors import Unavailable

BUSY_TIMEOUT_MS = 10_000
# Of PostgreSQL's sessions. Migrations, checks and backups take longer on purpose: see `unhurried`.
SESSION = {
    "default_transaction_isolation": "read committed",
    "lock_timeout": f"{BUSY_TIMEOUT_MS}ms",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
}

# Of a pooled connection: so long after its last use nobody asks whether it still lives.
FRESH_SECONDS = 1.0
_RETURNED_AT = "returned at"


class KeepingStatements(psycopg.Connection[Any]):
    """Keeps its prepared statements through a ROLLBACK, as the server does.

    psycopg forgets them at each, in case the transaction had made and taken back tables that a statement
    names. Ours make none, every request ends what it has read with a ROLLBACK, and to have each statement
    parsed and planned anew is half of what the server does for a completion.
    """

    def rollback(self) -> None:
        if self.pgconn.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            with self.lock:
                done = self.pgconn.exec_(b"ROLLBACK")
            if done.status == ExecStatus.COMMAND_OK:
                return
        super().rollback()  # nothing to take back, or it says what is the matter


def sees_the_present(connection: Connection) -> bool:
    """Whether the next statement in the open transaction sees all that others have committed, or would."""
    if connection.invalidated:
        return False
    driver = connection.connection.driver_connection
    return (
        isinstance(driver, KeepingStatements)
        and driver.pgconn.transaction_status == TransactionStatus.INTRANS
        and driver.isolation_level in (None, psycopg.IsolationLevel.READ_COMMITTED)  # None: as in SESSION
    )


@event.listens_for(Engine, "do_connect")
def _connect(dialect: Dialect, _record: Any, arguments: Any, named: Any) -> Any:
    return KeepingStatements.connect(*arguments, **named) if dialect.name == "postgresql" else None


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
