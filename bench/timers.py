"""How late a lone timer fires; how fast ten thousand due at once are worked off, and in what order."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sqlalchemy import select, text

from bench.figures import Figure
from bench.installed import on_postgresql
from bench.many import more_cases
from service import clock
from service.cases.operations import open_case
from service.database import db
from service.jobs.timers import fire_due
from service.models import Case, ProcessBeat, Timer
from tests.builders import NOON, person, unit_id
from tests.faults.population import officers, own_case
from tests.integration.service.scenes import looping_procedure

AT_ONCE = 10_000
LONE = 3
LATEST_SECONDS = 2
PER_SECOND = 200
LATER = NOON + timedelta(days=31)


def measure() -> list[Figure]:
    late = lone()
    seconds, cpu, out_of_order = many()
    return [
        Figure("a lone timer fires after it was due, at the latest", late, "s", LATEST_SECONDS),
        Figure(f"{AT_ONCE:,} timers due at once, one scheduler", AT_ONCE / seconds, "/s"),
        Figure("CPU of the scheduler per timer", cpu * 1000 / AT_ONCE),
        Figure("the time they take", seconds, "s", AT_ONCE / PER_SECOND),
        Figure("fired out of order", out_of_order, "", 0),
    ]


def lone() -> float:
    """With `congnhan scheduler` running: the longest of a few waits, in seconds after the due time."""
    latest = 0.0
    with on_postgresql() as installation:
        looping_procedure("PT3S")
        [one] = officers(1)
        installation.start("scheduler")
        while not _lives():
            time.sleep(0.05)
        for year in range(2022, 2022 + LONE):
            case_id = open_case(
                commune_id=unit_id(one.commune),
                year=year,
                by=person(one.username, clock.now()),
                now=clock.now(),
                procedure_key="loop",
            )
            due = db.session.execute(select(Timer.due_at).where(Timer.case_id == case_id)).scalar_one()
            while not _fired(case_id):
                time.sleep(0.01)
            latest = max(latest, (datetime.now(UTC) - due).total_seconds())
    return latest


def _lives() -> bool:
    """The scheduler has begun its work: before that it is being started, which is not what is measured."""
    db.session.rollback()
    query = select(ProcessBeat.role).where(ProcessBeat.role == "scheduler")
    return db.session.execute(query).first() is not None


def _fired(case_id: object) -> bool:
    db.session.rollback()
    query = select(Case.rev).where(Case.id == case_id)
    return bool(db.session.execute(query).scalar_one() > 1)


def many() -> tuple[float, float, int]:
    """(seconds until all have fired, CPU seconds, how many fired after one that was due later)."""
    with on_postgresql():
        looping_procedure()
        [one] = officers(1)
        more_cases(own_case("loop", one), 0, AT_ONCE - 1)
        began, used = time.perf_counter(), time.process_time()
        fired = 0
        while fired < AT_ONCE:
            there = fire_due(LATER)
            if not there:
                raise SystemExit(f"only {fired} of {AT_ONCE} timers fired")
            fired += there
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
        rows = db.session.execute(
            text(
                "SELECT t.due_at FROM event e JOIN timer t ON t.case_id::text = e.stream_id "
                "WHERE e.type = 'timer_fired' ORDER BY e.position"
            )
        )
        due = list(rows.scalars())
        assert len(due) == AT_ONCE
        return seconds, cpu, sum(later < earlier for earlier, later in pairwise(due))
