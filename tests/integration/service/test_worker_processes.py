"""Worker and scheduler as processes of their own, on PostgreSQL and a real Redis that fails them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import redis
from flask import Flask
from sqlalchemy import insert, select

from service.database import db, transaction
from service.models import Event, OutboxRow, ProcessBeat, RoundDelivery
from service.trace import tracing
from tests.builders import NOON, a_case_at
from tests.integration.service.scenes import (
    a_case_of,
    looping_procedure,
    nothing_is_wrong,
    open_tasks,
    outbox_rows,
)
from tests.integration.service.test_rounds import a_round, signed
from tests.servers.process import die_with_parent
from tests.servers.redis import redis_server

ROOT = Path(__file__).resolve().parents[3]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
# Processes of their own see the real time: what is due at NOON of 2023 is due.


class Processes:
    """`congnhan …` on this test's database, each in a process of its own."""

    def __init__(self, database_url: str, redis_url: str, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "CONGNHAN_DATA": str(folder),
            "PYTHONUNBUFFERED": "1",
        }
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{words[0]}-{len(self.started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", *words],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - no thread of ours runs while they start
            )
        self.started.append(process)
        return process

    def said(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def stop(self) -> list[int]:
        """Ask all that run to stop; how they ended."""
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        return [process.wait(60) for process in self.started]

    def kill(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait(10)


@pytest.fixture
def own_redis() -> Iterator[str]:
    """One that may be stopped, emptied and paused without another test noticing."""
    if os.environ.get("TEST_REDIS_URL"):
        pytest.skip("this test stops its Redis, so it does not use the one of TEST_REDIS_URL")
    with redis_server() as url:
        yield url


@pytest.fixture
def processes(
    postgres_app: Flask, filled_postgres_url: str, own_redis: str, tmp_path: Path
) -> Iterator[Processes]:
    some = Processes(filled_postgres_url, own_redis, tmp_path)
    try:
        yield some
    finally:
        some.kill()


def until(what: Callable[[], Any], processes: Processes, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"it did not happen:\n{processes.said()}"
        db.session.rollback()
        time.sleep(0.1)


def all_done() -> bool:
    return all(row.state == "done" for row in outbox_rows())


def alive(*roles: str) -> Callable[[], bool]:
    def look() -> bool:
        db.session.rollback()
        found = set(db.session.execute(select(ProcessBeat.role)).scalars())
        return found >= set(roles)

    return look


def orphans(number: int) -> list[int]:
    """Rows whose handler has little to do: messages that never were."""
    first = len(outbox_rows())
    with transaction() as session:
        return [
            int(
                session.execute(
                    insert(OutboxRow).values(
                        kind="message_delivery",
                        payload={"message": f"00000000-0000-4000-8000-{one:012}"},
                        available_at=NOON,
                        created_at=NOON,
                    )
                ).inserted_primary_key[0]
            )
            for one in range(first, first + number)
        ]


def round_acts_of(case_id: Any) -> list[str]:
    db.session.rollback()
    return list(
        db.session.execute(select(RoundDelivery.state).where(RoundDelivery.case_id == case_id)).scalars()
    )


def has_fired(case_id: Any) -> bool:
    return "timer_fired" in kinds_of(case_id)


def kinds_of(case_id: Any) -> list[str]:
    return [event["type"] for event in events_of(case_id)]


def events_of(case_id: Any) -> list[dict[str, Any]]:
    db.session.rollback()
    bodies = db.session.execute(
        select(Event.body).where(Event.stream == "case", Event.stream_id == str(case_id)).order_by(Event.seq)
    )
    return [orjson.loads(body) for body in bodies.scalars()]


def test_scheduler_and_worker_share_the_work_in_one_trace_and_stop_when_asked(processes: Processes):
    case_id, timed = a_case_at("department_submit"), a_case_of(looping_procedure("PT1S"))
    processes.start("worker")
    processes.start("scheduler")
    until(alive("worker", "scheduler"), processes)

    with tracing(f"00-{TRACE}-00f067aa0ba902b7-01"):
        signed(a_round(case_id), delivered=False)
    until(all_done, processes)
    until(lambda: has_fired(timed), processes)

    assert list(open_tasks(case_id)) == ["chairman_decide"]
    assert events_of(case_id)[-1]["trace"] == TRACE
    assert processes.stop() == [0, 0], processes.said()
    db.session.rollback()
    assert db.session.scalars(select(ProcessBeat)).all() == []
    assert nothing_is_wrong()


@pytest.mark.soak
def test_workers_and_schedulers_do_each_thing_once_though_redis_is_emptied_and_dies(
    processes: Processes, own_redis: str
):
    procedure = looping_procedure("PT1S")
    timed = [a_case_of(procedure, year=year) for year in (2022, 2023, 2024, 2025)]
    case_id = a_case_at("department_submit")
    for _ in range(2):
        processes.start("worker")
        processes.start("scheduler")
    until(alive("worker", "scheduler"), processes)

    signed(a_round(case_id), delivered=False)
    orphans(30)
    with redis.Redis.from_url(own_redis) as connection:
        connection.flushall()
        orphans(30)
        connection.shutdown(nosave=True)
    orphans(30)
    until(all_done, processes)
    until(lambda: all(has_fired(one) for one in timed), processes)

    assert [row.attempts for row in outbox_rows()] == [1] * len(outbox_rows())
    assert [kinds_of(one).count("timer_fired") for one in timed] == [1, 1, 1, 1]
    assert round_acts_of(case_id) == ["delivered"]
    assert processes.stop() == [0] * 4, processes.said()
    assert nothing_is_wrong()
