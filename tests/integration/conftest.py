"""The application over a database of the test's own, holding the demo's units, people and procedure."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from service.app import create_app, create_core
from service.cli.within import upgrade_database
from service.config import Settings, normalise_database_url
from service.database import db
from service.demo.loader import load_reference_data
from tests.cheap_passwords import hash_cheaply
from tests.compiled_once import share_in_every_application
from tests.servers.postgres import PostgresServer

MEGABYTE = 1024 * 1024

share_in_every_application()
hash_cheaply()


def settings_for(database_url: str, folder: Path, **changes: object) -> Settings:
    return Settings(
        database_url=normalise_database_url(database_url),
        data_dir=folder,
        secret_key="not a secret: tests only",
        demo=True,
        largest_file=5 * MEGABYTE,
        **changes,  # type: ignore[arg-type]
    )


def fill(database_url: str, folder: Path) -> None:
    """Migrate and load the reference data; the copies of it are what tests work on."""
    core = create_core(settings_for(database_url, folder))
    with core.app_context():
        upgrade_database()
        load_reference_data()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    fill(f"sqlite:///{folder / 'congnhan.db'}", folder)
    return folder / "congnhan.db"


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "congnhan.db")
    return f"sqlite:///{tmp_path / 'congnhan.db'}"


@pytest.fixture
def filled_postgres_url(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL database with the reference data, copied from one filled once in this run."""
    template = postgres.template("reference", lambda url: fill(url, tmp_path_factory.mktemp("pg")))
    url = postgres.create_database(template)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def usual_url(request: pytest.FixtureRequest) -> str:
    """SQLite, unless CONGNHAN_TEST_DATABASE=postgresql has the whole suite run on the other database."""
    chosen = os.environ.get("CONGNHAN_TEST_DATABASE", "sqlite")
    return str(request.getfixturevalue("sqlite_url" if chosen == "sqlite" else "filled_postgres_url"))


@pytest.fixture
def app(usual_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application with its doors on the usual database, its context pushed."""
    yield from within(create_app(settings_for(usual_url, tmp_path)))


@pytest.fixture
def postgres_app(filled_postgres_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application with its doors on PostgreSQL, its context pushed."""
    yield from within(create_app(settings_for(filled_postgres_url, tmp_path)))


@pytest.fixture(params=["sqlite", "postgresql"])
def either_core(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """Settings and database without doors, on each database in turn."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "filled_postgres_url")
    yield from within(create_core(settings_for(url, tmp_path)))


@pytest.fixture
def postgres_core(filled_postgres_url: str, tmp_path: Path) -> Iterator[Flask]:
    """Settings and database without doors, on PostgreSQL."""
    yield from within(create_core(settings_for(filled_postgres_url, tmp_path)))


@pytest.fixture
def core(usual_url: str, tmp_path: Path) -> Iterator[Flask]:
    """Settings and database without doors, on the usual database."""
    yield from within(create_core(settings_for(usual_url, tmp_path)))


@pytest.fixture
def sqlite_core(sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """Settings and database without doors, on SQLite whatever the usual database is: for what is its own."""
    yield from within(create_core(settings_for(sqlite_url, tmp_path)))


def within(app: Flask) -> Iterator[Flask]:
    app.testing = True
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
