"""The row of a round as an operation finds it: locked, in the state it needs, with the seat of who acts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from service.audit.operations import record_administration
from service.errors import NotAllowed, NotFound, WrongState
from service.identity.queries import load_viewer
from service.identity.viewer import Seat, Viewer
from service.models import Case, Role, Round, RoundItem
from service.wording import _

GATHERING, SIGNING, SUBMITTED, DECIDED = "gathering", "signing", "submitted", "decided"


def locked(session: Session, round_id: uuid.UUID) -> Round:
    found = session.scalars(
        select(Round).where(Round.id == round_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def in_state(
    session: Session, round_id: uuid.UUID, state: str, by: Viewer, now: datetime
) -> tuple[Round, Seat]:
    viewer = load_viewer(by.id, now, session.connection())
    require_sight(viewer)
    round_ = locked(session, round_id)
    seat = department_seat(viewer, round_.department_id, Role.OFFICER, Role.LEADER)
    if round_.state != state:
        raise WrongState(_("Đợt xét không ở bước này nữa. Hãy tải lại trang."))
    return round_, seat


def gathering(session: Session, round_id: uuid.UUID, by: Viewer, now: datetime) -> tuple[Round, Seat]:
    return in_state(session, round_id, GATHERING, by, now)


def require_sight(viewer: Viewer) -> None:
    if not (viewer.departments or viewer.has(Role.CHAIRMAN, Role.AUDITOR)):
        raise NotFound()


def department_seat(viewer: Viewer, department_id: uuid.UUID | None, *roles: Role) -> Seat:
    for seat in viewer.seats:
        if seat.unit_kind == "department" and seat.role in roles and department_id in (None, seat.unit_id):
            return seat
    raise NotAllowed(_("Chỉ Sở TTTT làm việc này."))


def items_of(session: Session, round_id: uuid.UUID) -> list[RoundItem]:
    return list(
        session.scalars(
            select(RoundItem)
            .join(Case, Case.id == RoundItem.case_id)
            .where(RoundItem.round_id == round_id)
            .order_by(Case.code)
            .options(contains_eager(RoundItem.case))
            .execution_options(populate_existing=True)
        )
    )


def bump(session: Session, round_: Round) -> int:
    """Row-locked on PostgreSQL, database-locked on SQLite: the rev is for people who look at an old page."""
    round_.rev += 1
    session.flush()
    return round_.rev


def record(
    session: Session,
    kind: str,
    round_id: uuid.UUID,
    data: Mapping[str, Any],
    seat: Seat,
    by: Viewer,
    now: datetime,
    private: Mapping[str, bytes] | None = None,
) -> None:
    record_administration(
        session.connection(),
        kind,
        {"round": str(round_id), **data},
        by=by.actor(seat),
        at=now,
        private=private,
    )
