"""`congnhan serve` as an installation runs it: several processes, on a database that is there already."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .process import running
from .redis import free_port

ROOT = Path(__file__).resolve().parents[2]
# What the machine of whoever runs the tests may have set must not shine through.
OURS = (
    "DATABASE_",
    "REDIS_",
    "CONGNHAN_",
    "SECRET_KEY",
    "METRICS_",
    "PUBLIC_URL",
    "BACKUP_",
    "SMTP_",
    "PROMETHEUS_",
    # Without it each program that a test starts compiles every library anew: three seconds of a processor.
    "PYTHONDONTWRITEBYTECODE",
)


def environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1", **variables}


@dataclass
class WebServer:
    address: str
    log: Path
    process: subprocess.Popen[bytes]

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        asked = urllib.request.Request(self.address + path, headers=headers)
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return int(answer.status), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def lines(self) -> list[dict[str, Any]]:
        """What it logged so far; a line that is not JSON fails the test that asks."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait(90)


@contextmanager
def web_server(
    folder: Path,
    port: int = 0,
    ready: Callable[[Path], bool] | None = None,
    root: Path = ROOT,
    options: Sequence[str] = (),
    **variables: str,
) -> Iterator[WebServer]:
    """From its first answer (or when `ready` says so of its log) to the end, or until the test stops it.

    `root` is where the product's code lies: another version's, perhaps.
    """
    port = port or free_port()
    log = next(path for n in range(9) if not (path := folder / f"server-{port}-{n}.log").exists())
    address = f"http://127.0.0.1:{port}"
    with running(
        [sys.executable, "-m", "service.cli", "serve", "--port", str(port), *options],
        log=log,
        is_ready=lambda: ready(log) if ready else lives(address),
        ready_within_seconds=120,
        cwd=root,
        env=environment(CONGNHAN_DATA=str(folder), SECRET_KEY="not a secret: tests only", **variables),
    ) as process:
        yield WebServer(address, log, process)


def lives(address: str) -> bool:
    """By a page that every version has: the first one knew no /healthz."""
    try:
        with urllib.request.urlopen(f"{address}/dang-nhap", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
