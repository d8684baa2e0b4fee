"""Commands run within the application: one context, made from the environment's settings."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import flask_migrate

from service.app import create_core
from service.config import from_environment

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


def within_application(command: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Run a click command's body inside an application context."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Answer:
        with create_core(from_environment()).app_context():
            return command(*args, **kwargs)

    return run


def upgrade_database() -> None:
    """Bring the current application's database to the newest schema; does nothing when it is there."""
    flask_migrate.upgrade()
