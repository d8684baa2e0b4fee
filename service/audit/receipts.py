"""*Biên nhận số*: that the log has recorded an act, signed by its key; with the proof once there is one.

Before a checkpoint covers the event it is a promise of whoever holds the log's key; afterwards it proves
itself, without us (docs/log-format.md, docs/decisions/0027).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from service.audit.log_keys import known_keys, stored_key
from service.audit.merkle import inclusion_proof
from service.audit.queries import erased_things
from service.audit.tree import CHECKPOINT, LEAF, signed_note, stored_hashes
from service.audit.witnessing import witness_key
from service.config import Settings
from service.database import AnyRow, db, iso_instant, table_of
from service.errors import NotFound, WrongState
from service.models import Case, Event, EventPrivatePart, LogCheckpoint, LogCosignature, Submission
from service.wording import _
from witness.notes import PrivateKey, PublicKey

FORMAT = "congnhan-receipt/1"
_EVENT, _CASE = table_of(Event), table_of(Case)
_SUBMISSION, _PART = table_of(Submission), table_of(EventPrivatePart)


@dataclass(frozen=True)
class LogReceipt:
    """`document` is what verifiers read; `note` the text that the log's key signed, with the signature."""

    document: dict[str, Any]
    code: str
    seq: int
    note: str
    # How long the log was under the checkpoint that proves it; None before there is one.
    size: int | None
    witness: str

    def as_json(self) -> bytes:
        return orjson.dumps(self.document, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"


def log_receipt(case_id: uuid.UUID, seq: int, configured: Settings) -> LogReceipt:
    """The receipt for one event of a case; who may have it is the caller's to ask.

    Raises NotFound for no event, WrongState where the log's key is not at hand.
    """
    event = db.session.execute(
        select(_EVENT, LEAF.c.index.label("leaf"), _CASE.c.code)
        .select_from(_EVENT)
        .join(_CASE, _CASE.c.id == case_id)
        .outerjoin(LEAF, LEAF.c.position == _EVENT.c.position)
        .where(_EVENT.c.stream == "case", _EVENT.c.stream_id == str(case_id), _EVENT.c.seq == seq)
    ).one_or_none()
    if event is None:
        raise NotFound()
    key, witness = _signing_key(configured), witness_key(configured)
    text = _text(event, key.public.name)
    note = f"{text}\n{key.signature_line(text)}"
    checkpoint, cosigned = _covering(event.leaf, witness)
    named = witness if cosigned else None
    document = {
        "format": FORMAT,
        "note": note,
        "keys": {
            "log": [str(one.key) for one in known_keys()],
            "witnesses": [str(named)] if named else [],
        },
        "parts": _parts(event, case_id),
        "proof": _proof(event.leaf, checkpoint) if checkpoint else None,
    }
    size = checkpoint.size if checkpoint else None
    return LogReceipt(document, event.code, seq, note, size, named.name if named else "")


def _signing_key(configured: Settings) -> PrivateKey:
    """The key in force. A page makes none and changes none: that is the sequencer's."""
    key, known = stored_key(configured.log_key_path), known_keys()
    if key is None or not known or known[-1].key != key.public:
        raise WrongState(
            _("Nhật ký chưa có khóa ký trên máy chủ này; hãy thử lại sau vài giây hoặc báo quản trị.")
        )
    return key


def _text(event: AnyRow, log: str) -> str:
    """What is signed. Its second line is no number, so nobody can take it for a checkpoint."""
    digests = orjson.loads(event.body)["digests"]
    lines = [
        FORMAT,
        f"log {log}",
        f"case {event.code}",
        f"stream case {event.stream_id}",
        f"seq {event.seq}",
        f"type {event.type}",
        f"at {iso_instant(event.recorded_at)}",
        f"event {bytes(event.hash).hex()}",
        *(f"digest {name} {digests[name]}" for name in sorted(digests)),
    ]
    return "".join(f"{line}\n" for line in lines)


def _parts(event: AnyRow, case_id: uuid.UUID) -> list[dict[str, str]]:
    """What was handed over and typed, with the salts, as far as retention has left it."""
    handed = db.session.execute(
        select(_SUBMISSION.c.salt, _SUBMISSION.c.content).where(
            _SUBMISSION.c.case_id == case_id, _SUBMISSION.c.seq == event.seq
        )
    ).all()
    typed = db.session.execute(
        select(_PART.c.name, _PART.c.salt, _PART.c.content)
        .where(_PART.c.position == event.position)
        .order_by(_PART.c.name)
    ).all()
    erased = erased_things(case_id)
    gone = {name for stream, seq, name in erased.private if (stream, seq) == ("case", event.seq)}
    if event.seq in erased.submissions:
        gone.add("submission")
    found = [("submission", row.salt, row.content) for row in handed]
    found += [(row.name, row.salt, row.content) for row in typed]
    return [
        {"name": name, "salt": bytes(salt).hex(), "content": bytes(content).decode()}
        for name, salt, content in found
        if name not in gone
    ]


def _covering(leaf: int | None, witness: PublicKey | None) -> tuple[LogCheckpoint | None, bool]:
    """The newest checkpoint over that leaf, one that the witness has signed before all others."""
    if leaf is None:
        return None, False
    query = (
        select(LogCheckpoint).where(CHECKPOINT.c.size > leaf).order_by(CHECKPOINT.c.number.desc()).limit(1)
    )
    if witness is not None:
        of_witness = (LogCosignature.checkpoint == LogCheckpoint.number) & (
            LogCosignature.witness == witness.name
        )
        if cosigned := db.session.scalars(query.join(LogCosignature, of_witness)).one_or_none():
            return cosigned, True
    return db.session.scalars(query).one_or_none(), False


def _proof(leaf: int, checkpoint: LogCheckpoint) -> dict[str, Any]:
    path = inclusion_proof(leaf, checkpoint.size, stored_hashes)
    return {"index": leaf, "path": [step.hex() for step in path], "checkpoint": signed_note(checkpoint)}
