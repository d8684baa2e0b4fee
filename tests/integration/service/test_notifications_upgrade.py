"""An installation of version 0.1 is upgraded: nobody is told again what they know, everybody is reminded."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import flask_migrate
from flask import Flask

from service.app import create_core
from service.database import db
from service.jobs.announcing import announce_due
from tests.builders import NOON, an_open_case, hand_up, story_answers
from tests.integration.conftest import settings_for
from tests.integration.service.heard import heard, knows_working_days
from tests.integration.service.scenes import at


def first_version(folder: Path) -> Flask:
    """A core over an empty database as version 0.1 left it."""
    folder.mkdir()
    core = create_core(settings_for(f"sqlite:///{folder / 'old.db'}", folder))
    with core.app_context():
        flask_migrate.upgrade(revision="0001")
        db.session.remove()
        db.engine.dispose()
    return core


def copy_rows(source: Path, target: Path) -> None:
    """Every row of the tables and columns that the first version had."""
    with closing(sqlite3.connect(target)) as connection, connection:
        connection.execute("ATTACH ? AS new", (str(source),))
        tables = [
            row[0] for row in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            if table in ("alembic_version", "sqlite_sequence", "setting"):
                continue
            columns = ", ".join(
                f'"{row[1]}"' for row in connection.execute(f"PRAGMA main.table_info({table})")
            )
            connection.execute(f'INSERT INTO main."{table}" ({columns}) SELECT {columns} FROM new."{table}"')


def test_open_tasks_are_reminded_of_and_not_announced_again(sqlite_core: Flask, tmp_path: Path):
    case_id = an_open_case()
    hand_up(case_id, "self_assess", "xa-thidu-chuyenvien", story_answers("self_assess"))
    db.session.remove()
    db.engine.dispose()
    old = first_version(tmp_path / "old")
    copy_rows(tmp_path / "congnhan.db", tmp_path / "old" / "old.db")

    with old.app_context():
        flask_migrate.upgrade()
        knows_working_days(2023)
        announce_due(NOON)
        assert heard("xa-thidu-lanhdao") == []
        announce_due(at("2023-11-29"))

        assert heard("xa-thidu-lanhdao") == ["due_soon"]  # it lies with the leader since before the upgrade
        db.session.remove()
        db.engine.dispose()
