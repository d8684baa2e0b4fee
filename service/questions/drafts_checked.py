"""Versions of procedures: whether whoever approved one had drawn or submitted it, or stood in for who did."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
from sqlalchemy import select

from service.database import db
from service.models import Event
from service.wording import _

DREW = ("process_draft_created", "process_draft_saved", "process_draft_submitted")


def version_breaches() -> tuple[int, list[tuple[str, uuid.UUID, str]]]:
    """(how many approvals were looked at, [(procedure, person, what was found)]), from the log alone."""
    drew: dict[str, dict[str, str]] = {}
    approvals, found = 0, []
    for row in db.session.execute(
        select(Event.stream_id, Event.seq, Event.type, Event.body)
        .where(Event.stream == "process", Event.type.in_((*DREW, "process_draft_approved")))
        .order_by(Event.stream_id, Event.seq)
    ):
        body: dict[str, Any] = orjson.loads(row.body)
        draft = body["data"].get("draft", "")
        people = [one for one in (body["actor"]["id"], body["actor"].get("acting_for")) if one]
        if row.type in DREW:
            drew.setdefault(draft, {}).update(dict.fromkeys(people, row.type))
            continue
        approvals += 1
        for person in people:
            if person in drew.get(draft, {}):
                what = (
                    _("trình và phê duyệt cùng một bản thảo (sự kiện %(seq)s)", seq=row.seq)
                    if drew[draft][person] == "process_draft_submitted"
                    else _("vẽ và phê duyệt cùng một bản thảo (sự kiện %(seq)s)", seq=row.seq)
                )
                found.append((row.stream_id, uuid.UUID(person), what))
    return approvals, found
