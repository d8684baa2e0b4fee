"""Who looked at, downloaded or exported which dossier: the access streams, one beside each case."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from service.audit.queries import events_at
from service.database import db
from service.identity.queries import names_of
from service.identity.viewer import Viewer
from service.models import Event, EvidenceFile, Task
from service.processes.independence import MEMBER, REPEATS_MEMBER
from service.questions.answers import PAGE, Answer, Line, page_of
from service.questions.asked import Asked
from service.questions.kinds import moment
from service.questions.scope import case_facts, in_span, only_of_streams, people_named
from service.wording import Words, _, marked

COLUMNS = (marked("Xã, hồ sơ"), marked("Lúc"), marked("Ai"), marked("Làm gì"), marked("Cụ thể"))
ACCESSES: Mapping[str, str] = Words(
    {
        "case_viewed": marked("Xem hồ sơ"),
        "task_viewed": marked("Xem việc"),
        "file_shown": marked("Xem tệp"),
        "file_downloaded": marked("Tải tệp"),
        "file_added": marked("Thêm tệp"),
        "annex_viewed": marked("Xem bảng chỉ tiêu để in"),
        "annex_downloaded": marked("Tải bảng chỉ tiêu"),
        "signed_copy_downloaded": marked("Tải bản đã ký"),
        "comment_added": marked("Trao đổi"),
        "comment_withdrawn": marked("Rút lời trao đổi"),
        "task_follow_up_set": marked("Đặt ngày xem lại"),
        "answer_viewed": marked("Xem câu trả lời kiểm tra"),
        "answer_exported": marked("Xuất câu trả lời kiểm tra"),
        "case_exported": marked("Xuất hồ sơ"),
        "log_receipt_viewed": marked("Xem biên nhận nhật ký"),
    }
)


def accesses(viewer: Viewer, asked: Asked, *, cursor: str | None = None, size: int | None = PAGE) -> Answer:
    """The latest first, of the cases that the viewer may see."""
    cases = case_facts(viewer, asked)
    conditions = [Event.stream == "access", *in_span(asked), *only_of_streams(viewer, asked)]
    if asked.person:
        conditions.append(Event.actor_id.in_(people_named(asked.person)))
    rows = db.session.execute(select(Event.position, Event.stream_id, Event.actor_id).where(*conditions))
    found = [row for row in rows if row.stream_id in cases]
    page, following = page_of(found, lambda row: (-row.position,), cursor, size)
    events = events_at([row.position for row in page])
    names = names_of({event.actor_id for event in events if event.actor_id})
    files = _files(viewer, [event.data for event in events])
    lines = []
    for event in events:
        case = cases[event.stream_id]
        lines.append(
            Line(
                (
                    f"{case.commune}, {case.code}",
                    moment(event.at),
                    names.get(event.actor_id, "") if event.actor_id else _("Hệ thống, dòng lệnh"),
                    ACCESSES.get(event.type, event.type),
                    _what(event.data, files),
                ),
                case.id,
            )
        )
    return Answer(
        columns=tuple(_(one) for one in COLUMNS),
        lines=lines,
        total=len(found),
        summary=_(
            "%(all)s lượt truy cập %(cases)s hồ sơ của %(people)s người.",
            all=len(found),
            cases=len({row.stream_id for row in found}),
            people=len({row.actor_id for row in found if row.actor_id}),
        )
        if found
        else _("Không có lượt truy cập nào trong phạm vi này."),
        next_cursor=following,
    )


def _files(viewer: Viewer, told: list[dict[str, Any]]) -> dict[str, str]:
    """{file: its name}; for Sở none of those that the member, or who repeats the opinion, has enclosed."""
    wanted = {uuid.UUID(data["file"]) for data in told if data.get("file")}
    if not wanted:
        return {}
    kept_back = sorted({MEMBER, *REPEATS_MEMBER}) if viewer.departments else []
    rows = db.session.execute(
        select(EvidenceFile.id, EvidenceFile.name)
        .join(Task, Task.id == EvidenceFile.task_id)
        .where(EvidenceFile.id.in_(sorted(wanted)), Task.element.not_in(kept_back))
    )
    return {str(row.id): row.name for row in rows}


def _what(data: Mapping[str, Any], files: Mapping[str, str]) -> str:
    if data.get("file"):
        name = files.get(data["file"], _("một tệp"))
        return f"{name}, SHA-256 {data['sha256']}" if data.get("sha256") else name
    return str(data.get("part") or data.get("question") or data.get("element") or data.get("criterion") or "")
