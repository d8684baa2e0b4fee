"""Backing up and restoring many finished cases on PostgreSQL: a full backup, a part, a restore.

`main(cases)` is for the soak (100,000: the promise is a part within 5 minutes and a restore within 30);
`measure()` is the short form in `./dev bench`. The cases are one finished case of the demo, made by the real
code, written again under other ids with every digest and hash computed anew.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyrage
import structlog
from sqlalchemy import Connection, Table, select, text, update

from bench.figures import Figure
from service.app import create_core
from service.audit.canonical import chain_hash, salted_digest
from service.audit.check import check_everything
from service.audit.operations import GENESIS
from service.backup.format import row_encoder, section_of
from service.backup.loading import load, relations_later, renew_sequences
from service.backup.operations import back_up
from service.backup.restoring import restore
from service.cli.within import upgrade_database
from service.config import Settings, normalise_database_url
from service.connections import unhurried
from service.database import Base, db
from service.demo.loader import load_reference_data
from service.demo.story import play
from service.models import Case, Counter, Task, Unit
from tests.servers.postgres import PostgresServer, postgres_server

SHORT = 500
CHANGED = 300
PART_SECONDS, RESTORE_SECONDS = 300.0, 1800.0
_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Rows that belong to one case, in order of dependence.
OF_CASE = (
    "case_file",
    "event",
    "event_private_part",
    "task",
    "timer",
    "evidence_file",
    "submission",
    "document",
)


class Model:
    """One finished case with all its rows, from which others are made."""

    def __init__(self, case_id: uuid.UUID) -> None:
        tables = Base.metadata.tables
        self.rows: dict[str, list[dict[str, Any]]] = {}
        for name in OF_CASE:
            table = tables[name]
            if name == "event":
                which = (table.c.stream == "case") & (table.c.stream_id == str(case_id))
            elif name == "event_private_part":
                positions = [row["position"] for row in self.rows["event"]]
                which = table.c.position.in_(positions)
            else:
                which = (table.c.id if name == "case_file" else table.c.case_id) == case_id
            found = db.session.execute(select(table).where(which)).mappings()
            self.rows[name] = [dict(row) for row in found]
        self.rows["event"].sort(key=lambda row: int(row["seq"]))
        case = self.rows["case_file"][0]
        self.own = {str(row["id"]) for rows in self.rows.values() for row in rows if "id" in row}
        self.own.add(str(case["commune_id"]))

    def copy(self, number: int, commune: uuid.UUID, position: int) -> dict[str, list[dict[str, Any]]]:
        """The rows of another case; its events take positions from `position` on."""
        case = self.rows["case_file"][0]
        new = {old: str(uuid.uuid5(uuid.NAMESPACE_OID, f"{old}/{number}")) for old in self.own}
        new[str(case["commune_id"])] = str(commune)
        texts = {old.encode(): fresh.encode() for old, fresh in new.items()}

        def renamed(raw: bytes) -> bytes:
            return _UUID.sub(lambda found: texts.get(found[0], found[0]), raw)

        made = {
            name: [{key: _renamed(value, new) for key, value in row.items()} for row in rows]
            for name, rows in self.rows.items()
        }
        digests: dict[bytes, bytes] = {}
        for row in made["submission"]:
            row["content"] = renamed(row["content"])
            fresh = salted_digest(row["salt"], row["content"])
            digests[row["digest"].encode()] = fresh.encode()
            row["digest"] = fresh
        places, previous = {}, GENESIS
        for offset, event in enumerate(made["event"]):
            body = renamed(event["body"])
            for old, digest in digests.items():
                body = body.replace(old, digest)
            places[event["position"]] = position + offset
            event |= {"position": position + offset, "body": body, "hash": chain_hash(previous, body)}
            previous = event["hash"]
        for part in made["event_private_part"]:
            part["position"] = places[part["position"]]
        made["case_file"][0] |= {"code": f"CN-{case['year']}-{number + 1:06d}", "last_hash": previous}
        return made


def _renamed(value: Any, new: dict[str, str]) -> Any:
    if isinstance(value, uuid.UUID):
        return uuid.UUID(new[str(value)]) if str(value) in new else value
    if isinstance(value, str) and value in new:
        return new[value]
    return value


def fill(cases: int) -> None:
    """Play the story, then write `cases` more finished cases in communes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        state = play(Path(folder), 50 * 2**20)
    case_id = state.cases["phuong-minh-hoa"]
    model = Model(case_id)
    events = len(model.rows["event"])
    district = db.session.get_one(Case, case_id).district_id
    first = db.session.execute(text("SELECT max(position) FROM event")).scalar_one() + 1
    numbered = db.session.execute(select(Counter.last).where(Counter.name == "case:2023")).scalar_one()
    db.session.rollback()
    communes = [uuid.uuid5(uuid.NAMESPACE_OID, f"commune/{number}") for number in range(cases)]
    unit = {"kind": "commune", "parent_id": district, "valid_to": None, "fictitious": True, "source": "bench"}
    day = datetime(2020, 1, 1, tzinfo=UTC).date()
    with db.engine.begin() as connection, relations_later(connection):
        unhurried(connection)
        _store(
            connection,
            Unit.__table__,  # type: ignore[arg-type]
            (
                {"id": commune, "code": f"bench-{n}", "name": f"Xã {n}", "valid_from": day, **unit}
                for n, commune in enumerate(communes)
            ),
        )
        for start in range(0, cases, 500):
            made = [
                model.copy(numbered + n, communes[n], first + n * events)
                for n in range(start, min(start + 500, cases))
            ]
            for name in OF_CASE:
                _store(connection, Base.metadata.tables[name], (row for copy in made for row in copy[name]))
        connection.execute(update(Counter).where(Counter.name == "case:2023").values(last=numbered + cases))
        renew_sequences(connection)


def _store(connection: Connection, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    section = section_of(table, whole=True)
    encode, names = row_encoder(section), [name for name, _ in section.columns]
    load(connection, section, (orjson.loads(encode([row[name] for name in names])) for row in rows))


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    answer = work()
    return time.perf_counter() - started, answer


def main(cases: int = 100_000) -> list[Figure]:
    """Figures for so many cases; everything happens in a PostgreSQL and a folder of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with postgres_server() as server, tempfile.TemporaryDirectory(prefix="congnhan-backup-") as folder:
        return _figures(server, Path(folder), cases)


def _figures(server: PostgresServer, folder: Path, cases: int) -> list[Figure]:
    identity = pyrage.x25519.Identity.generate()
    at = datetime(2023, 12, 1, tzinfo=UTC)
    options: dict[str, Any] = {
        "to": folder / "backups",
        "recipients": [str(identity.to_public())],
        "files": folder / "files",
        "now": at,
    }
    with create_core(_settings(server.create_database(), folder)).app_context():
        upgrade_database()
        load_reference_data()
        filling, _ = timed(lambda: fill(cases))
        print(f"  {cases} cases written in {filling:.0f} s", file=sys.stderr, flush=True)
        full, whole = timed(lambda: back_up(**options, made_at=at))
        with db.engine.begin() as connection:
            some = select(Task.id).order_by(Task.id).limit(CHANGED)
            connection.execute(update(Task).where(Task.id.in_(some)).values(note="bench"))
        part, changed = timed(lambda: back_up(**options, made_at=at + timedelta(minutes=5)))
        checking, findings = timed(lambda: list(check_everything()))
        db.session.remove()
        db.engine.dispose()
    with create_core(_settings(server.create_database(), folder)).app_context():
        restoring, restored = timed(lambda: restore(folder / "backups", [identity], upgrade=upgrade_database))
        db.session.remove()
        db.engine.dispose()
    if findings or restored.findings:
        raise SystemExit(f"the copied cases are not sound: {[*findings, *restored.findings][:3]}")
    megabytes = whole.size / 2**20
    return [
        Figure(f"full backup of {cases} cases ({megabytes:.0f} MB)", full, "s"),
        Figure(f"part after {CHANGED} changes ({changed.rows} rows)", part, "s", PART_SECONDS),
        Figure(f"db check of {cases} cases", checking, "s"),
        Figure(f"restore of {restored.rows} rows, verified", restoring, "s", RESTORE_SECONDS),
    ]


def _settings(url: str, folder: Path) -> Settings:
    return Settings(normalise_database_url(url), folder, secret_key="bench", demo=True)


def measure() -> list[Figure]:
    return main(SHORT)
