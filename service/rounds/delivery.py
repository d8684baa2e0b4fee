"""A round's act completes each case's own task, in that case's own transaction, exactly once."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.clock import local_day
from service.database import AnyRow, db, transaction
from service.errors import NotFound, TaskNotOpen
from service.identity.viewer import Seat, Viewer
from service.models import RoundAct, RoundDelivery, Task
from service.models.cases import OPEN_STATES
from service.processes.queries import Procedure
from service.tasks.completion import complete
from service.wording import _, recorded

ELEMENT_OF = {"submission": "department_submit", "decision": "chairman_decide"}


def deliver_round_act(*, case_id: uuid.UUID, payload: dict[str, Any], now: datetime) -> None:
    """Complete the case's open task by the act; a second delivery finds the first one's row and does nothing.

    A case that has left the procedure meanwhile (withdrawn, dissolved) is noted as refused.
    """
    act_id = uuid.UUID(payload["act"])
    act = db.session.get(RoundAct, act_id)
    if act is None:
        raise NotFound(_("Không có văn bản này của đợt xét."))
    if _delivered(act_id, case_id):
        return
    task_id = _open_task(case_id, ELEMENT_OF[act.kind])
    if task_id is None:
        _note(act_id, case_id, now, *_why_not(act, case_id))
        return
    signer = act.content["signer"]
    # The act was given with the rights of its day; a signer who has left since does not undo it.
    by = Viewer(uuid.UUID(signer["id"]), "", signer["name"], local_day(now), ())

    def check(_row: AnyRow, _viewer: Viewer, _bundle: Procedure) -> Seat | None:
        return None

    def note(session: Session) -> None:
        session.execute(
            insert(RoundDelivery).values(act_id=act_id, case_id=case_id, state="delivered", note="", at=now)
        )

    try:
        complete(
            task_id=task_id,
            answers={"action": payload["action"], "reason": payload["reason"], "round_act": str(act_id)},
            by=by,
            now=now,
            check=check,
            in_same_transaction=note,
            trusted=True,
            prepared_by=act.prepared_by,
        )
    except (TaskNotOpen, IntegrityError):
        if not _delivered(act_id, case_id):
            raise


def _delivered(act_id: uuid.UUID, case_id: uuid.UUID) -> bool:
    db.session.rollback()
    return (
        db.session.execute(
            select(RoundDelivery.state).where(
                RoundDelivery.act_id == act_id, RoundDelivery.case_id == case_id
            )
        ).scalar_one_or_none()
        is not None
    )


def _open_task(case_id: uuid.UUID, element: str) -> uuid.UUID | None:
    return db.session.execute(
        select(Task.id).where(Task.case_id == case_id, Task.element == element, Task.state.in_(OPEN_STATES))
    ).scalar_one_or_none()


def _why_not(act: RoundAct, case_id: uuid.UUID) -> tuple[str, str]:
    if act.kind == "submission" and _open_task(case_id, ELEMENT_OF["decision"]) is not None:
        return "delivered", recorded("Hồ sơ đã được trình từ đợt trước.")
    return "refused", recorded("Hồ sơ không còn ở bước này.")


def _note(act_id: uuid.UUID, case_id: uuid.UUID, now: datetime, state: str, why: str) -> None:
    with transaction() as session:
        session.execute(
            insert(RoundDelivery).values(act_id=act_id, case_id=case_id, state=state, note=why, at=now)
        )
