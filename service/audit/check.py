"""`congnhan db check`: chains whole, rows in agreement with the log. Sentences, one per problem.

A few statements per batch of cases and never more than a batch in memory, whatever the number of cases.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Select, func, select

from service.audit.canonical import salted_digest
from service.audit.chains import Chain, chains
from service.audit.check_case import Stored, sentences
from service.audit.check_rounds import check_deliveries, check_numbers, check_rounds
from service.audit.erased import ERASED, ErasedThings, erased_in
from service.connections import unhurried
from service.database import db, table_of
from service.engine.definition import Definition
from service.engine.errors import EngineError
from service.errors import DomainError, NotFound
from service.models import (
    Case,
    Document,
    Event,
    EventPrivatePart,
    EvidenceFile,
    OutboxRow,
    StreamHead,
    Submission,
    Task,
    Timer,
)
from service.processes.queries import procedure

CASES_AT_ONCE = 200
ROWS_AT_ONCE = 1000

_CASE = table_of(Case)
_EVENT = (
    Event.stream,
    Event.stream_id,
    Event.seq,
    Event.body,
    Event.hash,
    Event.type,
    Event.actor_id,
    Event.recorded_at,
)
_TASK = (
    Task.ref,
    Task.state,
    Task.group,
    Task.unit_id,
    Task.owner_id,
    Task.delegated_by,
    Task.prepared_by,
    Task.stage,
    Task.priority,
    Task.due_on,
)
Progress = Callable[[int], None]


def check_everything(progress: Progress = lambda _cases: None) -> Iterator[str]:
    """Every chain, every case, every submission; nothing is yielded when all is well.

    `progress` is told after each batch how many cases have been looked at.
    """
    unhurried(db.session.connection())
    yield from _check_other_streams()
    looked_at = 0
    for cases in _batches():
        yield from _check_batch(cases)
        looked_at += len(cases)
        progress(looked_at)
    yield from _emptied(_told_erased())
    yield from _check_orphans()
    yield from check_rounds()
    yield from check_deliveries()
    yield from check_numbers()


def check_case(case_id: uuid.UUID) -> list[str]:
    """What of one case does not agree: its state and rows with what its log adds up to. Raises NotFound."""
    case = db.session.execute(select(_CASE).where(_CASE.c.id == case_id)).one_or_none()
    if case is None:
        raise NotFound()
    return list(_check_batch([case]))


def check_files(files: Path) -> Iterator[str]:
    """Each piece of evidence, and each signed copy, is there and is what was handed in."""
    yield from _check_signed_copies(files)
    rows = db.session.execute(
        select(EvidenceFile.sha256, EvidenceFile.name, EvidenceFile.size, Case.code)
        .join(Case, Case.id == EvidenceFile.case_id)
        .where(EvidenceFile.erased_at.is_(None))
        .order_by(EvidenceFile.sha256)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    last, wrong = "", ""
    for row in rows:
        if row.sha256 != last:  # equal bytes are stored, and read, once
            last, wrong = row.sha256, wrong_with(files / row.sha256[:2] / row.sha256, row.sha256, row.size)
        if wrong:
            yield f"Hồ sơ {row.code}: tệp minh chứng “{row.name}” {wrong}."


def _check_signed_copies(files: Path) -> Iterator[str]:
    rows = db.session.execute(
        select(Document.title, Document.number, Document.file_size, Document.file_sha256)
        .where(Document.file_sha256 != "")
        .order_by(Document.signed_at, Document.id)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    for row in rows:
        sha256 = row.file_sha256
        if wrong := wrong_with(files / sha256[:2] / sha256, sha256, row.file_size or 0):
            yield f"Văn bản {row.number} “{row.title}”: bản đã ký {wrong}."


def wrong_with(path: Path, sha256: str, size: int | None = None) -> str:
    """What is wrong with stored bytes, as the end of a sentence; "" where nothing is."""
    if not path.is_file():
        return "không còn trong kho lưu trữ"
    with path.open("rb") as content:
        as_long = size is None or path.stat().st_size == size
        same = as_long and hashlib.file_digest(content, "sha256").hexdigest() == sha256
    return "" if same else "đã bị thay đổi trong kho lưu trữ"


def _batches() -> Iterator[Sequence[Any]]:
    """Cases in order of id; each batch is asked for by where the last one ended."""
    last = uuid.UUID(int=0)
    while True:
        rows = db.session.execute(
            select(_CASE).where(_CASE.c.id > last).order_by(_CASE.c.id).limit(CASES_AT_ONCE)
        ).all()
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _check_batch(cases: Sequence[Any]) -> Iterator[str]:
    found = {
        case.id: Stored(case, _definition(case.process_version_id), Chain("case", str(case.id)))
        for case in cases
    }
    by_name = {str(case_id): stored for case_id, stored in found.items()}
    events = (
        select(*_EVENT)
        .where(Event.stream == "case", Event.stream_id.in_(by_name))
        .order_by(Event.stream_id, Event.seq)
    )
    for row in db.session.execute(events.execution_options(yield_per=ROWS_AT_ONCE)):
        stored = by_name[row.stream_id]
        body = stored.chain.follow(row)
        if body is not None:
            stored.bodies.append(body)
    for name, model, columns in (
        ("tasks", Task, _TASK),
        ("timers", Timer, (Timer.ref, Timer.state, Timer.due_at)),
        (
            "submissions",
            Submission,
            (
                Submission.seq,
                Submission.element,
                Submission.content,
                Submission.salt,
                Submission.digest,
                Submission.prepared_by,
                Submission.signed_by,
            ),
        ),
        ("evidence", EvidenceFile, (EvidenceFile.id, EvidenceFile.sha256)),
    ):
        case_id: Any = model.case_id  # type: ignore[attr-defined]
        for row in db.session.execute(select(case_id, *columns).where(case_id.in_(found))):
            getattr(found[row.case_id], name).append(row)
    jobs = select(OutboxRow.case_id, OutboxRow.payload, OutboxRow.state)
    for row in db.session.execute(jobs.where(OutboxRow.kind == "job", OutboxRow.case_id.in_(found))):
        found[row.case_id].jobs[row.payload["ref"]] = row.state
    for part in db.session.execute(_private_parts_of(by_name)):
        by_name[part.stream_id].private[part.seq, part.name] = part.salt != b""
    for stored in found.values():
        stored.submissions.sort(key=lambda row: int(row.seq))
        yield from sentences(stored)
    whole = [name for name, stored in by_name.items() if not stored.chain.breaks]
    codes = {name: f"Hồ sơ {stored.case.code}" for name, stored in by_name.items()}
    yield from _check_private_parts(
        (Event.stream == "case") & Event.stream_id.in_(whole), lambda stream_id: codes[stream_id]
    )


def _private_parts_of(by_name: Collection[str]) -> Select[*tuple[Any, ...]]:
    return (
        select(Event.stream_id, Event.seq, EventPrivatePart.name, EventPrivatePart.salt)
        .join(EventPrivatePart, EventPrivatePart.position == Event.position)
        .where(Event.stream == "case", Event.stream_id.in_(by_name))
    )


def _emptied(told: Mapping[str, ErasedThings]) -> Iterator[str]:
    """Parts beside other streams that were emptied although no case's chain tells it."""
    rows = db.session.execute(
        select(Event.stream, Event.stream_id, Event.seq, EventPrivatePart.name)
        .join(EventPrivatePart, EventPrivatePart.position == Event.position)
        .where(Event.stream != "case", EventPrivatePart.salt == b"")
        .order_by(Event.position)
    )
    for stream, stream_id, seq, name in rows:
        if stream_id not in told or (stream, seq, name) not in told[stream_id].private:
            yield f"Chuỗi {stream_id}, sự kiện {seq}: phần riêng {name!r} không còn mà không có sự kiện xóa."


def _told_erased() -> dict[str, ErasedThings]:
    """{case: what its chain tells to have been erased}, of the cases where there is any."""
    by_case: dict[str, list[Any]] = {}
    rows = db.session.execute(
        select(Event.stream_id, Event.body)
        .where(Event.stream == "case", Event.type == ERASED)
        .order_by(Event.position)
    )
    for stream_id, body in rows:
        by_case.setdefault(stream_id, []).append(orjson.loads(body))
    return {stream_id: erased_in(bodies) for stream_id, bodies in by_case.items()}


def _definition(version_id: uuid.UUID) -> Definition | str:
    try:
        return procedure(version_id).definition
    except (DomainError, EngineError, ValueError) as error:
        return f"phiên bản quy trình {version_id} không dùng được ({error})"


def _check_private_parts(which: Any, name: Callable[[str], str]) -> Iterator[str]:
    """Retention may empty a private part; what is there must be what was hashed."""
    parts = db.session.execute(
        select(Event.stream_id, Event.seq, Event.body, *table_of(EventPrivatePart).c)
        .join(EventPrivatePart, EventPrivatePart.position == Event.position)
        .where(which, EventPrivatePart.salt != b"")
        .order_by(Event.position)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    for part in parts:
        if orjson.loads(part.body)["digests"].get(part.name) != salted_digest(part.salt, part.content):
            yield f"{name(part.stream_id)}, sự kiện {part.seq}: phần riêng {part.name!r} đã bị thay đổi."


def _check_other_streams() -> Iterator[str]:
    """Access, process and administration: whole, and ending where their heads say."""
    rows = db.session.execute(
        select(*_EVENT)
        .where(Event.stream != "case")
        .order_by(Event.stream, Event.stream_id, Event.seq)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    broken: set[tuple[str, str]] = set()
    for chain in chains(rows):
        for seq, what in chain.breaks:
            broken.add((chain.stream, chain.stream_id))
            yield f"Chuỗi {chain.stream} {chain.stream_id}, sự kiện {seq}: {what}."
    ends = (
        select(Event.stream, Event.stream_id, func.max(Event.seq).label("seq"))
        .where(Event.stream != "case")
        .group_by(Event.stream, Event.stream_id)
        .subquery()
    )
    same = (ends.c.stream == StreamHead.stream) & (ends.c.stream_id == StreamHead.stream_id)
    last = (
        (Event.stream == StreamHead.stream)
        & (Event.stream_id == StreamHead.stream_id)
        & (Event.seq == StreamHead.seq)
        & (Event.hash == StreamHead.hash)
    )
    without_end = (
        select(StreamHead.stream, StreamHead.stream_id)
        .outerjoin(ends, same)
        .outerjoin(Event, last)
        .where(Event.position.is_(None) | ends.c.seq.is_distinct_from(StreamHead.seq))
    )
    without_head = (
        select(ends.c.stream, ends.c.stream_id).outerjoin(StreamHead, same).where(StreamHead.stream.is_(None))
    )
    for query in (without_end, without_head):
        for row in db.session.execute(query).all():
            broken.add((row.stream, row.stream_id))
            yield f"Chuỗi {row.stream} {row.stream_id}: không kết thúc ở sự kiện cuối đã ghi."
    # A broken stream is told above; each of its parts would only say so again.
    names = sorted({stream_id for _, stream_id in broken})
    yield from _check_private_parts(
        (Event.stream != "case") & Event.stream_id.not_in(names), lambda stream_id: f"Chuỗi {stream_id}"
    )


def _check_orphans() -> Iterator[str]:
    """Chains of cases that are gone."""
    last = ""
    while True:
        names = list(
            db.session.execute(
                select(Event.stream_id)
                .distinct()
                .where(Event.stream == "case", Event.stream_id > last)
                .order_by(Event.stream_id)
                .limit(ROWS_AT_ONCE)
            ).scalars()
        )
        if not names:
            return
        last = names[-1]
        there = db.session.execute(select(_CASE.c.id).where(_CASE.c.id.in_(map(uuid.UUID, names)))).scalars()
        for missing in sorted(set(names) - {str(case_id) for case_id in there}):
            yield f"Hồ sơ {missing}: có nhật ký nhưng không còn hồ sơ."
