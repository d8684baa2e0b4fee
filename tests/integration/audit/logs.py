"""A log with a witness beside it, for tests: what the background does, at once and without threads."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from pathlib import Path

from flask import current_app
from sqlalchemy import insert, text

from service.audit.operations import GENESIS, SYSTEM, event_row
from service.audit.sequencing import Settling, keep_log
from service.audit.tree import last_checkpoint
from service.audit.witnessing import ask_witness
from service.config import Settings
from service.database import db, table_of, transaction
from service.models import Event, LogCheckpoint, StreamHead
from tests.builders import NOON
from witness.cosigning import Answer, Witness
from witness.memory import Memory
from witness.notes import WITNESS_ALGORITHM, PrivateKey, PublicKey
from witness.server import path_of

WITNESS = PrivateKey("vpub.example.vn/nhan-chung", WITNESS_ALGORITHM, bytes(range(32)))
TOLD = 1_700_500_000


def settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return replace(found, witness_url="http://witness.invalid", witness_key=str(WITNESS.public))


def record_events(count: int) -> uuid.UUID:
    """That many views of a dossier that need not exist; the stream's id."""
    stream, rows, previous = uuid.uuid4(), [], GENESIS
    for seq in range(1, count + 1):
        row = event_row(
            stream="access",
            stream_id=str(stream),
            seq=seq,
            previous=previous,
            kind="dossier_viewed",
            data={"number": str(seq)},
            actor=SYSTEM,
            at=NOON,
        )
        rows.append(row)
        previous = row["hash"]
    with transaction() as session:
        session.execute(insert(table_of(Event)), rows)
        session.execute(
            insert(StreamHead).values(stream="access", stream_id=str(stream), seq=count, hash=previous)
        )
    return stream


def keep_and_sign(settling: Settling | None = None) -> LogCheckpoint:
    keep_log(settings(), NOON, settling or Settling())
    made = last_checkpoint()
    assert made is not None
    return made


@dataclass
class NearWitness:
    """A witness in the same process; `answers` is what it said, `away` that it says nothing."""

    witness: Witness
    answers: list[Answer]

    def __call__(self, method: str, path: str, body: bytes | None) -> Answer:
        if method == "GET":
            note = next(
                (self.witness.last(one) for one in self.witness.origins if path_of(one) == path), None
            )
            return Answer(200, note) if note else Answer(404, "")
        answer = self.witness.add_checkpoint(body or b"")
        self.answers.append(answer)
        return answer


def a_witness(folder: Path, *keys: PublicKey) -> NearWitness:
    """Who knows the log by its first checkpoint's key, or by `keys`."""
    known = keys or (_key_of_the_log(),)
    witness = Witness(WITNESS, {known[0].name: known}, Memory(folder / "witness.json"), lambda: TOLD)
    return NearWitness(witness, [])


def _key_of_the_log() -> PublicKey:
    public = db.session.execute(text("SELECT public FROM log_key ORDER BY number")).scalars().first()
    assert public is not None
    return PublicKey.parse(public)


def witnessed(folder: Path, events: int = 3) -> NearWitness:
    """`events` recorded, sequenced, signed and cosigned."""
    record_events(events)
    keep_and_sign()
    witness = a_witness(folder)
    assert ask_witness(settings(), witness)
    return witness
