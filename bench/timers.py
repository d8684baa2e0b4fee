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
from service.models import Case, Timer
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
    seconds, out_of_order = many()
    return [
        Figure("a lone timer fires after it was due, at the latest", late, "s", LATEST_SECONDS),
        Figure(f"{AT_ONCE:,} timers due at once, one scheduler", AT_ONCE / seconds, "/s"),
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


def _fired(case_id: object) -> bool:
    db.session.rollback()
    query = select(Case.rev).where(Case.id == case_id)
    return bool(db.session.execute(query).scalar_one() > 1)


def many() -> tuple[float, int]:
    """(seconds until all have fired, how many fired after one that was due later)."""
    with on_postgresql():
        looping_procedure()
        [one] = officers(1)
        more_cases(own_case("loop", one), 0, AT_ONCE - 1)
        began = time.perf_counter()
        fired = 0
        while fired < AT_ONCE:
            fired += fire_due(LATER)
        seconds = time.perf_counter() - began
        rows = db.session.execute(
            text(
                "SELECT t.due_at FROM event e JOIN timer t ON t.case_id::text = e.stream_id "
                "WHERE e.type = 'timer_fired' ORDER BY e.position"
            )
        )
        due = list(rows.scalars())
        assert len(due) == AT_ONCE
        return seconds, sum(later < earlier for earlier, later in pairwise(due))
