"""Acts that are signed but have not reached a case yet: until they have, no other round may touch it.

Two acts on their way to one case would decide it twice, perhaps differently, and only the first would count.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from service.errors import WrongState
from service.models import Case, OutboxRow, RoundAct
from service.wording import _

ROUND_ACT = "round_act"


def undelivered() -> ColumnElement[bool]:
    """Outbox rows of rounds' acts that still have to reach their case, on their own or with help."""
    return (OutboxRow.kind == ROUND_ACT) & OutboxRow.state.in_(("waiting", "dead"))


def refuse_undelivered(session: Session, round_id: uuid.UUID, case_ids: Collection[uuid.UUID]) -> None:
    """Raise WrongState naming a case to which an act of another round is on its way.

    The round's own Tờ trình may be: its Decision is delivered behind it. The cases' rows stay locked until
    the transaction ends, so that nothing reaches them meanwhile.
    """
    wanted = sorted(case_ids)
    # In one order everywhere, else two rounds with the same cases wait for each other.
    session.execute(
        select(Case.id).where(Case.id.in_(wanted)).order_by(Case.id).with_for_update(key_share=True)
    ).all()
    own = select(RoundAct.id).where(RoundAct.round_id == round_id)
    acts = {str(act) for act in session.execute(own).scalars()}
    found = session.execute(
        select(Case.code, OutboxRow.payload)
        .join(Case, Case.id == OutboxRow.case_id)
        .where(OutboxRow.case_id.in_(wanted), undelivered())
        .order_by(Case.code, OutboxRow.id)
    )
    for code, payload in found:
        if payload["act"] not in acts:
            raise WrongState(
                _(
                    "Quyết định trước đang được đưa vào hồ sơ %(code)s. Hãy đợi ít phút rồi làm lại; nếu vẫn "
                    "vậy, hãy báo quản trị viên xem các việc chưa giao được.",
                    code=code,
                )
            )
