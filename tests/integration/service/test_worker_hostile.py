"""What somebody who can write to Redis achieves: delays. Nothing of theirs runs, nothing of ours is lost."""

from __future__ import annotations

import json
import pickle
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from rq.serializers import JSONSerializer
from rq.suspension import suspend

from service.clock import set_demo_clock
from service.config import Settings
from service.database import db
from service.jobs.trusted_job import ALLOWED, LARGEST_DATA, outbox_id_in
from service.jobs.waking import QUEUE, enqueue_waiting
from service.jobs.worker import work
from tests.builders import NOON, a_case_at
from tests.integration.service.scenes import open_tasks, round_acts
from tests.integration.service.test_rounds import a_round, signed

CREATED = "2023-11-20T05:00:00.000000Z"
OURS = zlib.compress(JSONSerializer.dumps((ALLOWED, None, [1], {})))


@pytest.fixture
def settings(core: Flask, redis_url: str) -> Iterator[Settings]:
    set_demo_clock(NOON)
    yield replace(core.config["SETTINGS"], redis_url=redis_url)
    db.session.remove()


@pytest.fixture
def intruder(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as connection:
        yield connection


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """Whoever gets to run anything touches this file."""
    return tmp_path / "mark"


def packed(*call: Any) -> bytes:
    return zlib.compress(JSONSerializer.dumps(call))


def touching(mark: Path) -> bytes:
    return packed("pathlib.Path.touch", None, [str(mark)], {})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff",
        OURS[:-4],
        zlib.compress(b"[" * 400),
        zlib.compress(b'"' + b"x" * 10_000_000 + b'"'),
        zlib.compress(pickle.dumps((ALLOWED, None, [1], {}))),
        packed(ALLOWED, None, [10**30], {}),
        packed(ALLOWED, None, [0], {}),
        packed(ALLOWED, None, [-1], {}),
        packed(ALLOWED, None, [True], {}),
        packed(ALLOWED, None, [1.0], {}),
        packed(ALLOWED, None, ["1"], {}),
        packed(ALLOWED, None, [[1]], {}),
        packed(ALLOWED, None, [1, 1], {}),
        packed(ALLOWED, None, {"outbox_id": 1}, {}),
        packed(ALLOWED, None, [1], {"x": 1}),
        packed(ALLOWED, "service.jobs", [1], {}),
        packed(ALLOWED + " ", None, [1], {}),
        packed("os.system", None, [1], {}),
        packed(ALLOWED, None, [1]),
        zlib.compress(b"null"),
    ],
    ids=range(21),
)
def test_only_the_number_of_a_row_is_read_from_a_job(data: bytes):
    assert outbox_id_in(data) is None


def test_our_own_job_is_read():
    assert outbox_id_in(OURS) == 1
    assert outbox_id_in(packed(ALLOWED, None, [2**63 - 1], {})) == 2**63 - 1
    assert len(packed(ALLOWED, None, [2**63 - 1], {})) < LARGEST_DATA


def a_job(connection: redis.Redis, name: str, **fields: Any) -> None:
    connection.hset(
        f"rq:job:{name}", mapping={"created_at": CREATED, "origin": QUEUE, "data": OURS, **fields}
    )


def queued(connection: redis.Redis, name: str, **fields: Any) -> None:
    a_job(connection, name, **fields)
    connection.rpush(f"rq:queue:{QUEUE}", name)


def webhooks_to(port: int) -> str:
    return json.dumps(
        [
            {"url": f"http://127.0.0.1:{port}/{status}", "job_status": status}
            for status in ("finished", "failed")
        ]
    )


def everything_that_rq_would_follow(connection: redis.Redis, mark: Path, port: int) -> None:
    """Jobs of ours by their data, with all that RQ reads beside it."""
    touch = "pathlib.Path.touch"
    for kind in ("success", "failure", "stopped"):
        queued(connection, f"calls-back-on-{kind}", **{f"{kind}_callback_name": touch})
    queued(connection, "sends-webhooks", webhooks=webhooks_to(port))
    queued(connection, "repeats", repeats_left="1000", repeat_intervals="[0]")
    queued(connection, "retries", retries_left="1000", retry_intervals="[0]")
    queued(connection, "is-limited", rate_limit_key="x", rate_limit_concurrency="1")
    queued(connection, "has-no-end", timeout="-1", result_ttl="-1", ttl="-1")
    queued(connection, "has-a-wrong-timeout", timeout="rubbish")
    queued(connection, "has-a-wrong-status", status="rubbish", dependency_ids="{", meta=b"\x80\x04N.")
    queued(connection, "has-a-pickled-result", result=pickle.dumps(print))
    a_job(connection, "waits-for-ours", data=touching(mark), dependency_ids='["repeats"]', status="deferred")
    connection.sadd("rq:job:repeats:dependents", "waits-for-ours")
    connection.zadd(f"rq:deferred:{QUEUE}", {"waits-for-ours": 1})
    # What RQ's maintenance would take up: jobs begun and abandoned, ready, scheduled.
    a_job(connection, "abandoned", status="started", failure_callback_name=touch, data=touching(mark))
    connection.zadd(f"rq:wip:{QUEUE}", {"abandoned:1": 1, "abandoned": 1})
    a_job(connection, "ready", status="ready_to_enqueue", data=touching(mark))
    connection.zadd(f"rq:ready:{QUEUE}", {"ready": 1})
    a_job(connection, "scheduled", status="scheduled", data=touching(mark))
    connection.zadd(f"rq:scheduled:{QUEUE}", {"scheduled": 1})
    connection.rpush(f"rq:queue:{QUEUE}:intermediate", "abandoned", "ready")
    # Neither of the type that RQ expects.
    connection.rpush("rq:job:a-list", "x")
    connection.rpush(f"rq:queue:{QUEUE}", "a-list", "no-such-job", "a:colon", "", b"\xff\xfe", "x" * 100_000)
    connection.set(f"rq:finished:{QUEUE}", "a text")
    connection.set("rq:clean_registries:congnhan", "held")


class Listener:
    """Counts who connects."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0)
        self.port = self.socket.getsockname()[1]

    def called(self) -> bool:
        try:
            self.socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.socket.close()


def until(what: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def burst_until_delivered(settings: Settings, intruder: redis.Redis) -> None:
    """As a worker goes on: one whose loop was ended by nonsense begins another."""

    def once() -> bool:
        work(settings, burst=True)
        return not intruder.llen(f"rq:queue:{QUEUE}")

    until(once)


def test_nothing_that_lies_in_redis_runs_or_stops_our_own_work(
    settings: Settings, intruder: redis.Redis, mark: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
):
    touched: list[Any] = []
    monkeypatch.setattr(Path, "touch", touched.append)
    case_id = a_case_at("department_submit")
    signed(a_round(case_id), delivered=False)
    everything_that_rq_would_follow(intruder, mark, listener.port)
    suspend(intruder)

    enqueue_waiting(settings, NOON)
    burst_until_delivered(settings, intruder)

    assert list(open_tasks(case_id)) == ["chairman_decide"]
    assert [(row.state, row.attempts) for row in round_acts()] == [("done", 1)]
    assert (touched, mark.exists(), listener.called()) == ([], False, False)
    work(settings, burst=True)  # which tidies up what was none of ours
    assert intruder.llen(f"rq:queue:{QUEUE}") == intruder.llen(f"rq:queue:{QUEUE}:intermediate") == 0
    assert not intruder.exists("rq:job:calls-back-on-success")


@pytest.mark.parametrize("key", [f"rq:queue:{QUEUE}", "rq:workers", f"rq:queue:{QUEUE}:intermediate"])
def test_a_key_of_the_wrong_type_ends_in_an_error_not_in_a_loss(
    settings: Settings, intruder: redis.Redis, key: str
):
    case_id = a_case_at("department_submit")
    signed(a_round(case_id), delivered=False)
    intruder.set(key, "nonsense")

    for act in (lambda: enqueue_waiting(settings, NOON), lambda: work(settings, burst=True)):
        try:
            act()
        except redis.RedisError:
            continue
    intruder.flushdb()
    enqueue_waiting(settings, NOON)
    work(settings, burst=True)

    assert list(open_tasks(case_id)) == ["chairman_decide"]


def test_a_number_replayed_a_hundred_times_is_one_delivery(settings: Settings, intruder: redis.Redis):
    case_id = a_case_at("department_submit")
    signed(a_round(case_id), delivered=False)
    data = packed(ALLOWED, None, [round_acts()[0].id], {})
    for number in range(100):
        queued(intruder, f"replay-{number}", data=data)

    work(settings, burst=True)

    assert list(open_tasks(case_id)) == ["chairman_decide"]
    assert [row.attempts for row in round_acts()] == [1]
