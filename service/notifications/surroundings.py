"""What the announcer reads besides the tasks themselves: why a dossier came back, which round it is in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Connection

from evaluation.criteria import criterion_order
from service.database import AnyRow
from service.models import Event, Round, RoundItem, Submission
from service.processes.facts import RETURNED
from service.processes.independence import MEMBER

HANDED = ("task_assigned", "task_handed_over", "task_delegated", "task_given_back")


@dataclass(frozen=True)
class LiveRound:
    """The round that a case waits in."""

    id: uuid.UUID
    name: str


def returned_criteria(connection: Connection, rows: Sequence[AnyRow]) -> dict[uuid.UUID, Sequence[str]]:
    """{task id: criteria to supplement, in the annex's order} of those `rows` that a return has just opened.

    `rows` have id, case_id, group, returned, received_at, attention_why.
    """
    news = [row for row in rows if row.returned and row.attention_why == "opened"]
    if not news:
        return {}
    returns = connection.execute(
        select(Submission.case_id, Submission.element, Submission.signed_at, Submission.content)
        .where(Submission.case_id.in_(sorted({row.case_id for row in news})), Submission.action == RETURNED)
        .order_by(Submission.case_id, Submission.seq)
    ).all()
    found: dict[uuid.UUID, Sequence[str]] = {}
    for row in news:
        mine = [one for one in returns if one.case_id == row.case_id and one.signed_at <= row.received_at]
        # What the member found is not for Sở to read before it has judged.
        if mine and not (mine[-1].element == MEMBER and row.group == "department"):
            reasons = orjson.loads(mine[-1].content)["answers"].get("criteria_reasons") or {}
            found[row.id] = sorted(reasons, key=criterion_order)
    return found


def with_notes(connection: Connection, rows: Sequence[AnyRow]) -> frozenset[uuid.UUID]:
    """Which of `rows` were just put into somebody's hands with words beside them."""
    news = [row for row in rows if row.attention_why == "handed"]
    if not news:
        return frozenset()
    events = connection.execute(
        select(Event.stream_id, Event.body)
        .where(
            Event.stream == "case",
            Event.stream_id.in_(sorted({str(row.case_id) for row in news})),
            Event.type.in_(HANDED),
        )
        .order_by(Event.stream_id, Event.seq)
    )
    last: dict[tuple[str, str], bool] = {}
    for event in events:
        data = orjson.loads(event.body)["data"]
        last[event.stream_id, data["task"]] = bool(data.get("noted"))
    return frozenset(row.id for row in news if last.get((str(row.case_id), row.ref)))


def live_rounds(connection: Connection, rows: Sequence[AnyRow]) -> Mapping[uuid.UUID, LiveRound]:
    """{case id: its round} for the tasks among `rows` that a round completes."""
    cases = sorted({row.case_id for row in rows if row.completed_by_round})
    if not cases:
        return {}
    found = connection.execute(
        select(RoundItem.case_id, Round.id, Round.name)
        .join(Round, Round.id == RoundItem.round_id)
        .where(RoundItem.live, RoundItem.case_id.in_(cases))
    )
    return {row.case_id: LiveRound(row.id, row.name) for row in found}
