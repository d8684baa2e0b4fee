"""Two roles on PostgreSQL: one owns the tables and migrates, the other runs the application."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from psycopg import sql
from sqlalchemy import select, text

import service.models  # noqa: F401  all tables
from service.app import create_core
from service.audit.check import check_everything
from service.audit.operations import SYSTEM, record_administration
from service.cli import congnhan as commands
from service.cli.within import as_owner, upgrade_database
from service.database import Base, db, transaction
from service.demo.loader import load_reference_data
from service.demo.story import differences_from_expected, play
from service.errors import BadConfiguration
from service.migrations.append_only import APPEND_ONLY, NEVER_REWRITTEN, TREE
from service.migrations.grants import APPEND, GRANTS, grant
from service.migrations.schema import newest, require_known
from service.models import Event
from tests.builders import NOON
from tests.integration.conftest import MEGABYTE, settings_for
from tests.integration.retention.scenes import an_ended_case, erased, ten_years_for
from tests.servers.postgres import PostgresServer


@dataclass(frozen=True)
class Roles:
    """Addresses of one empty database for its owner and for the application."""

    owner_url: str
    app_url: str
    app: str

    @property
    def environment(self) -> dict[str, str]:
        return {"DATABASE_OWNER_URL": self.owner_url, "DATABASE_URL": self.app_url}


@pytest.fixture(scope="module")
def names(postgres: PostgresServer) -> Iterator[tuple[str, str]]:
    """The names of two roles: the owner's and the application's."""
    found = (f"congnhan_owner_{os.getpid()}", f"congnhan_app_{os.getpid()}")
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:
        for role in found:
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'tests only'").format(sql.Identifier(role)))
        yield found
        for role in found:
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def new_database(
    postgres: PostgresServer, names: tuple[str, str], template: str = "template1"
) -> Iterator[Roles]:
    owner, app = names
    url = postgres.create_database(template)
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:
        admin.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(
                sql.Identifier(database_of(url)), sql.Identifier(owner)
            )
        )
    yield Roles(as_role(url, owner), as_role(url, app), app)
    postgres.drop_database(url)


@pytest.fixture
def roles(postgres: PostgresServer, names: tuple[str, str]) -> Iterator[Roles]:
    """An empty database."""
    yield from new_database(postgres, names)


@pytest.fixture(scope="module")
def migrated(
    postgres: PostgresServer, names: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The name of a database that the owner has migrated and granted, to be copied."""
    for made in new_database(postgres, names):
        with owning(made, tmp_path_factory.mktemp("owner")):
            upgrade_database()
            with db.engine.begin() as connection:
                grant(connection, made.app)
        yield database_of(made.app_url)


@pytest.fixture
def granted(postgres: PostgresServer, names: tuple[str, str], migrated: str) -> Iterator[Roles]:
    """A migrated and granted database."""
    yield from new_database(postgres, names, migrated)


@contextmanager
def owning(roles: Roles, folder: Path) -> Iterator[None]:
    """The application as the owner runs it."""
    with create_core(settings_for(roles.owner_url, folder)).app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def database_of(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def as_role(url: str, role: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:tests%20only@{host}"))


def congnhan(
    roles: Roles, folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str, **changes: str
) -> Result:
    for name, value in {**roles.environment, "CONGNHAN_DATA": str(folder), **changes}.items():
        monkeypatch.setenv(name, value)
    return CliRunner().invoke(commands, words)


@pytest.fixture
def under_app_role(granted: Roles, tmp_path: Path) -> Iterator[Flask]:
    """An application that runs as the role that owns nothing."""
    with (app := create_core(settings_for(granted.app_url, tmp_path))).app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def refused(app_url: str, statement: str) -> bool:
    with psycopg.connect(app_url) as connection:
        try:
            connection.execute(statement)  # type: ignore[arg-type]
        except psycopg.errors.InsufficientPrivilege:
            return True
    return False


def test_the_whole_story_runs_under_a_role_that_owns_nothing(under_app_role: Flask, tmp_path: Path):
    load_reference_data()

    state = play(tmp_path / "files", 5 * MEGABYTE)

    assert differences_from_expected(state) == []
    assert list(check_everything()) == []


def test_the_application_cannot_touch_what_was_recorded(granted: Roles):
    attempts = [
        statement
        for table in APPEND_ONLY + NEVER_REWRITTEN
        for statement in (
            f"UPDATE {table} SET {Base.metadata.tables[table].primary_key.columns[0].name} = NULL",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
            f"ALTER TABLE {table} DISABLE TRIGGER ALL",
            f"DROP TRIGGER {table}_append_only ON {table}",
            f"ALTER TABLE {table} ADD COLUMN more int",
            f"DROP TABLE {table} CASCADE",
        )
    ]
    attempts += [
        "CREATE TABLE mine (id int)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS ''",
        "SET session_replication_role = replica",
        "UPDATE alembic_version SET version_num = '0000'",
        "CREATE SCHEMA mine",
    ]

    allowed = [statement for statement in attempts if not refused(granted.app_url, statement)]

    assert allowed == []


def test_the_application_erases_what_two_people_decided_and_nothing_else(
    under_app_role: Flask, granted: Roles, tmp_path: Path
):
    load_reference_data()
    case_id = an_ended_case()
    ten_years_for()

    done = erased(case_id, files=tmp_path / "files")

    assert done.cases == 1
    assert list(check_everything()) == []
    assert refused(granted.app_url, "UPDATE submission SET content = '', salt = ''")
    other = "CREATE OR REPLACE FUNCTION erase_submission(slip uuid) RETURNS bigint LANGUAGE sql AS 'SELECT 1'"
    assert refused(granted.app_url, other)
    with psycopg.connect(granted.app_url) as connection:  # a slip of nobody's list erases nothing
        connection.execute(
            "INSERT INTO erasure_slip "
            "SELECT gen_random_uuid(), e.id, c.case_id, 1, 'submission', s.id, NULL, '', 'x', 'y' "
            "FROM erasure e, erasure_case c, submission s WHERE s.case_id = c.case_id"
        )
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection.execute("SELECT erase_submission(id) FROM erasure_slip")


def test_the_owner_is_refused_by_the_triggers_all_the_same(under_app_role: Flask, granted: Roles):
    with transaction() as session:
        record_administration(session.connection(), "user_added", {}, by=SYSTEM, at=NOON)

    with psycopg.connect(granted.owner_url) as owner:
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            owner.execute("UPDATE event SET seq = 7")
        owner.rollback()
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            owner.execute("TRUNCATE event CASCADE")


def test_the_application_reads_and_adds_to_the_log(under_app_role: Flask):
    with transaction() as session:
        record_administration(
            session.connection(), "user_added", {}, by=SYSTEM, at=NOON, private={"name": b"N"}
        )

    assert db.session.execute(select(Event.type).where(Event.stream == "administration")).scalars().all() == [
        "user_added"
    ]


def test_every_table_has_a_stated_grant_and_the_log_only_grows():
    assert set(GRANTS) == set(Base.metadata.tables) | {"alembic_version"}
    assert {table for table, may in GRANTS.items() if may == APPEND} == {
        *APPEND_ONLY,
        *NEVER_REWRITTEN,
        *TREE,
    }


def test_rights_are_exactly_as_stated_however_often_they_are_granted(granted: Roles, tmp_path: Path):
    with psycopg.connect(granted.owner_url) as owner:  # somebody was generous meanwhile
        owner.execute(sql.SQL("GRANT ALL ON event TO {}").format(sql.Identifier(granted.app)))

    for _ in range(2):
        with owning(granted, tmp_path), db.engine.begin() as connection:
            grant(connection, granted.app)

    with psycopg.connect(granted.owner_url) as owner:
        rows = owner.execute(
            "SELECT table_name, string_agg(privilege_type, ', ') FROM information_schema.role_table_grants "
            "WHERE grantee = %s GROUP BY 1",
            [granted.app],
        ).fetchall()
    stated = {table: set(may.split(", ")) for table, may in GRANTS.items()}
    assert {table: set(rights.split(", ")) for table, rights in rows} == stated


def test_a_table_that_nobody_decided_about_is_refused(granted: Roles, tmp_path: Path):
    with psycopg.connect(granted.owner_url) as owner:
        owner.execute("CREATE TABLE surprise (id int)")

    with (
        owning(granted, tmp_path),
        db.engine.begin() as connection,
        pytest.raises(BadConfiguration, match="surprise"),
    ):
        grant(connection, granted.app)


def test_the_command_migrates_as_the_owner_and_says_whom_it_gave_what(
    roles: Roles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    done = congnhan(roles, tmp_path, monkeypatch, "db", "upgrade")
    checked = congnhan(roles, tmp_path, monkeypatch, "db", "check")

    assert done.exit_code == 0, done.output
    assert f"Vai trò {roles.app} được đọc và ghi dữ liệu" in done.output
    assert (checked.exit_code, checked.output) == (0, "Không có vấn đề.\n")
    assert refused(roles.app_url, "DELETE FROM event")


def test_a_role_that_does_not_exist_is_named_with_the_way_to_make_it(
    roles: Roles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    elsewhere = as_role(roles.app_url, "nobody_here")

    refusal = congnhan(roles, tmp_path, monkeypatch, "db", "upgrade", DATABASE_URL=elsewhere)

    assert isinstance(refusal.exception, BadConfiguration)
    assert 'CREATE ROLE "nobody_here" LOGIN' in str(refusal.exception)


def test_a_server_does_not_start_on_a_schema_it_does_not_know(roles: Roles, tmp_path: Path):
    said = []
    with owning(roles, tmp_path):

        def look() -> None:
            with db.engine.connect() as connection, pytest.raises(BadConfiguration) as refusal:
                require_known(connection)
            said.append(str(refusal.value))

        look()
        upgrade_database("0001")
        look()
        upgrade_database()
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9998'"))
            connection.execute(text("UPDATE setting SET value = '9998' WHERE name = 'schema_serves_since'"))
        look()

    for sentence, words in zip(
        said, ("chưa có bảng nào", "đang ở lược đồ 0001", "mới hơn chương trình này"), strict=True
    ):
        assert words in sentence


def test_code_goes_on_working_on_a_newer_schema_that_says_so(under_app_role: Flask, granted: Roles):
    with psycopg.connect(granted.owner_url) as owner:
        owner.execute("UPDATE alembic_version SET version_num = '9998'")
        owner.execute("UPDATE setting SET value = %s WHERE name = 'schema_serves_since'", [newest()])

    require_known(db.session.connection())
    db.session.rollback()


def test_the_owners_settings_differ_in_the_address_only(tmp_path: Path):
    settings = settings_for(
        "postgresql://app@db/congnhan", tmp_path, database_owner_url="postgresql://own@db/x"
    )

    assert as_owner(settings).database_url == "postgresql://own@db/x"
    assert as_owner(settings_for("postgresql://app@db/congnhan", tmp_path)).database_url.startswith(
        "postgresql+psycopg://app@"
    )


def test_what_a_session_of_ours_waits_for_has_an_end(under_app_role: Flask):
    shown = {
        name: db.session.execute(text(f"SHOW {name}")).scalar_one()
        for name in (
            "lock_timeout",
            "statement_timeout",
            "idle_in_transaction_session_timeout",
            "transaction_isolation",
            "application_name",
        )
    }

    assert shown == {
        "lock_timeout": "10s",
        "statement_timeout": "1min",
        "idle_in_transaction_session_timeout": "1min",
        "transaction_isolation": "read committed",
        "application_name": "congnhan",
    }
