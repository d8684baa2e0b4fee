"""What the witnessed log costs: into the tree, under a signature, verified whole, and proved for one event.

On a SQLite file with events as cases have them: chains of a hundred, bodies of half a kilobyte.
"""

from __future__ import annotations

import statistics
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from flask import current_app
from sqlalchemy import insert, select, text
from sqlalchemy.engine import Connection

from bench.figures import Figure, paired_ratio, seconds_of
from bench.ground import LoopCase, ground
from service.audit.findings import Trust
from service.audit.merkle import inclusion_proof
from service.audit.operations import ADD_EVENT, GENESIS, SYSTEM, event_row, record_access
from service.audit.sequencing import Settling, keep_log
from service.audit.tree import stored_hashes, tree_size
from service.audit.verifying import verify_all
from service.database import db, table_of, transaction
from service.models import Event, StreamHead
from tests.builders import NOON
from witness import ed25519

SIZES = (50_000, 100_000)
CHAIN, AT_ONCE = 100, 10_000
RECORDED = 300
# Of a submission's event: where the case went, which tasks opened, what a gateway decided and why.
WORDS = {"path": ["self_assess", "gateway"], "explanation": "54,4% ≥ 50%: đạt. " * 12}


def measure() -> list[Figure]:
    with ground() as path:
        figures = [*recording(), *share_of_a_completion()]
        rates = []
        for size in SIZES:
            figures += growing(size)
            rate, report = verified()
            rates.append(rate)
            if report:
                figures.append(Figure(f"findings at {size:,} events", report, "", at_most=0))
            figures.append(Figure(f"verify --all at {size:,} events", rate, "events/s", at_least=20_000))
        figures.append(Figure("… time per event, large : small", rates[0] / rates[1], "×", at_most=1.2))
        figures += proving(path)
    return figures


def recording() -> Iterator[Figure]:
    """One event of the access stream with its commit, as a page that somebody looks at writes it."""
    case_id = uuid.uuid4()

    def record() -> None:
        with transaction() as session:
            data = {"part": "tong-quan"}
            record_access(session.connection(), "case_viewed", data, case_id=case_id, by=SYSTEM, at=NOON)

    times = [seconds_of(record) for _ in range(RECORDED)]
    yield Figure("recording one event, commit included", statistics.median(times) * 1000)


def share_of_a_completion() -> Iterator[Figure]:
    """What recording takes of a completion: the event put together, hashed and inserted, by turns with it."""
    case, completions, records = LoopCase(0), [], []
    for _ in range(RECORDED):
        completions.append(seconds_of(case.complete))
        case.look()
        last = db.session.execute(
            select(Event.body, Event.hash).order_by(Event.position.desc()).limit(1)
        ).one()
        body = orjson.loads(last.body)
        db.session.rollback()
        connection = db.session.connection()
        connection.execute(text("SELECT 1"))  # what a transaction costs is the completion's in any case

        def record(
            connection: Connection = connection, body: Any = body, previous: bytes = last.hash
        ) -> None:
            row = event_row(
                stream="case",
                stream_id=body["stream_id"],
                seq=body["seq"] + 1,
                previous=previous,
                kind=body["type"],
                data=body["data"],
                actor=SYSTEM,
                at=NOON,
                versions=body["versions"],
                digests=body["digests"],
            )
            connection.execute(ADD_EVENT, row)

        records.append(seconds_of(record))
        db.session.rollback()
    share = paired_ratio(records, completions) * 100
    yield Figure("recording's share of a completion", share, "%", at_most=15)


def growing(size: int) -> Iterator[Figure]:
    """To `size` leaves: the sequencer's share for each, and what a sweep costs that finds one event."""
    add_events(size - tree_size() - outside_the_tree())
    settings, settling = current_app.config["SETTINGS"], Settling()
    before = tree_size()
    seconds = seconds_of(lambda: keep_log(settings, NOON, settling))
    added = tree_size() - before
    yield Figure(f"into the tree, to {size:,} leaves", seconds / added * 1_000_000, "µs/event")
    sweeps = []
    for _ in range(20):
        add_events(1)
        sweeps.append(seconds_of(lambda: keep_log(settings, NOON, settling)))
    yield Figure(f"… one event and its checkpoint at {size:,}", statistics.median(sweeps) * 1000)


def verified() -> tuple[float, int]:
    """(events per second, findings)."""
    reports = []
    seconds = seconds_of(lambda: reports.append(verify_all(Trust())))
    return reports[0].events / seconds, len(reports[0].findings)


def proving(path: Path) -> Iterator[Figure]:
    size = tree_size()
    indexes = range(0, size, size // 200)
    times = [seconds_of(lambda at=index: inclusion_proof(at, size, stored_hashes)) for index in indexes]
    yield Figure(f"proof of one event among {size:,}", statistics.median(times) * 1000)
    seed, message = bytes(32), b"congnhan-receipt/1\n" * 16
    ed25519.sign(seed, message)
    signing = [seconds_of(lambda: ed25519.sign(seed, message)) for _ in range(50)]
    yield Figure("one signature of the log (checkpoint, receipt)", statistics.median(signing) * 1000)
    rows = db.session.execute(text("SELECT count(*) FROM log_node")).scalar_one()
    yield Figure("stored nodes per 1,000 leaves", rows / size * 1000, "", at_most=4)
    yield Figure("database file", path.stat().st_size / 1e6, "MB")


def outside_the_tree() -> int:
    return int(
        db.session.execute(
            text("SELECT count(*) FROM event e LEFT JOIN log_leaf l ON l.position = e.position "
                 "WHERE l.position IS NULL")
        ).scalar_one()
    )  # fmt: skip


def add_events(count: int) -> None:
    rows: list[dict[str, object]] = []
    heads: list[dict[str, object]] = []
    for first in range(0, count, CHAIN):
        stream, previous = str(uuid.uuid4()), GENESIS
        for seq in range(1, min(CHAIN, count - first) + 1):
            row = event_row(
                stream="access", stream_id=stream, seq=seq, previous=previous, kind="case_viewed",
                data=WORDS, actor=SYSTEM, at=NOON,
            )  # fmt: skip
            rows.append(row)
            previous = row["hash"]
        heads.append({"stream": "access", "stream_id": stream, "seq": seq, "hash": previous})
        if len(rows) >= AT_ONCE or first + CHAIN >= count:
            with transaction() as session:
                session.execute(insert(table_of(Event)), rows)
                session.execute(insert(table_of(StreamHead)), heads)
            rows, heads = [], []
