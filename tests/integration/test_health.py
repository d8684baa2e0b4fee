"""/healthz and /readyz: what takes a process out of service, what only worries, and who sees why."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, event, insert, text
from sqlalchemy.engine import Engine

from service import migrations
from service.app import create_app
from service.database import db
from service.http import health
from service.models import ProcessBeat
from tests.integration.conftest import settings_for, within

NEWEST = max(path.name[:4] for path in (Path(migrations.__file__).parent / "versions").glob("0*.py"))
# Asked through a proxy: somebody else's machine.
OUTSIDE = {"X-Forwarded-For": "198.51.100.7"}


@pytest.fixture(params=["sqlite", "postgresql"])
def either_app(request: pytest.FixtureRequest) -> Flask:
    app: Flask = request.getfixturevalue("app" if request.param == "sqlite" else "postgres_app")
    return app


@pytest.fixture(autouse=True)
def every_question_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "KEPT_SECONDS", 0.0)


def beat(role: str = "web", ago: timedelta = timedelta()) -> None:
    at = datetime.now(UTC) - ago
    db.session.execute(delete(ProcessBeat))
    db.session.execute(
        insert(ProcessBeat).values(name=f"{role}@here:1", role=role, version="1", started_at=at, beat_at=at)
    )
    db.session.commit()


def readiness(app: Flask, **headers: str) -> tuple[int, dict[str, Any]]:
    answer = app.test_client().get("/readyz", headers=headers)
    assert answer.content_type == "application/json"
    document: dict[str, Any] = answer.json  # type: ignore[assignment]
    return answer.status_code, document


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of any database inside."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def with_settings(folder: Path, url: str, **changes: object) -> Iterator[Flask]:
    yield from within(create_app(settings_for(url, folder, **changes)))


def test_all_is_well_on_either_database(either_app: Flask) -> None:
    beat()

    status, document = readiness(either_app)

    assert status == 200
    assert document["status"] == "ready"
    assert {name: check["status"] for name, check in document["checks"].items()} == {
        "database": "ok",
        "storage": "ok",
        "disk": "ok",
        "redis": "ok",
        "scheduler": "ok",
    }
    assert document["checks"]["database"]["schema"] == NEWEST


def test_others_learn_whether_but_not_why(app: Flask) -> None:
    beat(ago=timedelta(hours=1))

    assert readiness(app, **OUTSIDE) == (200, {"status": "degraded"})


def test_the_token_opens_the_details_to_other_machines(sqlite_url: str, tmp_path: Path) -> None:
    for app in with_settings(tmp_path, sqlite_url, metrics_token="dung-mot-minh-giam-sat"):
        right = readiness(app, Authorization="Bearer dung-mot-minh-giam-sat", **OUTSIDE)
        wrong = readiness(app, Authorization="Bearer dung-mot-minh-giam-sai", **OUTSIDE)

    assert "checks" in right[1]
    assert "checks" not in wrong[1]


def test_a_database_that_is_away_takes_the_process_out_of_service_but_it_lives(tmp_path: Path) -> None:
    url = f"postgresql://app:matkhau-bi-mat@/nowhere?host={tmp_path}"
    for app in with_settings(tmp_path, url):
        alive = app.test_client().get("/healthz")
        status, document = readiness(app)

    assert (alive.status_code, alive.json) == (200, {"status": "alive"})
    assert status == 503
    assert document["checks"]["database"] == {"status": "failed", "error": "ConnectionLost"}
    assert "matkhau-bi-mat" not in str(document)


def test_health_asks_no_database(app: Flask) -> None:
    with statements() as asked:
        answer = app.test_client().get("/healthz")

    assert (answer.status_code, asked) == (200, [])


def test_an_empty_database_says_what_to_do(tmp_path: Path) -> None:
    for app in with_settings(tmp_path, f"sqlite:///{tmp_path / 'empty.db'}"):
        answer = app.test_client().get("/readyz")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "`congnhan db upgrade`" in answer.json["checks"]["database"]["remedy"]  # type: ignore[index]


def test_an_older_schema_is_not_ready_and_a_newer_one_is_if_it_says_so(either_app: Flask) -> None:
    beat()
    found = {}
    for name, statement in (
        ("older", "UPDATE alembic_version SET version_num = '0001'"),
        ("newer", "UPDATE alembic_version SET version_num = '9999'"),
        # The next version's migration has run, and we, the old processes, may go on serving.
        ("newer and shared", f"INSERT INTO setting (name, value) VALUES ('schema_serves_since', '{NEWEST}')"),
    ):
        db.session.execute(text("DELETE FROM setting WHERE name = 'schema_serves_since'"))
        db.session.execute(text(statement))
        db.session.commit()
        status, document = readiness(either_app)
        found[name] = (status, document["checks"]["database"]["status"])

    assert found == {"older": (503, "failed"), "newer": (503, "failed"), "newer and shared": (200, "ok")}


def test_where_no_file_can_be_written_the_process_is_not_ready(app: Flask, tmp_path: Path) -> None:
    beat()
    shutil.rmtree(tmp_path / "files", ignore_errors=True)
    (tmp_path / "files").write_text("a file where the folder should be")

    status, document = readiness(app)

    assert (status, document["checks"]["storage"]["status"]) == (503, "failed")


def test_little_room_on_the_disk_worries_but_people_go_on(sqlite_url: str, tmp_path: Path) -> None:
    more_than_any_disk = 1 << 60
    for app in with_settings(tmp_path, sqlite_url, least_free_disk=more_than_any_disk):
        beat()
        status, document = readiness(app)

    assert (status, document["status"]) == (200, "degraded")
    assert document["checks"]["disk"]["least_bytes"] == more_than_any_disk


def test_redis_that_is_away_only_delays(sqlite_url: str, tmp_path: Path, redis_url: str) -> None:
    statuses = {}
    for url in (redis_url, "redis://127.0.0.1:1/0"):
        for app in with_settings(tmp_path, sqlite_url, redis_url=url):
            beat("scheduler")
            statuses[url] = (*readiness(app)[:1], readiness(app)[1]["checks"]["redis"]["status"])

    assert statuses == {redis_url: (200, "ok"), "redis://127.0.0.1:1/0": (200, "degraded")}


@pytest.mark.parametrize(
    ("role", "ago", "redis", "status"),
    [
        ("web", 5, False, "ok"),
        ("web", 61, False, "degraded"),
        ("scheduler", 5, True, "ok"),
        ("scheduler", 61, True, "degraded"),
        # With Redis the web processes run nothing beside their requests: their beat is not the scheduler's.
        ("web", 5, True, "degraded"),
    ],
)
def test_somebody_must_be_firing_timers(
    sqlite_url: str, tmp_path: Path, redis_url: str, role: str, ago: int, redis: bool, status: str
) -> None:
    for app in with_settings(tmp_path, sqlite_url, redis_url=redis_url if redis else None):
        beat(role, timedelta(seconds=ago))
        found = readiness(app)

    assert (found[0], found[1]["checks"]["scheduler"]["status"]) == (200, status)


def test_asking_a_hundred_times_a_second_asks_the_database_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "KEPT_SECONDS", 3600.0)
    beat()
    health.register_readiness(app)

    with statements() as asked:
        answers = {readiness(app)[0] for _ in range(100)}

    assert answers == {200}
    # The schema's revision, the beats and the demo's clock, whatever it takes to open a connection.
    assert 0 < len(asked) < 15
