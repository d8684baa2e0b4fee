"""What the outbox does with e-mails and webhooks: everything is looked at again at the moment of sending."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from service.database import db, iso_instant
from service.errors import BadInput, NotLoggedIn, Unavailable, Undeliverable, WrongState
from service.identity.queries import load_viewer
from service.models import Notification
from service.notifications.kinds import Kind, Preference
from service.notifications.mail import Letter, compose
from service.notifications.mail_addresses import checked_address
from service.notifications.queries import preferences_of, still_visible
from service.notifications.smtp import MailServer
from service.notifications.webhook_sending import GONE, Answer, Sender
from service.notifications.webhooks import read_webhook, switch_off, webhook_named


def send_email(
    notification_id: int, *, server: MailServer, sender: str, public_url: str, now: datetime
) -> bool:
    """Mail one notification to whom it was told; False where that person is not to be written to any more.

    Not to somebody switched off, to no address, against their present wish, nor about what they may no
    longer see. Raises Unavailable (later, perhaps) or Undeliverable (never).
    """
    told = db.session.get(Notification, notification_id, populate_existing=True)
    if told is None:
        return False
    address = _address_for(told, now)
    if not address:
        return False
    letter = Letter(
        identity=f"thong-bao.{told.id}.{int(told.created_at.timestamp())}",
        title=told.title,
        body=told.body,
        link=told.link,
    )
    message = compose(letter, to=address, sender=sender, public_url=public_url, now=now)
    db.session.rollback()  # no connection is held while a slow server is talked to
    server.send(message, sender=sender, recipient=address)
    return True


def _address_for(told: Notification, now: datetime) -> str:
    try:
        viewer = load_viewer(told.user_id, now)
    except NotLoggedIn:
        return ""
    if not still_visible(told, viewer):
        return ""
    wishes = preferences_of(told.user_id)
    wanted = {one.kind: one for one in wishes.kinds}.get(Kind(told.kind), Preference(Kind(told.kind)))
    return wishes.email if wanted.email else ""


def send_webhook(payload: Mapping[str, Any], *, sender: Sender, now: datetime) -> Answer | None:
    """POST one event; None where the system is not told any more. Raises as `send_email`.

    Success is any 2xx. 410 ends it: the other side wants nothing more. All else is tried again later.
    """
    webhook_id = uuid.UUID(payload["webhook"])
    known = read_webhook(webhook_id)
    if known is None or not known.active:
        return None
    url, secret, name = known.url, known.secret, known.name
    db.session.rollback()
    try:
        answer = sender.send(
            url=url, secret=secret, message_id=payload["id"], body=as_sent(payload["body"]), now=now
        )
    except BadInput as error:  # taken off the allow-list since
        raise Undeliverable(f"Webhook {name}: {error}") from error
    if answer.status == GONE:
        switch_off(webhook_id=webhook_id, why="410 Gone", now=now)
        raise Undeliverable(f"Webhook {name}: bên nhận trả lời 410, không nhận nữa; đã ngừng gửi.")
    if not answer.is_success:
        raise Unavailable(f"Webhook {name}: bên nhận trả lời {answer.status}. {answer.beginning[:200]}")
    return answer


def as_sent(body: Mapping[str, Any]) -> bytes:
    """The same bytes at every attempt."""
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def try_webhook(name: str, *, sender: Sender, now: datetime) -> Answer:
    """Send a `test` event to a webhook at once; its answer. Raises NotFound, and as `send_webhook`."""
    known = webhook_named(name)
    url, secret = known.url, known.secret
    db.session.rollback()
    if not secret:
        raise WrongState("Webhook này chưa có khóa để ký; hãy đổi khóa trước.")
    body = {"type": "test", "timestamp": iso_instant(now), "data": {}}
    return sender.send(
        url=url, secret=secret, message_id=f"msg_{uuid.uuid4().hex}", body=as_sent(body), now=now
    )


def try_mail(to: str, *, server: MailServer, sender: str, public_url: str, now: datetime) -> None:
    """Send a test mail at once. Raises BadInput for an address that is none, and as `send_email`."""
    letter = Letter(
        identity=f"thu.{uuid.uuid4().hex}",
        title="Thư thử của hệ thống Công nhận",
        body="Nếu ông/bà đọc được thư này thì hệ thống gửi thư được.",
        link="/thong-bao",
    )
    address = checked_address(to)
    if not address:
        raise BadInput("Hãy nêu địa chỉ nhận thư thử.")
    server.send(
        compose(letter, to=address, sender=sender, public_url=public_url, now=now),
        sender=sender,
        recipient=address,
    )
