"""The case bundle: events with their proofs, the checkpoint, the keys and a verifier, in one archive.

The same case at the same checkpoint gives the same bytes: fixed times, stored uncompressed, sorted keys.
"""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any

import orjson
from sqlalchemy import select

from service.audit.log_keys import known_keys
from service.audit.merkle import inclusion_proof
from service.audit.operations import Actor, record_access
from service.audit.tree import CHECKPOINT, LEAF, signed_note, stored_hashes
from service.database import db, table_of, transaction
from service.errors import WrongState
from service.models import Event, LogCheckpoint, LogCosignature
from witness.notes import PublicKey

EXPORTED = "case_exported"
_EVENT = table_of(Event)
_FIXED = (1980, 1, 1, 0, 0, 0)


def export_bundle(case_id: uuid.UUID, *, witness: PublicKey | None, by: Actor, now: datetime) -> bytes:
    """The archive of a case, and a record of who took it. Raises WrongState where no checkpoint covers it."""
    bundle = make_bundle(case_id, witness=witness)
    with transaction() as session:
        data = {"format": "bundle"}
        record_access(session.connection(), EXPORTED, data, case_id=case_id, by=by, at=now)
    return bundle


def make_bundle(case_id: uuid.UUID, *, witness: PublicKey | None = None) -> bytes:
    """Under the newest checkpoint, or the newest that `witness` has signed where that one covers the case."""
    events = db.session.execute(
        select(_EVENT.c.seq, _EVENT.c.body, _EVENT.c.hash, LEAF.c.index.label("leaf"))
        .outerjoin(LEAF, LEAF.c.position == _EVENT.c.position)
        .where(_EVENT.c.stream == "case", _EVENT.c.stream_id == str(case_id))
        .order_by(_EVENT.c.seq)
    ).all()
    checkpoint, is_cosigned = _covering(events, witness)
    paths = [
        [step.hex() for step in inclusion_proof(event.leaf, checkpoint.size, stored_hashes)]
        for event in events
    ]
    lines = [
        {"body": bytes(event.body).decode(), "hash": bytes(event.hash).hex(), "index": event.leaf}
        for event in events
    ]
    keys = {
        "log": [str(one.key) for one in known_keys()],
        "witnesses": [str(witness)] if witness and is_cosigned else [],
    }
    program = files("verifier")
    return _archive(
        {
            "README.txt": program.joinpath("README.txt").read_bytes(),
            "checkpoint.txt": signed_note(checkpoint).encode(),
            "congnhan_verify.py": program.joinpath("congnhan_verify.py").read_bytes(),
            "events.jsonl": b"".join(_json(line) for line in lines),
            "keys.json": _json(keys),
            "proofs.json": _json({"size": checkpoint.size, "paths": paths}),
        }
    )


def _covering(events: Sequence[Any], witness: PublicKey | None) -> tuple[LogCheckpoint, bool]:
    """The checkpoint to prove by, and whether the witness has signed it."""
    if not events or any(event.leaf is None for event in events):
        raise WrongState("Sự kiện mới nhất của hồ sơ chưa vào nhật ký; hãy thử lại sau vài giây.")
    covers = CHECKPOINT.c.size > max(event.leaf for event in events)
    query = select(LogCheckpoint).where(covers).order_by(CHECKPOINT.c.number.desc()).limit(1)
    if witness is not None:
        of_witness = (LogCosignature.checkpoint == LogCheckpoint.number) & (
            LogCosignature.witness == witness.name
        )
        if cosigned := db.session.scalars(query.join(LogCosignature, of_witness)).one_or_none():
            return cosigned, True
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise WrongState("Sự kiện mới nhất của hồ sơ chưa có điểm kiểm; hãy thử lại sau vài giây.")
    return found, False


def _json(document: object) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS) + b"\n"


def _archive(contents: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(contents.items()):
            entry = zipfile.ZipInfo(name, _FIXED)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, content)
    return target.getvalue()
