"""One notification as an e-mail in Vietnamese: text and simple HTML, with a link and nothing personal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from service.clock import LOCAL

SETTINGS_PAGE = "/thong-bao/cai-dat"
FROM_NAME = "Công nhận chuyển đổi số"


@dataclass(frozen=True)
class Letter:
    """What a mail says; `identity` makes its Message-ID, the same whenever it is sent again."""

    identity: str
    title: str
    body: str
    link: str


def compose(letter: Letter, *, to: str, sender: str, public_url: str, now: datetime) -> EmailMessage:
    """The mail. `sender` and `to` are checked addresses; text from the database cannot add a header.

    Replies by machines are forestalled (RFC 3834: Auto-Submitted); List-Unsubscribe (RFC 2369) leads to the
    recipient's own settings.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(FROM_NAME, addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = " ".join(letter.title.split())
    message["Date"] = format_datetime(now.astimezone(LOCAL))
    message["Message-ID"] = f"<{letter.identity}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{public_url}{SETTINGS_PAGE}>"
    message.set_content(_text(letter, public_url), charset="utf-8", cte="base64")
    message.add_alternative(_html(letter, public_url), subtype="html", charset="utf-8", cte="base64")
    return message


def _text(letter: Letter, public_url: str) -> str:
    return (
        f"Kính gửi ông/bà,\n\n{letter.title}\n\n{letter.body}\n\n"
        f"Mở trên hệ thống (cần đăng nhập): {public_url}{letter.link}\n\n"
        "--\nThư tự động của hệ thống Công nhận, xin không trả lời.\n"
        f"Đổi cách nhận thông báo: {public_url}{SETTINGS_PAGE}\n"
    )


def _html(letter: Letter, public_url: str) -> str:
    link, settings = escape(public_url + letter.link), escape(public_url + SETTINGS_PAGE)
    return (
        '<!doctype html><html lang="vi"><body><p>Kính gửi ông/bà,</p>'
        f"<p><strong>{escape(letter.title)}</strong></p><p>{escape(letter.body)}</p>"
        f'<p><a href="{link}">Mở trên hệ thống</a> (cần đăng nhập)</p>'
        "<hr><p>Thư tự động của hệ thống Công nhận, xin không trả lời. "
        f'<a href="{settings}">Đổi cách nhận thông báo</a></p></body></html>\n'
    )
