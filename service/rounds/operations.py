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

from evaluation.catalogue import load_catalogue
from service.cases.operations import RECOGNITION
from service.database import db, transaction
from service.errors import BadInput, NotFound, WrongState
from service.identity.queries import load_viewer
from service.identity.viewer import Viewer
from service.models import Case, Role, Round, RoundItem, Task, Unit
from service.models.cases import OPEN_STATES
from service.rounds.on_the_way import refuse_undelivered
from service.rounds.rows import GATHERING, bump, department_seat, gathering, record, require_sight
from service.rounds.standing import Standing, standing_of
from service.rounds.standings import forget_standing, keep_standings
from service.wording import _, recorded


def open_round(*, year: int, name: str = "", by: Viewer, now: datetime) -> uuid.UUID:
    """Sở opens a new round of a year; further rounds of the year are supplementary.

    Raises BadInput for a year outside the catalogue, and for a name that a round of the year has already.
    """
    with transaction() as session:
        viewer = load_viewer(by.id, now, session.connection())
        seat = department_seat(viewer, None, Role.OFFICER, Role.LEADER)
        _refuse_unknown_year(year)
        department = session.get_one(Unit, seat.unit_id)
        if department.parent_id is None:
            raise WrongState(_("Sở chưa thuộc tỉnh nào trong danh mục đơn vị."))
        last = session.execute(
            select(func.max(Round.number)).where(Round.procedure == RECOGNITION, Round.year == year)
        ).scalar()
        number = (last or 0) + 1
        round_id = uuid.uuid4()
        title = name.strip()[:200] or recorded(f"Đợt {number} năm {year}")
        _refuse_name_taken(session, year, title, number)
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
            raise _opened_meanwhile(number, year) from error
        record(
            session, "round_opened", round_id, {"year": year, "number": number, "name": title}, seat, by, now
        )
    return round_id


def _refuse_unknown_year(year: int) -> None:
    years = load_catalogue().years
    if year not in years:
        problem = _(
            "Bộ tiêu chí chỉ có chỉ tiêu của các năm %(years)s; hãy chọn một trong các năm đó.",
            years=", ".join(map(str, years)),
        )
        raise BadInput(problem, fields={"year": [problem]})


def _refuse_name_taken(session: Session, year: int, title: str, number: int) -> None:
    """A colleague may have committed this very number since it was chosen: that is no fault of the name."""
    rounds = session.execute(
        select(Round.name, Round.number).where(Round.procedure == RECOGNITION, Round.year == year)
    ).all()
    if any(row.number == number for row in rounds):
        raise _opened_meanwhile(number, year)
    if title.casefold() in {row.name.casefold() for row in rounds}:
        problem = _(
            "Năm %(year)s đã có đợt xét tên “%(name)s”. Hãy đặt tên khác hoặc mở đợt đã có.",
            year=year,
            name=title,
        )
        raise BadInput(problem, fields={"name": [problem]})


def _opened_meanwhile(number: int, year: int) -> WrongState:
    return WrongState(
        _(
            "Đợt %(number)s năm %(year)s vừa được người khác mở. Hãy tải lại trang.",
            number=number,
            year=year,
        )
    )


def delete_round(*, round_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    """Sở takes back a round that was opened by mistake: still gathering, and without a case. On record."""
    with transaction() as session:
        round_, seat = gathering(session, round_id, by, now)
        if session.execute(select(RoundItem.case_id).where(RoundItem.round_id == round_id).limit(1)).first():
            raise WrongState(_("Đợt đã có hồ sơ nên không xóa được. Hãy bỏ hết hồ sơ khỏi đợt trước."))
        was = {"year": round_.year, "number": round_.number, "name": round_.name}
        session.execute(delete(Round).where(Round.id == round_id))
        record(session, "round_deleted", round_id, was, seat, by, now)


def add_cases(*, round_id: uuid.UUID, case_ids: Iterable[uuid.UUID], by: Viewer, now: datetime) -> int:
    """Take cases that wait for their Tờ trình into the round, each on the list that its standing says.

    Returns how many came in; those already in are passed over. Raises WrongState naming a case that cannot.
    """
    require_sight(by)
    wanted = list(dict.fromkeys(case_ids))
    ahead = _read_ahead(wanted, by)
    with transaction() as session:
        round_, seat = gathering(session, round_id, by, now)
        live = select(RoundItem.case_id, RoundItem.round_id).where(
            RoundItem.case_id.in_(wanted), RoundItem.live
        )
        elsewhere = {row.case_id: row.round_id for row in session.execute(live)}
        coming = [case_id for case_id in wanted if elsewhere.get(case_id) != round_id]
        cases = {
            case.id: case
            for case in session.scalars(
                select(Case).where(Case.id.in_(coming)).execution_options(populate_existing=True)
            )
        }
        waiting = _waiting_for_round(session, coming)
        found: list[tuple[Case, Standing]] = []
        for case_id in coming:
            case = cases.get(case_id)
            if case is None or case.department_id != round_.department_id:
                raise NotFound()
            if case_id in elsewhere:
                raise WrongState(_("Hồ sơ %(code)s đã ở trong một đợt khác.", code=case.code))
            if case.year != round_.year:
                raise WrongState(
                    _(
                        "Hồ sơ %(code)s thuộc năm %(year)s, không phải năm %(round_year)s.",
                        code=case.code,
                        year=case.year,
                        round_year=round_.year,
                    )
                )
            if case_id not in waiting:
                raise WrongState(_("Hồ sơ %(code)s chưa đến bước trình Chủ tịch UBND tỉnh.", code=case.code))
            found.append((case, ahead.get((case_id, case.last_hash)) or standing_of(case)))
        if found:
            _insert_items(session, round_id, found)
            refuse_undelivered(session, round_id, [case.id for case, _ in found])
            keep_standings(round_, found)
            bump(session, round_)
            record(session, "round_cases_added", round_id, {"count": len(found)}, seat, by, now)
    return len(found)


def _read_ahead(wanted: list[uuid.UUID], by: Viewer) -> dict[tuple[uuid.UUID, bytes], Standing]:
    """How the cases stand, under the last hash of their logs: read while nobody waits for a lock."""
    cases = db.session.scalars(
        select(Case)
        .where(Case.id.in_(wanted), Case.department_id.in_(by.departments))
        .execution_options(populate_existing=True)
    ).all()
    return {(case.id, case.last_hash): standing_of(case) for case in cases}


def _insert_items(session: Session, round_id: uuid.UUID, found: list[tuple[Case, Standing]]) -> None:
    for case, standing in found:
        item = {"round_id": round_id, "case_id": case.id, "list": standing.list}
        try:
            session.execute(insert(RoundItem).values(**item, reason="", live=True))
        except IntegrityError as error:
            raise WrongState(_("Hồ sơ %(code)s vừa được đưa vào một đợt khác.", code=case.code)) from error


def remove_case(*, round_id: uuid.UUID, case_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    """Take a case out again before the Tờ trình is signed."""
    with transaction() as session:
        round_, seat = gathering(session, round_id, by, now)
        gone = session.execute(
            delete(RoundItem).where(RoundItem.round_id == round_id, RoundItem.case_id == case_id)
        )
        if not gone.rowcount:  # type: ignore[attr-defined]
            raise NotFound(_("Hồ sơ này không ở trong đợt."))
        forget_standing(round_, case_id)
        bump(session, round_)
        record(session, "round_case_removed", round_id, {"case": str(case_id)}, seat, by, now)


def _waiting_for_round(session: Session, case_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    return set(
        session.execute(
            select(Task.case_id).where(
                Task.case_id.in_(case_ids), Task.completed_by_round, Task.state.in_(OPEN_STATES)
            )
        ).scalars()
    )
