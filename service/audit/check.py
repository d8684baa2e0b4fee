"""`congnhan db check`: chains whole, rows in agreement with the log. Sentences, one per problem."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from service.audit.canonical import salted_digest
from service.audit.queries import broken_links, case_events
from service.database import db
from service.models import Case, Event, Submission, Task
from service.models.cases import OPEN_STATES


def check_everything() -> Iterator[str]:
    """Every chain, every case, every submission; nothing is yielded when all is well."""
    streams = db.session.execute(
        select(Event.stream, Event.stream_id).distinct().order_by(Event.stream, Event.stream_id)
    )
    for stream, stream_id in streams.all():
        for link in broken_links(stream, stream_id):
            yield f"Chuỗi {stream} {stream_id}, sự kiện {link.seq}: {link.what}."
    for case in db.session.scalars(select(Case).order_by(Case.code)):
        yield from _check_case(case)


def _check_case(case: Case) -> Iterator[str]:
    events = case_events(case.id)
    if not events:
        yield f"Hồ sơ {case.code}: không có nhật ký."
        return
    last = events[-1]
    if last.seq != case.rev or last.hash != case.last_hash.hex():
        yield f"Hồ sơ {case.code}: số lần thay đổi {case.rev} không khớp với nhật ký ({last.seq})."
    moves = [event for event in events if "active" in event.data]
    if list(case.active) != moves[-1].data["active"] or case.outcome != moves[-1].data["outcome"]:
        yield f"Hồ sơ {case.code}: vị trí trên sơ đồ không khớp với nhật ký."
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
        yield f"Hồ sơ {case.code}: việc đang mở {sorted(stored)} không khớp với nhật ký {sorted(open_refs)}."
    if case.status == "open" and not stored and not case.awaited:
        yield f"Hồ sơ {case.code}: không còn việc nào mà chưa kết thúc."
    digests = {event.seq: event.digests.get("submission") for event in events}
    for row in db.session.execute(
        select(Submission.seq, Submission.salt, Submission.content, Submission.digest).where(
            Submission.case_id == case.id
        )
    ):
        if salted_digest(row.salt, row.content) != row.digest or digests.get(row.seq) != row.digest:
            yield f"Hồ sơ {case.code}: nội dung nộp ở sự kiện {row.seq} đã bị thay đổi."
