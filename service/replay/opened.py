"""Which files somebody had opened before they acted: from the access stream, for those who may read it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import select

from service.audit.canonical import as_bytes
from service.audit.folding import Folded
from service.database import db
from service.identity.viewer import Viewer
from service.models import Event, EvidenceFile, Role
from service.replay.history import Told

OPENED = ("file_shown", "file_downloaded")


@dataclass(frozen=True)
class Opened:
    """One look of one person at one file."""

    by: str
    at: datetime
    file_id: str


def may_read_accesses(viewer: Viewer) -> bool:
    """Who looks at dossiers is for auditors and the Chairman, as in *Ai đã xem, tải, xuất hồ sơ nào?*."""
    return viewer.has(Role.AUDITOR, Role.CHAIRMAN)


def looks_at_files(case_id: uuid.UUID) -> list[Opened]:
    """All looks at the case's files, in their order."""
    rows = db.session.execute(
        select(Event.actor_id, Event.recorded_at, Event.body)
        .where(Event.stream == "access", Event.stream_id == str(case_id), Event.type.in_(OPENED))
        .order_by(Event.seq)
    )
    return [
        Opened(str(row.actor_id), row.recorded_at, orjson.loads(as_bytes(row.body))["data"]["file"])
        for row in rows
    ]


def names_of_files(case_id: uuid.UUID) -> Mapping[str, str]:
    rows = db.session.execute(
        select(EvidenceFile.id, EvidenceFile.name).where(EvidenceFile.case_id == case_id)
    )
    return {str(row.id): row.name for row in rows}


def opened_before(event: Told, before: Folded, looks: Sequence[Opened]) -> Iterable[str]:
    """Ids of the files that who prepared or signed a step opened while it lay with them."""
    task = before.tasks.get(event.data.get("task", ""))
    if task is None or event.body["type"] != "task_completed":
        return ()
    people = {event.body["actor"]["id"], event.data.get("prepared_by"), *event.data.get("helped_by", ())}
    since = datetime.fromisoformat(task.received_at)
    seen = (look.file_id for look in looks if look.by in people and since <= look.at <= event.at)
    return dict.fromkeys(seen)
