"""What one case writes to another arrives once, in order, or expires and is told of."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from unittest.mock import patch

import orjson
import pytest
from flask import Flask
from sqlalchemy import select, update

from service.audit.operations import SYSTEM
from service.database import db, transaction
from service.deliveries.operations import retry_delivery
from service.engine.errors import EngineError
from service.jobs.messages import handle_delivery, handle_message, sweep_messages
from service.jobs.outbox import MOST_ATTEMPTS, drain
from service.messages.rows import CASE_ENDED, TOO_LATE
from service.models import Event, OutboxRow
from tests.builders import NOON
from tests.integration.service import scenes
from tests.integration.service.correspondence import (
    answering_procedure,
    asking_procedure,
    carry,
    caught,
    do,
    messages,
    receiving_procedure,
    states,
    variables_of,
    writing_procedure,
)
from tests.integration.service.scenes import (
    a_case_of,
    a_fault_at,
    at_once,
    nothing_is_wrong,
    open_tasks,
    outbox_rows,
    statements,
    status_of,
)

A_MONTH_LATER = NOON + timedelta(days=30)  # when a message expires that says nothing else


def told(kind: str) -> list[dict[str, object]]:
    """What the administration's stream says of this kind."""
    db.session.rollback()
    bodies = db.session.scalars(
        select(Event.body)
        .where(Event.stream == "administration", Event.type == kind)
        .order_by(Event.position)
    )
    return [orjson.loads(body)["data"] for body in bodies]


def test_two_cases_write_to_each_other(either_core: Flask):
    asked = a_case_of(answering_procedure())
    asking = a_case_of(asking_procedure())

    do(asking, "write", "Chỉ tiêu 2.6?")
    carry()
    do(asked, "think", "Có")
    carry()

    assert status_of(asked) == ("finished", "done")
    assert list(open_tasks(asking)) == ["read_answer"]
    seen = variables_of(asking)
    assert (seen["answer.what"], seen["answer.after"]) == ("Chỉ tiêu 2.6?", "Có")
    assert states() == [("question", "delivered"), ("answer", "delivered")]
    assert nothing_is_wrong()


def test_a_message_waits_until_its_receiver_listens(either_core: Flask):
    asked = a_case_of(answering_procedure(before="prepare"))
    do(a_case_of(asking_procedure()), "write")
    carry()
    assert (states(), caught(asked)) == ([("question", "waiting")], [])

    do(asked, "prepare")
    carry()

    assert (states(), caught(asked)) == ([("question", "delivered")], ["question"])
    assert nothing_is_wrong()


def test_a_message_finds_a_receiver_that_is_opened_later(either_core: Flask):
    answering_procedure()
    do(a_case_of(asking_procedure()), "write")
    carry()
    assert [message.receiver_case_id for message in messages()] == [None]

    asked = a_case_of("answering")
    carry()

    assert caught(asked) == ["question"]
    assert nothing_is_wrong()


def test_a_message_to_another_commune_reaches_no_case_but_that_one(core: Flask):
    receiving_procedure(1)
    own, other = a_case_of("receiving"), a_case_of("receiving", year=2024)
    do(a_case_of(writing_procedure(1, toYear="2024")), "write")

    carry()

    assert (caught(own), caught(other)) == ([], ["note"])


def test_a_message_that_nobody_takes_expires_and_administrators_are_told(either_core: Flask):
    answering_procedure()
    asking = a_case_of(asking_procedure())
    do(asking, "write")
    carry(A_MONTH_LATER - timedelta(seconds=1))
    assert states() == [("question", "waiting")]

    carry(A_MONTH_LATER)
    asked = a_case_of("answering")  # too late
    carry(A_MONTH_LATER)

    assert (states(), caught(asked)) == ([("question", "expired")], [])
    assert [(entry["name"], entry["sender"], entry["why"]) for entry in told("message_expired")] == [
        ("question", str(asking), TOO_LATE)
    ]
    assert nothing_is_wrong()


def test_a_message_says_itself_how_long_it_waits(core: Flask):
    receiving_procedure(1)
    do(a_case_of(writing_procedure(1, expiresAfter="P2D")), "write")

    carry(NOON + timedelta(days=2))

    assert states() == [("note", "expired")]


def test_a_message_to_a_case_that_has_ended_expires_at_once(either_core: Flask):
    asked = a_case_of(answering_procedure())
    do(a_case_of(asking_procedure()), "write")
    carry()
    do(asked, "think")
    carry()
    assert status_of(asked) == ("finished", "done")

    do(a_case_of(writing_procedure(1, toProcedure="answering")), "write")
    carry()

    assert states()[-1] == ("note", "expired")
    assert [entry["why"] for entry in told("message_expired")] == [CASE_ENDED]


def test_a_message_whose_receiver_ends_while_it_waits_expires(core: Flask):
    asked = a_case_of(answering_procedure())
    do(a_case_of(writing_procedure(1, toProcedure="answering")), "write")
    carry()
    assert states() == [("note", "waiting")]
    do(a_case_of(asking_procedure()), "write")
    carry()
    do(asked, "think")

    carry()

    assert ("note", "expired") in states()
    assert [entry["why"] for entry in told("message_expired")] == [CASE_ENDED]


def test_messages_of_one_sender_arrive_in_order(either_core: Flask):
    receiver = a_case_of(receiving_procedure(3))
    do(a_case_of(writing_procedure(3)), "write")

    carry()

    seen = variables_of(receiver)
    assert [seen[f"taken_{n}.number"] for n in (1, 2, 3)] == [1, 2, 3]
    assert nothing_is_wrong()


def test_messages_that_waited_arrive_in_order_too(either_core: Flask):
    receiving_procedure(3, before="prepare")
    do(a_case_of(writing_procedure(3)), "write")
    carry()
    receiver = a_case_of("receiving")
    carry()
    do(receiver, "prepare")

    carry()

    seen = variables_of(receiver)
    assert [seen[f"taken_{n}.number"] for n in (1, 2, 3)] == [1, 2, 3]
    assert nothing_is_wrong()


def test_a_message_delivered_twice_is_caught_once(either_core: Flask):
    receiver = a_case_of(receiving_procedure(2))
    do(a_case_of(writing_procedure(1)), "write")
    row = next(row for row in outbox_rows() if row.kind == "message")
    post = partial(handle_message, case_id=row.case_id, payload=row.payload, now=NOON, outbox_id=row.id)
    post()
    post()
    (delivery,) = [row for row in outbox_rows() if row.kind == "message_delivery"]
    give = partial(
        handle_delivery, case_id=receiver, payload=delivery.payload, now=NOON, outbox_id=delivery.id
    )
    give()
    give()
    carry()

    assert caught(receiver) == ["note"]
    assert nothing_is_wrong()


def test_four_dispatchers_and_four_sweeps_carry_everything_once(either_core: Flask):
    receiver = a_case_of(receiving_procedure(12))
    for year in (2022, 2023, 2024, 2025):
        do(a_case_of(writing_procedure(3, toYear="2023"), year=year), "write")

    def work() -> None:
        for _ in range(4):
            drain(NOON)
            sweep_messages(NOON)

    errors = [answer for answer in at_once(either_core, [work] * 4) if answer is not None]
    let_go_of_abandoned_claims()
    carry(NOON + timedelta(hours=1))

    assert errors == []
    assert (caught(receiver), status_of(receiver)) == (["note"] * 12, ("finished", "done"))
    seen = variables_of(receiver)
    assert sorted(str(seen[f"taken_{n}.number"]) for n in range(1, 13)) == sorted("123" * 4)
    assert nothing_is_wrong()


class Killed(BaseException):
    """The process is gone: nothing is caught, noted or released any more."""


@pytest.mark.soak
def test_a_process_killed_at_any_statement_or_commit_loses_and_doubles_nothing(core: Flask):
    receiver = a_case_of(receiving_procedure(2))
    do(a_case_of(writing_procedure(1)), "write")
    number = 0
    for number in killed_while_delivering(core):
        carry()
        assert caught(receiver) == ["note"], f"killed at {number}"
        assert states() == [("note", "delivered")]
        assert nothing_is_wrong()

    assert number > 24  # claim, post, note; claim, deliver, note: every statement of them was tried


def killed_while_delivering(app: Flask) -> Iterator[int]:
    """After each statement, numbered from 0, at which a dispatcher was killed; at last one was not.

    Each time on the database as it stands now (SQLite), its abandoned claims let go.
    """
    kept = database_kept(app)
    happened = [True]
    for number in itertools.count():
        if not happened[0]:
            return
        put_back(app, kept)
        with patch.object(scenes, "Fault", Killed), a_fault_at(number) as happened:
            try:
                drain(NOON)
            except Killed:
                db.session.rollback()
        let_go_of_abandoned_claims()
        yield number


def let_go_of_abandoned_claims() -> None:
    """What the scheduler does once it is sure that nobody is behind a claim."""
    with transaction() as session:
        session.execute(update(OutboxRow).values(claimed_until=None))


def database_kept(app: Flask) -> bytes:
    """The SQLite file as it stands."""
    db.session.remove()
    db.engine.dispose()
    return (app.config["SETTINGS"].data_dir / "congnhan.db").read_bytes()


def put_back(app: Flask, kept: bytes) -> None:
    db.session.remove()
    db.engine.dispose()
    file = app.config["SETTINGS"].data_dir / "congnhan.db"
    for beside in ("-wal", "-shm"):
        file.with_name(file.name + beside).unlink(missing_ok=True)
    file.write_bytes(kept)


def test_a_receiver_that_cannot_go_on_keeps_its_message_and_is_tried_again(either_core: Flask):
    receiver = a_case_of(receiving_procedure(1))
    do(a_case_of(writing_procedure(1)), "write")
    broken = patch("service.messages.delivery._caught", side_effect=EngineError("hỏng", element="taken_1"))
    now = NOON
    with broken:
        for _ in range(MOST_ATTEMPTS):
            drain(now)
            now = max(row.available_at for row in outbox_rows())
        drain(now)
    (delivery,) = [row for row in outbox_rows() if row.kind == "message_delivery"]
    assert (delivery.state, delivery.attempts, states()) == ("dead", MOST_ATTEMPTS, [("note", "waiting")])
    assert messages()[0].last_error == "hỏng"

    retry_delivery(outbox_id=delivery.id, by=SYSTEM, now=now)
    carry(now)

    assert caught(receiver) == ["note"]
    assert nothing_is_wrong()


def test_what_expires_takes_its_dead_delivery_with_it(core: Flask):
    a_case_of(receiving_procedure(1))
    do(a_case_of(writing_procedure(1)), "write")
    drain_once = patch(
        "service.messages.delivery._caught", side_effect=EngineError("hỏng", element="taken_1")
    )
    with drain_once:
        drain(NOON)
    with transaction() as session:
        session.execute(update(OutboxRow).where(OutboxRow.state == "waiting").values(state="dead"))

    carry(A_MONTH_LATER)

    assert states() == [("note", "expired")]
    assert [row.state for row in outbox_rows() if row.kind == "message_delivery"] == ["dropped"]


def test_a_sweep_with_nothing_to_do_is_three_queries(either_core: Flask):
    receiver = a_case_of(receiving_procedure(1, before="prepare"))
    do(a_case_of(writing_procedure(1)), "write")
    carry()
    assert (states(), open_tasks(receiver).keys()) == ([("note", "waiting")], {"prepare"})

    with statements() as sent:
        assert sweep_messages(NOON) == 0

    assert len(sent) == 3
    assert {statement.split()[0] for statement in sent} == {"SELECT"}
