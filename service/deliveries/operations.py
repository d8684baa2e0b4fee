"""What an administrator does about deliveries and timers that failed; each act is recorded."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.audit.operations import Actor, record_administration
from service.database import AnyRow, transaction
from service.deliveries.kinds import NEVER_DROPPED
from service.deliveries.queries import LARGEST_ID
from service.errors import BadInput, NotFound, WrongState
from service.models import Message, OutboxRow, Timer
from service.wording import _, recorded

LONGEST_REASON = 500
DROPPED = recorded("Quản trị viên đã bỏ việc trao thông điệp này.")
# As if it had never been tried: due at once, whatever the clock says (see service.jobs.outbox).
_AFRESH: dict[str, Any] = {"state": "waiting", "attempts": 0, "available_at": OutboxRow.created_at}


def retry_delivery(*, outbox_id: int, by: Actor, now: datetime) -> None:
    """Try a failed delivery again at once, with all attempts before it. Raises NotFound, WrongState."""
    with transaction() as session:
        row = _failed(session, outbox_id)
        session.execute(update(OutboxRow).where(OutboxRow.id == row.id).values(_AFRESH))
        _record(session, "delivery_retried", row, by, now)


def retry_all(*, by: Actor, now: datetime) -> int:
    """Try every delivery again that was given up; returns how many."""
    with transaction() as session:
        counted = session.execute(
            select(OutboxRow.kind, func.count())
            .where(OutboxRow.state == "dead")
            .group_by(OutboxRow.kind)
            .order_by(OutboxRow.kind)
        )
        dead = {row[0]: row[1] for row in counted}
        if dead:
            session.execute(update(OutboxRow).where(OutboxRow.state == "dead").values(_AFRESH))
            record_administration(
                session.connection(), "deliveries_retried", {"by_kind": dead}, by=by, at=now
            )
    return sum(dead.values())


def drop_delivery(*, outbox_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Give a failed delivery up for good; what waits behind it in its case goes on.

    A message whose delivery is dropped has expired: it does not come back when its receiver moves. Raises
    BadInput without a reason, NotFound, WrongState; also for what its case waits for: a service task's job,
    a round's act.
    """
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        sentence = _(
            "Hãy ghi lý do bỏ việc này (tối đa %(longest_reason)s ký tự).", longest_reason=LONGEST_REASON
        )
        raise BadInput(sentence, fields={"reason": [sentence]})
    with transaction() as session:
        row = _failed(session, outbox_id)
        if (instead := NEVER_DROPPED.get(row.kind)) is not None:
            raise WrongState(instead)
        session.execute(update(OutboxRow).where(OutboxRow.id == row.id).values(state="dropped", done_at=now))
        session.execute(
            update(Message)
            .where(
                Message.delivery_id == row.id,
                Message.receiver_case_id == row.case_id,
                Message.state == "waiting",
            )
            .values(state="expired", last_error=DROPPED)
        )
        _record(session, "delivery_dropped", row, by, now, private={"reason": reason.encode()})


def retry_timer(*, timer_id: uuid.UUID, by: Actor, now: datetime) -> None:
    """Let a timer that failed fire at the next pass. Raises NotFound, WrongState."""
    with transaction() as session:
        timer = session.execute(
            select(Timer.id, Timer.case_id, Timer.ref, Timer.state, Timer.attempts)
            .where(Timer.id == timer_id)
            .with_for_update()
        ).one_or_none()
        if timer is None:
            raise NotFound(_("Không có thời hạn này."))
        if timer.state != "set" or not timer.attempts:
            raise WrongState(_("Thời hạn này không còn bị lỗi. Hãy tải lại trang."))
        session.execute(update(Timer).where(Timer.id == timer_id).values(retry_at=None))
        record_administration(
            session.connection(),
            "timer_retried",
            {"case": str(timer.case_id), "timer": timer.ref},
            by=by,
            at=now,
        )


def _failed(session: Session, outbox_id: int) -> AnyRow:
    row = None
    if 0 < outbox_id <= LARGEST_ID:
        row = session.execute(
            select(
                OutboxRow.id,
                OutboxRow.kind,
                OutboxRow.case_id,
                OutboxRow.state,
                OutboxRow.attempts,
                OutboxRow.claimed_until,
                OutboxRow.last_error,
            )
            .where(OutboxRow.id == outbox_id)
            .with_for_update()
        ).one_or_none()
    if row is None:
        raise NotFound(_("Không có việc chờ nào mang số này."))
    waits = row.state == "waiting" and row.last_error and row.claimed_until is None
    if row.state != "dead" and not waits:
        raise WrongState(
            _("Việc này đang được làm hoặc đã xong. Hãy tải lại trang để xem tình trạng mới nhất.")
        )
    return row


def _record(
    session: Session,
    kind: str,
    row: AnyRow,
    by: Actor,
    now: datetime,
    private: dict[str, bytes] | None = None,
) -> None:
    data = {
        "outbox": row.id,
        "kind": row.kind,
        "case": str(row.case_id) if row.case_id else None,
        "attempts": row.attempts,
    }
    record_administration(session.connection(), kind, data, by=by, at=now, private=private)
