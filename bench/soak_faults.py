"""Faults and races at full length, on real processes; each answers 0 when what must hold has held."""

from __future__ import annotations

import os
import uuid

from bench import open_loop as measured
from bench.__main__ import machine, print_table
from bench.installed import on_postgresql
from service.database import db
from service.identity.operations import give_role
from tests.builders import NOON
from tests.faults.installation import installed
from tests.faults.kills import kill_in_turn, settle_accounts, settle_in
from tests.faults.load import Load
from tests.faults.population import YEARS, Officer, officers, own_case, tasks_of
from tests.faults.races import Outcome, ask_over_http, race
from tests.integration.service.scenes import nothing_is_wrong, parallel_procedure, published
from tests.unit.engine.drawing import Drawing

CLIENTS, TASKS = 64, 100
SLOWEST_P99_SECONDS = 2.0


def kills(rounds: int, seed: int) -> int:
    with installed() as installation:
        with Load(settle_in(installation, 8)) as load:
            for part in range(0, rounds, 20):
                kill_in_turn(installation, load, min(20, rounds - part), seed + part)
                done = min(part + 20, rounds)
                print(f"  {done} of {rounds}: {load.acknowledged:,} acknowledged", flush=True)
        account = settle_accounts(installation, load, rounds)
    print(account.figures)
    for problem in (account.wrong + account.problems)[:10]:
        print(f"  {problem}")
    return int(
        bool(account.wrong or account.problems or account.lost or account.doubled)
        or account.stored != account.acknowledged
        or account.notes_taken != account.notes_expected
    )


def clients() -> int:
    """64 at the same 100 tasks, then 64 at 64 sibling tasks of one case, over the network."""
    with on_postgresql() as installation:
        people = colleagues(CLIENTS)
        tasks = [task for case_id in _cases(people[0], TASKS) for task in tasks_of(case_id)][:TASKS]
        siblings = tasks_of(own_case(parallel_procedure(CLIENTS), people[0]))
        db.session.remove()
        installation.start("web")
        ask = ask_over_http(installation.site)
        same = race(ask, [(one.token, tasks) for one in people])
        each = race(ask, [(one.token, [task]) for one, task in zip(people, siblings, strict=True)])
        whole = nothing_is_wrong()
    _tell(f"{CLIENTS} clients, the same {TASKS} tasks", same)
    _tell(f"{CLIENTS} clients, {CLIENTS} sibling tasks", each)
    held = (
        same.successes == dict.fromkeys(tasks, 1)
        and each.told == {(200, ""): CLIENTS}
        and not same.unclean
        and max(same.p(99), each.p(99)) < SLOWEST_P99_SECONDS
        and whole
    )
    return int(not held)


def colleagues(count: int) -> list[Officer]:
    """That many officers of one and the same commune."""
    people = officers(count)
    for one in people[1:]:
        give_role(username=one.username, role="officer", unit_code=people[0].commune, now=NOON)
    return people


def _cases(officer: Officer, count: int) -> list[uuid.UUID]:
    cases = []
    for number in range(count // len(YEARS)):
        drawing = Drawing(f"race_{number}")
        drawing.chain(drawing.start(), drawing.task("work"), drawing.end())
        key = published(drawing)
        cases += [own_case(key, officer, year) for year in YEARS]
    return cases


def _tell(name: str, outcome: Outcome) -> None:
    told = {f"{status} {code}".strip(): times for (status, code), times in sorted(outcome.told.items())}
    print(
        f"{name}: {sum(outcome.successes.values())} successes at {len(outcome.successes)} tasks, "
        f"told {told}, p50 {outcome.p(50) * 1000:.0f} ms, p99 {outcome.p(99) * 1000:.0f} ms"
    )


def open_loop(seconds: float) -> int:
    print(machine())
    name = f"open loop for {seconds:.0f} s, {os.cpu_count()} processors"
    found = measured.figures(measured.run(seconds), name)
    print_table(found)
    return int(not all(figure.reached for figure in found))
