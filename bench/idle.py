"""What a pass of the scheduler costs when nothing is due, by how many cases are open."""

from __future__ import annotations

import statistics

from flask import current_app
from sqlalchemy import text

from bench.figures import Figure, seconds_of
from bench.installed import on_postgresql
from bench.many import more_cases
from service.database import db
from service.jobs.background import Standing
from service.jobs.outbox import drain
from tests.builders import NOON
from tests.faults.population import officers, own_case
from tests.integration.service.scenes import looping_procedure, statements

SIZES = (0, 1_000, 100_000)
PASSES = 15
MOST_STATEMENTS = 20


def measure() -> list[Figure]:
    figures = []
    medians = []
    with on_postgresql():
        looping_procedure()
        [one] = officers(1)
        case_id = own_case("loop", one)
        standing = Standing()
        settings = current_app.config["SETTINGS"]
        _pass(standing, settings)  # what is due at first: people are told of the task
        drain(NOON)
        there = 0
        for size in SIZES:
            more_cases(case_id, there, size)
            there = size
            _pass(standing, settings)
            with statements() as sent:
                _pass(standing, settings)
            milliseconds = [seconds_of(lambda: _pass(standing, settings)) * 1000 for _ in range(PASSES)]
            medians.append(statistics.median(milliseconds))
            figures += [
                Figure(f"idle pass, {size:,} cases: statements", len(sent), "", MOST_STATEMENTS),
                Figure(f"idle pass, {size:,} cases", medians[-1]),
            ]
        rows = db.session.execute(text("SELECT count(*) FROM case_file")).scalar_one()
        assert rows == SIZES[-1] + 1
    return [*figures, Figure("idle pass, 100,000 cases : none", medians[-1] / medians[0], "×")]


def _pass(standing: Standing, settings: object) -> None:
    standing.keep_time(settings, NOON)  # type: ignore[arg-type]
    standing.dispatch(settings, NOON)  # type: ignore[arg-type]
    db.session.remove()
