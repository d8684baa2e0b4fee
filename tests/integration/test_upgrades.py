"""Databases of earlier versions come up to date whole or stay as they were; their cases still finish."""

from __future__ import annotations

import gzip
import shutil
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import orjson
import pytest
from flask import Flask
from sqlalchemy import MetaData, Table, create_engine, inspect, select, text

from service.app import MIGRATIONS, create_core
from service.audit.check import check_everything
from service.backup.format import Section, row_encoder, section_of
from service.backup.loading import load, relations_later, renew_sequences
from service.cli.within import upgrade_database
from service.database import Base, db
from service.jobs.outbox import drain
from service.jobs.timers import fire_due
from service.migrations.schema import SERVES_SINCE, newest, stored
from service.models import Case, Draft, ProcessVersion, Round, Timer
from service.rounds.decision import decide_round
from service.rounds.proposal import save_proposal, sign_submission, submit_round_for_signature
from tests.builders import NOON, person
from tests.integration.conftest import settings_for
from tests.integration.service.scenes import all_met, open_tasks, status_of, step_done

STORED = Path(__file__).parents[1] / "data" / "upgrades"


def unpacked(revision: str, folder: Path) -> str:
    path = folder / f"{revision}.db"
    with gzip.open(STORED / f"{revision}.sqlite3.gz") as packed, path.open("wb") as target:
        shutil.copyfileobj(packed, target)
    return f"sqlite:///{path}"


def old_tables(connection: Any) -> list[Table]:
    """Today's tables with the columns that they had then, in order of dependence."""
    looking = inspect(connection)
    there = set(looking.get_table_names())
    found = []
    for table in Base.metadata.sorted_tables:
        if table.name in there:
            names = {column["name"] for column in looking.get_columns(table.name)}
            found.append(
                Table(
                    table.name,
                    MetaData(),
                    *(column._copy() for column in table.columns if column.name in names),
                )
            )
    return found


def carried_over(source_url: str, revision: str) -> None:
    """The rows of a stored SQLite database, in the current application's PostgreSQL at that revision."""
    upgrade_database(revision)
    engine = create_engine(source_url)
    with engine.connect() as source, db.engine.begin() as target, relations_later(target):
        target.execute(text("DELETE FROM setting"))  # what migrations say themselves comes with the rows
        for table in old_tables(source):
            section: Section = section_of(table, whole=True)
            encode = row_encoder(section)
            load(target, section, (orjson.loads(encode(row)) for row in source.execute(select(table))))
        renew_sequences(target)
    engine.dispose()


def stored_database(request: pytest.FixtureRequest, folder: Path, revision: str) -> Iterator[Flask]:
    """The stored database of that revision, not upgraded yet, on the database that the test asks for."""
    url = unpacked(revision, folder)
    if request.param == "postgresql":
        source, url = url, request.getfixturevalue("postgres_url")
    with (app := create_core(settings_for(url, folder))).app_context():
        if request.param == "postgresql":
            carried_over(source, revision)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def of_0001(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    yield from stored_database(request, tmp_path, "0001")


@pytest.fixture(params=["sqlite", "postgresql"])
def of_0002(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The version before this one: its own tables, rows and triggers."""
    yield from stored_database(request, tmp_path, "0002")


def case_at(element: str) -> uuid.UUID:
    db.session.rollback()
    found = [
        row.id
        for row in db.session.execute(select(Case.id, Case.active).order_by(Case.code))
        if element in row.active
    ]
    assert len(found) == 1
    return found[0]


def they_go_on_and_finish() -> None:
    upgrade_database()

    assert list(check_everything()) == []
    going_on = case_at("member_opinion")
    for element in ("member_opinion", "district_consolidate", "department_verify"):
        step_done(going_on, element, all_met(element))
    assert list(open_tasks(going_on)) == ["reconciliation_meeting"]  # as the opinions of 2024 differ

    case_id = case_at("self_assess")
    begun = select(Draft.rev).where(Draft.task_id == open_tasks(case_id)["self_assess"])
    assert db.session.execute(begun).scalar_one() == 1

    in_round = case_at("department_submit")
    round_id = db.session.execute(select(Round.id)).scalar_one()
    officer, leader = person("so-tttt-chuyenvien"), person("so-tttt-giamdoc")
    save_proposal(round_id=round_id, text="Kính trình", seen_rev=None, by=officer, now=NOON)
    submit_round_for_signature(round_id=round_id, by=officer, now=NOON)
    sign_submission(round_id=round_id, by=leader, now=NOON)
    drain(NOON)
    decide_round(
        round_id=round_id, outcomes={in_round: ("recognise", "")}, by=person("tinh-chutich"), now=NOON
    )
    drain(NOON)
    assert status_of(in_round) == ("finished", "commune_recognised")
    assert list(check_everything()) == []


def test_cases_of_0001_go_on_and_finish_after_the_upgrade(of_0001: Flask):
    they_go_on_and_finish()


def test_cases_of_0002_go_on_and_finish_after_the_upgrade_and_its_code_may_still_write(of_0002: Flask):
    before = columns_of_old_tables()

    they_go_on_and_finish()

    assert demanded_since(before) == []


def test_a_timer_set_by_0001_still_fires(of_0001: Flask):
    upgrade_database()
    timer = db.session.execute(select(Timer.case_id, Timer.due_at)).one()
    db.session.rollback()

    fired = fire_due(timer.due_at + timedelta(days=400))

    assert fired == 1
    assert status_of(timer.case_id)[0] == "open"  # it only reminds
    assert list(check_everything()) == []


def test_the_published_procedure_of_0001_is_kept_to_the_byte(of_0001: Flask):
    before = db.session.execute(text("SELECT content_hash FROM process_version ORDER BY 1")).scalars().all()
    db.session.rollback()

    upgrade_database()

    assert sorted(db.session.execute(select(ProcessVersion.content_hash)).scalars()) == before
    assert db.session.execute(select(ProcessVersion.calls)).scalars().all() == [{}, {}]


def test_an_upgrade_done_twice_changes_nothing(of_0001: Flask):
    upgrade_database()
    upgrade_database()

    with db.engine.connect() as connection:
        assert stored(connection) == newest()
    assert list(check_everything()) == []


BROKEN = """
from alembic import op
import sqlalchemy as sa
revision, down_revision, branch_labels, depends_on = "9999", "NEWEST", None, None
def upgrade():
    op.create_table("half_done", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("UPDATE case_file SET status = 'lost'")
    op.execute("UPDATE no_such_table SET x = 1")
def downgrade():
    pass
"""


def schema_and_cases() -> tuple[str | None, list[str], list[Any]]:
    db.session.rollback()
    with db.engine.connect() as connection:
        tables = sorted(inspect(connection).get_table_names())
        cases = connection.execute(text("SELECT code, status, rev FROM case_file ORDER BY code")).all()
        return stored(connection), tables, [tuple(row) for row in cases]


def test_a_failed_migration_leaves_schema_and_data_as_they_were(of_0001: Flask, tmp_path: Path):
    before = schema_and_cases()
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    (folder / "versions" / "9999_broken.py").write_text(BROKEN.replace("NEWEST", newest()))
    of_0001.extensions["migrate"].directory = str(folder)

    with pytest.raises(Exception, match="no_such_table"):
        flask_migrate.upgrade(directory=str(folder))

    assert schema_and_cases() == before
    of_0001.extensions["migrate"].directory = str(MIGRATIONS)
    upgrade_database()
    assert list(check_everything()) == []


def columns_of_old_tables() -> dict[str, list[str]]:
    with db.engine.connect() as connection:
        return {table.name: [c.name for c in table.columns] for table in old_tables(connection)}


def demanded_since(old: dict[str, list[str]]) -> list[str]:
    """Columns that rows of older code lack and today's schema insists on, or has no longer."""
    with db.engine.connect() as connection:
        looking = inspect(connection)
        new = {name: {c["name"]: c for c in looking.get_columns(name)} for name in looking.get_table_names()}
    insists = [
        f"{table}.{name}"
        for table, columns in old.items()
        for name, column in new[table].items()
        if name not in columns and not column["nullable"] and column["default"] is None
    ]
    return insists + [f"{t}.{name}" for t, names in old.items() for name in names if name not in new[t]]


def test_what_code_of_0001_inserts_is_accepted_by_todays_schema(of_0001: Flask):
    """While servers are replaced one by one, the old ones write to the new schema."""
    old = columns_of_old_tables()

    upgrade_database()

    with db.engine.connect() as connection:
        since = connection.execute(
            text("SELECT value FROM setting WHERE name = :name"), {"name": SERVES_SINCE}
        ).scalar_one()
    assert since == "0001"
    assert demanded_since(old) == []
