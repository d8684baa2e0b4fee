"""A case's history as it was recorded: its events, and what they point to beside the log."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Connection

from service.audit.canonical import as_bytes, salted_digest
from service.audit.erased import Erased, ErasedThings, erased_in
from service.database import AnyRow, db, table_of
from service.errors import NotFound
from service.models import Case, Event, EventPrivatePart, Message, Submission
from service.processes.queries import Procedure, procedure

_CASE, _EVENT, _PART = table_of(Case), table_of(Event), table_of(EventPrivatePart)


@dataclass(frozen=True)
class HandedOver:
    """A submission as it is kept: `document` None where what is kept is not what the log's digest says.

    `erased`: what retention did to it, as the log tells; then `document` is what was left of it, if anything.
    """

    element: str
    action: str
    document: Mapping[str, Any] | None
    erased: Erased | None = None

    @property
    def answers(self) -> Mapping[str, Any] | None:
        return None if self.document is None else self.document["answers"]


@dataclass(frozen=True)
class Told:
    """An event: its place in the whole log, its body, and its hash in hexadecimal digits."""

    position: int
    body: Mapping[str, Any]
    hash: str = ""

    @property
    def seq(self) -> int:
        return int(self.body["seq"])

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.body["at"])

    @property
    def data(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.body["data"]
        return found


@dataclass(frozen=True)
class History:
    """What is known of a case: `submissions` and `private` by number of event, `payloads` by source.

    `private`: {seq: {name: content}} as far as retention has left them and they are what was hashed.
    """

    case: AnyRow
    procedure: Procedure
    events: Sequence[Told]
    submissions: Mapping[int, HandedOver]
    private: Mapping[int, Mapping[str, bytes]]
    payloads: Mapping[str, Mapping[str, Any]]
    # What retention has erased of it, as its own events tell.
    erased: ErasedThings


def read_history(case_id: uuid.UUID) -> History:
    """Raises NotFound for a case that is not there."""
    connection = db.session.connection()
    case = connection.execute(select(_CASE).where(_CASE.c.id == case_id)).one_or_none()
    if case is None:
        raise NotFound()
    rows = connection.execute(
        select(_EVENT.c.position, _EVENT.c.body, _EVENT.c.hash)
        .where(_EVENT.c.stream == "case", _EVENT.c.stream_id == str(case_id))
        .order_by(_EVENT.c.seq)
    )
    events = [Told(row.position, orjson.loads(as_bytes(row.body)), as_bytes(row.hash).hex()) for row in rows]
    digests = {event.seq: event.body["digests"] for event in events}
    erased = erased_in(event.body for event in events)
    return History(
        case=case,
        procedure=procedure(case.process_version_id),
        events=events,
        submissions=_submissions(connection, case_id, digests, erased),
        private=_private(connection, events),
        payloads=_payloads(connection, case_id),
        erased=erased,
    )


def _submissions(
    connection: Connection,
    case_id: uuid.UUID,
    digests: Mapping[int, Mapping[str, str]],
    erased: ErasedThings,
) -> dict[int, HandedOver]:
    columns = (Submission.seq, Submission.element, Submission.action, Submission.content, Submission.salt)
    rows = connection.execute(select(*columns).where(Submission.case_id == case_id))
    found = {}
    for row in rows:
        content, salt = as_bytes(row.content), as_bytes(row.salt)
        gone = erased.submissions.get(row.seq)
        said = gone.after if gone else digests.get(row.seq, {}).get("submission")
        intact = salted_digest(salt, content) == said
        document = orjson.loads(content) if intact and not (gone and gone.whole) else None
        found[row.seq] = HandedOver(row.element, row.action, document, gone if intact else None)
    return found


def _private(connection: Connection, events: Sequence[Told]) -> dict[int, dict[str, bytes]]:
    with_parts = {event.position: event for event in events if event.body["digests"].keys() - {"submission"}}
    if not with_parts:
        return {}
    rows = connection.execute(
        select(_PART.c.position, _PART.c.name, _PART.c.salt, _PART.c.content)
        .join(_EVENT, _EVENT.c.position == _PART.c.position)
        .where(_EVENT.c.stream == "case", _EVENT.c.stream_id == events[0].body["stream_id"])
    )
    found: dict[int, dict[str, bytes]] = {}
    for row in rows:
        event, content = with_parts.get(row.position), as_bytes(row.content)
        if event and salted_digest(as_bytes(row.salt), content) == event.body["digests"].get(row.name):
            found.setdefault(event.seq, {})[row.name] = content
    return found


def _payloads(connection: Connection, case_id: uuid.UUID) -> dict[str, dict[str, Any]]:
    rows = connection.execute(
        select(Message.source, Message.payload).where(Message.receiver_case_id == case_id)
    )
    return {row.source: row.payload for row in rows}
