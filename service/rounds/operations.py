"""Rounds (*đợt xét công nhận*): opened by Sở, filled with cases that wait for their Tờ trình.

`proposal` and `decision` hold the two acts that a round exists for.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.cases.operations import RECOGNITION
from service.database import transaction
from service.errors import NotFound, WrongState
from service.identity.queries import load_viewer
from service.identity.viewer import Viewer
from service.models import Case, Role, Round, RoundItem, Task, Unit
from service.models.cases import OPEN_STATES
from service.rounds.on_the_way import refuse_undelivered
from service.rounds.rows import GATHERING, bump, department_seat, gathering, record
from service.rounds.standing import standing_of


def open_round(*, year: int, name: str = "", by: Viewer, now: datetime) -> uuid.UUID:
    """Sở opens a new round of a year; further rounds of the year are supplementary."""
    with transaction() as session:
        viewer = load_viewer(by.id, now, session.connection())
        seat = department_seat(viewer, None, Role.OFFICER, Role.LEADER)
        department = session.get_one(Unit, seat.unit_id)
        if department.parent_id is None:
            raise WrongState("Sở chưa thuộc tỉnh nào trong danh mục đơn vị.")
        last = session.execute(
            select(func.max(Round.number)).where(Round.procedure == RECOGNITION, Round.year == year)
        ).scalar()
        number = (last or 0) + 1
        round_id = uuid.uuid4()
        title = name.strip()[:200] or f"Đợt {number} năm {year}"
        opening = insert(Round).values(
            id=round_id,
            procedure=RECOGNITION,
            year=year,
            number=number,
            name=title,
            department_id=department.id,
            province_id=department.parent_id,
            state=GATHERING,
            rev=0,
            draft={"text": ""},
            opened_by=by.id,
            opened_at=now,
        )
        try:
            session.execute(opening)
        except IntegrityError as error:
            raise WrongState(f"Đợt {number} năm {year} vừa được người khác mở. Hãy tải lại trang.") from error
        record(
            session, "round_opened", round_id, {"year": year, "number": number, "name": title}, seat, by, now
        )
    return round_id


def add_cases(*, round_id: uuid.UUID, case_ids: Iterable[uuid.UUID], by: Viewer, now: datetime) -> int:
    """Take cases that wait for their Tờ trình into the round, each on the list that its standing says.

    Returns how many came in; those already in are passed over. Raises WrongState naming a case that cannot.
    """
    with transaction() as session:
        round_, seat = gathering(session, round_id, by, now)
        added: list[uuid.UUID] = []
        for case_id in dict.fromkeys(case_ids):
            live = session.execute(
                select(RoundItem.round_id).where(RoundItem.case_id == case_id, RoundItem.live)
            ).scalar_one_or_none()
            if live == round_id:
                continue
            case = session.get(Case, case_id, populate_existing=True)
            if case is None or case.department_id != round_.department_id:
                raise NotFound()
            if live is not None:
                raise WrongState(f"Hồ sơ {case.code} đã ở trong một đợt khác.")
            if case.year != round_.year:
                raise WrongState(f"Hồ sơ {case.code} thuộc năm {case.year}, không phải năm {round_.year}.")
            if not _waits_for_round(session, case_id):
                raise WrongState(f"Hồ sơ {case.code} chưa đến bước trình Chủ tịch UBND tỉnh.")
            item = {"round_id": round_id, "case_id": case_id, "list": standing_of(case).list}
            try:
                session.execute(insert(RoundItem).values(**item, reason="", live=True))
            except IntegrityError as error:
                raise WrongState(f"Hồ sơ {case.code} vừa được đưa vào một đợt khác.") from error
            added.append(case_id)
        if added:
            refuse_undelivered(session, round_id, added)
            bump(session, round_)
            record(session, "round_cases_added", round_id, {"count": len(added)}, seat, by, now)
    return len(added)


def remove_case(*, round_id: uuid.UUID, case_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    """Take a case out again before the Tờ trình is signed."""
    with transaction() as session:
        round_, seat = gathering(session, round_id, by, now)
        gone = session.execute(
            delete(RoundItem).where(RoundItem.round_id == round_id, RoundItem.case_id == case_id)
        )
        if not gone.rowcount:  # type: ignore[attr-defined]
            raise NotFound("Hồ sơ này không ở trong đợt.")
        bump(session, round_)
        record(session, "round_case_removed", round_id, {"case": str(case_id)}, seat, by, now)


def _waits_for_round(session: Session, case_id: uuid.UUID) -> bool:
    return bool(
        session.execute(
            select(func.count()).where(
                Task.case_id == case_id, Task.completed_by_round, Task.state.in_(OPEN_STATES)
            )
        ).scalar()
    )
