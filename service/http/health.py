"""`/healthz`: the process lives. `/readyz`: it can do its work, check by check. See docs/operations.md."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, Response, current_app, json
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from service import clock, migrations
from service.http.access import PUBLIC, policy
from service.http.extensions import settings
from service.http.probes import Kept, may_see_inside, probing
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
    """Reachable, and its schema is one that this program can work with.

    A newer revision than we know is none of our business: during an upgrade the old processes go on until
    the new ones stand (migrations only add). An older one means that `db upgrade` has not run.
    """
    try:
        with probing() as connection:
            found = schema_revision(connection)
    except SQLAlchemyError as error:
        log.warning("database not ready", error=repr(error))
        return Check("database", FAILED, {"error": type(error).__name__})
    known = known_revisions()
    if found == known[0]:
        return Check("database", OK, {"schema": found})
    if found in known or found is None:
        return Check(
            "database", FAILED, {"schema": found, "expected": known[0], "remedy": "congnhan db upgrade"}
        )
    return Check("database", OK, {"schema": found, "known": known[0]})


def schema_revision(connection: Connection) -> str | None:
    """The revision that the database says it has; None before its first `db upgrade`."""
    return MigrationContext.configure(connection).get_current_revision()


@lru_cache(maxsize=1)
def known_revisions() -> tuple[str, ...]:
    """The schema revisions of this program, newest first."""
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    return tuple(script.revision for script in scripts.walk_revisions())


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
    except SQLAlchemyError as error:
        return Check("scheduler", DEGRADED, {"error": type(error).__name__})
    if last is None:
        return Check("scheduler", DEGRADED, {"beat_age_seconds": None})
    age = (now - last).total_seconds()
    return Check(
        "scheduler", OK if age <= LATE_BEAT.total_seconds() else DEGRADED, {"beat_age_seconds": round(age, 1)}
    )
