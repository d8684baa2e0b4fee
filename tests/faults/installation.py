"""A whole installation of real processes on PostgreSQL and Redis, each of which can be killed and started."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis

from tests.servers.postgres import accepts_connections, find_binaries, unprivileged_account
from tests.servers.process import die_with_parent
from tests.servers.redis import answers, find_binary, free_port

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 90
PROCESSES = ("web", "worker", "scheduler")
SERVERS = ("database", "redis")


class Installation:
    """`kill(name)` is SIGKILL without warning; `start(name)` returns when it can do its work again."""

    def __init__(self, folder: Path, *, web_processes: int = 1, durable: bool = True) -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.account = unprivileged_account()
        self.binaries = find_binaries(folder, self.account)
        self.redis_port, self.port = free_port(), free_port()
        self.redis_url = f"redis://127.0.0.1:{self.redis_port}/0"
        self.database_url = f"postgresql://tester@/postgres?host={folder}"
        self.site = f"http://127.0.0.1:{self.port}"
        self.web_processes, self.durable = web_processes, durable
        self._make_database()

    def _make_database(self) -> None:
        if self.account:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        self.folder.chmod(0o755)
        subprocess.run(
            [
                str(self.binaries / "initdb"), "--pgdata", str(self.folder / "data"), "--username", "tester",
                "--auth", "trust", "--encoding", "UTF8", "--locale-provider", "builtin", "--locale",
                "C.UTF-8", "--no-sync",
            ],
            check=True, capture_output=True, **self._as_nobody(),
        )  # fmt: skip

    def _as_nobody(self) -> dict[str, Any]:
        env = {"PATH": os.defpath, "HOME": str(self.folder), "LC_ALL": "C"}
        options: dict[str, Any] = {"cwd": self.folder, "env": env}
        if self.account:
            options |= {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return options

    def environment(self) -> dict[str, str]:
        data = self.folder / "files"
        data.mkdir(exist_ok=True)
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("CONGNHAN")},
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "CONGNHAN_DATA": str(data),
            "CONGNHAN_WORKERS": str(self.web_processes),
            "CONGNHAN_WEB_PROCESSES": str(self.web_processes),
            "CONGNHAN_LOG_LEVEL": "error",
            # What a killed process had in hand is nobody's after so long: no two minutes' wait at each kill.
            "CONGNHAN_ABANDONED_SECONDS": "5",
            "SECRET_KEY": "not a secret: tests only",
        }

    def start(self, *names: str) -> None:
        for name in names:
            self._begin(name)
        for name in names:
            self._wait(name)

    def _begin(self, name: str) -> None:
        options: dict[str, Any] = {"cwd": ROOT, "env": self.environment()}
        if name == "database":
            sync = "on" if self.durable else "off"
            command = [
                str(self.binaries / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder),
                "-c", "listen_addresses=", "-c", f"fsync={sync}", "-c", "max_connections=120",
            ]  # fmt: skip
            options = self._as_nobody()
        elif name == "redis":
            command = [
                str(find_binary()), "--port", str(self.redis_port), "--bind", "127.0.0.1",
                "--dir", str(self.folder), "--save", "", "--appendonly", "no",
            ]  # fmt: skip
        else:
            arguments = (
                ["serve", "--port", str(self.port)] if name == "web" else [name.split("-", maxsplit=1)[0]]
            )
            command = [sys.executable, "-m", "service.cli", *arguments]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 nothing of ours runs between fork and exec
                **options,
            )

    def _wait(self, name: str) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._is_ready(name):
            if time.monotonic() > end:
                raise RuntimeError(f"{name} did not start:\n{self.log(name)[-3000:]}")
            if self.processes[name].poll() is not None:
                # The killed database's last processes are still going: it starts when they are gone.
                if name != "database":
                    raise RuntimeError(f"{name} did not start:\n{self.log(name)[-3000:]}")
                self._begin(name)
            time.sleep(0.05)

    def _is_ready(self, name: str) -> bool:
        if name == "database":
            return accepts_connections(self.database_url)
        if name == "redis":
            return answers(self.redis_url)
        if name != "web":
            return self.processes[name].poll() is None
        try:
            urllib.request.urlopen(f"{self.site}/healthz", timeout=5).close()
        except (urllib.error.URLError, OSError):
            return False
        return True

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def kill(self, name: str) -> None:
        """SIGKILL, to the process and to everything it has started."""
        process = self.processes.pop(name)
        for pid in [process.pid, *descendants(process.pid)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.wait(30)

    def empty_redis(self) -> None:
        with redis.Redis.from_url(self.redis_url) as connection:
            connection.flushall()

    def stop(self) -> None:
        for name in [*(one for one in self.processes if one not in SERVERS), *SERVERS]:
            if name in self.processes:
                self.kill(name)


def descendants(pid: int) -> list[int]:
    """Processes started by this one and by those, where /proc tells."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found, waiting = [], [pid]
    while waiting:
        own = children.get(waiting.pop(), [])
        found += own
        waiting += own
    return found


@contextmanager
def installed(*, web_processes: int = 1) -> Iterator[Installation]:
    """Database and Redis running and empty; everything is gone at the end."""
    # A socket's path may have some hundred characters only, which pytest's folders exceed.
    folder = Path(tempfile.mkdtemp(prefix="congnhan-f-"))
    try:
        installation = Installation(folder, web_processes=web_processes)
        try:
            installation.start("database", "redis")
            yield installation
        finally:
            installation.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
