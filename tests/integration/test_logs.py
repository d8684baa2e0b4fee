"""One line of JSON per event, with its trace; nothing in it opens a door or tells what a person typed."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from sqlalchemy import text

from service.app import create_app
from service.clock import set_demo_clock
from service.config import DEMO_PASSWORD, from_environment
from service.database import db
from service.errors import BadConfiguration
from service.http.logging import configure_logging
from service.identity.operations import issue_token
from service.trace import tracing
from tests.builders import NOON
from tests.integration.conftest import settings_for, within

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Log(io.StringIO):
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def requests(self) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] == "request"]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """Everything that this process logs, as a server in production does it; afterwards as before."""
    root, former = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    kept = Log()
    configure_logging(settings_for("sqlite:///unused", tmp_path, log_format="json", log_level="info"), kept)
    yield kept
    root.handlers[:], root.level = handlers, level
    structlog.configure(**former)


@pytest.fixture
def served(log: Log, sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(settings_for(sqlite_url, tmp_path))

    @app.get("/broken")
    def broken() -> str:
        code = "mat-khau-trong-bien-cuc-bo"
        db.session.execute(text("SELECT :code FROM no_such_table"), {"code": code})
        return code

    broken.policies = frozenset({"public"})  # type: ignore[attr-defined]
    for pushed in within(app):
        pushed.testing = False
        set_demo_clock(NOON)
        yield pushed


def test_one_line_per_request_says_what_is_needed_and_no_more(served: Flask, log: Log) -> None:
    token = issue_token(username="xa-thidu-chuyenvien", now=NOON)
    answer = served.test_client().get(
        "/api/v1/me?cccd=038099001122",
        headers={"Authorization": f"Bearer {token}", "traceparent": PARENT},
    )

    (line,) = log.requests()
    assert {name: line[name] for name in ("method", "route", "status", "level", "logger")} == {
        "method": "GET",
        "route": "/api/v1/me",
        "status": 200,
        "level": "info",
        "logger": "service.request",
    }
    assert line["user"] == answer.json["id"]  # type: ignore[index]
    assert line["ms"] > 0
    assert line["timestamp"].endswith("Z")
    for secret in (token, "038099001122", "xa-thidu-chuyenvien", "Chuyên viên"):
        assert secret not in log.getvalue()


def test_the_line_carries_the_trace_of_the_request(served: Flask, log: Log) -> None:
    served.test_client().get("/dang-nhap", headers={"traceparent": PARENT})

    assert [line["trace"] for line in log.requests()] == [TRACE]


def test_probes_and_assets_leave_no_lines(served: Flask, log: Log) -> None:
    client = served.test_client()
    for path in ("/healthz", "/readyz", "/metrics", "/static/dist/app.css"):
        client.get(path).close()

    assert log.requests() == []


def test_a_password_a_cookie_and_a_form_never_get_into_the_log(served: Flask, log: Log) -> None:
    client = served.test_client()
    page = client.get("/dang-nhap").get_data(as_text=True)
    csrf = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    wrong = client.post(
        "/dang-nhap", data={"username": "kiemtra", "password": "sai-mat-khau-nay", "csrf_token": csrf}
    )
    right = client.post(
        "/dang-nhap", data={"username": "kiemtra", "password": DEMO_PASSWORD, "csrf_token": csrf}
    )
    cookie = client.get_cookie("congnhan")
    client.get("/ho-so?q=Nguyen+Van+A")

    assert (wrong.status_code, right.status_code) == (401, 303)
    assert cookie
    assert csrf
    for secret in ("sai-mat-khau-nay", DEMO_PASSWORD, cookie.value, csrf, "Nguyen", "kiemtra"):
        assert secret not in log.getvalue()


def test_a_defect_is_logged_with_its_stack_but_not_with_what_was_typed(served: Flask, log: Log) -> None:
    answer = served.test_client().get("/broken?matkhau=tren-dia-chi", headers={"traceparent": PARENT})

    assert answer.status_code == 500
    (error,) = [line for line in log.lines() if line["level"] == "error"]
    assert "Traceback" in error["exception"]
    assert "no_such_table" in error["exception"]
    assert error["trace"] == TRACE
    assert error["reference"] in answer.get_data(as_text=True)
    for secret in ("mat-khau-trong-bien-cuc-bo", "tren-dia-chi"):
        assert secret not in log.getvalue()


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        ({"password": "hunter-2"}, "hunter-2"),
        ({"headers": {"Cookie": "congnhan=abc.def"}}, "abc.def"),
        ({"given": [{"api_key": "k-123456"}]}, "k-123456"),
        ({"error": "connect to postgresql://app:s3cret@db/x failed"}, "s3cret"),
        ({"error": "redis://congnhan:pa%2Fss@redis:6379"}, "pa%2Fss"),
        ({"error": "Authorization: Bearer eyJhbGciOi.xyz"}, "eyJhbGciOi"),
        ({"error": "token cn_0123456789abcdef refused"}, "cn_0123456789abcdef"),
        ({"error": "GET /ho-so?q=Nguyen+Van+A HTTP/1.1"}, "Nguyen"),
        ({"error": "duplicate key\nDETAIL:  Key (username)=(nguyenvana) already exists."}, "nguyenvana"),
        ({"error": "INSERT … [parameters: ('Nguyen Van A', 1)]"}, "Nguyen Van A"),
        ({"error": "identity AGE-SECRET-KEY-1QQPQYFZ0QQ"}, "1QQPQYFZ0QQ"),
        ({"error": "login(username='a', password='hunter-2')"}, "hunter-2"),
    ],
)
def test_a_secret_is_recognised_by_its_field_or_its_look(log: Log, said: dict[str, Any], secret: str) -> None:
    structlog.get_logger("anywhere").warning("it happened", **said)
    logging.getLogger("gunicorn.error").warning("it happened: %s", said)

    assert len(log.lines()) == 2
    assert secret not in log.getvalue()


def test_ordinary_words_stay_as_they_are(log: Log) -> None:
    sentence = "delivery failed for case CN-2023-000123: KeyError('act'), 3 of 8 attempts (12.5 ms)"

    structlog.get_logger("anywhere").warning(sentence, attempts=3, path="/ho-so/1")

    (line,) = log.lines()
    assert (line["event"], line["attempts"], line["path"]) == (sentence, 3, "/ho-so/1")


@pytest.mark.parametrize("name", ["gunicorn.error", "rq.worker", "sqlalchemy.engine", "alembic.runtime"])
def test_others_log_through_the_same_handler(log: Log, name: str) -> None:
    with tracing(PARENT):
        logging.getLogger(name).error("trouble with %s", "this")

    (line,) = log.lines()
    assert (line["event"], line["logger"], line["level"], line["trace"]) == (
        "trouble with this",
        name,
        "error",
        TRACE,
    )


def test_configuring_twice_logs_once(log: Log, tmp_path: Path) -> None:
    configure_logging(settings_for("sqlite:///unused", tmp_path, log_format="json"), log)

    structlog.get_logger("anywhere").warning("once")

    assert len(log.lines()) == 1


def test_the_level_and_the_form_come_from_the_environment(tmp_path: Path) -> None:
    here = {"CONGNHAN_DATA": str(tmp_path)}

    production = from_environment(here)
    demo = from_environment({**here, "CONGNHAN_DEMO": "1"})
    chosen = from_environment({**here, "CONGNHAN_LOG_LEVEL": "DEBUG", "CONGNHAN_LOG_FORMAT": "console"})

    assert (production.log_threshold, production.logs_json) == ("info", True)
    assert (demo.log_threshold, demo.logs_json) == ("warning", False)
    assert (chosen.log_threshold, chosen.logs_json) == ("debug", False)
    with pytest.raises(BadConfiguration, match="CONGNHAN_LOG_LEVEL"):
        from_environment({**here, "CONGNHAN_LOG_LEVEL": "loud"})


def test_people_read_key_and_value(tmp_path: Path, log: Log) -> None:
    console = io.StringIO()
    configure_logging(
        settings_for("sqlite:///unused", tmp_path, log_format="console", log_level="info"), console
    )

    structlog.get_logger("anywhere").warning("disk nearly full", free_bytes=12)

    assert "disk nearly full" in console.getvalue()
    assert "free_bytes=12" in console.getvalue()
