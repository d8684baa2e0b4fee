"""The scheduler's pass: what it does without Redis, what it costs with nothing to do, by which indexes."""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import event, insert, select, text, update
from structlog.testing import capture_logs

from service.clock import set_demo_clock
from service.config import Settings
from service.database import db, transaction
from service.jobs import background, stopwatch
from service.jobs.abandoned import release_abandoned
from service.jobs.background import Standing, one_pass, repeat
from service.jobs.outbox import drain
from service.jobs.stopwatch import Watch
from service.jobs.timers import fire_due
from service.jobs.waking import REDIS_RESTS, SERVED_WITHIN
from service.models import Case, Message, OutboxRow, Task, Timer
from tests.builders import NOON
from tests.integration.service.conftest import Stopwatch
from tests.integration.service.scenes import (
    a_case_of,
    at_once,
    looping_procedure,
    nothing_is_wrong,
    outbox_rows,
    statements,
)
from tests.integration.service.test_outbox_and_timers import (
    a_row,
    fired,
    handled_by,
    nothing,
)

DUE = NOON + timedelta(days=30)


def idle_cases(number: int, of: Any) -> None:
    """That many copies of a case with its open task and its timer that is not due."""
    with transaction() as session:
        for model, renamed in ((Case, ("id", "code")), (Task, ("id", "case_id")), (Timer, ("id", "case_id"))):
            table = model.__table__
            where = table.c.id == of if model is Case else table.c.case_id == of
            row = dict(session.execute(select(table).where(where).limit(1)).one()._mapping)
            copies = []
            for one in range(number):
                copy = dict(row)
                for name in renamed:
                    copy[name] = (
                        f"X-{one:06}" if name == "code" else _id(one, model if name == "id" else Case)
                    )
                if model is Case:
                    copy["procedure"] = f"idle-{one}"
                copies.append(copy)
            session.execute(insert(table), copies)


def _id(number: int, model: type) -> Any:
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{model.__name__}-{number}")


def sent_by_an_idle_pass(app: Flask) -> list[str]:
    standing = Standing()
    with patch("service.clock.now", lambda: NOON):
        one_pass(app.config["SETTINGS"], standing)  # says that it lives, tidies up
        db.session.rollback()
        with statements() as sent:
            one_pass(app.config["SETTINGS"], standing)
    return sent


def test_a_thousand_idle_cases_cost_not_one_statement_more(either_core: Flask):
    case_id = a_case_of(looping_procedure())
    one_pass(either_core.config["SETTINGS"])
    with transaction() as session:
        session.execute(update(Task).values(attention_at=None))
    without = sent_by_an_idle_pass(either_core)

    idle_cases(1000, case_id)
    with_them = sent_by_an_idle_pass(either_core)

    assert with_them == without
    assert len(with_them) <= 8
    assert all(statement.lstrip().startswith("SELECT") for statement in with_them)


def test_every_question_of_an_idle_pass_is_answered_by_an_index(either_core: Flask):
    case_id = a_case_of(looping_procedure())
    idle_cases(1000, case_id)
    with transaction() as session:
        session.execute(update(Task).values(attention_at=None))
        session.execute(
            insert(OutboxRow),
            [
                {
                    "kind": "email",
                    "payload": {},
                    "state": "done",
                    "attempts": 1,
                    "available_at": NOON,
                    "created_at": NOON,
                }
                for _ in range(2000)
            ],
        )
        session.execute(
            insert(Message),
            [
                {
                    "id": _id(number, Message),
                    "kind": "message",
                    "position": number,
                    "name": "told",
                    "receiver_case_id": _id(number % 1000, Case),
                    "source": f"{number}",
                    "to": {},
                    "payload": {},
                    "state": "delivered",
                    "created_at": NOON,
                    "expires_at": NOON,
                }
                for number in range(2000)
            ],
        )
        session.execute(text("ANALYZE"))  # as autovacuum and `db check` do: most rows are done
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        sent_by_an_idle_pass(either_core)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    questions = {statement: given for statement, given in asked if statement.lstrip().startswith("SELECT")}
    large = ("case_file", "task", "timer", "outbox", "event", "message")
    for statement, given in questions.items():
        for line in plan(statement, given):
            assert not any(reads_all_of(table, line) for table in large), f"{statement}\n{line}"
    assert len(questions) >= 4


def plan(statement: str, given: Any) -> list[str]:
    sqlite = db.engine.dialect.name == "sqlite"
    db.session.rollback()
    connection = db.session.connection()
    explained = connection.exec_driver_sql(
        f"EXPLAIN QUERY PLAN {statement}" if sqlite else f"EXPLAIN {statement}", given
    )
    return [str(row[-1]) for row in explained]


def reads_all_of(table: str, line: str) -> bool:
    """A look at each row. A partial index holds only what waits: going through all of it is no such look."""
    words = line.replace("->", " ").split()
    if "Scan" in words:
        return words[:3] == ["Seq", "Scan", "on"] and words[3] == table
    return words[:2] == ["SCAN", table] and "USING" not in words


@pytest.fixture
def with_redis(core: Flask) -> Settings:
    return replace(core.config["SETTINGS"], redis_url="redis://127.0.0.1:1/0")


@contextmanager
def silent_server() -> Iterator[int]:
    """Takes connections and never says a word: Redis behind a line that stalls."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server, ExitStack() as taken:
        server.settimeout(0.2)
        ended = threading.Event()

        def take() -> None:
            while not ended.is_set():
                try:
                    taken.enter_context(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            ended.set()
            thread.join()


@pytest.mark.parametrize("fault", ["silent", "nobody there"])
def test_a_redis_that_does_not_serve_is_left_alone_for_a_while_and_named_once(
    core: Flask,
    with_redis: Settings,
    time_passing: Stopwatch,
    fault: str,
):
    standing = Standing()
    with ExitStack() as stack:
        if fault == "silent":
            port = stack.enter_context(silent_server())
            with_redis = replace(with_redis, redis_url=f"redis://127.0.0.1:{port}/0")
        done = stack.enter_context(handled_by(nothing))
        said = stack.enter_context(capture_logs())
        for name in "abc":
            a_row(name)
            standing.dispatch(with_redis, NOON)
        time_passing.pass_by(REDIS_RESTS)
        a_row("d")
        standing.dispatch(with_redis, NOON)

    assert done == ["a", "b", "c", "d"]
    assert [line["event"] for line in said] == ["redis does not serve, delivering here"]


def test_what_no_worker_takes_is_delivered_by_the_scheduler(
    core: Flask,
    redis_url: str,
    time_passing: Stopwatch,
):
    settings = replace(core.config["SETTINGS"], redis_url=redis_url)
    standing = Standing()
    a_row("a")

    with handled_by(nothing) as done:
        standing.dispatch(settings, NOON)
        time_passing.pass_by(SERVED_WITHIN)
        standing.dispatch(settings, NOON)
        assert done == []  # workers still have their time
        time_passing.pass_by(timedelta(seconds=1))
        standing.dispatch(settings, NOON)

    assert done == ["a"]


def test_four_dispatchers_and_four_schedulers_at_once_do_everything_once(either_core: Flask):
    procedure = looping_procedure()
    timed = [a_case_of(procedure, year=year) for year in (2022, 2023, 2024, 2025)]
    for number in range(40):
        a_row(f"{number:02}")

    with handled_by(nothing) as done:
        schedulers: list[Callable[[], int]] = [partial(fire_due, DUE)] * 4
        answers = at_once(either_core, schedulers + [partial(drain, DUE)] * 4)
        fire_due(DUE)
        drain(DUE)

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert sorted(done) == [f"{number:02}" for number in range(40)]
    assert [fired(one) for one in timed] == [["late"]] * 4
    assert [row.attempts for row in outbox_rows() if row.kind == "test"] == [1] * 40
    assert nothing_is_wrong()


def test_a_pass_that_fails_is_logged_once_and_the_next_ones_go_on(core: Flask):
    standing, passes = Standing(), []

    def part(_settings: Settings, _now: datetime) -> int:
        passes.append(1)
        if len(passes) == 6:
            standing.stop.set()
        if len(passes) < 5:
            raise RuntimeError("the same each time")
        return 0

    with capture_logs() as said, patch.object(background, "PAUSE_SECONDS", 0):
        repeat(core, standing, part)

    assert len(passes) == 6
    assert [line["event"] for line in said] == ["background pass failed"]


def test_a_process_that_is_told_to_stop_leaves_the_rest_to_others(core: Flask):
    standing = Standing()
    for name in "abc":
        a_row(name)

    def handle(_name: str) -> None:
        standing.stop.set()

    with handled_by(handle) as done:
        standing.dispatch(core.config["SETTINGS"], NOON)

    assert done == ["a"]
    assert release_abandoned(Watch(), NOON) == 0
    assert [row.claimed_until for row in outbox_rows()] == [None, None, None]


def test_the_stopwatch_is_not_the_clock(core: Flask):
    """The demo's clock may stand anywhere; what is measured in seconds is not."""
    before = stopwatch.seconds()
    set_demo_clock(NOON)

    assert 0 <= stopwatch.seconds() - before < 3600
