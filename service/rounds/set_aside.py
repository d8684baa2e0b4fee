"""Cases that the Chairman left for a later round: on record in each, said when it comes again."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.operations import Actor
from service.database import db
from service.models import Round, RoundAct, RoundItem
from service.processes.steps import append_case_event

SET_ASIDE = "set_aside"
CASE_SET_ASIDE = "case_set_aside"


@dataclass(frozen=True)
class SetAside:
    """The round in which a case was left for later, and why."""

    round_id: uuid.UUID
    round_name: str
    reason: str
    at: datetime


def record_set_aside(
    session: Session, round_: Round, items: Iterable[RoundItem], by: Actor, now: datetime
) -> None:
    """An event in each such case; its tokens stay where they are. The cases' rows are locked already."""
    for item in items:
        append_case_event(
            session.connection(),
            item.case_id,
            CASE_SET_ASIDE,
            {"round": str(round_.id), "round_name": round_.name},
            by=by,
            now=now,
            private={"reason": item.reason.encode()},
        )


def set_asides(
    case_ids: Collection[uuid.UUID], *, not_in: uuid.UUID | None = None
) -> dict[uuid.UUID, SetAside]:
    """{case: where it was left} where that was decided last; `not_in`: a round to skip."""
    if not case_ids:
        return {}
    rows = db.session.execute(
        select(
            RoundItem.case_id, RoundItem.outcome, RoundItem.reason, Round.id, Round.name, RoundAct.signed_at
        )
        .join(Round, Round.id == RoundItem.round_id)
        .join(RoundAct, (RoundAct.round_id == Round.id) & (RoundAct.kind == "decision"))
        .where(RoundItem.case_id.in_(sorted(case_ids)), RoundItem.outcome.is_not(None))
        .order_by(RoundAct.signed_at)
    ).all()
    last = {row.case_id: row for row in rows if row.id != not_in}
    return {
        case_id: SetAside(row.id, row.name, row.reason, row.signed_at)
        for case_id, row in last.items()
        if row.outcome == SET_ASIDE
    }
