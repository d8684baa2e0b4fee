"""Rounds, deliveries, messages and numbers: what concerns several cases."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy import exists, func, select

from service.audit.canonical import canonical
from service.database import db
from service.models import (
    Case,
    Counter,
    Event,
    EventPrivatePart,
    Message,
    OutboxRow,
    Round,
    RoundAct,
    RoundDelivery,
    RoundItem,
)

NEEDS_ACTS = {
    "gathering": set[str](),
    "signing": set[str](),
    "submitted": {"submission"},
    "decided": {"submission", "decision"},
}
OUTBOX_STATES = ("waiting", "done", "dead", "dropped")
MESSAGE_STATES = ("waiting", "delivered", "expired")


def check_rounds() -> Iterator[str]:
    """Each round has the acts of its state, as they were signed, and each case in them gets its own."""
    rounds = db.session.execute(select(Round.id, Round.name, Round.state).order_by(Round.id)).all()
    for round_ in rounds:
        acts = db.session.execute(
            select(RoundAct.id, RoundAct.kind, RoundAct.content).where(RoundAct.round_id == round_.id)
        ).all()
        if {act.kind for act in acts} != NEEDS_ACTS.get(round_.state):
            yield f"Đợt {round_.name}: trạng thái {round_.state} không khớp với các văn bản đã ký."
        if round_.state == "decided" and _live_items(round_.id):
            yield f"Đợt {round_.name}: đã quyết định mà còn hồ sơ chờ."
        for act in acts:
            yield from _check_act(round_, act)


def _live_items(round_id: uuid.UUID) -> bool:
    live = select(RoundItem.case_id).where(RoundItem.round_id == round_id, RoundItem.live).limit(1)
    return db.session.execute(live).first() is not None


def _check_act(round_: Any, act: Any) -> Iterator[str]:
    signed = db.session.execute(
        select(EventPrivatePart.salt, EventPrivatePart.content)
        .join(Event, Event.position == EventPrivatePart.position)
        .where(
            Event.stream == "administration",
            Event.type == f"round_{act.kind}_signed",
            EventPrivatePart.name == "content",
        )
    )
    # Retention may have erased what was signed; what is there must be what the act says.
    contents = [bytes(part.content) for part in signed if part.content]
    if contents and canonical(act.content) not in contents:
        yield f"Đợt {round_.name}: văn bản ({act.kind}) không khớp với nội dung đã ký."
    concerned = {
        uuid.UUID(case_id)
        for case_id, entry in act.content.get("cases", {}).items()
        if entry.get("outcome") != "set_aside"
    }
    delivered = set(
        db.session.execute(select(RoundDelivery.case_id).where(RoundDelivery.act_id == act.id)).scalars()
    )
    on_the_way = {
        row.case_id
        for row in db.session.execute(
            select(OutboxRow.case_id, OutboxRow.payload).where(
                OutboxRow.kind == "round_act", OutboxRow.state != "done"
            )
        )
        if row.payload.get("act") == str(act.id)
    }
    for case_id in sorted(concerned - delivered - on_the_way):
        yield f"Đợt {round_.name}: hồ sơ {case_id} không nhận được văn bản ({act.kind}), cũng không chờ gửi."


def check_deliveries() -> Iterator[str]:
    """The outbox and messages say of themselves what can be."""
    odd = select(OutboxRow.id, OutboxRow.state).where(
        OutboxRow.state.not_in(OUTBOX_STATES)
        | ((OutboxRow.state == "done") & OutboxRow.done_at.is_(None))
        | (OutboxRow.case_id.is_not(None) & ~exists(select(Case.id).where(Case.id == OutboxRow.case_id)))
    )
    for row in db.session.execute(odd.order_by(OutboxRow.id)):
        yield f"Hộp gửi, dòng {row.id}: trạng thái {row.state} không hợp lệ, hoặc hồ sơ của nó không còn."
    delivered = Message.delivered_at.is_not(None)
    strange = select(Message.id, Message.state).where(
        Message.state.not_in(MESSAGE_STATES)
        | ((Message.state == "delivered") & (~delivered | Message.receiver_case_id.is_(None)))
        | ((Message.state == "waiting") & delivered)
    )
    for message in db.session.execute(strange.order_by(Message.id)):
        yield f"Thông điệp {message.id}: trạng thái {message.state} không khớp với nơi nhận và lúc nhận."


def check_numbers() -> Iterator[str]:
    """Codes are given without gaps: as many as there are cases of the year."""
    given = {
        str(year): count
        for year, count in db.session.execute(select(Case.year, func.count()).group_by(Case.year)).all()
    }
    counted = {
        name.partition(":")[2]: last
        for name, last in db.session.execute(
            select(Counter.name, Counter.last).where(Counter.name.like("case:%"))
        ).all()
    }
    for year in sorted(given.keys() | counted.keys()):
        if given.get(year, 0) != counted.get(year, 0):
            yield (
                f"Số hồ sơ năm {year}: có {given.get(year, 0)} hồ sơ, "
                f"nhưng số đã cấp đến {counted.get(year, 0)}."
            )
