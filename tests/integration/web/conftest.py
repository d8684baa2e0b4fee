"""Pages asked for without a browser, by people logged in as the demo's accounts."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from service.clock import set_demo_clock
from service.config import DEMO_PASSWORD
from service.database import db, transaction
from service.http.extensions import limiter
from service.identity.queries import token_hash, user_by_name
from service.models import LoginSession
from tests.builders import NOON
from tests.integration.shared_app import application_over


@dataclass
class Visitor:
    """Somebody at a browser without JavaScript: keeps cookies, sends the form's token."""

    client: FlaskClient

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=headers)

    def page(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def token(self) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.get("/doi-mat-khau").text or "")
        found = found or re.search(r'name="csrf-token" content="([^"]+)"', self.get("/dang-nhap").text)
        assert found is not None
        return found[1]

    def post(
        self, path: str, data: dict[str, object] | None = None, token: str | None = None
    ) -> TestResponse:
        sent = {"csrf_token": self.token() if token is None else token, **(data or {})}
        return self.client.post(path, data=sent, content_type="multipart/form-data")

    def log_in(self, username: str, password: str = DEMO_PASSWORD, **more: str) -> TestResponse:
        return self.post("/dang-nhap", {"username": username, "password": password, **more})


@pytest.fixture
def web(sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application at noon of 20/11/2023. No context is pushed: each request has one of its own."""
    app = application_over(sqlite_url, tmp_path)
    with app.app_context():
        set_demo_clock(NOON)
    limiter.reset()
    yield app
    limiter.reset()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def address(web: Flask) -> Iterator[str]:
    """Where a real browser finds the application, in threads of this process."""
    server = make_server("127.0.0.1", 0, web, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(30)
    server.server_close()


@pytest.fixture
def behind(web: Flask) -> Callable[[Callable[[], Any]], Any]:
    """Do something through the service, behind the pages' back."""

    def do(what: Callable[[], Any]) -> Any:
        with web.app_context():
            return what()

    return do


@pytest.fixture
def visitor(web: Flask) -> Visitor:
    return Visitor(web.test_client())


@pytest.fixture
def as_person(web: Flask) -> Callable[[str], Visitor]:
    """People who are logged in already: the password's slow hash is test_logging_in's business."""

    def logged_in(username: str) -> Visitor:
        secret = f"session of {username}"
        with web.app_context(), transaction() as session:
            user = user_by_name(username)
            assert user is not None, username
            values = {"token_hash": token_hash(secret), "user_id": user.id, "user_agent": ""}
            stored = insert(LoginSession).values(
                **values, created_at=NOON, expires_at=NOON + timedelta(hours=10)
            )
            if session.get(LoginSession, values["token_hash"]) is None:
                session.execute(stored)
        one = Visitor(web.test_client())
        with one.client.session_transaction() as cookie:
            cookie["sid"] = secret
        return one

    return logged_in
