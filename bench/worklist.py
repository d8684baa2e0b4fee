"""The worklist's page at 100,000 open tasks for somebody with fifty seats: the whole request through the web.

List, numbers on the tabs, what the filters offer, rendering; on SQLite and PostgreSQL. Between the requests
work goes on: tasks of the person's units are completed and new ones arrive.
"""

from __future__ import annotations

import re
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from html import unescape
from typing import TypeAlias

from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from bench.figures import Figure
from bench.ground import NOON, LoopCase, ground, loop_diagram
from bench.installed import on_postgresql, seconds_on_processors
from bench.worklist_scene import OPEN, SEATS, SECRET, UNITS, USERNAME, populate
from service.app import create_app
from service.clock import set_demo_clock
from service.database import db, table_of, transaction
from service.demo.loader import viewer_named
from service.models import Task, TaskState
from service.processes.publishing import publish_version

Seconds: TypeAlias = Callable[[], float]

TARGET_MS = 50
ROUNDS = 5
DEEP = 8
# One after the other, as a person does: tabs, filters, orders, words.
ASKED = (
    "",
    "danh-sach=overdue",
    "danh-sach=due_soon",
    "nguoi=mine",
    "tim=do+luong+40",
    "danh-sach=returned",
    "sap-xep=received",
    "dau-hieu=urgent",
    "nam=2020",
    "danh-sach=done",
    "tim=tham+dinh",
    "sap-xep=commune",
    "nguoi=unassigned",
    "buoc=district_appraise",
    "tim=DL-0040",
    "sap-xep=priority",
    "dau-hieu=signing&nam=2021",
    "danh-sach=follow_up",
    "tim=chap+chon",
    "nguoi=handed",
    "tim=khong+co+gi",
)


def measure() -> list[Figure]:
    figures = []
    for name, database in (("SQLite", _on_sqlite), ("PostgreSQL", _on_postgresql)):
        with database() as database_seconds:
            opened = LoopCase(0)
            populate(opened.case_id, opened.task_id)
            figures += _figures(name, database_seconds)
    return figures


def _figures(name: str, database_seconds: Seconds) -> list[Figure]:
    """`database_seconds`: the processor that the database's own processes have used so far, 0 without any."""
    client = _logged_in()
    first = _seconds(client, "/viec")[0]
    for asked in ASKED:  # everything is put together once
        _seconds(client, f"/viec?{asked}")
    times, own, both = zip(*_in_turn(client, database_seconds), strict=True)
    of = f"{name}, {OPEN:,} open tasks, {UNITS} units, {SEATS} seats: worklist page"
    return [
        Figure(f"{of}, p95", statistics.quantiles(times, n=20)[-1] * 1000, "ms", TARGET_MS),
        Figure(f"{of}, median", statistics.median(times) * 1000),
        Figure(f"{of}, p95 of the web's own processor", statistics.quantiles(own, n=20)[-1] * 1000),
        Figure(
            f"{of}, p95 of the processor with the database's", statistics.quantiles(both, n=20)[-1] * 1000
        ),
        Figure(f"{of}, the very first of a process", first * 1000),
        Figure(f"{of}: requests", len(times), ""),
    ]


def _in_turn(client: FlaskClient, database_seconds: Seconds) -> Iterator[tuple[float, float, float]]:
    """Seconds of each request by the clock, of this processor, and of it with the database's.

    In the first turn each list is paged on.
    """
    for turn in range(ROUNDS):
        for number, asked in enumerate(ASKED):
            if number % 4 == 0:
                _work_goes_on(turn * len(ASKED) + number)
            path: str | None = f"/viec?{asked}"
            for _ in range(1 + DEEP if turn == 0 else 1):
                if path is None:
                    break
                before = database_seconds()
                clock, own, text = _seconds(client, path)
                yield clock, own, own + database_seconds() - before
                path = _next_page(text)


def _seconds(client: FlaskClient, path: str) -> tuple[float, float, str]:
    started, used = time.perf_counter(), time.process_time()
    answer = client.get(path)
    seconds, own = time.perf_counter() - started, time.process_time() - used
    assert answer.status_code == 200, (path, answer.status_code)
    return seconds, own, answer.text


def _next_page(text: str) -> str | None:
    found = re.search(r'rel="next" href="([^"]+)"', text)
    return unescape(found[1]) if found else None


def _work_goes_on(number: int) -> None:
    """Somebody completes a task of the person's units, and another one arrives."""
    tasks = table_of(Task)
    group, unit = viewer_named(USERNAME, NOON).worklist_groups[number % SEATS]
    with transaction() as session:
        mine = (tasks.c.group == group, tasks.c.unit_id == unit, tasks.c.state == TaskState.READY.value)
        like = dict(session.execute(select(tasks).where(*mine).limit(1)).mappings().one())
        session.execute(
            update(tasks)
            .where(tasks.c.id == like["id"])
            .values(state=TaskState.COMPLETED.value, completed_at=NOON)
        )
        arrived = {"id": uuid.uuid4(), "ref": f"{like['element']}:{3 + number}", "occurrence": 3 + number}
        session.execute(
            insert(tasks).values(like | arrived | {"received_at": NOON + timedelta(seconds=number)})
        )
    db.session.remove()


def _logged_in() -> FlaskClient:
    app = create_app(current_app.config["SETTINGS"])
    app.testing = True
    set_demo_clock(NOON)
    db.session.remove()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["sid"] = SECRET
    return client


@contextmanager
def _on_sqlite() -> Iterator[Seconds]:
    with ground():
        yield lambda: 0.0


@contextmanager
def _on_postgresql() -> Iterator[Seconds]:
    with on_postgresql() as installation:
        publish_version(
            diagram=loop_diagram(),
            forms={},
            catalogue="qd-1829",
            legal_basis="bench",
            effective_on=date(2022, 1, 1),
            now=NOON,
        )
        yield lambda: seconds_on_processors(installation, "database")
