"""/metrics: Prometheus' conventions, true figures on either database, each by an index, for machines only."""

from __future__ import annotations

import platform
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Select, event, insert, text, update
from sqlalchemy.engine import Engine

from service.app import create_app
from service.clock import local_day
from service.database import db
from service.http.figures import counts, oldest
from service.http.meters import IN_PROGRESS
from service.http.metrics import register_figures
from service.models import Message, OutboxRow, ProcessBeat, Setting, Task, Timer
from service.version import VERSION
from tests.builders import an_open_case
from tests.integration.conftest import settings_for, within

OUTSIDE = {"X-Forwarded-For": "198.51.100.7"}
NOW = datetime.now(UTC)
Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(params=["sqlite", "postgresql"])
def either_app(request: pytest.FixtureRequest) -> Flask:
    app: Flask = request.getfixturevalue("app" if request.param == "sqlite" else "postgres_app")
    return app


def scrape(app: Flask, **headers: str) -> str:
    answer = app.test_client().get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def figures(app: Flask) -> Figures:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(scrape(app))
        for sample in family.samples
    }


def figure(found: Figures, name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


def outbox_row(state: str, available: timedelta, kind: str = "email") -> None:
    row = {"kind": kind, "payload": {}, "state": state, "available_at": NOW + available, "created_at": NOW}
    db.session.execute(insert(OutboxRow).values(attempts=0, last_error="", **row))


def test_the_answer_is_what_prometheus_reads(app: Flask) -> None:
    answer = app.test_client().get("/metrics")
    modern = app.test_client().get(
        "/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
    )

    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert modern.content_type.startswith("application/openmetrics-text")
    assert modern.get_data(as_text=True).endswith("# EOF\n")


def test_names_follow_the_conventions(app: Flask) -> None:
    app.test_client().get("/dang-nhap")
    families = {family.name: family for family in text_string_to_metric_families(scrape(app))}

    assert families
    for name, family in families.items():
        assert name.startswith("congnhan_"), name
        assert family.documentation.endswith("."), name
        # Base units: no milliseconds, no kilobytes; a counter's samples end in _total.
        assert not name.endswith(("_ms", "_milliseconds", "_kb", "_mb", "_minutes", "_hours", "_total")), name
        if family.type == "counter":
            assert {sample.name for sample in family.samples} <= {f"{name}_total"}
    assert families["congnhan_http_request_duration_seconds"].type == "histogram"


def test_requests_are_counted_by_template_never_by_address(app: Flask) -> None:
    idle, before = IN_PROGRESS._value.get(), figures(app)
    client = app.test_client()
    for path in (f"/api/v1/cases/{uuid.uuid4()}", f"/api/v1/cases/{uuid.uuid4()}", "/khong/co?cccd=001122"):
        client.get(path)
    client.open("/dang-nhap", method="BREW")
    found = figures(app)

    def grown(**labels: str) -> float:
        key = ("congnhan_http_requests_total", tuple(sorted(labels.items())))
        return found[key] - before.get(key, 0)

    assert grown(method="GET", route="/api/v1/cases/<uuid:case_id>", status="401") == 2
    assert grown(method="GET", route="unmatched", status="404") == 1
    assert grown(method="other", route="unmatched", status="405") == 1
    assert "001122" not in scrape(app)
    assert (
        figure(
            found,
            "congnhan_http_request_duration_seconds_count",
            method="GET",
            route="/api/v1/cases/<uuid:case_id>",
        )
        >= 2
    )
    assert figure(found, "congnhan_http_requests_in_progress") == idle + 1  # this one


def test_the_figures_of_the_installation(either_app: Flask) -> None:
    case_id = an_open_case()
    another = an_open_case("phuong-minh-hoa")
    session = db.session
    yesterday = local_day(NOW) - timedelta(days=1)
    session.execute(update(Task).values(due_on=local_day(NOW) + timedelta(days=400)))
    session.execute(update(Task).where(Task.case_id == case_id).values(due_on=yesterday))
    session.execute(text("DELETE FROM outbox"))
    session.execute(text("DELETE FROM timer"))
    for state, available in (
        ("waiting", -timedelta(seconds=90)),
        ("waiting", -timedelta(seconds=30)),
        ("waiting", timedelta(hours=1)),
        ("dead", -timedelta(hours=2)),
        ("done", -timedelta(hours=3)),
    ):
        outbox_row(state, available)
    for state, due in (("set", -600), ("set", 3600), ("set", 7200), ("fired", -9000)):
        session.execute(
            insert(Timer).values(
                id=uuid.uuid4(),
                case_id=case_id,
                ref=str(uuid.uuid4()),
                element="e",
                due_at=NOW + timedelta(seconds=due),
                state=state,
                attempts=0,
                last_error="",
            )
        )
    for number, state in enumerate(("waiting", "waiting", "delivered", "expired"), start=1):
        session.execute(
            insert(Message).values(
                id=uuid.uuid4(),
                kind="message",
                name="m",
                source=str(uuid.uuid4()),
                receiver_case_id=another,
                to={},
                payload={},
                state=state,
                seen_rev=-1,
                position=number,
                created_at=NOW,
                expires_at=NOW + timedelta(days=1),
                last_error="",
                traceparent="",
            )
        )
    for role, ago in (("web", 5), ("scheduler", 20), ("scheduler", 300)):
        at = NOW - timedelta(seconds=ago)
        session.execute(
            insert(ProcessBeat).values(
                name=f"{role}@{ago}", role=role, version=VERSION, started_at=at, beat_at=at
            )
        )
    session.commit()

    found = figures(either_app)

    late = (datetime.now(UTC) - NOW).total_seconds() + 1  # what the test itself takes
    assert figure(found, "congnhan_database_up") == 1
    assert figure(found, "congnhan_outbox_rows", state="waiting") == 3
    assert figure(found, "congnhan_outbox_rows", state="dead") == 1
    assert figure(found, "congnhan_outbox_due") == 2
    assert 90 <= figure(found, "congnhan_outbox_oldest_due_seconds") <= 90 + late
    assert figure(found, "congnhan_timers_set") == 3
    assert figure(found, "congnhan_timers_late") == 1
    assert 600 <= figure(found, "congnhan_timers_oldest_late_seconds") <= 600 + late
    assert figure(found, "congnhan_messages_waiting") == 2
    assert figure(found, "congnhan_tasks_open") == 2
    assert figure(found, "congnhan_tasks_overdue") == 1
    assert 20 <= figure(found, "congnhan_process_beat_age_seconds", role="scheduler") <= 20 + late
    assert 5 <= figure(found, "congnhan_process_beat_age_seconds", role="web") <= 5 + late
    build = {"version": VERSION, "python": platform.python_version(), "database": db.engine.dialect.name}
    assert figure(found, "congnhan_build_info", **build) == 1


def test_nothing_waiting_is_zero_seconds(app: Flask) -> None:
    found = figures(app)

    assert figure(found, "congnhan_outbox_oldest_due_seconds") == 0
    assert figure(found, "congnhan_timers_oldest_late_seconds") == 0


QUERIES = sorted({**counts(NOW), **oldest(NOW)})


@pytest.mark.parametrize("name", QUERIES)
def test_no_figure_walks_through_a_table(either_app: Flask, name: str) -> None:
    query: Select[tuple[object]] = {**counts(NOW), **oldest(NOW)}[name]
    dialect = db.engine.dialect
    statement = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    if dialect.name == "postgresql":
        # On a handful of rows a walk is cheaper: only the question whether it could do without counts.
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(row[0] for row in db.session.execute(text(f"EXPLAIN {statement}")))
        assert "Seq Scan" not in plan, plan
    else:
        plan = "\n".join(row[3] for row in db.session.execute(text(f"EXPLAIN QUERY PLAN {statement}")))
        assert "INDEX" in plan, plan


def test_figures_are_asked_for_once_in_a_while(app: Flask) -> None:
    register_figures(app)
    scrape(app)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        for _ in range(8):  # well within the fifteen seconds, on a slow machine too
            scrape(app)
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    assert asked == []


def with_settings(folder: Path, url: str, **changes: object) -> Iterator[Flask]:
    yield from within(create_app(settings_for(url, folder, **changes)))


def test_a_database_that_is_away_is_a_figure_too(tmp_path: Path) -> None:
    idle = IN_PROGRESS._value.get()
    for app in with_settings(tmp_path, f"postgresql://app:matkhau@/nowhere?host={tmp_path}"):
        found = figures(app)

    assert figure(found, "congnhan_database_up") == 0
    assert ("congnhan_tasks_open", ()) not in found
    assert figure(found, "congnhan_http_requests_in_progress") == idle + 1


def test_other_machines_need_the_token(sqlite_url: str, tmp_path: Path) -> None:
    for app in with_settings(tmp_path, sqlite_url, metrics_token="dung-mot-minh-giam-sat"):
        client = app.test_client()
        statuses = [
            client.get("/metrics", headers={**OUTSIDE, **more}).status_code
            for more in (
                {},
                {"Authorization": "Bearer sai"},
                {"Authorization": "Bearer "},
                {"Authorization": "Bearer dung-mot-minh-giam-sat"},
            )
        ]

    assert statuses == [401, 401, 401, 200]


def test_a_finished_backup_is_seen(app: Flask) -> None:
    never = figure(figures(app), "congnhan_backup_last_success_timestamp_seconds")
    # 20/11/2023 12:00 in Thanh Hóa, as `congnhan backup` notes it.
    db.session.execute(insert(Setting).values(name="last_backup_at", value="2023-11-20T05:00:00.000000Z"))
    db.session.commit()
    register_figures(app)

    assert never == 0
    assert figure(figures(app), "congnhan_backup_last_success_timestamp_seconds") == 1_700_456_400
