"""A server process over freshly loaded demo data, and people at browsers."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from playwright.sync_api import Browser

from service.config import DEMO_PASSWORD
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


@pytest.fixture(scope="session")
def sessions(one_server: tuple[Server, Path]) -> Callable[[str], str]:
    """The cookie of an account: logged in once in this run, and still so in the data of every later test."""
    server, kept = one_server
    cookies: dict[str, str] = {}

    def cookie(username: str) -> str:
        if username not in cookies:
            cookies[username] = log_in(server.address, username)
            with closing(sqlite3.connect(kept)) as connection, connection:
                connection.execute("ATTACH ? AS live", (str(server.data / "congnhan.db"),))
                connection.execute("INSERT OR IGNORE INTO login_session SELECT * FROM live.login_session")
        return cookies[username]

    return cookie


def log_in(address: str, username: str) -> str:
    """The session's cookie, as a browser gets it from the form."""
    jar = CookieJar()
    opener = build_opener(HTTPCookieProcessor(jar))
    with opener.open(f"{address}/dang-nhap") as page:
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode())
    assert found is not None
    form = {"csrf_token": found[1], "username": username, "password": DEMO_PASSWORD}
    opener.open(f"{address}/dang-nhap", urlencode(form).encode()).close()
    return str(next(one.value for one in jar if one.name == "congnhan"))


@pytest.fixture
def person(
    browser: Browser, server: Server, sessions: Callable[[str], str]
) -> Iterator[Callable[..., Person]]:
    """Seats people at browsers. Whoever heard the browser complain fails the test, unless it was expected."""
    seated: list[Person] = []

    def seat(username: str, *, by_form: bool = False, **options: Any) -> Person:
        session = None if by_form else sessions
        seated.append(Person(browser, server.address, username, session, **options))
        return seated[-1]

    yield seat
    complaints = {one.username: one.complaints for one in seated if one.complaints}
    for one in seated:
        one.context.close()
    assert complaints == {}
