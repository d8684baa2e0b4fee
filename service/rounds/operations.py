"""Rounds (*đợt xét công nhận*): one Tờ trình and one Decision, each given once for many cases.

An act is recorded here in one transaction, with one outbox row per case; `rounds.delivery` then completes
each case's own task in that case's own transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.audit.canonical import canonical
from service.audit.operations import Actor, record_administration
from service.cases.operations import RECOGNITION
from service.database import transaction
from service.errors import BadInput, NotAllowed, NotFound, SeparationOfDuties, WrongState
from service.identity.queries import load_viewer
from service.identity.viewer import Seat, Viewer
from service.models import Case, Document, OutboxRow, Role, Round, RoundAct, RoundItem, Submission, Task, Unit
from service.models.cases import OPEN_STATES
from service.processes.queries import procedure
from service.rounds.standing import Standing, standing_of
from service.tasks.completion import Signature

GATHERING, SIGNING, SUBMITTED, DECIDED = "gathering", "signing", "submitted", "decided"
SUBMISSION, DECISION = "submission", "decision"
OUTCOMES = ("recognise", "refuse", "return", "set_aside")
LISTS = ("assigned", "registered", "not_proposed")
LONGEST_TEXT = 20_000


def open_round(*, year: int, name: str = "", by: Viewer, now: datetime) -> uuid.UUID:
    """Sở opens a new round of a year; further rounds of the year are supplementary."""
    with transaction() as session:
        viewer = load_viewer(by.id, now, session.connection())
        seat = _department_seat(viewer, None, Role.OFFICER, Role.LEADER)
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
        _record(
            session, "round_opened", round_id, {"year": year, "number": number, "name": title}, seat, by, now
        )
    return round_id


def add_cases(*, round_id: uuid.UUID, case_ids: Iterable[uuid.UUID], by: Viewer, now: datetime) -> int:
    """Take cases that wait for their Tờ trình into the round, each on the list that its standing says.

    Returns how many came in; those already in are passed over. Raises WrongState naming a case that cannot.
    """
    with transaction() as session:
        round_, seat = _gathering(session, round_id, by, now)
        added = 0
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
            added += 1
        if added:
            _bump(session, round_)
            _record(session, "round_cases_added", round_id, {"count": added}, seat, by, now)
    return added


def remove_case(*, round_id: uuid.UUID, case_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    """Take a case out again before the Tờ trình is signed."""
    with transaction() as session:
        round_, seat = _gathering(session, round_id, by, now)
        gone = session.execute(
            delete(RoundItem).where(RoundItem.round_id == round_id, RoundItem.case_id == case_id)
        )
        if not gone.rowcount:  # type: ignore[attr-defined]
            raise NotFound("Hồ sơ này không ở trong đợt.")
        _bump(session, round_)
        _record(session, "round_case_removed", round_id, {"case": str(case_id)}, seat, by, now)


def save_proposal(*, round_id: uuid.UUID, text: str, seen_rev: int | None, by: Viewer, now: datetime) -> int:
    """Keep the text of the Tờ trình; returns the round's new rev. WrongState when somebody saved since."""
    if len(text) > LONGEST_TEXT:
        raise BadInput(f"Nội dung dài quá {LONGEST_TEXT} ký tự.", fields={"text": ["Nội dung quá dài."]})
    with transaction() as session:
        round_, _ = _gathering(session, round_id, by, now)
        if seen_rev is not None and seen_rev != round_.rev:
            raise WrongState("Đợt xét vừa được người khác sửa. Hãy tải lại trang.")
        round_.draft = {"text": text}
        return _bump(session, round_)


def submit_round_for_signature(*, round_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    """*Trình ký* the Tờ trình: from now on its list is fixed until signed or sent back."""
    with transaction() as session:
        round_, seat = _gathering(session, round_id, by, now)
        if seat.role != Role.OFFICER:
            raise NotAllowed("Chuyên viên của Sở trình ký; lãnh đạo ký.")
        if not session.execute(select(func.count()).where(RoundItem.round_id == round_id)).scalar():
            raise BadInput("Đợt chưa có hồ sơ nào.")
        if not str(round_.draft.get("text", "")).strip():
            raise BadInput("Hãy soạn nội dung Tờ trình.", fields={"text": ["Hãy soạn nội dung Tờ trình."]})
        _refuse_second_level(session, round_, seat, by)
        round_.state, round_.prepared_by = SIGNING, by.id
        _bump(session, round_)
        _record(session, "round_signature_requested", round_id, {}, seat, by, now)


def send_round_back(*, round_id: uuid.UUID, reason: str, by: Viewer, now: datetime) -> None:
    """The leader returns the draft Tờ trình to the officer."""
    if not reason.strip():
        raise BadInput("Hãy ghi lý do trả lại người soạn.", fields={"reason": ["Hãy ghi lý do."]})
    with transaction() as session:
        round_, seat = _in_state(session, round_id, SIGNING, by, now)
        _require(seat, Role.LEADER)
        round_.state = GATHERING
        round_.draft = {**round_.draft, "returned": reason.strip()[:2000]}
        _bump(session, round_)
        why = {"reason": reason.strip()[:2000].encode()}
        _record(session, "round_returned_to_officer", round_id, {}, seat, by, now, why)


def sign_submission(
    *, round_id: uuid.UUID, signature: Signature | None = None, by: Viewer, now: datetime
) -> uuid.UUID:
    """Sở's leader signs the Tờ trình once; every case's own task is then completed by it."""
    with transaction() as session:
        round_, seat = _in_state(session, round_id, SIGNING, by, now)
        _require(seat, Role.LEADER)
        if round_.prepared_by == by.id:
            raise NotAllowed("Người soạn không tự ký; việc này phải do một lãnh đạo khác ký.")
        items = _running(session, round_id)
        content: dict[str, Any] = {"text": round_.draft.get("text", ""), "cases": {}}
        for item in items:
            standing = standing_of(item.case)
            item.list = standing.list
            content["cases"][str(item.case_id)] = standing.as_json()
        act_id = _store_act(session, round_, SUBMISSION, content, seat, by, signature, now)
        round_.state = SUBMITTED
        _bump(session, round_)
        _send_to_cases(session, act_id, [(item.case_id, "complete", "") for item in items], now)
    return act_id


def decide_round(
    *,
    round_id: uuid.UUID,
    outcomes: Mapping[uuid.UUID, tuple[str, str]],
    signature: Signature | None = None,
    by: Viewer,
    now: datetime,
) -> uuid.UUID:
    """The Chairman's Decision, once for the round: {case: (outcome, reason)} for every case in it.

    Outcomes: recognise, refuse, return (chuyển lại Sở), set_aside (left for a later round).
    """
    with transaction() as session:
        viewer = load_viewer(by.id, now, session.connection())
        _require_sight(viewer)
        round_ = _locked(session, round_id)
        seat = next(
            (s for s in viewer.seats if s.role == Role.CHAIRMAN and s.unit_id == round_.province_id), None
        )
        if seat is None:
            raise NotAllowed("Chỉ Chủ tịch hoặc Phó Chủ tịch UBND tỉnh quyết định.")
        if round_.state != SUBMITTED:
            raise WrongState("Đợt xét này không chờ quyết định.")
        items = _running(session, round_id)
        _check_outcomes(items, _without_gone(session, round_id, outcomes))
        content: dict[str, Any] = {"cases": {}}
        for item in items:
            outcome, reason = outcomes[item.case_id]
            item.outcome, item.reason, item.live = outcome, reason.strip()[:2000], False
            content["cases"][str(item.case_id)] = {
                "outcome": outcome,
                "reason": item.reason,
                **standing_of(item.case).as_json(),
            }
        act_id = _store_act(session, round_, DECISION, content, seat, by, signature, now)
        round_.state = DECIDED
        _bump(session, round_)
        _send_to_cases(
            session,
            act_id,
            [
                (item.case_id, item.outcome or "", item.reason)
                for item in items
                if item.outcome != "set_aside"
            ],
            now,
        )
    return act_id


def _check_outcomes(items: list[RoundItem], outcomes: Mapping[uuid.UUID, tuple[str, str]]) -> None:
    fields: dict[str, list[str]] = {}
    for item in items:
        outcome, reason = outcomes.get(item.case_id, ("", ""))
        if outcome not in OUTCOMES:
            fields[f"outcomes.{item.case_id}"] = ["Hãy chọn kết quả cho hồ sơ này."]
            continue
        standing = standing_of(item.case)
        if outcome != "recognise" and not reason.strip():
            fields[f"outcomes.{item.case_id}"] = ["Hãy ghi lý do."]
        elif outcome == "recognise" and standing.eligible != "yes":
            fields.update(_against_condition(item, standing, reason))
    if unknown := set(outcomes) - {item.case_id for item in items}:
        fields["outcomes"] = [f"Có {len(unknown)} hồ sơ không ở trong đợt này."]
    if fields:
        raise BadInput("Quyết định chưa đủ cho mọi hồ sơ trong đợt.", fields=fields)


def _against_condition(item: RoundItem, standing: Standing, reason: str) -> dict[str, list[str]]:
    """Điều 2 binds the Chairman too; only what the meeting left open is his to decide, with a reason."""
    if not standing.left_to_chairman:
        return {
            f"outcomes.{item.case_id}": [
                "Không đủ điều kiện theo Điều 2; chỉ có thể không công nhận hoặc chuyển lại Sở."
            ]
        }
    return (
        {}
        if reason.strip()
        else {f"outcomes.{item.case_id}": ["Hồ sơ còn ý kiến khác nhau: hãy ghi lý do công nhận."]}
    )


def _store_act(
    session: Session,
    round_: Round,
    kind: str,
    content: dict[str, Any],
    seat: Seat,
    by: Viewer,
    signature: Signature | None,
    now: datetime,
) -> uuid.UUID:
    _refuse_second_level(session, round_, seat, by)
    signature = signature or Signature()
    act_id = uuid.uuid5(round_.id, kind)
    content["signer"] = {"id": str(by.id), "name": by.name, "position": str(seat.position_id)}
    session.execute(
        insert(RoundAct).values(
            id=act_id,
            round_id=round_.id,
            kind=kind,
            content=content,
            prepared_by=round_.prepared_by if kind == SUBMISSION else None,
            signed_by=by.id,
            signed_at=now,
        )
    )
    session.execute(
        insert(Document).values(
            id=uuid.uuid5(act_id, "document"),
            round_act_id=act_id,
            unit_id=seat.unit_id,
            title="Tờ trình của Sở TTTT" if kind == SUBMISSION else "Quyết định của Chủ tịch UBND tỉnh",
            number=signature.number,
            issued_on=signature.issued_on,
            signer_id=by.id,
            signer_name=by.name,
            signer_title=seat.title,
            capacity=seat.capacity if signature.capacity is None else signature.capacity,
            signed_at=now,
        )
    )
    _record(
        session,
        f"round_{kind}_signed",
        round_.id,
        {
            "act": str(act_id),
            "cases": {case: entry.get("outcome", entry["list"]) for case, entry in content["cases"].items()},
        },
        seat,
        by,
        now,
        {"content": canonical(content)},
    )
    return act_id


def _refuse_second_level(session: Session, round_: Round, seat: Seat, by: Viewer) -> None:
    """Nobody acts at two levels of any case in the round; the act that is still on its way counts too."""
    level = "chairman" if seat.role == Role.CHAIRMAN else "department"
    if level == "chairman" and _gave_submission(session, round_.id, by.id):
        raise SeparationOfDuties("Ông/bà đã soạn hoặc ký Tờ trình của đợt này; người khác phải quyết định.")
    acts = session.execute(
        select(Submission.element, Case.code, Case.process_version_id)
        .join(Case, Case.id == Submission.case_id)
        .join(RoundItem, RoundItem.case_id == Case.id)
        .where(
            RoundItem.round_id == round_.id,
            (Submission.prepared_by == by.id) | (Submission.signed_by == by.id),
        )
        .distinct()
        .order_by(Case.code)
    ).all()
    for element, code, version_id in acts:
        if procedure(version_id).level_of(element) not in (level, ""):
            raise SeparationOfDuties(
                f"Ông/bà đã xử lý hồ sơ {code} ở cấp khác; người khác phải làm việc này."
            )


def _gave_submission(session: Session, round_id: uuid.UUID, user_id: uuid.UUID) -> bool:
    return bool(
        session.execute(
            select(func.count()).where(
                RoundAct.round_id == round_id,
                RoundAct.kind == SUBMISSION,
                (RoundAct.prepared_by == user_id) | (RoundAct.signed_by == user_id),
            )
        ).scalar()
    )


def _send_to_cases(
    session: Session, act_id: uuid.UUID, items: list[tuple[uuid.UUID, str, str]], now: datetime
) -> None:
    if items:
        session.execute(
            insert(OutboxRow),
            [
                {
                    "kind": "round_act",
                    "case_id": case_id,
                    "payload": {"act": str(act_id), "action": action, "reason": reason},
                    "dedup_key": f"round_act:{act_id}:{case_id}",
                    "available_at": now,
                    "created_at": now,
                }
                for case_id, action, reason in items
            ],
        )


def _waits_for_round(session: Session, case_id: uuid.UUID) -> bool:
    return bool(
        session.execute(
            select(func.count()).where(
                Task.case_id == case_id, Task.completed_by_round, Task.state.in_(OPEN_STATES)
            )
        ).scalar()
    )


def _running(session: Session, round_id: uuid.UUID) -> list[RoundItem]:
    """The round's items whose cases still run. A case that was withdrawn or dissolved since it was added
    must stand in no Tờ trình and no Decision: its item ends here, with the reason kept.

    Raises WrongState when none is left.
    """
    running: list[RoundItem] = []
    for item in _items(session, round_id):
        if item.case.status == "finished":
            item.live, item.reason = False, "Hồ sơ đã kết thúc trước khi đến lượt xét."
        else:
            running.append(item)
    if not running:
        raise WrongState("Không còn hồ sơ nào đang chờ trong đợt này.")
    return running


def _without_gone(
    session: Session, round_id: uuid.UUID, outcomes: Mapping[uuid.UUID, tuple[str, str]]
) -> dict[uuid.UUID, tuple[str, str]]:
    """A case that left while the Chairman was choosing is no mistake of the Chairman's."""
    gone = {item.case_id for item in _items(session, round_id) if item.case.status == "finished"}
    return {case_id: choice for case_id, choice in outcomes.items() if case_id not in gone}


def _items(session: Session, round_id: uuid.UUID) -> list[RoundItem]:
    return list(
        session.scalars(
            select(RoundItem)
            .join(Case, Case.id == RoundItem.case_id)
            .where(RoundItem.round_id == round_id)
            .order_by(Case.code)
            .execution_options(populate_existing=True)
        )
    )


def _locked(session: Session, round_id: uuid.UUID) -> Round:
    found = session.scalars(
        select(Round).where(Round.id == round_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def _in_state(
    session: Session, round_id: uuid.UUID, state: str, by: Viewer, now: datetime
) -> tuple[Round, Seat]:
    viewer = load_viewer(by.id, now, session.connection())
    _require_sight(viewer)
    round_ = _locked(session, round_id)
    seat = _department_seat(viewer, round_.department_id, Role.OFFICER, Role.LEADER)
    if round_.state != state:
        raise WrongState("Đợt xét không ở bước này nữa. Hãy tải lại trang.")
    return round_, seat


def _require_sight(viewer: Viewer) -> None:
    if not (viewer.departments or viewer.has(Role.CHAIRMAN, Role.AUDITOR)):
        raise NotFound()


def _gathering(session: Session, round_id: uuid.UUID, by: Viewer, now: datetime) -> tuple[Round, Seat]:
    return _in_state(session, round_id, GATHERING, by, now)


def _department_seat(viewer: Viewer, department_id: uuid.UUID | None, *roles: Role) -> Seat:
    for seat in viewer.seats:
        if seat.unit_kind == "department" and seat.role in roles and department_id in (None, seat.unit_id):
            return seat
    raise NotAllowed("Chỉ Sở TTTT làm việc này.")


def _require(seat: Seat, role: Role) -> None:
    if seat.role != role:
        raise NotAllowed("Chỉ lãnh đạo Sở ký Tờ trình.")


def _bump(session: Session, round_: Round) -> int:
    """Row-locked on PostgreSQL, database-locked on SQLite: the rev is for people who look at an old page."""
    round_.rev += 1
    session.flush()
    return round_.rev


def _record(
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
        by=Actor(by.id, seat.position_id),
        at=now,
        private=private,
    )
