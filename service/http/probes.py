"""How probes ask the database: on connections of their own, bounded in time, so that neither an exhausted
pool nor a silent server makes them hang or makes them compete with people's requests."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from flask import current_app, request
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from service.http.access import from_this_machine
from service.http.extensions import settings

PATIENCE_SECONDS = 2
_ENGINE = "congnhan-probes"

Found = TypeVar("Found")


@contextmanager
def probing() -> Iterator[Connection]:
    """A connection that gives up after some two seconds instead of waiting."""
    engine: Engine | None = current_app.extensions.get(_ENGINE)
    if engine is None:
        engine = current_app.extensions[_ENGINE] = _engine(settings().database_url)
    with engine.connect() as connection:
        yield connection


def _engine(database_url: str) -> Engine:
    url = make_url(database_url)
    arguments: dict[str, Any] = {"timeout": PATIENCE_SECONDS}
    if url.get_backend_name() == "postgresql":
        arguments = {
            "connect_timeout": PATIENCE_SECONDS,
            "options": f"-c statement_timeout={PATIENCE_SECONDS * 1000}",
            "application_name": "congnhan probe",
        }
    return create_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)


class Kept(Generic[Found]):
    """An answer kept for some seconds: asking often costs nothing. One asks, the others wait for it."""

    def __init__(self, seconds: float, ask: Callable[[], Found]) -> None:
        self._seconds, self._ask = seconds, ask
        self._lock = threading.Lock()
        self._until = 0.0
        self._answer: Found | None = None

    def get(self) -> Found:
        with self._lock:
            if self._answer is None or time.monotonic() >= self._until:
                self._answer = self._ask()
                self._until = time.monotonic() + self._seconds
            return self._answer


def may_see_inside() -> bool:
    """Whether details are for this client: it runs on this machine, or knows METRICS_TOKEN."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    token = settings().metrics_token
    if token and kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
        return True
    return from_this_machine()
