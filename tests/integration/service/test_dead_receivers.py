"""A server of others that hangs or is dead holds up its own kind of delivery and nothing else."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import insert

from service.clock import set_demo_clock
from service.database import db, transaction
from service.jobs import announcing, outbox, waking
from service.jobs.announcing import announce_due, deliver_email
from service.jobs.background import Standing, run_scheduler
from service.jobs.outbox import drain
from service.jobs.waking import Waker, enqueue_waiting
from service.jobs.worker import work
from service.models import OutboxRow
from service.notifications.smtp import MailServer
from tests.builders import NOON, an_open_case
from tests.integration.service.heard import has_address
from tests.integration.service.test_scheduler import silent_server

OFFICER = "xa-thidu-chuyenvien"
OUTSIDE = ("email", "webhook", "job")
GENEROUS_SECONDS = 120


def a_row(kind: str, name: str, case_id: uuid.UUID | None = None, attempts: int = 0) -> int:
    with transaction() as session:
        return session.execute(
            insert(OutboxRow)
            .values(
                kind=kind,
                case_id=case_id,
                payload={"name": name},
                attempts=attempts,
                available_at=NOON,
                created_at=NOON,
            )
            .returning(OutboxRow.id)
        ).scalar_one()


@contextmanager
def deliveries(**instead: Any) -> Iterator[list[str]]:
    """The names of what is delivered, in order; `instead` are handlers of kinds that do otherwise."""
    order: list[str] = []

    def handle(*, payload: dict[str, Any], **_row: Any) -> None:
        order.append(payload["name"])

    handlers = dict.fromkeys(("round_act", *OUTSIDE), handle) | instead
    with patch.object(outbox, "HANDLERS", handlers):
        yield order


def test_what_stays_inside_is_delivered_before_what_goes_outside(either_core: Flask):
    for number in range(20):
        a_row(OUTSIDE[number % 3], f"out-{number:02}")
    case_id = uuid.uuid4()
    for name in ("first", "second"):
        a_row("round_act", name, case_id)

    with deliveries() as order:
        drain(NOON)

    assert order == ["first", "second", *(f"out-{number:02}" for number in range(20))]


def test_what_is_written_while_mails_are_sent_does_not_wait_for_the_rest_of_them(core: Flask):
    for number in range(20):
        a_row("email", f"mail-{number:02}")

    def send(*, payload: dict[str, Any], **_row: Any) -> None:
        order.append(payload["name"])
        if payload["name"] == "mail-00":
            a_row("round_act", "act")

    with deliveries(email=send) as order:
        drain(NOON)

    assert order.index("act") <= outbox.BATCH_OUTSIDE
    assert len(order) == 21


def test_a_receiver_that_failed_before_does_not_stand_before_the_others(core: Flask):
    for number in range(5):
        a_row("webhook", f"again-{number}", attempts=3)
    a_row("webhook", "fresh")

    with deliveries() as order:
        drain(NOON)

    assert order == ["fresh", *(f"again-{number}" for number in range(5))]


def test_while_the_mail_server_hangs_everything_else_is_delivered(core: Flask):
    """A real connection to a server that never says a word; it is let go of after the others are done."""
    has_address(OFFICER, "thidu@example.vn")
    order: list[str] = []
    mailing, others = threading.Event(), threading.Event()

    class Patient(MailServer):
        @classmethod
        def from_url(cls, url: str) -> MailServer:
            return replace(MailServer.from_url(url), timeout_seconds=GENEROUS_SECONDS)

    def mail(**row: Any) -> None:
        mailing.set()
        try:
            deliver_email(**row)
        finally:
            order.append("mail")

    def other(*, payload: dict[str, Any], **_row: Any) -> None:
        assert mailing.wait(GENEROUS_SECONDS)
        order.append(payload["name"])
        if {"act", "job", "hook"} <= {*order}:
            others.set()

    stop = threading.Event()
    background = threading.Thread(target=run_scheduler, args=(core, stop))
    with (
        silent_server() as port,
        patch.object(announcing, "MailServer", Patient),
        deliveries(email=mail, round_act=other, job=other, webhook=other),
    ):
        core.config["SETTINGS"] = replace(
            core.config["SETTINGS"],
            smtp_url=f"smtp://127.0.0.1:{port}",
            mail_from="khong-tra-loi@congnhan.example.vn",
            public_url="https://congnhan.example.vn",
        )
        set_demo_clock(NOON)
        an_open_case()
        announce_due(NOON)
        for kind, name in (("round_act", "act"), ("job", "job"), ("webhook", "hook")):
            a_row(kind, name)
        db.session.remove()
        background.start()
        try:
            done_meanwhile = others.wait(GENEROUS_SECONDS)
            said = list(order)
        finally:
            stop.set()
    background.join()

    assert done_meanwhile
    assert sorted(said) == ["act", "hook", "job"]


def test_workers_take_what_stays_inside_first(core: Flask, redis_url: str):
    settings = replace(core.config["SETTINGS"], redis_url=redis_url)
    set_demo_clock(NOON)
    for number in range(3):
        a_row("email", f"mail-{number}")
    with deliveries() as order:
        enqueue_waiting(settings, NOON)
        for name in ("first", "second"):
            a_row("round_act", name, uuid.uuid4())
        enqueue_waiting(settings, NOON)
        work(settings, burst=True)

    assert order == ["first", "second", "mail-0", "mail-1", "mail-2"]


def test_no_number_of_mails_hides_what_stays_inside_from_the_scheduler(core: Flask):
    settings = replace(core.config["SETTINGS"], redis_url="redis://127.0.0.1:1/0")
    with patch.object(waking, "MOST", 2), deliveries():
        for number in range(4):
            a_row("email", f"mail-{number}")
        act = a_row("round_act", "act")

        here = Waker().wake(settings, NOON)

    assert (here[0], len(here)) == (act, 3)


@pytest.mark.parametrize("kind", OUTSIDE)
def test_each_way_out_has_a_turn_of_its_own(core: Flask, kind: str):
    for one in ("round_act", *OUTSIDE):
        a_row(one, one)
    standing = Standing()

    with deliveries() as order:
        standing.look(core.config["SETTINGS"], NOON)
        standing.dispatch_outside(kind, core.config["SETTINGS"], NOON)

    assert order == [kind]
