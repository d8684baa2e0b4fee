"""A completion on PostgreSQL: statements, commits, and what further web processes cost in CPU."""

from __future__ import annotations

import os
import statistics

from bench import open_loop
from bench.figures import Figure, paired_ratio
from bench.installed import installed_with_loops, on_postgresql
from service.database import db
from service.tasks.operations import complete_task
from tests.builders import NOON, person
from tests.faults.population import officers, own_case, tasks_of
from tests.integration.service.scenes import commits, looping_procedure, statements

ROUNDS = 3
CLIENTS, RATE = 24, 60
AGAIN = {"action": "again"}


def measure() -> list[Figure]:
    sent, ended = count()
    seconds = float(os.environ.get("PROCESSES_SECONDS", "10"))
    used: dict[int, list[dict[str, float]]] = {1: [], 2: []}
    with installed_with_loops(CLIENTS) as (installation, people):
        for turn in range(ROUNDS):
            # Who goes first changes from round to round: what disturbs the machine disturbs both.
            for processes in (1, 2) if turn % 2 == 0 else (2, 1):
                installation.kill("web")
                installation.web_processes = processes
                installation.start("web")
                used[processes].append(open_loop.load(installation, people, seconds, RATE).cpu)
    one, two = ([sum(cpu.values()) for cpu in used[processes]] for processes in (1, 2))
    noise = (max(one) - min(one)) / statistics.median(one) * 100
    return [
        Figure("PostgreSQL: statements per completion", sent, "", 10),
        Figure("PostgreSQL: commits per completion", ended, "", 1),
        *(
            Figure(
                f"PostgreSQL: CPU of {name} per completion, {processes} web",
                statistics.median(cpu[name] for cpu in used[processes]),
            )
            for processes in (1, 2)
            for name in ("web", "database")
        ),
        Figure("PostgreSQL: CPU with two web : one, round by round", paired_ratio(two, one), "×", 1.15),
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
