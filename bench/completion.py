"""One completion through the service, against the usual way and against its bare rows, in turn in one run."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter
from typing import Any
from unittest.mock import patch

from sqlalchemy import event
from sqlalchemy.engine import Connection

from bench.bare import CoreCase, SqliteCase
from bench.figures import Figure, milliseconds, paired_ratio, seconds_of, spread
from bench.ground import LoopCase, database_file, ground
from bench.usual_way import UsualCase
from service.database import db
from service.engine import runtime
from service.processes import steps
from service.tasks import completion

# Short cases for the usual way, as real ones are: its cost grows with every completion (see `growth`).
COMPLETIONS_PER_USUAL_CASE = 12
USUAL_CASES = range(4, 12)
USUAL_WAY, SERVICE = "usual", "service"
CORE, PLAIN = "core", "plain"


def measure() -> list[Figure]:
    with ground():
        case = LoopCase(0)
        statements, commits = count(case)
        times = race()
        split = shares(case)
    usual = paired_ratio(times[SERVICE], times[USUAL_WAY])
    bare = paired_ratio(times[SERVICE], times[CORE])
    return [
        Figure("statements per completion", statements, "", 10),
        Figure("commits per completion", commits, "", 1),
        Figure("completion: the service", milliseconds(times[SERVICE])),
        Figure("completion: the usual way", milliseconds(times[USUAL_WAY])),
        Figure("completion: its rows bare, SQLAlchemy Core", milliseconds(times[CORE])),
        Figure("completion: its rows bare, plain sqlite3", milliseconds(times[PLAIN])),
        Figure("service : usual way, pair by pair", usual, "×", 0.5),
        Figure("service : bare rows (Core), pair by pair", bare, "×", 3),
        Figure(
            "service : bare rows (sqlite3), pair by pair", paired_ratio(times[SERVICE], times[PLAIN]), "×"
        ),
        Figure("noise: spread of the bare rows (sqlite3)", spread(times[PLAIN]), "%"),
        *(Figure(f"share of the service's time: {name}", share * 100, "%") for name, share in split.items()),
    ]


def race() -> dict[str, list[float]]:
    """Seconds per completion of each contestant; who goes first changes from turn to turn."""
    service = LoopCase(1)
    service.complete()
    service.look()
    contestants: dict[str, Any] = {
        SERVICE: service,
        USUAL_WAY: None,
        CORE: CoreCase(db.engine, LoopCase(2)),
        PLAIN: SqliteCase(db.engine, LoopCase(3), database_file()),
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    gc.collect()
    gc.freeze()
    for number in USUAL_CASES:
        contestants[USUAL_WAY] = UsualCase(db.engine, LoopCase(number))
        for turn in range(COMPLETIONS_PER_USUAL_CASE):
            order = list(contestants)[turn % 4 :] + list(contestants)[: turn % 4]
            for name in order:
                times[name].append(seconds_of(contestants[name].complete))
                contestants[name].look()
            gc.collect()
    contestants[PLAIN].close()
    gc.unfreeze()
    return times


def count(case: LoopCase) -> tuple[int, int]:
    """Statements (BEGIN aside) and commits of one completion in an open case."""
    seen = [0, 0]

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        seen[0] += not text.startswith("BEGIN")

    def commit(_connection: Any) -> None:
        seen[1] += 1

    case.complete()
    case.look()
    event.listen(db.engine, "before_cursor_execute", statement)
    event.listen(db.engine, "commit", commit)
    try:
        case.complete()
    finally:
        event.remove(db.engine, "before_cursor_execute", statement)
        event.remove(db.engine, "commit", commit)
    case.look()
    return seen[0], seen[1]


def shares(case: LoopCase, completions: int = 100) -> dict[str, float]:
    """Where the service's time goes, as shares of the whole. Measuring costs a little itself."""
    whole = 0.0
    parts = {
        "engine": [(runtime, "complete")],
        "SQL (SQLAlchemy and SQLite)": [(Connection, "execute"), (Connection, "exec_driver_sql")],
        "commit": [(type(db.engine.dialect), "do_commit")],
        "canonical form and hashes": [(steps, "event_row"), (completion, "submission_content")],
    }
    with ExitStack() as stack:
        spent = {
            name: [stack.enter_context(stopwatch(owner, method)) for owner, method in methods]
            for name, methods in parts.items()
        }
        for _ in range(completions):
            whole += seconds_of(case.complete)
            known = {name: [len(times) for times in found] for name, found in spent.items()}
            case.look()  # looking for the next task is no part of a completion
            for name, lengths in known.items():
                for times, length in zip(spent[name], lengths, strict=True):
                    del times[length:]
    found = {name: sum(map(sum, times)) / whole for name, times in spent.items()}
    return {**found, "the rest (sessions, checks, rows)": 1 - sum(found.values())}


@contextmanager
def stopwatch(owner: Any, method: str) -> Iterator[list[float]]:
    """The seconds of every call of `owner.method` meanwhile."""
    original, times = getattr(owner, method), []

    def run(*arguments: Any, **named: Any) -> Any:
        started = perf_counter()
        try:
            return original(*arguments, **named)
        finally:
            times.append(perf_counter() - started)

    with patch.object(owner, method, run):
        yield times
