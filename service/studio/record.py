"""What happens to a draft, in its procedure's stream of the log; free text goes into private parts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Connection

from service.audit.operations import Actor, append
from service.database import db
from service.identity.queries import names_of
from service.models import Event, EventPrivatePart
from service.wording import Words, marked

NOTE = "note"
# Every save is recorded; a person reads what comes after one another, not each of them.
TOLD: Words[str] = Words(
    {
        "process_draft_created": marked("Lập bản thảo"),
        "process_draft_submitted": marked("Trình phê duyệt"),
        "process_draft_taken_back": marked("Lấy lại để sửa"),
        "process_draft_approved": marked("Phê duyệt"),
        "process_draft_returned": marked("Trả lại"),
        "process_draft_published": marked("Ban hành"),
        "process_draft_withdrawn": marked("Bỏ bản thảo"),
    }
)


TOLD_OF_SCENARIOS: Words[str] = Words(
    {
        "process_scenario_saved": marked("Lưu"),
        "process_scenario_recorded": marked("Ghi lại diễn biến"),
        "process_scenario_renamed": marked("Đổi tên"),
        "process_scenario_accepted": marked("Nhận diễn biến mới làm mong đợi"),
        "process_scenario_deleted": marked("Xóa"),
    }
)


@dataclass(frozen=True)
class Told:
    at: datetime
    who: str
    what: str
    note: str


def record(
    connection: Connection,
    kind: str,
    draft_id: uuid.UUID,
    key: str,
    data: Mapping[str, Any],
    *,
    by: Actor,
    now: datetime,
    note: str = "",
) -> None:
    append(
        connection,
        kind,
        {"draft": str(draft_id), "key": key, **data},
        stream="process",
        stream_id=key,
        by=by,
        at=now,
        private={NOTE: note.encode()} if note else None,
    )


def course_of(draft_id: uuid.UUID, key: str) -> list[Told]:
    """What was done with a draft, first things first; saving left out."""
    return _told(key, TOLD, "draft", NOTE).get(str(draft_id), [])


def histories_of_scenarios(key: str) -> dict[str, list[Told]]:
    """{scenario: what was done with it, first things first}; the note is what it was called then."""
    return _told(key, TOLD_OF_SCENARIOS, "scenario", "name")


def _told(key: str, kinds: Words[str], of: str, private: str) -> dict[str, list[Told]]:
    rows = db.session.execute(
        select(Event.body, Event.type, Event.recorded_at, Event.actor_id, EventPrivatePart.content)
        .outerjoin(
            EventPrivatePart,
            (EventPrivatePart.position == Event.position) & (EventPrivatePart.name == private),
        )
        .where(Event.stream == "process", Event.stream_id == key, Event.type.in_(list(kinds)))
        .order_by(Event.seq)
    ).all()
    names = names_of({row.actor_id for row in rows if row.actor_id is not None})
    found: dict[str, list[Told]] = {}
    for row in rows:
        note = (row.content or b"").decode()
        said = Told(row.recorded_at, names.get(row.actor_id, ""), kinds[row.type], note)
        found.setdefault(orjson.loads(row.body)["data"].get(of, ""), []).append(said)
    return found
