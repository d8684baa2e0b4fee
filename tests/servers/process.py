"""Child processes that never outlive the test run."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Called in the child: a test run that is killed takes its servers with it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _where_it_stands(server: subprocess.Popen[bytes]) -> str:
    """How it ended; one of ours that goes on in silence writes where it is (PYTHONFAULTHANDLER) and ends."""
    if server.poll() is None:
        server.send_signal(signal.SIGABRT)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            return "hangs"
        return "ran, and was asked where it stood"
    return f"exit code {server.returncode}"


@contextmanager
def running(
    command: list[str],
    *,
    log: Path,
    is_ready: Callable[[], bool],
    stop_signal: signal.Signals = signal.SIGTERM,
    ready_within_seconds: float = 30,
    **options: Any,
) -> Iterator[subprocess.Popen[bytes]]:
    """A server from its first answer to the end of the block; its output is quoted when it never answers."""
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - no thread of ours runs while servers start
            **options,
        )
    try:
        give_up_at = time.monotonic() + ready_within_seconds
        while not is_ready():
            if server.poll() is not None or time.monotonic() > give_up_at:
                where = _where_it_stands(server)
                said = log.read_text(errors="replace")
                raise RuntimeError(f"{' '.join(command)} did not start ({where}). It said:\n{said}")
            time.sleep(0.02)
        yield server
    finally:
        if server.poll() is None:
            server.send_signal(stop_signal)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(10)
