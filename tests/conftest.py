"""Fixtures for resources that a test cannot make itself: servers, databases, a browser."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import settings
from playwright.sync_api import Browser, BrowserContext, Page

from tests.servers.browser import running_browser
from tests.servers.postgres import PostgresServer, postgres_server
from tests.servers.redis import redis_server

TESTS = Path(__file__).parent

# Four thousand tests and all they import are a heap that the collector would walk through again and again for
# nothing: a third of the time that collecting tests takes, and a twentieth of that of the tests.
gc.set_threshold(100_000, 50, 100)

# What takes longest begins first, and what waits for a browser beside what computes: at the end of the run no
# process is left alone with something long. Files are handed out in this order (see `pytest` in ./dev).
FIRST = (
    "e2e/pages/test_every_page.py",
    "e2e/test_story.py",
    "faults/test_crash_at_every_statement.py",
    "e2e/test_mistakes.py",
    "integration/web/test_studio_story.py",
    "integration/service/test_rounds.py",
    "integration/test_",
    "faults/",
    "e2e/",
    "sim/",
)


# Four processes share two cores: how long one example takes says nothing. Times are tried by benchmarks.
settings.register_profile("shared cores", deadline=None)
settings.load_profile("shared cores")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        path = item.path.relative_to(TESTS).as_posix()
        return next((place for place, start in enumerate(FIRST) if path.startswith(start)), len(FIRST))

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL. Most tests want `postgres_url`."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of the test's own."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture
def redis_url(_redis_server: str) -> Iterator[str]:
    """The URL of an empty Redis database of the test's own."""
    yield _redis_server
    with redis.Redis.from_url(_redis_server) as connection:
        connection.flushdb()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A running Chromium. Most tests want `page`."""
    with running_browser() as browser:
        yield browser


@pytest.fixture
def browser_context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile as a person in Thanh Hóa has it."""
    context = browser.new_context(
        locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", viewport={"width": 1440, "height": 900}
    )
    yield context
    context.close()


@pytest.fixture
def page(browser_context: BrowserContext) -> Page:
    return browser_context.new_page()
