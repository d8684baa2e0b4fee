"""Behind a proxy of our own, limits count the client; without one, nobody's header is believed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_limiter.util import get_remote_address

from service.app import create_app
from service.config import from_environment
from service.database import db
from service.errors import BadConfiguration
from service.http.access import from_this_machine
from service.http.extensions import limiter
from tests.integration.conftest import settings_for

SENT = "203.0.113.9, 198.51.100.7"


@pytest.fixture
def behind_proxies(
    request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path
) -> Iterator[tuple[Flask, list[tuple[str, bool]]]]:
    """The application behind so many proxies, and what it takes each request for."""
    app = create_app(settings_for(sqlite_url, tmp_path, trusted_proxies=request.param))
    seen: list[tuple[str, bool]] = []

    @app.before_request
    def note() -> None:
        seen.append((get_remote_address(), from_this_machine()))

    limiter.reset()
    yield app, seen
    limiter.reset()
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(
    ("behind_proxies", "client"),
    [(0, "127.0.0.1"), (1, "198.51.100.7"), (2, "203.0.113.9")],
    indirect=["behind_proxies"],
)
def test_the_clients_address_is_what_our_own_proxies_say(
    behind_proxies: tuple[Flask, list[tuple[str, bool]]], client: str
) -> None:
    app, seen = behind_proxies

    app.test_client().get("/dang-nhap", headers={"X-Forwarded-For": SENT})

    assert seen == [(client, False)]


@pytest.mark.parametrize("behind_proxies", [1], indirect=True)
def test_who_says_to_be_this_machine_through_a_proxy_is_not(
    behind_proxies: tuple[Flask, list[tuple[str, bool]]],
) -> None:
    app, seen = behind_proxies

    app.test_client().get("/dang-nhap", headers={"X-Forwarded-For": "127.0.0.1"})

    assert seen == [("127.0.0.1", False)]


def test_the_number_of_proxies_comes_from_the_environment(tmp_path: Path) -> None:
    folder = {"CONGNHAN_DATA": str(tmp_path)}

    assert from_environment(folder).trusted_proxies == 0
    assert from_environment({**folder, "CONGNHAN_TRUSTED_PROXIES": "2"}).trusted_proxies == 2
    with pytest.raises(BadConfiguration, match="CONGNHAN_TRUSTED_PROXIES"):
        from_environment({**folder, "CONGNHAN_TRUSTED_PROXIES": "yes"})
