"""Alembic's environment: runs within the application, on its engine and metadata."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy.engine import Connection

from service.connections import unhurried
from service.database import Base

# Any number that nobody else locks by.
ONE_AT_A_TIME = 7_190_151
# While a table's lock is waited for, everybody else waits behind: rather give up and try again.
LONGEST_WAIT = "3s"


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
    connection.exec_driver_sql(f"SELECT set_config('lock_timeout', '{LONGEST_WAIT}', true)")


run()
