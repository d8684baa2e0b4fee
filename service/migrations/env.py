"""Alembic's environment: runs within the application, on its engine and metadata."""

from __future__ import annotations

from alembic import context
from flask import current_app

from service.database import Base


def run() -> None:
    """One transaction for everything: a failed migration leaves the old version as it was."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect().execution_options(writes=True) as connection:
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


run()
