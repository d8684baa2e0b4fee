"""A worklist's page among 10,000 open tasks on SQLite; for information."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import insert, select

from bench.figures import Figure, milliseconds, seconds_of
from bench.ground import NOON, LoopCase, ground
from service.clock import local_day
from service.database import db, table_of, transaction
from service.demo.loader import viewer_named
from service.models import Case, Task
from service.tasks.worklist import count_tabs, list_tasks

TASKS, RUNS = 10_000, 15
# One of the commune's own, one of Sở who sees every case; the tasks are the commune's.
OFFICER, DEPARTMENT = "xa-thidu-chuyenvien", "so-tttt-chuyenvien"


def measure() -> list[Figure]:
    day = local_day(NOON)
    with ground():
        fill(LoopCase(0))
        officer, stranger = viewer_named(OFFICER, NOON), viewer_named(DEPARTMENT, NOON)

        def seconds(run: object) -> list[float]:
            times = []
            for _ in range(RUNS):
                db.session.remove()
                times.append(seconds_of(run))  # type: ignore[arg-type]
            return times

        first = list_tasks(officer, day=day)
        cursor = first.next_cursor
        for _ in range(100):
            cursor = list_tasks(officer, day=day, cursor=cursor).next_cursor
        return [
            Figure(
                f"worklist of 50 among {TASKS:,} open: first page",
                milliseconds(seconds(lambda: list_tasks(officer, day=day))),
            ),
            Figure(
                "the 102nd page", milliseconds(seconds(lambda: list_tasks(officer, day=day, cursor=cursor)))
            ),
            Figure(
                "first page of somebody without tasks",
                milliseconds(seconds(lambda: list_tasks(stranger, day=day))),
            ),
            Figure("the numbers on the tabs", milliseconds(seconds(lambda: count_tabs(officer, day)))),
        ]


def fill(opened: LoopCase) -> None:
    """Open tasks as copies of one, each with a case of its own; due dates spread over four months."""
    tasks, cases = table_of(Task), table_of(Case)
    with transaction() as session:
        task = dict(session.execute(select(tasks).where(tasks.c.id == opened.task_id)).mappings().one())
        case = dict(session.execute(select(cases).where(cases.c.id == opened.case_id)).mappings().one())
        ids = [uuid.uuid4() for _ in range(TASKS)]
        session.execute(
            insert(cases),
            [case | {"id": one, "code": f"B-{place}", "year": 3000 + place} for place, one in enumerate(ids)],
        )
        session.execute(
            insert(tasks),
            [
                task
                | {"id": uuid.uuid4(), "case_id": one, "due_on": NOON.date() + timedelta(days=place % 120)}
                for place, one in enumerate(ids)
            ],
        )
