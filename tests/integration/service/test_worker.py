"""RQ on a real Redis-protocol server: jobs carry an outbox id, anything else is thrown away."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer

from service.clock import set_demo_clock
from service.config import Settings
from service.database import db
from service.jobs.background import one_pass
from service.jobs.trusted_job import ALLOWED
from service.jobs.waking import QUEUE, enqueue_waiting, queue
from service.jobs.worker import handle_outbox, work
from tests.builders import NOON, a_case_at
from tests.integration.service.scenes import open_tasks, round_acts
from tests.integration.service.test_rounds import a_round, signed


@pytest.fixture
def settings(core: Flask, redis_url: str) -> Iterator[Settings]:
    set_demo_clock(NOON)
    yield replace(core.config["SETTINGS"], redis_url=redis_url)
    db.session.remove()


def a_waiting_delivery() -> Any:
    case_id = a_case_at("department_submit")
    signed(a_round(case_id), delivered=False)
    return case_id


def test_the_worker_delivers_a_waiting_row(settings: Settings):
    case_id = a_waiting_delivery()

    assert len(enqueue_waiting(settings, NOON)) == 1
    work(settings, burst=True)

    assert list(open_tasks(case_id)) == ["chairman_decide"]
    assert [row.state for row in round_acts()] == ["done"]


def test_the_same_row_is_queued_once_however_often_it_is_looked_at(settings: Settings):
    a_waiting_delivery()

    counts = [len(enqueue_waiting(settings, NOON)) for _ in range(3)]

    assert (counts, len(queue(settings))) == ([1, 0, 0], 1)


def test_a_lost_job_is_queued_again(settings: Settings, redis_url: str):
    case_id = a_waiting_delivery()
    enqueue_waiting(settings, NOON)
    with redis.Redis.from_url(redis_url) as connection:
        connection.flushdb()

    enqueue_waiting(settings, NOON)
    work(settings, burst=True)

    assert list(open_tasks(case_id)) == ["chairman_decide"]


def hostile_jobs(mark: Path) -> dict[str, dict[str, Any]]:
    """What an intruder in Redis could leave: the fields of a job's hash."""

    class Exploit:
        def __reduce__(self) -> Any:
            return (Path.touch, (mark,))

    def packed(*call: Any) -> bytes:
        return zlib.compress(JSONSerializer.dumps(call))

    pickled = zlib.compress(pickle.dumps((ALLOWED, None, [Exploit()], {})))
    ours = packed(ALLOWED, None, [1], {})
    touch = "pathlib.Path.touch"
    return {
        "another function": {"data": packed("os.mkdir", None, [str(mark)], {})},
        "keyword arguments": {"data": packed(ALLOWED, None, [1], {"outbox_id": 1})},
        "a method of something": {"data": packed(ALLOWED, "x", [1], {})},
        "too many arguments": {"data": packed(ALLOWED, None, [1, 2], {})},
        "text for a number": {"data": packed(ALLOWED, None, ["1"], {})},
        "true for a number": {"data": packed(ALLOWED, None, [True], {})},
        "pickle": {"data": pickled},
        "rubbish": {"data": b"\x00\xff"},
        "no data": {"data": b""},
        "a callback on success": {"data": ours, "success_callback_name": touch},
        "a callback on failure": {"data": ours, "failure_callback_name": touch},
        "a callback on stopping": {"data": ours, "stopped_callback_name": touch},
    }


def test_hostile_jobs_are_refused_and_the_worker_goes_on(settings: Settings, redis_url: str, tmp_path: Path):
    case_id, mark = a_waiting_delivery(), tmp_path / "mark"
    created = "2023-11-20T05:00:00.000000Z"
    with redis.Redis.from_url(redis_url) as connection:
        for number, fields in enumerate(hostile_jobs(mark).values()):
            connection.hset(
                f"rq:job:hostile-{number}", mapping={"created_at": created, "origin": QUEUE, **fields}
            )
            connection.rpush(f"rq:queue:{QUEUE}", f"hostile-{number}")
    Queue(QUEUE, connection=redis.Redis.from_url(redis_url), serializer=JSONSerializer).enqueue(
        ALLOWED, round_acts()[0].id
    )

    work(settings, burst=True)

    assert not mark.exists()
    assert list(open_tasks(case_id)) == ["chairman_decide"]  # our own job behind them was done


@pytest.mark.parametrize("argument", ["1", True, None, 1.0, [1]])
def test_the_one_function_takes_a_number_only(core: Flask, argument: Any):
    with pytest.raises(ValueError, match="outbox id"):
        handle_outbox(argument)


def test_a_number_that_names_no_row_does_nothing(core: Flask):
    assert handle_outbox(10**9) is False


def test_without_redis_the_background_pass_delivers_by_itself(core: Flask):
    set_demo_clock(NOON)
    case_id = a_waiting_delivery()
    nobody_there = replace(core.config["SETTINGS"], redis_url="redis://127.0.0.1:1/0")

    one_pass(nobody_there)

    assert list(open_tasks(case_id)) == ["chairman_decide"]
