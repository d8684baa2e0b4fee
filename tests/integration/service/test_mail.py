"""Mail through a real SMTP server: what arrives, what is tried again, who is not written to."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from unittest.mock import patch

import pytest
from flask import Flask

from service.errors import BadConfiguration, BadInput, Unavailable, Undeliverable
from service.identity.revocation import deactivate
from service.jobs.announcing import announce_due
from service.jobs.outbox import deliver, drain
from service.models import OutboxRow
from service.notifications.delivering import try_mail
from service.notifications.kinds import Kind, Preference
from service.notifications.mail import Letter, compose
from service.notifications.mail_addresses import is_address
from service.notifications.operations import save_preferences
from service.notifications.smtp import MailServer
from tests.builders import NOON, an_open_case, person
from tests.integration.service.heard import has_address
from tests.integration.service.scenes import end_appointments, outbox_rows
from tests.servers.hooks import CERTIFICATE
from tests.servers.mail import NAME, PASSWORD, USER, Mailbox, mail_server

OFFICER, ADDRESS = "xa-thidu-chuyenvien", "thidu@example.vn"
SENDER, SITE = "khong-tra-loi@congnhan.example.vn", "https://congnhan.example.vn"
LETTER = Letter("thong-bao.1.2", "Việc mới: Thẩm định – UBND xã Thí Dụ", "Hạn xử lý 03/12/2023.", "/viec/1")


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as server:
        yield server


def a_server(box: Mailbox, **changes: object) -> MailServer:
    return replace(MailServer("127.0.0.1", box.port), **changes)  # type: ignore[arg-type]


def sent(server: MailServer, letter: Letter = LETTER, to: str = ADDRESS) -> None:
    message = compose(letter, to=to, sender=SENDER, public_url=SITE, now=NOON)
    server.send(message, sender=SENDER, recipient=to)


def test_a_letter_arrives_in_vietnamese_with_its_link(box: Mailbox):
    sent(a_server(box))

    (mail,) = box.mails
    assert (box.envelopes[0].mail_from, box.envelopes[0].rcpt_tos) == (SENDER, [ADDRESS])
    assert mail["Subject"] == "Việc mới: Thẩm định – UBND xã Thí Dụ"
    assert mail["From"] == f"Công nhận chuyển đổi số <{SENDER}>"
    assert mail["To"] == ADDRESS
    assert mail["Date"] == "Mon, 20 Nov 2023 12:00:00 +0700"
    assert mail["Message-ID"] == "<thong-bao.1.2@congnhan.example.vn>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == f"<{SITE}/thong-bao/cai-dat>"
    text, html = (part.get_content() for part in mail.iter_parts())
    for said in ("Việc mới: Thẩm định – UBND xã Thí Dụ", "Hạn xử lý 03/12/2023.", f"{SITE}/viec/1"):
        assert said in text
        assert said in html
    # Every line is as SMTP wants it, whatever its letters.
    assert all(len(line) <= 998 and line.isascii() for line in box.envelopes[0].content.splitlines())


def test_what_stands_in_a_title_can_neither_add_a_header_nor_markup(box: Mailbox):
    wicked = replace(
        LETTER, title="Xin chào\r\nBcc: ai@example.org\r\n\r\n<script>x</script>", body='"><img src=x>'
    )

    sent(a_server(box), wicked)

    (mail,) = box.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Xin chào Bcc: ai@example.org <script>x</script>"
    html = list(mail.iter_parts())[1].get_content()
    assert "<script>" not in html
    assert "<img" not in html


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@b",
        "@b.vn",
        "a@",
        "a b@c.vn",
        "a@b.vn\n",
        "a@b.vn\r\nBcc: x@y.vn",
        "a@@b.vn",
        "a@b..vn",
        ".a@b.vn",
        "a.@b.vn",
        "a..b@c.vn",
        '"a b"@c.vn',
        "a@[127.0.0.1]",
        "a@1.2.3.4",
        "á@b.vn",
        "a@b.vn, c@d.vn",
        "<a@b.vn>",
        "a@b_c.vn",
        "a" * 65 + "@b.vn",
        "a@" + "b" * 250 + ".vn",
    ],
)
def test_what_is_no_address_is_never_written_to(text: str):
    assert not is_address(text)
    with pytest.raises(Undeliverable):
        MailServer("127.0.0.1", 9).send(
            compose(LETTER, to=ADDRESS, sender=SENDER, public_url=SITE, now=NOON),
            sender=SENDER,
            recipient=text,
        )


@pytest.mark.parametrize("text", ["a@b.vn", "nguyen.van-a+cn@tx.thanhhoa.gov.vn", "A_1@x1.example"])
def test_common_addresses_are_addresses(text: str):
    assert is_address(text)


def test_tls_that_was_asked_for_is_used():
    context = ssl.create_default_context(cafile=str(CERTIFICATE))
    for options, changes in (({"starttls": True}, {"starttls": True}), ({"tls": True}, {"tls": True})):
        with mail_server(**options) as server, known_here():
            sent(a_server(server, host=NAME, context=context, **changes))

            assert (len(server.mails), server.was_tls) == (1, [True])


def test_without_the_tls_that_was_asked_for_nothing_is_said(box: Mailbox):
    with pytest.raises(Unavailable, match="STARTTLS"):
        sent(a_server(box, starttls=True))

    assert box.mails == []


def test_a_server_that_nobody_vouches_for_gets_no_mail():
    with mail_server(starttls=True, with_login=True) as server, known_here():
        with pytest.raises(Unavailable, match="SSL"):
            sent(a_server(server, host=NAME, starttls=True, username=USER, password=PASSWORD))

        assert (server.mails, server.logins) == ([], [])


def test_a_wrong_password_may_be_put_right():
    with mail_server(with_login=True) as server:
        with pytest.raises(Unavailable, match="535"):
            sent(a_server(server, username=USER, password="khac"))

        assert server.mails == []


def test_with_the_right_password_the_mail_goes():
    with mail_server(with_login=True) as server:
        sent(a_server(server, username=USER, password=PASSWORD))

        assert (len(server.mails), set(server.logins)) == (1, {USER})


@pytest.mark.parametrize(
    ("rcpt", "data", "error"),
    [
        ("451 4.7.1 Greylisted", "", Unavailable),
        ("452 4.2.2 Mailbox full", "", Unavailable),
        ("550 5.1.1 No such user", "", Undeliverable),
        ("", "451 4.3.0 Try again later", Unavailable),
        ("", "554 5.7.1 Rejected", Undeliverable),
        ("", "hang", Unavailable),
        ("", "drop", Unavailable),
    ],
)
def test_what_may_pass_is_told_from_what_will_not(box: Mailbox, rcpt: str, data: str, error: type[Exception]):
    box.rcpt, box.data = rcpt, data

    with pytest.raises(error) as raised:
        sent(a_server(box, timeout_seconds=1.0 if data == "hang" else 30.0))

    assert (rcpt or data)[:3] in str(raised.value) or data in ("hang", "drop")
    assert box.mails == []


def test_nobody_listening_may_pass():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(Unavailable):
        sent(MailServer("127.0.0.1", port))


def test_an_address_of_a_server_is_read_in_full():
    server = MailServer.from_url("smtp://may-gui:m%40t@mail.example.vn:587?starttls=1")

    assert (server.host, server.port, server.starttls, server.tls) == ("mail.example.vn", 587, True, False)
    assert (server.username, server.password) == ("may-gui", "m@t")
    assert "m@t" not in repr(server)
    assert MailServer.from_url("smtps://mail.example.vn").port == 465
    assert MailServer.from_url("smtp://mail.example.vn").port == 25
    assert MailServer.from_url("smtp://a:b@localhost:1025").username == "a"


@pytest.mark.parametrize(
    "url",
    [
        "smtp://may-gui:mat-khau@mail.example.vn",  # a password in the clear
        "http://mail.example.vn",
        "smtp://",
        "smtp://mail.example.vn:x",
        "smtp://mail.example.vn?starttl=1",
        "smtps://may-gui:m%C3%A1y@mail.example.vn",  # SMTP knows plain letters only
    ],
)
def test_an_address_that_would_send_otherwise_than_meant_is_refused(url: str):
    with pytest.raises(BadConfiguration) as refused:
        MailServer.from_url(url)

    assert "mat-khau" not in str(refused.value)


def test_a_test_mail_goes_to_an_address_only(box: Mailbox):
    try_it = partial(try_mail, server=a_server(box), sender=SENDER, public_url=SITE, now=NOON)

    try_it(ADDRESS)
    for wrong in ("", "không phải"):
        with pytest.raises(BadInput):
            try_it(wrong)

    assert [mail["Subject"] for mail in box.mails] == ["Thư thử của hệ thống Công nhận"]


# From the outbox


@pytest.fixture
def waiting(core: Flask, box: Mailbox) -> Flask:
    """A mail waits for the commune's officer."""
    core.config["SETTINGS"] = replace(
        core.config["SETTINGS"], smtp_url=f"smtp://127.0.0.1:{box.port}", mail_from=SENDER, public_url=SITE
    )
    has_address(OFFICER, ADDRESS)
    an_open_case()
    announce_due(NOON)
    assert last_row().state == "waiting"
    return core


def last_row() -> OutboxRow:
    return [row for row in outbox_rows() if row.kind == "email"][-1]


def test_what_somebody_was_told_is_mailed_once(waiting: Flask, box: Mailbox):
    drain(NOON)
    drain(NOON)

    (mail,) = box.mails
    assert mail["To"] == ADDRESS
    assert mail["Subject"].startswith("Việc mới: Tự đánh giá")
    text = next(mail.iter_parts()).get_content()
    assert "/viec/" in text
    assert "Chuyên viên" not in text  # nobody is named
    assert last_row().state == "done"


def test_a_server_that_is_away_is_asked_again(waiting: Flask, box: Mailbox):
    box.data = "451 4.3.0 Later"
    drain(NOON)
    assert (last_row().state, box.mails) == ("waiting", [])

    box.data = ""
    drain(last_row().available_at)

    assert (last_row().state, len(box.mails)) == ("done", 1)


def test_a_mail_sent_again_is_the_same_mail(waiting: Flask, box: Mailbox):
    """The process died between the server's answer and our note of it: both bear one Message-ID."""
    row = last_row()
    with patch("service.jobs.outbox._finish", side_effect=KeyboardInterrupt), suppress(KeyboardInterrupt):
        deliver(row.id, NOON)

    deliver(row.id, NOON)

    first, second = box.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_a_refusal_for_good_ends_among_the_dead_letters_with_its_reason(waiting: Flask, box: Mailbox):
    box.rcpt = "550 5.1.1 No such user"

    drain(NOON)

    assert (last_row().state, last_row().attempts) == ("dead", 1)
    assert "550 5.1.1 No such user" in last_row().last_error


def test_who_was_switched_off_since_is_not_written_to(waiting: Flask, box: Mailbox):
    deactivate(username=OFFICER, now=NOON)

    drain(NOON)

    assert (last_row().state, box.mails) == ("done", [])


def test_who_may_no_longer_see_the_case_is_not_written_to(waiting: Flask, box: Mailbox):
    end_appointments(OFFICER, date(2023, 11, 19))

    drain(NOON)

    assert (last_row().state, box.mails) == ("done", [])


@pytest.mark.parametrize("email", ["", ADDRESS])
def test_who_wants_no_mail_any_more_gets_none(waiting: Flask, box: Mailbox, email: str):
    no_mail = [Preference(Kind.TASK_OPENED, bell=True, email=False)] if email else []
    save_preferences(email=email, kinds=no_mail, by=person(OFFICER), now=NOON)

    drain(NOON)

    assert (last_row().state, box.mails) == ("done", [])


def test_a_changed_address_is_the_one_that_is_used(waiting: Flask, box: Mailbox):
    save_preferences(email="moi@example.vn", kinds=[], by=person(OFFICER), now=NOON)

    drain(NOON)

    assert box.envelopes[0].rcpt_tos == ["moi@example.vn"]


def known_here() -> object:
    """The test server's name leads to this machine."""
    real = socket.getaddrinfo

    def resolve(host: str, *more: object, **also: object) -> object:
        return real("127.0.0.1" if host == NAME else host, *more, **also)  # type: ignore[arg-type]

    return patch("socket.getaddrinfo", resolve)
