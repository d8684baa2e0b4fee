"""The acts of a round: each given once, kept with its document, and sent to every case.

The act is recorded in one transaction with one outbox row per case; `rounds.delivery` then completes each
case's own task in that case's own transaction.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from service.audit.anchors import log_as_signed
from service.audit.canonical import canonical
from service.errors import SeparationOfDuties, WrongState
from service.identity.viewer import Seat, Viewer
from service.models import Case, Document, OutboxRow, Role, Round, RoundAct, RoundItem
from service.paper_dates import refuse_half_numbered, refuse_wrong_issued_day
from service.processes.queries import procedure
from service.processes.separation import step_at_another_level
from service.rounds.on_the_way import refuse_undelivered
from service.rounds.rows import items_of, record
from service.tasks.completion import Signature
from service.trace import traceparent
from service.wording import _, recorded

SUBMISSION, DECISION = "submission", "decision"


def store_act(
    session: Session,
    round_: Round,
    kind: str,
    content: dict[str, Any],
    seat: Seat,
    by: Viewer,
    signature: Signature | None,
    now: datetime,
) -> uuid.UUID:
    refuse_second_level(session, round_, seat, by)
    signature = signature or Signature()
    number = (signature.number or "").strip()
    refuse_half_numbered(number, signature.issued_on)
    refuse_wrong_issued_day(signature.issued_on, now)
    act_id = uuid.uuid5(round_.id, kind)
    content["signer"] = {"id": str(by.id), "name": by.name, "position": str(seat.position_id)}
    # As it was at this moment: a root that is looked up when something is printed would prove nothing.
    log = log_as_signed()
    content |= {"log": log} if log else {}
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
            title=recorded("Tờ trình của Sở TTTT")
            if kind == SUBMISSION
            else recorded("Quyết định của Chủ tịch UBND tỉnh"),
            number=number,
            issued_on=signature.issued_on,
            signer_id=by.id,
            signer_name=by.name,
            signer_title=seat.title,
            capacity=seat.capacity if signature.capacity is None else signature.capacity,
            signed_at=now,
        )
    )
    record(
        session,
        f"round_{kind}_signed",
        round_.id,
        {
            "act": str(act_id),
            "cases": {case: entry.get("outcome", entry["list"]) for case, entry in content["cases"].items()},
            **({"log": log} if log else {}),
        },
        seat,
        by,
        now,
        {"content": canonical(content)},
    )
    return act_id


def refuse_second_level(session: Session, round_: Round, seat: Seat, by: Viewer) -> None:
    """Nobody acts at two levels of any case in the round; the act that is still on its way counts too."""
    level = "chairman" if seat.role == Role.CHAIRMAN else "department"
    if level == "chairman" and _gave_submission(session, round_.id, by.id):
        raise SeparationOfDuties(
            _("Ông/bà đã soạn hoặc ký Tờ trình của đợt này; người khác phải quyết định.")
        )
    cases = session.execute(
        select(Case.code, Case.process_version_id, Case.acts)
        .join(RoundItem, RoundItem.case_id == Case.id)
        .where(RoundItem.round_id == round_.id)
        .order_by(Case.code)
    ).all()
    for code, version_id, acts in cases:
        if step_at_another_level(acts, procedure(version_id), level, by.id) is not None:
            raise SeparationOfDuties(
                _("Ông/bà đã xử lý hồ sơ %(code)s ở cấp khác; người khác phải làm việc này.", code=code)
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


def send_to_cases(
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
                    "traceparent": traceparent(),
                }
                for case_id, action, reason in items
            ],
        )


def running_items(session: Session, round_id: uuid.UUID) -> list[RoundItem]:
    """The round's items whose cases still run. A case that was withdrawn or dissolved since it was added
    must stand in no Tờ trình and no Decision: its item ends here, with the reason kept.

    Raises WrongState when none is left, or when another round's act is still on its way to one of them.
    """
    running: list[RoundItem] = []
    for item in items_of(session, round_id):
        if item.case.status == "finished":
            item.live, item.reason = False, recorded("Hồ sơ đã kết thúc trước khi đến lượt xét.")
        else:
            running.append(item)
    if not running:
        raise WrongState(_("Không còn hồ sơ nào đang chờ trong đợt này."))
    refuse_undelivered(session, round_id, [item.case_id for item in running])
    return running
