"""`congnhan serve --demo` as a process of its own, on data of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from tests.servers.process import running

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """A server that can be killed between two clicks and started again on the same data and port."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = self._stack.enter_context(
            running(
                [sys.executable, "-m", "service.cli", "serve", "--demo", "--port", str(self.port)],
                log=self.data / "server.log",
                is_ready=self.answers,
                ready_within_seconds=100,
                cwd=ROOT,
                env=self.environment,
                start_new_session=True,
            )
        )

    def kill(self) -> None:
        """As when the power fails: no process of the server gets the chance to tidy up."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        self._stack.close()

    def stop(self) -> None:
        self._stack.close()

    def command(self, *words: str) -> str:
        """Run `congnhan …` on this server's data."""
        done = subprocess.run(
            [sys.executable, "-m", "service.cli", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
        return {**kept, "CONGNHAN_DATA": str(self.data), "PYTHONUNBUFFERED": "1"}

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/dang-nhap", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
