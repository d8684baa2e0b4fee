"""`/healthz`: the process lives. `/readyz`: it can do its work, check by check. See docs/operations.md."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

import structlog
from flask import Flask, Response, current_app, json
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from service import clock
from service.errors import BadConfiguration, Unavailable
from service.http.access import PUBLIC, policy
from service.http.extensions import settings
from service.http.probes import Kept, may_see_inside, probing
from service.migrations import schema
from service.models import ProcessBeat
from service.version import VERSION

log = structlog.get_logger(__name__)

OK, DEGRADED, FAILED = "ok", "degraded", "failed"
# A beat comes every ten seconds; after so long somebody has to look.
LATE_BEAT = timedelta(seconds=60)
REDIS_PATIENCE_SECONDS = 0.5
KEPT_SECONDS = 1.0
_KEPT = "congnhan-readiness"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `failed` takes the process out of service, `degraded` does not."""

    name: str
    status: str
    details: dict[str, Any] = field(default_factory=dict)


def register_health(app: Flask) -> None:
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)
    register_readiness(app)


def register_readiness(app: Flask) -> None:
    """A readiness of this application that has not been asked yet."""
    app.extensions[_KEPT] = Kept(KEPT_SECONDS, look_at_everything)


@policy(PUBLIC)
def healthz() -> Response:
    """Asks nobody: a database that is away must not get the web processes restarted."""
    return _answer({"status": "alive"}, 200)


@policy(PUBLIC)
def readyz() -> Response:
    checks: list[Check] = current_app.extensions[_KEPT].get()
    statuses = {check.status for check in checks}
    status = "not-ready" if FAILED in statuses else "degraded" if DEGRADED in statuses else "ready"
    document: dict[str, Any] = {"status": status}
    if may_see_inside():
        document["version"] = VERSION
        document["checks"] = {check.name: {"status": check.status, **check.details} for check in checks}
    return _answer(document, 503 if status == "not-ready" else 200)


def _answer(document: dict[str, Any], status: int) -> Response:
    headers = {"Retry-After": "5"} if status == 503 else {}
    return Response(json.dumps(document), status, headers, mimetype="application/json")


def look_at_everything() -> list[Check]:
    looks: tuple[Callable[[], Check], ...] = (_database, _storage, _disk, _redis, _scheduler)
    return [look() for look in looks]


def _database() -> Check:
    """Reachable, and its schema is one that this program can work with: its own, or a newer one that says so
    (during an upgrade the old processes go on until the new ones stand)."""
    found, newest = None, newest_revision()
    try:
        with probing() as connection:
            found = schema.stored(connection)
            if found != newest:
                schema.require_known(connection)
    except (SQLAlchemyError, Unavailable) as error:
        log.warning("database not ready", error=repr(error))
        return Check("database", FAILED, {"error": type(error).__name__})
    except BadConfiguration as error:
        return Check("database", FAILED, {"schema": found, "expected": newest, "remedy": str(error)})
    return Check("database", OK, {"schema": found, "expected": newest})


@lru_cache(maxsize=1)
def newest_revision() -> str:
    """It cannot change while a program runs."""
    return schema.newest()


def _storage() -> Check:
    folder = settings().files_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * 4096)
            file.flush()
    except OSError as error:
        return Check("storage", FAILED, {"error": error.strerror or type(error).__name__})
    return Check("storage", OK)


def _disk() -> Check:
    try:
        free = shutil.disk_usage(settings().data_dir).free
    except OSError as error:
        return Check("disk", FAILED, {"error": error.strerror or type(error).__name__})
    least = settings().least_free_disk
    return Check("disk", OK if free >= least else DEGRADED, {"free_bytes": free, "least_bytes": least})


def _redis() -> Check:
    """Redis only wakes work; without it the scheduler delivers itself, later but surely."""
    if settings().redis_url is None:
        return Check("redis", OK, {"used": False})
    try:
        with Redis.from_url(
            settings().redis_url or "",
            socket_connect_timeout=REDIS_PATIENCE_SECONDS,
            socket_timeout=REDIS_PATIENCE_SECONDS,
        ) as connection:
            connection.ping()
    except (OSError, RedisError, ValueError) as error:
        return Check("redis", DEGRADED, {"used": True, "error": type(error).__name__})
    return Check("redis", OK, {"used": True})


def _scheduler() -> Check:
    """Somebody fires timers and delivers: the scheduler; without Redis a web process beside its requests."""
    roles = ("scheduler",) if settings().redis_url else ("scheduler", "web")
    try:
        with probing() as connection:
            last = connection.execute(
                select(func.max(ProcessBeat.beat_at)).where(ProcessBeat.role.in_(roles))
            ).scalar()
            now = clock.now(connection)
    except (SQLAlchemyError, Unavailable) as error:
        return Check("scheduler", DEGRADED, {"error": type(error).__name__})
    if last is None:
        return Check("scheduler", DEGRADED, {"beat_age_seconds": None})
    age = (now - last).total_seconds()
    return Check(
        "scheduler", OK if age <= LATE_BEAT.total_seconds() else DEGRADED, {"beat_age_seconds": round(age, 1)}
    )
