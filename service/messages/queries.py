"""What was sent and what became of it: for administrators, process owners and auditors."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from service.database import db
from service.errors import NotAllowed, NotFound
from service.identity.viewer import Viewer
from service.models import Case, Message, OutboxRow, Role
from service.wording import _

READERS = (Role.ADMINISTRATOR, Role.PROCESS_OWNER, Role.AUDITOR)
SHOWN = 100


@dataclass(frozen=True)
class Sent:
    """One message for one receiver. `receiver` and `sender` are codes, "" where there is no case (yet)."""

    id: uuid.UUID
    kind: str
    name: str
    source: str
    sender: str
    receiver: str
    to: dict[str, Any]
    state: str
    created_at: datetime
    expires_at: datetime
    delivered_at: datetime | None
    why: str


@dataclass(frozen=True)
class Progress:
    """How many receivers a sending has reached. `posted` False: more of them may follow."""

    waiting: int
    delivered: int
    expired: int
    posted: bool


def list_messages(
    viewer: Viewer, *, state: str = "", name: str = "", source: str = "", most: int = SHOWN
) -> Sequence[Sent]:
    """The newest first, narrowed down where a state, name or source is given. Raises NotAllowed."""
    require_reader(viewer)
    return newest(state=state, name=name, source=source, most=most)


def newest(*, state: str = "", name: str = "", source: str = "", most: int = SHOWN) -> Sequence[Sent]:
    """As `list_messages`, for who runs the installation."""
    sender, receiver = aliased(Case), aliased(Case)
    query = (
        select(Message, sender.code.label("sender"), receiver.code.label("receiver"))
        .outerjoin(sender, sender.id == Message.sender_case_id)
        .outerjoin(receiver, receiver.id == Message.receiver_case_id)
        .order_by(Message.position.desc(), Message.id)
        .limit(most)
    )
    for column, wanted in ((Message.state, state), (Message.name, name), (Message.source, source)):
        if wanted:
            query = query.where(column == wanted)
    rows = db.session.execute(query.execution_options(populate_existing=True))
    return [
        Sent(
            id=message.id,
            kind=message.kind,
            name=message.name,
            source=message.source,
            sender=sender_code or "",
            receiver=receiver_code or "",
            to=message.to,
            state=message.state,
            created_at=message.created_at,
            expires_at=message.expires_at,
            delivered_at=message.delivered_at,
            why=message.last_error,
        )
        for message, sender_code, receiver_code in rows
    ]


def progress_of(viewer: Viewer, source: str) -> Progress:
    """How far a sending has come, by the source that `send` returned. Raises NotAllowed, NotFound."""
    require_reader(viewer)
    counts: dict[str, int] = dict(
        db.session.execute(
            select(Message.state, func.count()).where(Message.source == source).group_by(Message.state)
        ).all()
    )
    posted = db.session.execute(
        select(OutboxRow.state).where(OutboxRow.dedup_key == f"thrown:{source}")
    ).scalar_one_or_none()
    if posted is None and not counts:
        raise NotFound(_("Không có lần gửi này."))
    return Progress(
        waiting=counts.get("waiting", 0),
        delivered=counts.get("delivered", 0),
        expired=counts.get("expired", 0),
        posted=posted not in ("waiting", "dead"),
    )


def require_reader(viewer: Viewer) -> None:
    if not viewer.has(*READERS):
        raise NotAllowed(_("Chỉ quản trị viên, người quản lý quy trình và người kiểm tra xem được."))
