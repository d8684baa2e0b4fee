"""All database connections are taken: whoever asks is told to come again, and sees no error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from service import app as wiring
from service.app import create_app
from service.connections import engine_options
from service.database import db
from service.identity.operations import issue_token
from tests.builders import NOON
from tests.integration.conftest import settings_for, within

PATHS = ("/viec", "/dang-nhap", "/api/v1/me", "/api/v1/cases", "/khong-co", "/readyz", "/healthz")


@pytest.fixture
def one_connection(
    filled_postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The application with a single connection, for which a request waits half a second."""

    def options(*given: Any, **more: Any) -> dict[str, Any]:
        return {**engine_options(*given, **more), "pool_size": 1, "max_overflow": 0, "pool_timeout": 0.5}

    monkeypatch.setattr(wiring, "engine_options", options)
    for app in within(create_app(settings_for(filled_postgres_url, tmp_path))):
        app.testing = False
        yield app


def test_every_page_and_every_address_says_busy_never_broken(one_connection: Flask) -> None:
    token = issue_token(username="quantri", now=NOON)
    db.session.remove()
    answers = {}
    with db.engine.connect():
        client = one_connection.test_client()
        for path in (
            "/viec",
            "/ho-so",
            "/dang-nhap",
            "/api/v1/me",
            "/api/v1/cases",
            "/khong-co",
            "/readyz",
            "/healthz",
        ):
            with one_connection.app_context():
                answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
                answers[path] = (answer.status_code, answer.headers.get("Retry-After"))
                db.session.remove()

    assert answers.pop("/healthz") == (200, None)
    assert answers.pop("/readyz")[0] == 200  # it asks on a connection of its own
    for path, (status, retry_after) in answers.items():
        assert status < 500 or (status == 503 and retry_after), (path, status)
    assert answers["/api/v1/me"][0] == answers["/viec"][0] == 503
