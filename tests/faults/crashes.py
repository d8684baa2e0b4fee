"""A process that dies at a given statement boundary: by an exception that nothing catches, or a real kill."""

from __future__ import annotations

import os
import signal
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url

from service.database import db


class Crash(BaseException):
    """Nothing of ours handles it; once it has come, the process makes no further statement."""


@contextmanager
def crash_at(boundary: int, strike: Callable[[], None] | None = None) -> Iterator[list[int]]:
    """Die before the statement or COMMIT of this number (0 is the first); answers [boundaries passed].

    A number beyond the last boundary only counts them.
    """
    seen = [0]

    def reached(*_: Any) -> None:
        if seen[0] >= boundary:
            if strike is not None:
                strike()
            raise Crash
        seen[0] += 1

    event.listen(db.engine, "before_cursor_execute", reached)
    event.listen(db.engine, "commit", reached)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", reached)
        event.remove(db.engine, "commit", reached)


def dies_at(boundary: int, act: Callable[[], object]) -> bool:
    """Run `act`, dying at this boundary; False when it came to its end before."""
    db.session.remove()
    try:
        with crash_at(boundary):
            act()
    except Crash:
        return True
    finally:
        db.session.rollback()
        db.session.remove()
    return False


def is_killed_at(boundary: int, act: Callable[[], object]) -> bool:
    """The same by SIGKILL of a forked process. False when it came to its end before."""
    db.session.remove()
    db.engine.dispose()  # no connection may be shared with the child
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pytest's threads stay with the parent
        child = os.fork()
    if child == 0:
        try:
            with crash_at(boundary, lambda: os.kill(os.getpid(), signal.SIGKILL)):
                act()
        except BaseException:  # noqa: BLE001 the parent reads the exit code
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0, "the act itself failed"
        return False
    return True


@contextmanager
def whether_anything_was_committed() -> Iterator[Callable[[], bool]]:
    """Asks SQLite itself whether the file has changed since the last time it was asked."""
    connection = sqlite3.connect(str(make_url(db.engine.url).database), isolation_level=None)
    last = connection.execute("PRAGMA data_version").fetchone()

    def changed() -> bool:
        nonlocal last
        before, last = last, connection.execute("PRAGMA data_version").fetchone()
        return bool(before != last)

    try:
        yield changed
    finally:
        connection.close()


class Snapshot:
    """The SQLite file as it was, to be put back before each crash."""

    def __init__(self) -> None:
        self.path = str(make_url(db.engine.url).database)
        self.kept = sqlite3.connect(":memory:")
        self._copy(self.path, None)

    def put_back(self) -> None:
        db.session.remove()
        db.engine.dispose()
        self._copy(None, self.path)

    def close(self) -> None:
        self.kept.close()

    def _copy(self, source: str | None, target: str | None) -> None:
        one = sqlite3.connect(source) if source else self.kept
        other = sqlite3.connect(target) if target else self.kept
        one.backup(other)
        for connection in (one, other):
            if connection is not self.kept:
                connection.close()
