"""What lies beside the log, held against it: submissions, what people typed, files, versions of procedures.

The log has their digests only. What retention has erased says so in the chain; what is gone or other without
such an event was altered.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import ColumnElement, literal_column, null, select

from service.audit.canonical import as_bytes, salted_digest
from service.audit.check import wrong_with
from service.audit.erased import ERASED, ErasedThings, erased_in
from service.audit.findings import Found
from service.audit.queries import erased_things
from service.database import AnyRow, db, table_of
from service.models import Case, Document, Event, EventPrivatePart, EvidenceFile, ProcessVersion, Submission
from service.processes.publishing import content_hash_of
from service.processes.queries import procedure

_EVENT, _PART = table_of(Event), table_of(EventPrivatePart)
AT_ONCE = 1000
NOTHING_ERASED = erased_in(())
# In canonical JSON, of the events whose body has a digest and of no other.
_WITH_DIGESTS = b'"digests":{"'.hex()


def altered_contents(files: Path, case_id: uuid.UUID | None = None) -> Iterator[Found]:
    """Each thing that is not what the log says, of one case or of all."""
    erased = _erased(case_id)
    yield from _typed(case_id, erased)
    yield from _files(files, case_id, erased)
    yield from _papers(case_id)
    yield from _definitions(case_id)


def _typed(case_id: uuid.UUID | None, erased: Mapping[str, ErasedThings]) -> Iterator[Found]:
    of_streams: Any = True
    if case_id is not None:
        of_streams = _EVENT.c.stream_id == str(case_id)
    events = db.session.execute(
        select(_EVENT.c.position, _EVENT.c.stream, _EVENT.c.stream_id, _EVENT.c.seq, _EVENT.c.body)
        .where(of_streams, _has_digests())
        .order_by(_EVENT.c.position)
        .execution_options(yield_per=AT_ONCE)
    )
    for some in events.partitions():
        yield from _of_events(some, erased)


def _has_digests() -> ColumnElement[bool]:
    if db.session.connection().dialect.name == "postgresql":
        return literal_column(f"position('\\x{_WITH_DIGESTS}'::bytea in event.body) > 0")  # type: ignore[return-value]
    return literal_column(f"instr(event.body, x'{_WITH_DIGESTS}') > 0")  # type: ignore[return-value]


def _erased(case_id: uuid.UUID | None) -> Mapping[str, ErasedThings]:
    """What was erased, by the id of the case that tells it."""
    if case_id is not None:
        return {str(case_id): erased_things(case_id)}
    rows = db.session.execute(
        select(_EVENT.c.stream_id, _EVENT.c.body)
        .where(_EVENT.c.stream == "case", _EVENT.c.type == ERASED)
        .order_by(_EVENT.c.stream_id, _EVENT.c.seq)
    )
    bodies: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        bodies.setdefault(row.stream_id, []).append(orjson.loads(as_bytes(row.body)))
    return {stream: erased_in(told) for stream, told in bodies.items()}


def _of_events(rows: Sequence[AnyRow], erased: Mapping[str, ErasedThings]) -> Iterator[Found]:
    parts: dict[tuple[int, str], tuple[bytes, bytes]] = {}
    positions = [row.position for row in rows]
    kept = select(_PART.c.position, _PART.c.name, _PART.c.salt, _PART.c.content)
    for part in db.session.execute(kept.where(_PART.c.position.in_(positions))):
        parts[part.position, part.name] = as_bytes(part.salt), as_bytes(part.content)
    ids = [_submission_id(row) for row in rows if row.stream == "case"]
    handed = select(Submission.id, Submission.salt, Submission.content).where(Submission.id.in_(ids))
    submissions = {one.id: (as_bytes(one.salt), as_bytes(one.content)) for one in db.session.execute(handed)}
    for row in rows:
        gone = erased.get(row.stream_id, NOTHING_ERASED)
        for name, digest in _digests(row).items():
            if name == "submission":
                told, found = gone.submissions.get(row.seq), submissions.get(_submission_id(row))
            else:
                told = gone.private.get((row.stream, row.seq, name))
                found = parts.get((row.position, name))
            # In the place of what was erased stands what the erasure says, or nothing: a part without salt.
            emptied = found is None or (name != "submission" and not found[0])
            expected = digest if told is None else told.after
            if ("" if emptied or found is None else salted_digest(*found)) != expected:
                yield _kind(name), _place(row), _sentence(name, found)
            elif name == "submission" and found is not None and told is None:
                yield from _named_otherwise(row, found[1])


def _named_otherwise(row: AnyRow, content: bytes) -> Iterator[Found]:
    """Files stand in the list under the name and with the bytes under which they were handed in."""
    said = orjson.loads(content).get("files") or {}
    if not said:
        return
    ids = [uuid.UUID(file_id) for file_id in said]
    listed = {
        str(one.id): one for one in db.session.execute(select(*_LISTED).where(EvidenceFile.id.in_(ids)))
    }
    for file_id, file in said.items():
        one = listed.get(file_id)
        if one is None:
            yield "file", _place(row), f"tệp “{file['name']}” đã nộp không còn trong danh sách tệp"
        elif one.erased_at is None and (one.name, one.sha256) != (file["name"], file["sha256"]):
            yield "file", _place(row), f"tệp “{file['name']}” đã nộp nay ghi khác trong danh sách tệp"


_LISTED = (EvidenceFile.id, EvidenceFile.name, EvidenceFile.sha256, EvidenceFile.erased_at)


def _papers(case_id: uuid.UUID | None) -> Iterator[Found]:
    """Number and date of a paper are those by which it was numbered, where that was an act of its own."""
    numbered = (
        select(_EVENT.c.body)
        .where(_EVENT.c.stream.in_(("case", "administration")), _EVENT.c.type == "document_numbered")
        .order_by(_EVENT.c.position)
    )
    if case_id is not None:
        numbered = numbered.where(_EVENT.c.stream_id == str(case_id))
    told = {
        one["document"]: (one["number"], one["issued_on"])
        for body in db.session.execute(numbered).scalars()
        for one in [orjson.loads(as_bytes(body))["data"]]
    }
    rows = select(Document.id, Document.title, Document.number, Document.issued_on, Document.submission_id)
    if case_id is not None:
        rows = rows.where(Document.case_id == case_id)
    for some in db.session.execute(rows.order_by(Document.id)).partitions(AT_ONCE):
        signed = _numbers_signed([row.submission_id for row in some if row.submission_id])
        for row in some:
            issued_on = row.issued_on.isoformat() if row.issued_on else None
            expected = told.get(str(row.id)) or signed.get(row.submission_id)
            if expected is not None and (row.number, issued_on) != expected:
                was = f"số {expected[0]}, ngày {expected[1]}"
                said = f"số {row.number}, ngày {issued_on} khác với lúc ghi: {was}"
                yield "document", f"văn bản “{row.title}”", said


def _numbers_signed(ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, tuple[str, str | None]]:
    """{submission: number and date} as its form asked for them, where it did and they were given."""
    query = (
        select(
            Submission.id, Submission.element, Submission.action, Submission.content, Case.process_version_id
        )
        .join(Case, Case.id == Submission.case_id)
        .where(Submission.id.in_(ids))
    )
    found = {}
    for row in db.session.execute(query):
        form = procedure(row.process_version_id).form_of(row.element)
        keys = form.of_document if form is not None and row.action != "return" else {}
        if not {"number", "date"} <= keys.keys():
            continue
        try:
            answers = orjson.loads(as_bytes(row.content))["answers"]
            number, day = answers.get(keys["number"]), answers.get(keys["date"])
        except (ValueError, TypeError, KeyError, AttributeError):
            continue  # erased, or altered: told as a submission
        if number and day:
            found[row.id] = (number, day)
    return found


def _digests(row: AnyRow) -> Mapping[str, str]:
    """Nothing of a body that is none any more: the chain tells of that."""
    try:
        found: Mapping[str, str] = orjson.loads(as_bytes(row.body))["digests"]
    except (ValueError, TypeError, KeyError):
        return {}
    return found


def _submission_id(row: AnyRow) -> uuid.UUID:
    return uuid.uuid5(uuid.UUID(row.stream_id), f"submission:{row.seq}")


def _kind(name: str) -> str:
    return "submission" if name == "submission" else "private"


def _sentence(name: str, found: tuple[bytes, bytes] | None) -> str:
    what = "nội dung nộp" if name == "submission" else f"phần riêng {name!r}"
    return f"{what} không còn, dù không có quyết định xóa" if found is None else f"{what} đã bị thay đổi"


def _place(row: AnyRow) -> str:
    if row.stream == "case":
        return f"hồ sơ {_code(row.stream_id)}, sự kiện {row.seq}"
    return f"chuỗi {row.stream} {row.stream_id}".strip() + f", sự kiện {row.seq}"


def _code(case_id: str) -> str:
    found = db.session.execute(select(Case.code).where(Case.id == uuid.UUID(case_id))).scalar()
    return found or case_id


def _files(folder: Path, case_id: uuid.UUID | None, erased: Mapping[str, ErasedThings]) -> Iterator[Found]:
    """Evidence and signed copies: the bytes in the store are those whose hash stands in the record."""
    evidence = select(
        EvidenceFile.id, EvidenceFile.name, EvidenceFile.sha256, EvidenceFile.case_id, EvidenceFile.erased_at
    ).order_by(EvidenceFile.sha256)
    papers = (
        select(
            Document.id,
            Document.title.label("name"),
            Document.file_sha256.label("sha256"),
            Document.case_id,
            null().label("erased_at"),
        )
        .where(Document.file_sha256 != "")
        .order_by(Document.file_sha256)
    )
    if case_id is not None:
        evidence = evidence.where(EvidenceFile.case_id == case_id)
        papers = papers.where(Document.case_id == case_id)
    wrong = cache(lambda sha256: wrong_with(folder / sha256[:2] / sha256, sha256))
    for query in (evidence, papers):
        for row in db.session.execute(query.execution_options(yield_per=AT_ONCE)):
            gone = erased.get(str(row.case_id), NOTHING_ERASED).files.get(str(row.id))
            if row.erased_at is None:
                why = wrong(row.sha256)
            else:
                why = "" if gone == row.sha256 else "ghi là đã xóa, dù không có quyết định xóa"
            if why:
                of = f"hồ sơ {_code(str(row.case_id))}" if row.case_id else "văn bản của đợt"
                yield "file", f"{of}, tệp “{row.name}”", why


def _definitions(case_id: uuid.UUID | None) -> Iterator[Found]:
    """Versions are what was published, and cases ran on versions that were."""
    query = select(ProcessVersion).order_by(ProcessVersion.key, ProcessVersion.version)
    if case_id is not None:
        query = query.join(Case, Case.process_version_id == ProcessVersion.id).where(Case.id == case_id)
    published = _published()
    for version in db.session.scalars(query):
        place = f"quy trình {version.key}, phiên bản {version.version}"
        if content_hash_of(version) != version.content_hash:
            yield "definition", place, "sơ đồ, biểu mẫu hoặc bộ tiêu chí không phải bản đã ban hành"
        elif published.get((version.key, version.version)) != version.content_hash:
            yield "definition", place, "mã băm khác với lần ban hành đã ghi"


def _published() -> Mapping[tuple[str, int], str]:
    bodies: Iterable[Any] = db.session.execute(
        select(_EVENT.c.body)
        .where(_EVENT.c.stream == "process", _EVENT.c.type == "process_published")
        .order_by(_EVENT.c.position)
    ).scalars()
    told = [orjson.loads(as_bytes(body))["data"] for body in bodies]
    return {(one["key"], one["version"]): one["content_hash"] for one in told}
