"""The API as programs meet it, with the demo's reference data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.clock import set_demo_clock
from service.database import db
from service.http.extensions import limiter
from tests.builders import NOON
from tests.integration.api.client import Api, Person
from tests.integration.shared_app import application_over


@pytest.fixture
def api(sqlite_url: str, tmp_path: Path) -> Iterator[Api]:
    """The API on SQLite."""
    yield from _serving(sqlite_url, tmp_path)


@pytest.fixture
def postgres_api(filled_postgres_url: str, tmp_path: Path) -> Iterator[Api]:
    """The API on PostgreSQL, where two writers really meet."""
    yield from _serving(filled_postgres_url, tmp_path)


def _serving(database_url: str, folder: Path) -> Iterator[Api]:
    app = application_over(database_url, folder)
    with app.app_context():
        set_demo_clock(NOON)
    limiter.reset()
    yield Api(app)
    limiter.reset()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def officer(api: Api) -> Person:
    """The officer of Sở TTTT."""
    return api.a("so-tttt-chuyenvien")
