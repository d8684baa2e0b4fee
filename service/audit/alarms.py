"""What an installation must not be silent about: cases that cannot go on, deliveries that were given up."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Connection

from service.audit.operations import Actor, record_administration
from service.database import db
from service.models import Case, Event, OutboxRow
from service.wording import _

CASE_STUCK = "case_stuck"
SHOWN_FOR = timedelta(days=30)
# A mail server that is down must not make a list of ten thousand lines: the operations page has them all.
MOST_DEAD = 100


@dataclass(frozen=True)
class Alarm:
    """One line for administrators; `code` is the case's, "" where none is concerned."""

    code: str
    sentence: str


def record_stuck(
    connection: Connection, case_id: uuid.UUID, element: str, error: str, *, by: Actor, at: datetime
) -> None:
    """Somebody's act could not move a case: the act was refused, the fact is kept."""
    data: Mapping[str, str] = {"case": str(case_id), "element": element}
    record_administration(
        connection, CASE_STUCK, data, by=by, at=at, private={"error": error[:2000].encode()}
    )


def alarms(now: datetime) -> list[Alarm]:
    """Cases at rest with nobody to act, acts that failed in the last 30 days, deliveries given up."""
    found = stuck_cases(now)
    dead = db.session.execute(
        select(OutboxRow.kind, Case.code)
        .outerjoin(Case, Case.id == OutboxRow.case_id)
        .where(OutboxRow.state == "dead")
        .order_by(OutboxRow.id)
        .limit(MOST_DEAD)
    )
    found += [
        Alarm(row.code or "", _("Việc nền “%(kind)s” đã thử nhiều lần không được.", kind=row.kind))
        for row in dead
    ]
    return found


def stuck_cases(now: datetime) -> list[Alarm]:
    """Cases at rest with nobody to act, and those where an act failed in the last 30 days."""
    found = [
        Alarm(code, _("Hồ sơ dừng bất thường: không còn việc, thời hạn hay thông báo nào đang chờ."))
        for code in db.session.scalars(select(Case.code).where(Case.status == "stuck").order_by(Case.code))
    ]
    failed = db.session.scalars(
        select(Event.body)
        .where(
            Event.stream == "administration", Event.type == CASE_STUCK, Event.recorded_at > now - SHOWN_FOR
        )
        .order_by(Event.position)
    )
    concerned = {uuid.UUID(orjson.loads(body)["data"]["case"]) for body in failed}
    found += [
        Alarm(code, _("Một thao tác vừa không đưa được hồ sơ đi tiếp; xem nhật ký hệ thống."))
        for code in db.session.scalars(
            select(Case.code).where(Case.id.in_(sorted(concerned)), Case.status == "open").order_by(Case.code)
        )
    ]
    return found
