"""What there is to erase of one kind of one case, and what takes its place. Only reads."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy.engine import Connection

from service.audit.canonical import as_bytes, canonical, salted_digest
from service.audit.erased import MESSAGE, PRIVATE, SUBMISSION
from service.database import table_of
from service.models import (
    Comment,
    Draft,
    Event,
    EventPrivatePart,
    EvidenceFile,
    Message,
    Notification,
    OutboxRow,
    RecordKind,
    Submission,
    Task,
)

_SUBMISSION, _PART, _EVENT = table_of(Submission), table_of(EventPrivatePart), table_of(Event)
# Of answers: an id by which the case finds the Decision of its round; nobody's words.
_STAYS = ("round_act",)


@dataclass(frozen=True)
class Thing:
    """One thing to erase: `told` is what the event says of it; `content` and `salt` take its place.

    `subject` is its id, or of a private part its (position, name).
    """

    told: Mapping[str, Any]
    subject: Any = None
    content: bytes = b""
    salt: bytes = b""

    @property
    def what(self) -> str:
        return str(self.told["what"])


@dataclass(frozen=True)
class Target:
    """Of a redaction: the one thing. `pointer` names a field of a submission's answers (RFC 6901)."""

    what: str
    seq: int = 0
    name: str = ""
    pointer: str = ""
    id: str = ""


def things(connection: Connection, case_id: uuid.UUID, kind: str) -> list[Thing]:
    """Everything of that kind that has not been erased yet."""
    return list(_OF_KIND[RecordKind(kind)](connection, case_id))


def _submissions(connection: Connection, case_id: uuid.UUID) -> Iterator[Thing]:
    rows = connection.execute(
        select(_SUBMISSION).where(_SUBMISSION.c.case_id == case_id).order_by(_SUBMISSION.c.seq)
    )
    for row in rows:
        if as_bytes(row.salt):
            document = orjson.loads(as_bytes(row.content))
            kept = {name: document["answers"][name] for name in _STAYS if name in document["answers"]}
            yield _replaced(row, canonical({"answers": kept, "erased": True}), b"", whole=True)


def _replaced(row: Any, content: bytes, salt: bytes, *, whole: bool) -> Thing:
    told = {
        "kind": RecordKind.SUBMISSION.value,
        "what": SUBMISSION,
        "seq": row.seq,
        "element": row.element,
        "digest": row.digest,
        "size": len(as_bytes(row.content)),
        "after": salted_digest(salt, content),
        "whole": whole,
    }
    return Thing(told, row.id, content, salt)


def _evidence(connection: Connection, case_id: uuid.UUID) -> Iterator[Thing]:
    rows = connection.execute(
        select(EvidenceFile.id, EvidenceFile.sha256, EvidenceFile.size, EvidenceFile.media_type)
        .where(EvidenceFile.case_id == case_id, EvidenceFile.erased_at.is_(None))
        .order_by(EvidenceFile.uploaded_at, EvidenceFile.id)
    )
    for row in rows:
        told = {"id": str(row.id), "sha256": row.sha256, "size": row.size, "media_type": row.media_type}
        yield Thing({"kind": RecordKind.EVIDENCE.value, "what": "evidence", **told}, row.id)


def _private(connection: Connection, case_id: uuid.UUID) -> Iterator[Thing]:
    """Parts of the case's chain; with them, copies of the same words: messages received, notes of tasks."""
    yield from _parts(connection, case_id, "case", RecordKind.PRIVATE)
    messages = connection.execute(
        select(Message.id, Message.source, Message.payload)
        .where(Message.receiver_case_id == case_id, Message.state != "waiting")
        .order_by(Message.source)
    )
    for row in messages:
        if row.payload:
            told = {"source": row.source, "size": len(orjson.dumps(row.payload))}
            yield Thing({"kind": RecordKind.PRIVATE.value, "what": MESSAGE, **told}, row.id)
    notes = select(func.count()).select_from(Task).where(Task.case_id == case_id, Task.note != "")
    yield from _counted(RecordKind.PRIVATE, "note", connection.execute(notes).scalar_one())


def _access(connection: Connection, case_id: uuid.UUID) -> Iterator[Thing]:
    yield from _parts(connection, case_id, "access", RecordKind.ACCESS)


def _parts(connection: Connection, case_id: uuid.UUID, stream: str, kind: RecordKind) -> Iterator[Thing]:
    rows = connection.execute(
        select(_EVENT.c.seq, _EVENT.c.body, _PART)
        .join(_PART, _PART.c.position == _EVENT.c.position)
        .where(_EVENT.c.stream == stream, _EVENT.c.stream_id == str(case_id), _PART.c.salt != b"")
        .order_by(_EVENT.c.seq, _PART.c.name)
    )
    for row in rows:
        told = {
            "stream": stream,
            "seq": row.seq,
            "name": row.name,
            "digest": orjson.loads(as_bytes(row.body))["digests"].get(row.name, ""),
            "size": len(as_bytes(row.content)),
        }
        yield Thing({"kind": kind.value, "what": PRIVATE, **told}, (row.position, row.name))


def _comments(connection: Connection, case_id: uuid.UUID) -> Iterator[Thing]:
    count = select(func.count()).select_from(Comment).where(Comment.case_id == case_id)
    yield from _counted(RecordKind.COMMENT, "comment", connection.execute(count).scalar_one())


def _drafts(connection: Connection, case_id: uuid.UUID) -> Iterator[Thing]:
    count = (
        select(func.count())
        .select_from(Draft)
        .join(Task, Task.id == Draft.task_id)
        .where(Task.case_id == case_id, has_words(Draft.answers))
    )
    yield from _counted(RecordKind.DRAFT, "draft", connection.execute(count).scalar_one())


def has_words(column: Any) -> ColumnElement[bool]:
    """A JSON column that is not the empty object."""
    return cast(column, Text) != "{}"


def _notifications(connection: Connection, case_id: uuid.UUID) -> Iterator[Thing]:
    count = select(func.count()).select_from(Notification).where(Notification.case_id == case_id)
    yield from _counted(RecordKind.NOTIFICATION, "notification", connection.execute(count).scalar_one())
    sent = select(func.count()).select_from(OutboxRow).where(*sent_words(case_id))
    yield from _counted(RecordKind.NOTIFICATION, "sent", connection.execute(sent).scalar_one())


def sent_words(case_id: uuid.UUID) -> list[ColumnElement[bool]]:
    """What mails and webhooks said, of the outbox's rows that are over."""
    return [
        OutboxRow.case_id == case_id,
        OutboxRow.kind.in_(("email", "webhook")),
        OutboxRow.state.in_(("done", "dropped")),
        has_words(OutboxRow.payload),
    ]


def _counted(kind: RecordKind, what: str, count: int) -> Iterator[Thing]:
    """Things that no event names by a digest: they are told by their number."""
    if count:
        yield Thing({"kind": kind.value, "what": what, "count": count})


_OF_KIND: Mapping[RecordKind, Callable[[Connection, uuid.UUID], Iterator[Thing]]] = {
    RecordKind.SUBMISSION: _submissions,
    RecordKind.EVIDENCE: _evidence,
    RecordKind.PRIVATE: _private,
    RecordKind.ACCESS: _access,
    RecordKind.COMMENT: _comments,
    RecordKind.DRAFT: _drafts,
    RecordKind.NOTIFICATION: _notifications,
}


def redacted(connection: Connection, case_id: uuid.UUID, target: Target) -> list[Thing]:
    """The one thing of a redaction, as far as it is still there; a field with all its copies in the case."""
    if target.what == SUBMISSION:
        return list(_without_field(connection, case_id, target))
    found = {PRIVATE: _private, "evidence": _evidence}[target.what](connection, case_id)
    wanted = {"id": target.id} if target.what == "evidence" else {"seq": target.seq, "name": target.name}
    return [one for one in found if one.what == target.what and wanted.items() <= one.told.items()]


def _without_field(connection: Connection, case_id: uuid.UUID, target: Target) -> Iterator[Thing]:
    rows = connection.execute(
        select(_SUBMISSION).where(_SUBMISSION.c.case_id == case_id).order_by(_SUBMISSION.c.seq)
    ).all()
    documents = {row.seq: orjson.loads(as_bytes(row.content)) for row in rows}
    words = field_at(documents.get(target.seq, {}).get("answers"), target.pointer)
    if not isinstance(words, str) or not words.strip():
        return
    for row in rows:
        document = documents[row.seq]
        answers = _put(document["answers"], target.pointer, words)
        # What rules found quotes what was typed; short words would be found everywhere.
        left = _unquoted({**document, "answers": answers}, words) if len(words) >= SHORTEST_QUOTE else None
        changed = left or {**document, "answers": answers}
        if changed != document:
            yield _replaced(row, canonical(changed), os.urandom(16), whole=False)


REDACTED = "(đã lược bỏ)"
SHORTEST_QUOTE = 4


def field_at(answers: Any, pointer: str) -> Any:
    """The value there, None where there is none."""
    for key in _steps(pointer):
        if isinstance(answers, Mapping):
            answers = answers.get(key)
        elif isinstance(answers, list) and key.isdigit() and int(key) < len(answers):
            answers = answers[int(key)]
        else:
            return None
    return answers


def _steps(pointer: str) -> list[str]:
    return [one.replace("~1", "/").replace("~0", "~") for one in pointer.split("/")[1:]]


def pointer_of(steps: list[str]) -> str:
    return "".join("/" + one.replace("~", "~0").replace("/", "~1") for one in steps)


def _put(answers: Any, pointer: str, words: str) -> Any:
    """A copy in which the field holds the mark, where it held exactly these words."""
    copy = orjson.loads(orjson.dumps(answers))
    if field_at(copy, pointer) == words:
        *way, last = _steps(pointer)
        holder = field_at(copy, pointer_of(way))
        holder[int(last) if isinstance(holder, list) else last] = REDACTED
    return copy


def _unquoted(value: Any, words: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _unquoted(one, words) for key, one in value.items()}
    if isinstance(value, list):
        return [_unquoted(one, words) for one in value]
    return value.replace(words, REDACTED) if isinstance(value, str) else value
