"""Actors that take turns at statement boundaries, on one thread, exactly as the schedule says.

Each actor is a greenlet with an application context and a connection of its own, as a process has. Before
every statement, before BEGIN IMMEDIATE, before and after COMMIT it may lose its turn, or its life.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from greenlet import getcurrent, greenlet
from sqlalchemy import event
from sqlalchemy.engine import Connection

from service.database import db

LOCK = "lock"
TOLD_WITH_ROW = ("event", "round_delivery")


class Killed(BaseException):
    """The process is gone: nothing of it runs any more, and its connection breaks off."""


class Actor:
    """One command under way. `written` is what its open transaction has written: [(table, row or None)]."""

    def __init__(self, baton: Baton, act: Any, work: Callable[[], Any]) -> None:
        self.act = act
        self.turns = 0
        self.waits_for = ""
        self.doomed = False
        self.written: list[tuple[str, dict[str, Any] | None]] = []
        self.answer: Any = None
        self.error: BaseException | None = None
        self.greenlet = greenlet(lambda: self._run(baton, work))

    @property
    def ended(self) -> bool:
        return bool(self.greenlet.dead)

    def _run(self, baton: Baton, work: Callable[[], Any]) -> None:
        with baton.app.app_context():
            try:
                self.answer = work()
                baton.boundary()  # it may die between its commit and its answer
            except Killed:
                self.doomed = True
            except Exception as error:  # noqa: BLE001 the judge looks at it
                self.error = error
            finally:
                db.session.remove()


class Baton:
    """Who runs; `on_commit(actor)` is told of each commit that wrote, at the moment it is durable."""

    def __init__(self, app: Flask, on_commit: Callable[[Actor], None]) -> None:
        self.app, self.on_commit = app, on_commit
        self.current: Actor | None = None
        self.hub = getcurrent()
        self.trace = hashlib.sha256()
        self.boundaries = 0
        with app.app_context():
            self.engine = db.engine

    def resume(self, actor: Actor, turns: int) -> None:
        """Let it run over that many boundaries, or until it ends or must wait."""
        actor.turns, actor.waits_for = turns, ""
        self.current = actor
        try:
            actor.greenlet.switch()
        finally:
            self.current = None

    def kill(self, actor: Actor) -> None:
        actor.doomed = True
        self.resume(actor, 1_000_000)

    def boundary(self, waits_for: str = "") -> None:
        actor = self.current
        if actor is None:
            return
        self.boundaries += 1
        if actor.doomed:
            raise Killed
        actor.turns -= 1
        if actor.turns > 0 and not waits_for:
            return
        actor.waits_for = waits_for
        self.hub.switch()
        if actor.doomed:
            raise Killed

    @contextmanager
    def listening(self) -> Iterator[None]:
        """The seams in SQLAlchemy through which the turns pass."""
        listeners = [
            (self.engine, "connect", self._connected),
            (self.engine, "set_connection_execution_options", self._begins),
            (self.engine, "before_cursor_execute", self._executes),
            (self.engine, "after_cursor_execute", self._executed),
            (self.engine, "commit", lambda _connection: self.boundary()),
            (self.engine, "rollback", self._rolls_back),
        ]
        dialect, commit = self.engine.dialect, self.engine.dialect.do_commit

        def do_commit(connection: Any) -> None:
            commit(connection)
            actor = self.current
            if actor is not None and actor.written:
                self.on_commit(actor)
                actor.written = []
                self.boundary()

        for target, name, function in listeners:
            event.listen(target, name, function)
        dialect.do_commit = do_commit  # type: ignore[method-assign]
        try:
            yield
        finally:
            del dialect.do_commit
            for target, name, function in listeners:
                event.remove(target, name, function)

    def _connected(self, connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute("PRAGMA busy_timeout=0")  # who must wait says so at once
        connection.execute("PRAGMA synchronous=OFF")  # power cuts are another test's business

    def _begins(self, connection: Connection, options: dict[str, Any]) -> None:
        """A write transaction is about to begin: wait here while somebody else has the lock."""
        if self.current is None or not options.get("writes", False):
            return
        driver = connection.connection.driver_connection
        self.boundary()
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    raise
                self.boundary(LOCK)
            else:
                driver.execute("ROLLBACK")  # it is free: the service's own BEGIN comes next, without a turn
                return

    def _executes(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if self.current is not None:
            self.trace.update(f"{self.current.act.number} {statement}\n".encode())
        self.boundary()

    def _executed(
        self, _connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool
    ) -> None:
        if self.current is None or not statement.startswith(("INSERT", "UPDATE", "DELETE")):
            return
        words = statement.split(None, 3)
        table = (words[1] if words[0] == "UPDATE" else words[2]).strip('"')
        if table not in TOLD_WITH_ROW:
            self.current.written.append((table, None))
            return
        self.current.written += [(table, dict(row)) for row in context.compiled_parameters]

    def _rolls_back(self, _connection: Any) -> None:
        if self.current is not None:
            self.current.written = []
