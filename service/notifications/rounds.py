"""Telling of a round: who has to sign, to whom the draft came back, what was signed, what was left for later.

What a bell asked for is done by the time the next one rings: the former bells of the round are then read.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from service.clock import local_day
from service.database import transaction
from service.identity.viewer import Role
from service.models import Case, Notification, Round, RoundItem, Unit
from service.notifications import words
from service.notifications.kinds import Kind
from service.notifications.recipients import Holders, holders_on
from service.notifications.telling import Telling, tell
from service.rounds.rows import GATHERING, SIGNING
from service.rounds.set_aside import SET_ASIDE
from service.rounds.told import GIVEN, REQUESTED, RETURNED, SIGNED

DEPARTMENT, COMMUNE = "department", "commune"
# Bells that asked for an act of the round, by what has happened since.
_DONE_BY: Mapping[str, tuple[Kind, ...]] = {
    REQUESTED: (Kind.SENT_BACK,),
    RETURNED: (Kind.SIGNATURE_REQUESTED,),
    SIGNED: (Kind.SIGNATURE_REQUESTED,),
    GIVEN: (Kind.SIGNATURE_REQUESTED, Kind.TASK_OPENED),
}
# The state in which there still is something to tell of.
_STILL: Mapping[str, str] = {REQUESTED: SIGNING, RETURNED: GATHERING}


def announce_round(payload: Mapping[str, Any], now: datetime, *, by_email: bool) -> None:
    """`payload`: round, what, rev. Told twice is once; what has been overtaken meanwhile is not told."""
    what = payload["what"]
    with transaction() as session:
        round_ = session.get(Round, uuid.UUID(payload["round"]), populate_existing=True)
        if round_ is None or what not in _DONE_BY:
            return
        connection = session.connection()
        _read(connection, round_, _DONE_BY[what], now)
        if what in _STILL and round_.state != _STILL[what]:
            return
        tellings = list(_tellings(session, round_, what, int(payload["rev"]), now))
        tell(connection, tellings, now=now, by_email=by_email)


def _read(connection: Connection, round_: Round, kinds: tuple[Kind, ...], now: datetime) -> None:
    connection.execute(
        update(Notification)
        .where(
            Notification.link == _link(round_),
            Notification.kind.in_([kind.value for kind in kinds]),
            Notification.read_at.is_(None),
        )
        .values(read_at=now)
    )


def _tellings(session: Session, round_: Round, what: str, rev: int, now: datetime) -> Iterator[Telling]:
    place = (DEPARTMENT, round_.department_id)
    held = holders_on(session.connection(), [place], local_day(now))
    officers, leaders = held.with_role(place, Role.OFFICER), held.with_role(place, Role.LEADER)
    prepared = frozenset({round_.prepared_by} if round_.prepared_by else ())
    kind, said, users = Kind.ROUND_NEWS, words.round_signed(round_.name), officers | leaders
    if what == REQUESTED:
        # As for a task: who prepared it does not sign it.
        kind, said = Kind.SIGNATURE_REQUESTED, words.round_signature_requested(round_.name)
        users = (leaders - prepared) or leaders
    elif what == RETURNED:
        kind, said = Kind.SENT_BACK, words.round_sent_back(round_.name)
        users = (prepared & held.everybody(place)) or officers
    elif what == GIVEN:
        items = _decided(session, round_)
        said = words.round_decided(round_.name, Counter(str(item.outcome) for item in items))
        yield from _set_aside(session, round_, items, officers, now)
    for user in users:
        # A round is no case: whoever sees rounds may follow the link.
        yield Telling(user, kind, said, _link(round_), f"round:{round_.id}:{what}:{rev}")  # type: ignore[arg-type]


def _decided(session: Session, round_: Round) -> list[RoundItem]:
    return list(
        session.scalars(
            select(RoundItem).where(RoundItem.round_id == round_.id, RoundItem.outcome.is_not(None))
        )
    )


def _set_aside(
    session: Session, round_: Round, items: list[RoundItem], officers: frozenset[uuid.UUID], now: datetime
) -> Iterator[Telling]:
    """Of each such case its commune and Sở's officers hear; why is read on the case's page."""
    left = sorted(item.case_id for item in items if item.outcome == SET_ASIDE)
    if not left:
        return
    rows = session.execute(
        select(Case.id, Case.code, Case.year, Case.commune_id, Unit.name)
        .join(Unit, Unit.id == Case.commune_id)
        .where(Case.id.in_(left))
        .order_by(Case.code)
    ).all()
    places = {(COMMUNE, row.commune_id) for row in rows}
    held: Holders = holders_on(session.connection(), places, local_day(now))
    for row in rows:
        said = words.set_aside(row.name, row.code, row.year, round_.name)
        for user in sorted(held.everybody((COMMUNE, row.commune_id)) | officers):
            key = f"round:{round_.id}:{SET_ASIDE}:{row.id}"
            yield Telling(user, Kind.ROUND_NEWS, said, f"/ho-so/{row.id}", key, case_id=row.id)


def _link(round_: Round) -> str:
    return f"/dot/{round_.id}"
