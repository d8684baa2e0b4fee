"""The other systems that are told of events: who they are, what they hear, the secrets they share with us.

Signing follows the Standard Webhooks specification 1.0 (https://www.standardwebhooks.com).
"""

from __future__ import annotations

import base64
import re
import secrets
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from service.audit.operations import SYSTEM, Actor, record_administration
from service.database import db, transaction
from service.errors import BadInput, NotFound, WrongState
from service.models import Webhook
from service.notifications.events import Event, EventKind
from service.notifications.telling import WEBHOOK
from service.notifications.webhook_urls import checked_url
from service.wording import _

PREFIX = "whsec_"
SECRET_BYTES = 32
LONGEST_NAME = 100
_NAME = re.compile(rf"\w[\w .-]{{0,{LONGEST_NAME - 1}}}")


@dataclass(frozen=True)
class Listener:
    id: uuid.UUID
    kinds: frozenset[str]


def listeners(connection: Connection) -> list[Listener]:
    """The systems that are told at present."""
    rows = connection.execute(select(Webhook.id, Webhook.kinds).where(Webhook.active).order_by(Webhook.name))
    return [Listener(row.id, frozenset(row.kinds)) for row in rows]


def webhook_rows(hearing: Sequence[Listener], events: Iterable[Event]) -> list[dict[str, Any]]:
    """Outbox rows that bring each event to each system that listens for it."""
    return [
        {
            "kind": WEBHOOK,
            "payload": {"webhook": str(one.id), "id": event.id, "body": event.body()},
            "dedup_key": f"webhook:{one.id}:{event.id}",
        }
        for event in events
        for one in hearing
        if event.kind in one.kinds
    ]


def add_webhook(
    *,
    name: str,
    url: str,
    kinds: Collection[str],
    allowed_hosts: Collection[str],
    by: Actor = SYSTEM,
    now: datetime,
) -> str:
    """Tell another system from now on; returns the secret, which is shown this once.

    Raises BadInput: a name that is taken, an address off the allow-list (WEBHOOK_HOSTS), an unknown kind.
    """
    name = _checked_name(name)
    checked_url(url, allowed_hosts)
    if not kinds or not set(kinds) <= set(EventKind):
        sentence = _("Chọn ít nhất một loại sự kiện trong: %(eventkind)s.", eventkind=", ".join(EventKind))
        raise BadInput(sentence, fields={"kinds": [sentence]})
    secret, webhook_id = new_secret(), uuid.uuid4()
    with transaction() as session:
        if _named(name) is not None:
            sentence = _("Đã có webhook tên %(name)s; hãy chọn tên khác.", name=f"{name!r}")
            raise BadInput(sentence, fields={"name": [sentence]})
        session.execute(
            insert(Webhook).values(
                id=webhook_id,
                name=name,
                url=url,
                secret=secret,
                kinds=sorted(kinds),
                active=True,
                created_at=now,
                created_by=by.user_id,
            )
        )
        _record("webhook_added", webhook_id, by, now, name=name, url=url, kinds=sorted(kinds))
    return secret


def remove_webhook(*, name: str, by: Actor = SYSTEM, now: datetime) -> None:
    """Tell it nothing more; what waits for it in the outbox ends without being sent."""
    with transaction() as session:
        known = _known(name)
        session.execute(delete(Webhook).where(Webhook.id == known.id))
        _record("webhook_removed", known.id, by, now, name=known.name)


def rotate_secret(*, name: str, by: Actor = SYSTEM, now: datetime) -> str:
    """A new secret, returned this once. Until `finish_rotation` the former one signs too.

    One that a restored backup left without a secret gets its first and is told of events again.
    """
    with transaction() as session:
        known, secret = _known(name), new_secret()
        former = known.secret.split()
        if len(former) > 1:
            # Whoever presses twice would take from the other side the only key that it has.
            raise WrongState(_("Webhook này đang đổi khóa; hãy kết thúc lần đổi trước đã."))
        session.execute(
            update(Webhook)
            .where(Webhook.id == known.id)
            .values(secret=" ".join([secret, *former]), active=known.active or not former)
        )
        _record("webhook_secret_rotated", known.id, by, now, name=known.name)
    return secret


def finish_rotation(*, name: str, by: Actor = SYSTEM, now: datetime) -> None:
    """The other side has the new secret: the former one signs nothing any more."""
    with transaction() as session:
        known = _known(name)
        current, *former = known.secret.split() or [""]
        if not former:
            raise WrongState(_("Webhook này không đang đổi khóa."))
        session.execute(update(Webhook).where(Webhook.id == known.id).values(secret=current))
        _record("webhook_rotation_finished", known.id, by, now, name=known.name)


def switch_on(*, name: str, by: Actor = SYSTEM, now: datetime) -> None:
    """Tell it of events again, from now on. Raises WrongState where it has no secret to sign with."""
    with transaction() as session:
        known = _known(name)
        if not known.secret:
            raise WrongState(_("Webhook này chưa có khóa; hãy bấm Đổi khóa để tạo khóa mới."))
        session.execute(update(Webhook).where(Webhook.id == known.id).values(active=True))
        _record("webhook_switched_on", known.id, by, now, name=known.name)


def switch_off(*, webhook_id: uuid.UUID, why: str, by: Actor = SYSTEM, now: datetime) -> None:
    """The other side said that it is gone (410): nothing more is sent until somebody switches it on."""
    with transaction() as session:
        changed = session.execute(
            update(Webhook).where(Webhook.id == webhook_id, Webhook.active).values(active=False)
        )
        if changed.rowcount:  # type: ignore[attr-defined]
            _record("webhook_switched_off", webhook_id, by, now, why=why)


def list_webhooks() -> Sequence[Webhook]:
    return db.session.scalars(
        select(Webhook).order_by(Webhook.name).execution_options(populate_existing=True)
    ).all()


def read_webhook(webhook_id: uuid.UUID) -> Webhook | None:
    return db.session.get(Webhook, webhook_id, populate_existing=True)


def webhook_named(name: str) -> Webhook:
    """Raises NotFound."""
    return _known(name)


def new_secret() -> str:
    """`whsec_` and 256 random bits in base64, as the specification has it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _checked_name(name: str) -> str:
    name = name.strip()
    if _NAME.fullmatch(name) is None:
        sentence = _(
            "Tên webhook gồm chữ, số, dấu cách, . _ -, từ 1 đến %(longest_name)s ký tự.",
            longest_name=LONGEST_NAME,
        )
        raise BadInput(sentence, fields={"name": [sentence]})
    return name


def _named(name: str) -> Webhook | None:
    return db.session.scalars(select(Webhook).where(Webhook.name == name)).one_or_none()


def _known(name: str) -> Webhook:
    known = _named(name)
    if known is None:
        raise NotFound(_("Không có webhook tên %(name)s.", name=f"{name!r}"))
    return known


def _record(kind: str, webhook_id: uuid.UUID, by: Actor, now: datetime, **data: Any) -> None:
    record_administration(db.session.connection(), kind, {"webhook": str(webhook_id), **data}, by=by, at=now)
