"""A completion on PostgreSQL: statements, commits, and what further web processes cost in CPU."""

from __future__ import annotations

import os
import statistics

from bench import open_loop
from bench.figures import Figure
from bench.installed import on_postgresql
from service.database import db
from service.tasks.operations import complete_task
from tests.builders import NOON, person
from tests.faults.population import officers, own_case, tasks_of
from tests.integration.service.scenes import commits, looping_procedure, statements

ROUNDS = 3
AGAIN = {"action": "again"}


def measure() -> list[Figure]:
    sent, ended = count()
    seconds = float(os.environ.get("PROCESSES_SECONDS", "6"))
    one: list[float] = []
    two: list[float] = []
    for turn in range(ROUNDS):
        # Who goes first changes from round to round: what disturbs the machine disturbs both.
        for processes in (1, 2) if turn % 2 == 0 else (2, 1):
            result = open_loop.run(seconds, rate=60, clients=24, web_processes=processes)
            (one if processes == 1 else two).append(sum(result.cpu.values()))
    more = statistics.median(b / a for a, b in zip(one, two, strict=True))
    noise = (max(one) - min(one)) / statistics.median(one) * 100
    return [
        Figure("PostgreSQL: statements per completion", sent, "", 10),
        Figure("PostgreSQL: commits per completion", ended, "", 1),
        Figure("PostgreSQL: CPU per completion, one web process", statistics.median(one)),
        Figure("PostgreSQL: two web processes : one, round by round", more, "×", 1.15),
        Figure("noise: spread of one web process", noise, "%"),
    ]


def count() -> tuple[int, int]:
    """Statements and commits of one completion beside a boundary timer, in a case that is under way."""
    with on_postgresql():
        looping_procedure()
        [one] = officers(1)
        case_id, officer = own_case("loop", one), person(one.username)
        complete_task(task_id=tasks_of(case_id)[0], answers=AGAIN, by=officer, now=NOON)
        [task_id] = tasks_of(case_id)
        db.session.remove()
        with statements() as sent, commits() as ended:
            complete_task(task_id=task_id, answers=AGAIN, by=officer, now=NOON)
        return len(sent), len(ended)
