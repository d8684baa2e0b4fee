"""Alembic's environment: runs within the application, on its engine and metadata."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import inspect
from sqlalchemy.engine import Connection

from service.connections import unhurried
from service.database import Base
from service.migrations.schema import newest, stored

# Any number that nobody else locks by.
ONE_AT_A_TIME = 7_190_151
# While a table's lock is waited for, everybody else waits behind; and who has read one table and waits for
# another makes a deadlock, for which the server ends somebody's request after a second. So give up before
# that, with everything that was locked, and try again.
LONGEST_WAIT = "600ms"


def run() -> None:
    """One transaction for everything: a failed migration leaves the old version as it was."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect().execution_options(writes=True) as connection:
        _take_turn(connection)
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            transactional_ddl=True,
            transaction_per_migration=False,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


def _take_turn(connection: Connection) -> None:
    """Of several processes that start at once, one migrates; the others wait and find it done."""
    if connection.dialect.name != "postgresql":
        return
    unhurried(connection)
    connection.exec_driver_sql("SELECT set_config('lock_timeout', '0', true)")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})")
    there = inspect(connection).get_table_names()
    if not there or stored(connection) == newest():
        return
    # All at once and before anything is changed: then we wait for nothing while others wait for us.
    quote = connection.dialect.identifier_preparer.quote
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{LONGEST_WAIT}'")
    connection.exec_driver_sql(f"LOCK TABLE {', '.join(map(quote, sorted(there)))} IN ACCESS EXCLUSIVE MODE")
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


run()
