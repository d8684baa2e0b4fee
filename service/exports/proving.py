"""The checkpoint by which a case is proved, and the proofs of its events."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from service.audit.log_keys import known_keys
from service.audit.merkle import inclusion_proof
from service.audit.tree import CHECKPOINT, LEAF, signed_note, stored_hashes
from service.database import db, table_of
from service.errors import WrongState
from service.models import Event, LogCheckpoint, LogCosignature
from service.wording import _
from witness.notes import PublicKey

_EVENT = table_of(Event)


@dataclass(frozen=True)
class Proof:
    """`events`: rows of seq, body, hash, leaf, in order; `checkpoint` covers them all."""

    events: Sequence[Any]
    checkpoint: LogCheckpoint
    witness: PublicKey | None

    def note(self) -> str:
        return signed_note(self.checkpoint)

    def lines(self) -> list[dict[str, Any]]:
        return [
            {"body": bytes(event.body).decode(), "hash": bytes(event.hash).hex(), "index": event.leaf}
            for event in self.events
        ]

    def paths(self) -> dict[str, Any]:
        size = self.checkpoint.size
        proofs = (inclusion_proof(event.leaf, size, stored_hashes) for event in self.events)
        return {"size": size, "paths": [[step.hex() for step in path] for path in proofs]}

    def keys(self) -> dict[str, list[str]]:
        return {
            "log": [str(one.key) for one in known_keys()],
            "witnesses": [str(self.witness)] if self.witness else [],
        }


def prove(case_id: uuid.UUID, witness: PublicKey | None) -> Proof:
    """By the newest checkpoint, or the newest that `witness` has signed where that one covers the case.

    Raises WrongState where no checkpoint covers all its events yet.
    """
    events = db.session.execute(
        select(_EVENT.c.seq, _EVENT.c.body, _EVENT.c.hash, LEAF.c.index.label("leaf"))
        .outerjoin(LEAF, LEAF.c.position == _EVENT.c.position)
        .where(_EVENT.c.stream == "case", _EVENT.c.stream_id == str(case_id))
        .order_by(_EVENT.c.seq)
    ).all()
    if not events or any(event.leaf is None for event in events):
        raise WrongState(_("Sự kiện mới nhất của hồ sơ chưa vào nhật ký; hãy thử lại sau vài giây."))
    covers = CHECKPOINT.c.size > max(event.leaf for event in events)
    query = select(LogCheckpoint).where(covers).order_by(CHECKPOINT.c.number.desc()).limit(1)
    if witness is not None:
        of_witness = (LogCosignature.checkpoint == LogCheckpoint.number) & (
            LogCosignature.witness == witness.name
        )
        if cosigned := db.session.scalars(query.join(LogCosignature, of_witness)).one_or_none():
            return Proof(events, cosigned, witness)
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise WrongState(_("Sự kiện mới nhất của hồ sơ chưa có điểm kiểm; hãy thử lại sau vài giây."))
    return Proof(events, found, None)
