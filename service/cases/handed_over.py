"""Whose *biên nhận số* it is: acts that hand something over, and who may take the receipt for one."""

from __future__ import annotations

import uuid
from collections.abc import Collection

import orjson
from sqlalchemy import select

from service.database import db, table_of
from service.identity.viewer import Viewer
from service.models import Case, Event, Position, Role, Submission, Task
from service.processes.independence import steps_with_hidden_files

# Beside what tasks hand over: acts that leaders do by a message to the case.
ACTS = frozenset({"case_withdrawn", "commune_dissolved", "opinion_waived"})
_EVENT, _SUBMISSION = table_of(Event), table_of(Submission)


def receipts_of(case: Case, viewer: Viewer) -> frozenset[int]:
    """The events of the case for which this person may take a receipt.

    Whoever did or prepared it, their colleagues of the unit it was done for, and auditors; nobody while the
    content is kept from them.
    """
    hidden = steps_with_hidden_files(case.id, viewer)
    rows = db.session.execute(
        select(
            _EVENT.c.seq,
            _EVENT.c.type,
            _EVENT.c.actor_id,
            _EVENT.c.body,
            _SUBMISSION.c.element,
            _SUBMISSION.c.prepared_by,
            Task.group,
            Task.unit_id,
        )
        .select_from(_EVENT)
        .outerjoin(_SUBMISSION, (_SUBMISSION.c.case_id == case.id) & (_SUBMISSION.c.seq == _EVENT.c.seq))
        .outerjoin(Task, Task.id == _SUBMISSION.c.task_id)
        .where(_EVENT.c.stream == "case", _EVENT.c.stream_id == str(case.id))
        .where(_SUBMISSION.c.seq.is_not(None) | _EVENT.c.type.in_(ACTS))
        .order_by(_EVENT.c.seq)
    ).all()
    found = set()
    units = _units_of_positions({row.seq: row.body for row in rows if row.type in ACTS})
    for row in rows:
        own = viewer.id in (row.actor_id, row.prepared_by)
        theirs = any(
            seat.belongs_to(row.group, row.unit_id) if row.group else seat.unit_id == units.get(row.seq)
            for seat in viewer.seats
        )
        if own or (row.element not in hidden and (theirs or viewer.has(Role.AUDITOR))):
            found.add(row.seq)
    return frozenset(found)


def _units_of_positions(bodies: dict[int, bytes]) -> dict[int, uuid.UUID]:
    """{seq: the unit for which somebody acted}, as the event names the position."""
    named = {seq: orjson.loads(body)["actor"].get("position") for seq, body in bodies.items()}
    positions: Collection[uuid.UUID] = {uuid.UUID(one) for one in named.values() if one}
    if not positions:
        return {}
    rows = db.session.execute(select(Position.id, Position.unit_id).where(Position.id.in_(positions)))
    units = {str(row.id): row.unit_id for row in rows}
    return {seq: units[one] for seq, one in named.items() if one in units}
