"""A server process over freshly loaded demo data, and people at browsers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.people import Person
from tests.e2e.server import Server


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first `congnhan serve --demo` leaves on disk; copied for each test, which takes no time."""
    data = tmp_path_factory.mktemp("demo")
    server = Server(data)
    server.start()
    server.stop()
    return data


@pytest.fixture
def server(demo_data: Path, tmp_path: Path) -> Iterator[Server]:
    data = tmp_path / "data"
    shutil.copytree(demo_data, data)
    server = Server(data)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def person(browser: Browser, server: Server) -> Iterator[Callable[..., Person]]:
    """Seats people at browsers. Whoever heard the browser complain fails the test, unless it was expected."""
    seated: list[Person] = []

    def seat(username: str, **options: Any) -> Person:
        seated.append(Person(browser, server.address, username, **options))
        return seated[-1]

    yield seat
    complaints = {one.username: one.complaints for one in seated if one.complaints}
    for one in seated:
        one.context.close()
    assert complaints == {}
