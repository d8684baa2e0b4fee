"""`congnhan db check`: chains whole, rows in agreement with the log. Sentences, one per problem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import select, union

from service.audit.canonical import salted_digest
from service.audit.queries import RecordedEvent, broken_links, case_events
from service.database import db
from service.models import Case, Event, EventPrivatePart, StreamHead, Submission, Task, Timer
from service.models.cases import OPEN_STATES


def check_everything() -> Iterator[str]:
    """Every chain, every case, every submission; nothing is yielded when all is well."""
    streams = union(select(Event.stream, Event.stream_id), select(StreamHead.stream, StreamHead.stream_id))
    broken: set[str] = set()
    for stream, stream_id in db.session.execute(streams.order_by("stream", "stream_id")).all():
        for link in broken_links(stream, stream_id):
            broken.add(stream_id)
            yield f"Chuỗi {stream} {stream_id}, sự kiện {link.seq}: {link.what}."
    yield from _check_private_parts(broken)
    cases = db.session.scalars(
        select(Case).order_by(Case.code).execution_options(populate_existing=True)
    ).all()
    for case in cases:
        if str(case.id) not in broken:  # what a broken log says of its case proves nothing
            yield from _check_case(case)
    logged = db.session.execute(select(Event.stream_id).where(Event.stream == "case").distinct()).scalars()
    for missing in sorted(set(logged) - {str(case.id) for case in cases}):
        yield f"Hồ sơ {missing}: có nhật ký nhưng không còn hồ sơ."


def _check_private_parts(broken: set[str]) -> Iterator[str]:
    """Retention may erase a private part; what is there must be what was hashed."""
    parts = db.session.execute(
        select(Event.stream, Event.seq, Event.body, EventPrivatePart)
        .join(EventPrivatePart, EventPrivatePart.position == Event.position)
        .where(Event.stream_id.not_in(broken))
        .order_by(Event.position)
    )
    for stream, seq, body, part in parts:
        if orjson.loads(body)["digests"].get(part.name) != salted_digest(part.salt, part.content):
            yield f"Chuỗi {stream}, sự kiện {seq}: phần riêng {part.name!r} đã bị thay đổi."


def _check_case(case: Case) -> Iterator[str]:
    events = case_events(case.id)
    if not events:
        yield f"Hồ sơ {case.code}: không có nhật ký."
        return
    last = events[-1]
    if last.seq != case.rev or last.hash != case.last_hash.hex():
        yield f"Hồ sơ {case.code}: số lần thay đổi {case.rev} không khớp với nhật ký ({last.seq})."
    moves = [event for event in events if "active" in event.data]
    if not moves or _position_of(case) != _recorded_position(moves[-1].data):
        yield f"Hồ sơ {case.code}: vị trí trên sơ đồ không khớp với nhật ký."
    yield from _check_tasks(case, moves)
    yield from _check_submissions(case, events)


def _position_of(case: Case) -> dict[str, Any]:
    return {
        "active": list(case.active),
        "awaited": list(case.awaited),
        "variables": dict(case.variables),
        "outcome": case.outcome,
        "status": case.status,
    }


def _recorded_position(data: dict[str, Any]) -> dict[str, Any]:
    status = "finished" if data["finished"] else "stuck" if data["stuck"] else "open"
    return {**{name: data[name] for name in ("active", "awaited", "variables", "outcome")}, "status": status}


def _check_tasks(case: Case, moves: Sequence[RecordedEvent]) -> Iterator[str]:
    open_refs: set[str] = set()
    for event in moves:
        open_refs -= {str(event.data.get("task"))} | set(event.data["withdrawn"])
        open_refs |= {opened["ref"] for opened in event.data["opened"]}
    stored = set(
        db.session.execute(
            select(Task.ref).where(Task.case_id == case.id, Task.state.in_(OPEN_STATES))
        ).scalars()
    )
    if stored != open_refs:
        yield (
            f"Hồ sơ {case.code}: việc đang mở {sorted(stored)} không khớp với nhật ký {sorted(open_refs)}."
        )
    if case.status == "open" and not stored and not case.awaited and not _waits_for_time(case):
        yield f"Hồ sơ {case.code}: không còn việc nào mà chưa kết thúc."


def _waits_for_time(case: Case) -> bool:
    """Whether a timer is set that will move it on."""
    timers = select(Timer.id).where(Timer.case_id == case.id, Timer.state == "set").limit(1)
    return db.session.execute(timers).first() is not None


def _check_submissions(case: Case, events: Sequence[RecordedEvent]) -> Iterator[str]:
    handed_over = {
        event.seq: event.digests["submission"] for event in events if "submission" in event.digests
    }
    acts: dict[str, set[str]] = {}
    for row in db.session.scalars(
        select(Submission)
        .where(Submission.case_id == case.id)
        .order_by(Submission.seq)
        .execution_options(populate_existing=True)
    ):
        logged = handed_over.pop(row.seq, None)
        if salted_digest(row.salt, row.content) != row.digest or logged != row.digest:
            yield f"Hồ sơ {case.code}: nội dung nộp ở sự kiện {row.seq} đã bị thay đổi."
        acts.setdefault(row.element, set()).update(
            str(user) for user in (row.prepared_by, row.signed_by) if user is not None
        )
    for event in events:
        if "act" in event.data:  # an act by message hands nothing over, but counts for whose it is
            acts.setdefault(event.data["act"], set()).add(str(event.actor_id))
    for seq in sorted(handed_over):
        yield f"Hồ sơ {case.code}: nội dung nộp ở sự kiện {seq} không còn."
    if {element: set(users) for element, users in case.acts.items()} != acts:
        yield f"Hồ sơ {case.code}: danh sách người đã xử lý không khớp với các lần nộp."
