"""Cores on one database each, where a test says which."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from flask import Flask

from service.app import create_core
from service.database import db
from service.jobs import stopwatch
from tests.integration.conftest import settings_for


@pytest.fixture
def postgres_core(filled_postgres_url: str, tmp_path: Path) -> Iterator[Flask]:
    """Settings and database without doors, on PostgreSQL."""
    app = create_core(settings_for(filled_postgres_url, tmp_path))
    app.testing = True
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


class Stopwatch:
    """Time that passes by itself, however the clock on the wall is set."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def pass_by(self, how_long: timedelta) -> None:
        self.seconds += how_long.total_seconds()


@pytest.fixture
def time_passing() -> Iterator[Stopwatch]:
    watch = Stopwatch()
    with patch.object(stopwatch, "seconds", lambda: watch.seconds):
        yield watch
