"""A server process over freshly loaded demo data, and people at browsers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.people import Person
from tests.e2e.server import Server


@pytest.fixture(scope="session")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A server over a first `congnhan serve --demo`, and a copy of what that left on disk."""
    data, kept = tmp_path_factory.mktemp("demo"), tmp_path_factory.mktemp("kept") / "congnhan.db"
    server = Server(data)
    server.start()
    copy_database(data / "congnhan.db", kept)
    yield server, kept
    server.stop()


@pytest.fixture
def server(one_server: tuple[Server, Path]) -> Server:
    """The running server, its data as after the first start: to start one for each test takes too long."""
    running, kept = one_server
    copy_database(kept, running.data / "congnhan.db")
    return running


def copy_database(source: Path, target: Path) -> None:
    """As one transaction, so that a server may be at work on `target`; its next query sees the copy."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target, timeout=60)) as other:
        one.backup(other)


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
