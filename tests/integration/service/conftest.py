"""Cores on one database each, where a test says which."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from service.app import create_core
from service.database import db
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
