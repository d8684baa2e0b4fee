"""Webhooks over real TLS: signed, to the checked address and nowhere else, tried again or given up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from ipaddress import ip_network
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import select, update

from service.database import db, transaction
from service.errors import BadInput, NotFound, Unavailable, Undeliverable, WrongState
from service.jobs.announcing import announce_due
from service.jobs.outbox import drain
from service.models import Event, OutboxRow, Webhook
from service.notifications.telling import queue
from service.notifications.webhook_sending import Sender
from service.notifications.webhooks import (
    add_webhook,
    finish_rotation,
    list_webhooks,
    remove_webhook,
    rotate_secret,
    switch_off,
    switch_on,
)
from tests.builders import NOON, an_open_case
from tests.integration.service.scenes import outbox_rows
from tests.servers.hooks import CERTIFICATE, NAME, HooksServer, hooks_server, says

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def hooks() -> Iterator[HooksServer]:
    with hooks_server() as server:
        yield server


def a_sender(hooks: HooksServer, **changes: object) -> Sender:
    """Trusts the tests' certificate and may reach this machine; the name leads here."""
    sender = Sender(
        (hooks.allowed,),
        permitted=LOOPBACK,
        context=ssl.create_default_context(cafile=str(CERTIFICATE)),
        resolve=lambda _host, _port: ["127.0.0.1"],
    )
    return replace(sender, **changes)  # type: ignore[arg-type]


def sent(sender: Sender, hooks: HooksServer, url: str = "") -> int:
    return sender.send(
        url=url or hooks.url, secret=SECRET, message_id="msg_1", body=b'{"type":"test"}', now=NOON
    ).status


def test_a_message_arrives_signed_under_the_name_and_at_the_address_that_was_checked(hooks: HooksServer):
    assert sent(a_sender(hooks), hooks) == 204

    got = hooks.received.get(timeout=60)
    assert got.line == "POST /nhan?k=1 HTTP/1.1"
    assert (got.headers["host"], got.server_name) == (f"{NAME}:{hooks.port}", NAME)
    assert got.headers["content-type"] == "application/json"
    stamp = got.headers["webhook-timestamp"]
    assert stamp == "1700456400"  # 12:00 in Thanh Hóa on 20/11/2023
    expected = hmac.new(bytes(range(32)), b"msg_1." + stamp.encode() + b"." + got.body, hashlib.sha256)
    assert got.headers["webhook-signature"] == "v1," + base64.b64encode(expected.digest()).decode()


def test_a_name_that_says_something_else_a_moment_later_changes_nothing(hooks: HooksServer):
    answers = [["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"]]

    assert sent(a_sender(hooks, resolve=lambda *_: answers.pop(0)), hooks) == 204

    assert len(answers) == 2  # asked once, and the connection went where that answer said


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["fe80::1%lo"]],
)
def test_a_name_that_leads_into_a_private_network_is_not_told(hooks: HooksServer, addresses: list[str]):
    sender = a_sender(hooks, permitted=(), resolve=lambda *_: addresses)

    with pytest.raises(Undeliverable, match="mạng nội bộ"):
        sent(sender, hooks)

    assert hooks.received.empty()


def test_a_redirect_is_an_answer_and_is_not_followed(hooks: HooksServer):
    hooks.answer = says(307, f"Location: https://{NAME}:{hooks.port}/elsewhere")

    assert sent(a_sender(hooks), hooks) == 307

    hooks.received.get(timeout=60)
    assert hooks.received.empty()


def test_a_proxy_of_the_environment_is_not_asked(hooks: HooksServer, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert sent(a_sender(hooks), hooks) == 204


def test_a_certificate_of_another_name_is_no_certificate(hooks: HooksServer):
    sender = a_sender(hooks, allowed_hosts=(f"other.test.example:{hooks.port}",))

    with pytest.raises(Unavailable, match="SSL"):
        sent(sender, hooks, f"https://other.test.example:{hooks.port}/")

    assert hooks.received.empty()


def test_a_certificate_that_nobody_vouches_for_is_no_certificate(hooks: HooksServer):
    with pytest.raises(Unavailable, match="SSL"):
        sent(a_sender(hooks, context=ssl.create_default_context()), hooks)

    assert hooks.received.empty()


def test_an_answer_without_end_is_not_read_to_its_end(hooks: HooksServer):
    given_up = threading.Event()

    def endless(connection: ssl.SSLSocket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                connection.sendall(b"x" * 65536)
        except OSError:
            given_up.set()

    hooks.answer = endless

    answer = a_sender(hooks).send(url=hooks.url, secret=SECRET, message_id="m", body=b"{}", now=NOON)

    assert (answer.status, len(answer.beginning)) == (200, 2048)
    assert given_up.wait(60)


def test_a_byte_now_and_then_does_not_hold_us_for_ever(hooks: HooksServer):
    stop = threading.Event()

    def drip(connection: ssl.SSLSocket) -> None:
        while not stop.wait(0.05):
            connection.sendall(b"H")

    hooks.answer = drip
    try:
        with pytest.raises(Unavailable):
            sent(a_sender(hooks, whole_seconds=0.6), hooks)
    finally:
        stop.set()


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n"])
def test_a_broken_answer_is_no_success(hooks: HooksServer, answer: bytes):
    hooks.answer = lambda connection: connection.sendall(answer)

    with pytest.raises(Unavailable):
        sent(a_sender(hooks), hooks)


def test_nobody_at_the_address_is_a_shortage_that_may_pass(hooks: HooksServer):
    with hooks_server() as gone:
        pass

    with pytest.raises(Unavailable):
        sent(a_sender(gone), gone)


def test_the_second_address_is_tried_where_the_first_is_dead(hooks: HooksServer):
    sender = a_sender(hooks, resolve=lambda *_: ["127.0.0.2", "127.0.0.1"])

    # Nothing listens at 127.0.0.2: the server is bound to 127.0.0.1 alone.
    assert sent(sender, hooks) == 204


def waiting(core: Flask, hooks: HooksServer) -> str:
    """A webhook that hears of one event, which waits to be sent; the shared secret."""
    core.config["SETTINGS"] = replace(core.config["SETTINGS"], webhook_hosts=(hooks.allowed,))
    secret = add_webhook(
        name="kho", url=hooks.url, kinds=["task_opened"], allowed_hosts=(hooks.allowed,), now=NOON
    )
    an_open_case()
    announce_due(NOON)
    return secret


@pytest.fixture
def delivering(hooks: HooksServer) -> Iterator[None]:
    """The outbox sends through a sender that may reach this machine."""
    sender = a_sender(hooks)
    made = partial(Sender, permitted=sender.permitted, context=sender.context, resolve=sender.resolve)
    with patch("service.jobs.announcing.Sender", made):
        yield


def test_an_event_is_sent_once_the_commit_is_done(either_core: Flask, hooks: HooksServer, delivering: None):
    secret = waiting(either_core, hooks)

    drain(NOON)
    drain(NOON)

    got = hooks.received.get(timeout=60)
    assert hooks.received.empty()
    body = json.loads(got.body)
    assert body["type"] == "task_opened"
    assert body["data"]["case"]["commune"]["code"] == "xa-thi-du"
    assert "Chuyên viên" not in got.body.decode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    assert (
        got.headers["webhook-signature"].split(",")[1]
        == base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    )
    assert last_row().state == "done"


def test_a_failure_is_tried_again_with_the_same_id_and_body(
    core: Flask, hooks: HooksServer, delivering: None
):
    waiting(core, hooks)
    hooks.answer = says(503, body="bảo trì".encode())

    drain(NOON)
    hooks.answer = says(200)
    assert last_row().state == "waiting"
    drain(last_row().available_at)

    first, second = hooks.received.get(timeout=60), hooks.received.get(timeout=60)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert last_row().state == "done"


def test_who_is_never_there_ends_among_the_dead_letters_with_the_reason(
    core: Flask, hooks: HooksServer, delivering: None
):
    waiting(core, hooks)
    hooks.answer = says(500, body="lỗi bên nhận".encode())
    now = NOON

    for _ in range(30):
        drain(now)
        row = last_row()
        if row.state == "dead":
            break
        now = row.available_at

    assert row.state == "dead"
    assert row.attempts > 3
    assert "lỗi bên nhận" in row.last_error


def test_who_says_gone_is_told_nothing_more(core: Flask, hooks: HooksServer, delivering: None):
    waiting(core, hooks)
    hooks.answer = says(410)

    drain(NOON)

    assert (last_row().state, [one.active for one in list_webhooks()]) == ("dead", [False])
    an_open_case("phuong-minh-hoa")
    announce_due(NOON)
    assert len([row for row in outbox_rows() if row.kind == "webhook"]) == 1


def test_a_removed_webhook_and_one_off_the_list_are_not_told(
    core: Flask, hooks: HooksServer, delivering: None
):
    waiting(core, hooks)
    core.config["SETTINGS"] = replace(core.config["SETTINGS"], webhook_hosts=())

    drain(NOON)
    assert (last_row().state, "WEBHOOK_HOSTS" in last_row().last_error) == ("dead", True)

    core.config["SETTINGS"] = replace(core.config["SETTINGS"], webhook_hosts=(hooks.allowed,))
    an_open_case("phuong-minh-hoa")
    announce_due(NOON)
    remove_webhook(name="kho", now=NOON)
    drain(NOON + timedelta(minutes=1))
    assert last_row().state == "done"
    assert hooks.received.empty()


def last_row() -> OutboxRow:
    return [row for row in outbox_rows() if row.kind == "webhook"][-1]


def test_what_is_done_to_webhooks_is_recorded_without_the_secret(core: Flask):
    hosts = ("hooks.example.vn",)
    first = add_webhook(
        name="kho", url="https://hooks.example.vn/", kinds=["task_opened"], allowed_hosts=hosts, now=NOON
    )
    second = rotate_secret(name="kho", now=NOON)
    kept = db.session.execute(select(Webhook.secret)).scalar_one()
    with pytest.raises(WrongState):
        rotate_secret(name="kho", now=NOON)
    finish_rotation(name="kho", now=NOON)
    last = db.session.execute(select(Webhook.secret)).scalar_one()
    remove_webhook(name="kho", now=NOON)

    assert (kept, last) == (f"{second} {first}", second)
    events = db.session.scalars(
        select(Event).where(Event.type.like("webhook%")).order_by(Event.position)
    ).all()
    assert [event.type for event in events] == [
        "webhook_added",
        "webhook_secret_rotated",
        "webhook_rotation_finished",
        "webhook_removed",
    ]
    assert not any(b"whsec_" in event.body for event in events)


def test_one_restored_without_its_secret_gets_another_and_is_told_again(core: Flask):
    """As `service.backup.format.BLANKED` leaves it."""
    add_webhook(
        name="kho",
        url="https://h.example.vn/",
        kinds=["task_opened"],
        allowed_hosts=("h.example.vn",),
        now=NOON,
    )
    with transaction() as session:
        session.execute(update(Webhook).values(secret="", active=False))

    for refused in (finish_rotation, switch_on):
        with pytest.raises(WrongState):
            refused(name="kho", now=NOON)
    secret = rotate_secret(name="kho", now=NOON)

    restored = list_webhooks()[0]
    assert (restored.secret, restored.active) == (secret, True)


def test_one_that_said_gone_is_told_again_when_somebody_switches_it_on(core: Flask):
    add_webhook(
        name="kho",
        url="https://h.example.vn/",
        kinds=["task_opened"],
        allowed_hosts=("h.example.vn",),
        now=NOON,
    )
    switch_off(webhook_id=list_webhooks()[0].id, why="410", now=NOON)
    rotate_secret(name="kho", now=NOON)
    assert not list_webhooks()[0].active  # a new key alone tells nobody that the other side is back

    switch_on(name="kho", now=NOON)

    assert list_webhooks()[0].active


def test_a_name_twice_an_unknown_kind_and_an_unknown_name_are_refused(core: Flask):
    add = partial(add_webhook, url="https://h.example.vn/", allowed_hosts=("h.example.vn",), now=NOON)
    add(name="kho", kinds=["task_opened"])

    for name, kinds in (
        ("kho", ["task_opened"]),
        ("kho 2", []),
        ("kho 2", ["khac"]),
        ("a/b", ["task_opened"]),
    ):
        with pytest.raises(BadInput):
            add(name=name, kinds=kinds)
    with pytest.raises(NotFound):
        remove_webhook(name="khac", now=NOON)
    assert [one.name for one in list_webhooks()] == ["kho"]


def test_the_same_event_waits_once(core: Flask):
    row = {"kind": "webhook", "payload": {}, "dedup_key": "webhook:1:msg_1"}
    for _ in range(2):
        with transaction() as session:
            queue(session.connection(), [row], NOON)

    assert len(outbox_rows()) == 1
