"""Many messages that wait in vain: they keep nobody from a receiver, write nothing and pile up nothing."""

from __future__ import annotations

import uuid
from datetime import timedelta
from unittest.mock import patch

from flask import Flask
from sqlalchemy import insert, update

from service.audit.operations import SYSTEM
from service.audit.queries import case_events
from service.database import transaction
from service.deliveries.operations import DROPPED, drop_delivery
from service.engine.errors import EngineError, MessageNotExpected
from service.jobs.messages import sweep_messages
from service.jobs.outbox import drain
from service.messages import waiting
from service.messages.waiting import PAGE, Place
from service.models import Case, Message
from tests.builders import NOON
from tests.integration.service.correspondence import (
    carry,
    caught,
    do,
    messages,
    receiving_procedure,
    states,
    writing_procedure,
)
from tests.integration.service.scenes import a_case_of, nothing_is_wrong, outbox_rows, statements


def wait_in_vain(number: int) -> None:
    """That many messages, older than all others, for communes that have no such case."""
    with transaction() as session:
        session.execute(
            insert(Message),
            [
                {
                    "id": uuid.uuid5(uuid.NAMESPACE_OID, f"in vain {one}"),
                    "kind": "message",
                    "position": -number + one,
                    "name": "note",
                    "source": f"in vain {one}",
                    "to": {"procedure": "nowhere", "commune": f"no-commune-{one}", "year": 2023},
                    "payload": {},
                    "state": "waiting",
                    "created_at": NOON,
                    "expires_at": NOON + timedelta(days=3650),
                }
                for one in range(number)
            ],
        )


def deliveries() -> list[str]:
    return [row.state for row in outbox_rows() if row.kind == "message_delivery"]


def test_however_many_wait_in_vain_a_receiver_that_comes_is_found(either_core: Flask):
    vain = 3 * PAGE
    wait_in_vain(vain)
    procedure = receiving_procedure(1)
    do(a_case_of(writing_procedure(1)), "write")
    drain(NOON)
    assert states() == [("note", "waiting")] * (vain + 1)
    receiver = a_case_of(procedure)
    place = Place()

    found = [sweep_messages(NOON, place) for _ in range(4)]
    drain(NOON)

    assert found == [0, 0, 0, 1]  # the fourth page
    assert caught(receiver) == ["note"]


def test_looking_in_vain_writes_nothing_and_costs_the_same_for_any_number(either_core: Flask):
    wait_in_vain(2 * PAGE)
    place = Place()

    with statements() as first:
        assert sweep_messages(NOON, place) == 0
    with statements() as second:
        assert sweep_messages(NOON, place) == 0
    with statements() as third:
        assert sweep_messages(NOON, place) == 0

    assert {statement.split()[0] for statement in first + second + third} == {"SELECT"}
    assert len(third) == 3  # behind the last page; then it begins anew
    assert len(first) == len(second) <= 7
    assert place.last is None


def test_of_one_sender_the_earlier_messages_come_first_wherever_the_sweep_stands(either_core: Flask):
    """The receiver comes while the sweep has passed the first two of three."""
    procedure = receiving_procedure(3)
    do(a_case_of(writing_procedure(3)), "write")
    drain(NOON)
    place = Place()
    with patch.object(waiting, "PAGE", 2):
        sweep_messages(NOON, place)
        assert place.last is not None
        receiver = a_case_of(procedure)

        assert sweep_messages(NOON, place) == 3
        carry()

    came = [one.data["source"] for one in case_events(receiver) if one.type == "message_caught"]
    assert came == [message.source for message in messages()]
    assert states() == [("note", "delivered")] * 3
    assert nothing_is_wrong()


def test_while_a_delivery_waits_no_second_one_is_added(either_core: Flask):
    receiver = a_case_of(receiving_procedure(2))
    do(a_case_of(writing_procedure(1)), "write")
    drain(NOON, kinds=("message",))
    assert deliveries() == ["waiting"]

    for _ in range(3):
        moves_on(receiver)
        assert sweep_messages(NOON) == 0

    assert deliveries() == ["waiting"]
    drain(NOON)
    assert (deliveries(), caught(receiver)) == (["done"], ["note"])


def test_a_message_that_was_tried_in_vain_is_tried_again_when_its_receiver_moves(either_core: Flask):
    """The delivery was done and found nobody listening: that one is no hindrance to the next."""
    receiver = a_case_of(receiving_procedure(1))
    do(a_case_of(writing_procedure(1)), "write")
    with patch("service.messages.delivery._caught", side_effect=MessageNotExpected("taken_1")):
        drain(NOON)
    assert (deliveries(), states()) == (["done"], [("note", "waiting")])
    assert sweep_messages(NOON) == 0

    moves_on(receiver)
    carry()

    assert (deliveries(), caught(receiver)) == (["done", "done"], ["note"])


def test_a_message_whose_delivery_was_dropped_does_not_come_back(either_core: Flask):
    receiver = a_case_of(receiving_procedure(2))
    do(a_case_of(writing_procedure(1)), "write")
    with patch("service.messages.delivery._caught", side_effect=EngineError("hỏng", element="taken_1")):
        drain(NOON)
    (delivery,) = [row for row in outbox_rows() if row.kind == "message_delivery"]

    drop_delivery(outbox_id=delivery.id, reason="Gửi nhầm.", by=SYSTEM, now=NOON)
    moves_on(receiver)
    carry()

    assert (deliveries(), states(), caught(receiver)) == (["dropped"], [("note", "expired")], [])
    assert messages()[0].last_error == DROPPED


def moves_on(case_id: uuid.UUID) -> None:
    """As a timer of it would have it: a new revision that awaits the same."""
    with transaction() as session:
        session.execute(update(Case).where(Case.id == case_id).values(rev=Case.rev + 1))
