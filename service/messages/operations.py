"""Sending a message or a signal from outside: an administrator's act, recorded, going the way of a case's."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from service.audit.canonical import canonical
from service.audit.operations import SYSTEM, Actor, record_administration
from service.database import iso_instant, transaction
from service.errors import BadInput, IdempotencyKeyReused, NotAllowed, NotFound
from service.identity.queries import load_viewer
from service.identity.viewer import Viewer
from service.messages.payloads import checked_payload
from service.models import Case, OutboxRow, Role, Unit
from service.processes.acts import LEVEL_OF_ACT
from service.processes.queries import versions_catching
from service.processes.record import packed
from service.trace import traceparent
from service.wording import _

SENDERS = (Role.ADMINISTRATOR, Role.PROCESS_OWNER)
KEPT_DAYS = 30
LONGEST_KEPT_DAYS = 3650
NAMESPACE = uuid.UUID("7c0d3a52-0d4e-5c3c-8e53-1f0f4ad0b1b7")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}", re.ASCII)


@dataclass(frozen=True)
class Address:
    """Whom a message is for: a case by its code, or the case of a procedure for a commune (code) and year."""

    case: str = ""
    procedure: str = ""
    commune: str = ""
    year: int | None = None

    def as_json(self) -> dict[str, Any]:
        if self.case:
            return {"case": self.case}
        return {"procedure": self.procedure, "commune": self.commune, "year": self.year}


def send(
    *,
    kind: Literal["message", "signal"],
    name: str,
    to: Address | None = None,
    payload: Mapping[str, Any],
    kept_days: int = KEPT_DAYS,
    key: str | None = None,
    by: Viewer | None,
    now: datetime,
) -> str:
    """Send to one case, or a signal to all that listen; returns the `source` under which it can be followed.

    `by` None is the command line. The same `key` again sends nothing and returns the first one's source.
    Raises NotAllowed, NotFound for an unknown case, IdempotencyKeyReused, BadInput naming the fields.
    """
    values = checked_payload(payload)
    source = f"act:{uuid.uuid5(NAMESPACE, key) if key else uuid.uuid4()}"
    with transaction() as session:
        connection = session.connection()
        actor = _actor(connection, by, now)
        _check(connection, kind, name, to, kept_days)
        body: dict[str, Any] = {
            "source": source,
            "name": name,
            "payload": packed(values),
            "to": to.as_json() if to is not None else {},
            "expires": iso_instant(now + timedelta(days=kept_days)),
        }
        sent = connection.execute(
            select(OutboxRow.kind, OutboxRow.payload).where(OutboxRow.dedup_key == f"thrown:{source}")
        ).one_or_none()
        if sent is not None:
            same = {**sent.payload, "expires": ""} == {**body, "expires": ""} and sent.kind == kind
            if not same:
                raise IdempotencyKeyReused(_("Khóa này đã dùng để gửi một nội dung khác."))
            return source
        connection.execute(
            insert(OutboxRow).values(
                kind=kind,
                case_id=None,
                payload=body,
                dedup_key=f"thrown:{source}",
                available_at=now,
                created_at=now,
                traceparent=traceparent(),
            )
        )
        record_administration(
            connection,
            f"{kind}_sent",
            {"name": name, "source": source, "to": body["to"], "keys": sorted(values)},
            by=actor,
            at=now,
            private={"payload": canonical(body["payload"])} if values else None,
        )
    return source


def _actor(connection: Connection, by: Viewer | None, now: datetime) -> Actor:
    if by is None:
        return SYSTEM
    viewer = load_viewer(by.id, now, connection)
    seat = next((seat for seat in viewer.seats if seat.role in SENDERS), None)
    if seat is None:
        raise NotAllowed(_("Chỉ quản trị viên hoặc người quản lý quy trình gửi được thông điệp."))
    return by.actor(seat)


def _check(connection: Connection, kind: str, name: str, to: Address | None, kept_days: int) -> None:
    if name in LEVEL_OF_ACT:
        raise NotAllowed(_("Việc này thuộc thẩm quyền của lãnh đạo đơn vị; hãy thực hiện trên trang hồ sơ."))
    fields: dict[str, list[str]] = {}
    if _NAME.fullmatch(name) is None:
        fields["name"] = [_("Tên chỉ gồm chữ cái không dấu, chữ số, dấu gạch, dấu chấm; tối đa 100 ký tự.")]
    elif not versions_catching(name, kind):
        what = _("tín hiệu") if kind == "signal" else _("thông điệp")
        fields["name"] = [_("Không quy trình nào nhận %(what)s này.", what=what)]
    if not 1 <= kept_days <= LONGEST_KEPT_DAYS:
        fields["kept_days"] = [_("Từ 1 đến %(longest_kept_days)s ngày.", longest_kept_days=LONGEST_KEPT_DAYS)]
    if kind == "message":
        fields |= _address_faults(connection, to)
    elif to is not None:
        fields["to"] = [_("Tín hiệu gửi cho mọi hồ sơ đang chờ, không ghi nơi nhận.")]
    if fields:
        raise BadInput(next(iter(fields.values()))[0], fields=fields)


def _address_faults(connection: Connection, to: Address | None) -> dict[str, list[str]]:
    if to is None or not (to.case or (to.procedure and to.commune and to.year)):
        return {"to": [_("Ghi mã hồ sơ, hoặc đủ thủ tục, mã đơn vị cấp xã và năm.")]}
    if to.case:
        if connection.execute(select(Case.id).where(Case.code == to.case)).first() is None:
            raise NotFound(_("Không có hồ sơ mã %(case)s.", case=to.case))
    elif connection.execute(select(Unit.id).where(Unit.code == to.commune)).first() is None:
        return {"to.commune": [_("Không có đơn vị mã này.")]}
    return {}
