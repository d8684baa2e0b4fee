"""What docker-compose.yml says, run on this machine: its commands, environment and secrets, without Docker.

Addresses and folders of containers are translated to this machine's; everything else is as the file has it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
import yaml
from redis.backoff import NoBackoff
from redis.retry import Retry

from .postgres import accepts_connections, find_binaries, unprivileged_account
from .process import running
from .redis import find_binary, free_port
from .web import ROOT, environment

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
# Stands for the command line client of the image: the test server's package has none.
VALKEY_CLI = """#!{python}
import argparse, os, redis
from redis.backoff import NoBackoff
from redis.retry import Retry
parser = argparse.ArgumentParser()
parser.add_argument("--no-auth-warning", action="store_true")
parser.add_argument("--user")
parser.add_argument("--pass", dest="password")
parser.add_argument("command", nargs="+")
given = parser.parse_args()
once = Retry(NoBackoff(), 0)
port = int(os.environ["REDIS_PORT"])
server = redis.Redis("127.0.0.1", port, username=given.user, password=given.password, retry=once)
try:
    print({{True: "PONG"}}.get(server.execute_command(*given.command)))
except redis.RedisError as error:
    print(error)
"""


class Composed:
    """One installation in a folder of its own. `ports` are its servers', by service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets = folder / "secrets"
        self.ports = {name: free_port() for name in ("web", "postgres", "redis")}
        self.programs = folder / "bin"
        self.programs.mkdir()
        (self.programs / "valkey-cli").write_text(VALKEY_CLI.format(python=sys.executable))
        (self.programs / "valkey-cli").chmod(0o755)
        self.account = unprivileged_account()
        self.postgres_programs = find_binaries(folder, self.account)
        subprocess.run(["sh", str(ROOT / "deploy/make-secrets.sh"), str(self.secrets)], check=True)

    def translated(self, text: str) -> str:
        text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
        for there, here in (
            ("@postgres/", f"@127.0.0.1:{self.ports['postgres']}/"),
            ("@redis:6379", f"@127.0.0.1:{self.ports['redis']}"),
            ("/run/secrets/redis_users", f"{self.secrets}/redis_users.acl"),
            ("/run/secrets/", f"{self.secrets}/"),
            ("/backups", str(self.folder / "backups")),
        ):
            text = text.replace(there, here)
        return text

    def environment(self, service: str) -> dict[str, str]:
        own = COMPOSE["services"][service].get("environment", {})
        return environment(
            **{name: self.translated(str(value)) for name, value in own.items()},
            CONGNHAN_DATA=str(self.folder / "data"),
            CONGNHAN_PORT=str(self.ports["web"]),
            PGPORT=str(self.ports["postgres"]),
            REDIS_PORT=str(self.ports["redis"]),
            PATH=f"{self.programs}:{self.postgres_programs}:{os.environ['PATH']}",
        )

    def words(self, service: str) -> list[str]:
        words = [self.translated(word) for word in COMPOSE["services"][service]["command"]]
        return [sys.executable, "-m", "service.cli", *words] if self.is_ours(service) else words

    def is_ours(self, service: str) -> bool:
        return COMPOSE["services"][service].get("build") == "."

    def run(self, service: str, *instead: str) -> subprocess.CompletedProcess[str]:
        """The service's command to its end, or another one in its environment."""
        command = [sys.executable, "-m", "service.cli", *instead] if instead else self.words(service)
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment(service),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def health(self, service: str) -> subprocess.CompletedProcess[str]:
        """Its health check, as Docker would run it."""
        form, *test = COMPOSE["services"][service]["healthcheck"]["test"]
        if form == "CMD-SHELL":
            test = ["sh", "-c", *test]
        elif test[0] == "python":
            test[0] = sys.executable
        return subprocess.run(
            test,
            cwd=ROOT,
            env=self.environment(service),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def is_healthy(self, service: str) -> bool:
        return self.health(service).returncode == 0

    @contextmanager
    def up(self, service: str) -> Iterator[subprocess.Popen[bytes]]:
        """The service from the moment when its own health check says so."""
        with running(
            self.words(service),
            log=self.folder / f"{service}.log",
            is_ready=now_and_then(lambda: self.is_healthy(service)),
            ready_within_seconds=200,
            cwd=ROOT,
            env=self.environment(service),
        ) as process:
            yield process

    def log(self, service: str) -> str:
        return (self.folder / f"{service}.log").read_text(encoding="utf-8", errors="replace")

    @contextmanager
    def postgres(self, first_start: bool = True) -> Iterator[str]:
        """The database server with the file's options and first-start script; its administrator's address."""
        data, own = self.folder / "database", self.environment("postgres")
        as_nobody: dict[str, Any] = {"cwd": self.folder}
        if self.account:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
            as_nobody |= {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        password = self.folder / "postgres_password"  # nobody may not look into the folder of the secrets
        shutil.copy(self.secrets / "postgres_password", password)
        password.chmod(0o644)
        # As the image's first start does it, but without waiting for the disk.
        subprocess.run(
            [
                "initdb", "--pgdata", str(data), "--username", "postgres", "--pwfile", str(password),
                "--auth-local", "trust", "--no-sync", *own["POSTGRES_INITDB_ARGS"].split(),
            ],
            env=own, capture_output=True, check=True, **as_nobody,
        )  # fmt: skip
        command = self.words("postgres")
        command[0] = str(self.postgres_programs / "postgres")
        command += ["-D", str(data), "-k", str(self.folder), "-p", str(self.ports["postgres"])]
        command += ["-c", "listen_addresses=127.0.0.1"]
        admin = f"postgresql://postgres@/postgres?host={self.folder}&port={self.ports['postgres']}"
        with running(
            command,
            log=self.folder / "postgres.log",
            is_ready=lambda: accepts_connections(admin),
            env=own,
            **as_nobody,
        ):
            if first_start:
                self._first_start(admin)
            yield admin

    def _first_start(self, admin: str) -> None:
        volumes = COMPOSE["services"]["postgres"]["volumes"]
        script = next(volume for volume in volumes if "initdb.d" in volume).partition(":")[0]
        subprocess.run(
            ["psql", "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-d", admin, "-f", script],
            cwd=ROOT,
            env=self.environment("postgres"),
            capture_output=True,
            check=True,
        )

    @contextmanager
    def redis(self) -> Iterator[int]:
        command = self.words("redis")
        command[0] = str(find_binary())
        command += ["--bind", "127.0.0.1", "--port", str(self.ports["redis"]), "--dir", str(self.folder)]
        with running(
            command,
            log=self.folder / "redis.log",
            is_ready=lambda: self.is_healthy("redis"),
            cwd=self.folder,
        ):
            yield self.ports["redis"]

    def redis_as(self, user: str | None, password: str | None) -> redis.Redis:
        port, once = self.ports["redis"], Retry(NoBackoff(), 0)
        return redis.Redis("127.0.0.1", port, username=user, password=password, retry=once)


def now_and_then(ask: Callable[[], bool]) -> Callable[[], bool]:
    """A health check starts a program: asked all the time it would keep the service from starting."""

    def asked() -> bool:
        time.sleep(0.5)
        return ask()

    return asked


@contextmanager
def composed() -> Iterator[Composed]:
    folder = Path(tempfile.mkdtemp(prefix="congnhan-composed-"))
    folder.chmod(0o755)
    try:
        yield Composed(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
