"""Commands run within the application: one context, made from the environment's settings."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar

import flask_migrate
import structlog
from sqlalchemy.exc import SQLAlchemyError

from service.app import create_core
from service.config import Settings, from_environment
from service.database import db
from service.errors import Unavailable
from service.migrations.schema import require_known

log = structlog.get_logger(__name__)
PATIENCE_SECONDS = 120
PAUSE_SECONDS = 1.0

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


def within_application(command: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Run a click command's body inside an application context."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Answer:
        with application(from_environment()):
            return command(*args, **kwargs)

    return run


@contextmanager
def application(configured: Settings) -> Iterator[None]:
    """An application context for one command; its connections are closed afterwards."""
    with create_core(configured).app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


def as_owner(configured: Settings) -> Settings:
    """The settings of a command that owns the tables; the same where one role does everything."""
    return replace(configured, database_url=configured.database_owner_url or configured.database_url)


def await_known_schema(stop: threading.Event | None = None) -> None:
    """Return once the database answers with a schema that this program can work on, or `stop` is set.

    A database that is away is waited for: what runs beside it may start first. Raises BadConfiguration.
    """
    stop, said = stop or threading.Event(), ""
    while not stop.is_set():
        try:
            with db.engine.connect() as connection:
                require_known(connection)
            return
        except (SQLAlchemyError, Unavailable) as error:
            if (now_said := repr(error)[:200]) != said:
                log.warning("waiting for the database", error=now_said)
            said = now_said
        stop.wait(PAUSE_SECONDS)


def upgrade_database(revision: str = "head") -> None:
    """Bring the current application's database to the newest schema; does nothing when it is there.

    Repeated while others hold a table that is to change: each try takes everything back.
    """
    started = time.monotonic()
    while True:
        try:
            flask_migrate.upgrade(revision=revision)
        except Unavailable:
            if time.monotonic() - started > PATIENCE_SECONDS:
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return
