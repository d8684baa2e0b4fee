"""Reading rounds: for Sở, the Chairman and auditors."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import contains_eager, defer

from service.database import AnyRow, db
from service.errors import NotFound
from service.identity.viewer import Viewer
from service.models import (
    Case,
    Document,
    OutboxRow,
    Role,
    Round,
    RoundAct,
    RoundDelivery,
    RoundItem,
    Task,
    Unit,
    User,
)
from service.models.cases import OPEN_STATES
from service.rounds.on_the_way import undelivered
from service.rounds.standing import Standing
from service.rounds.standings import drafted_standings, signed_standings


@dataclass(frozen=True)
class RoundLine:
    """A case in a round with its standing and how far each act has reached it."""

    item: RoundItem
    commune: str
    standing: Standing
    deliveries: dict[str, str]


@dataclass(frozen=True)
class Progress:
    """How many cases an act has completed, of how many (57/118); `refused` had left by then."""

    act: RoundAct
    document: Document
    reached: int
    refused: int
    total: int

    @property
    def unfinished(self) -> bool:
        return self.reached + self.refused < self.total


def may_see_rounds(viewer: Viewer) -> bool:
    return bool(viewer.departments) or viewer.has(Role.CHAIRMAN, Role.AUDITOR)


def list_rounds(viewer: Viewer) -> Sequence[AnyRow]:
    """Rounds newest first, each with its number of cases."""
    if not may_see_rounds(viewer):
        raise NotFound()
    return db.session.execute(
        select(Round, func.count(RoundItem.case_id).label("cases"))
        .outerjoin(RoundItem, RoundItem.round_id == Round.id)
        .group_by(Round.id)
        .order_by(Round.year.desc(), Round.number.desc())
        .options(defer(Round.draft))
    ).all()


def overview_of_rounds() -> Sequence[AnyRow]:
    """Rounds newest first, without their content; `cases` counts, `opened_by` is a name."""
    counted = select(func.count()).where(RoundItem.round_id == Round.id).scalar_subquery()
    return db.session.execute(
        select(
            Round.id,
            Round.name,
            Round.year,
            Round.state,
            Round.opened_at,
            User.display_name.label("opened_by"),
            counted.label("cases"),
        )
        .join(User, User.id == Round.opened_by)
        .order_by(Round.year.desc(), Round.number.desc())
    ).all()


def read_round(round_id: uuid.UUID, viewer: Viewer) -> Round:
    if not may_see_rounds(viewer):
        raise NotFound()
    found = db.session.scalars(
        select(Round).where(Round.id == round_id).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def gone_from(round_: Round) -> list[str]:
    """Communes whose cases were withdrawn or dissolved while they were in the round."""
    return list(
        db.session.scalars(
            select(Unit.name)
            .join(Case, Case.commune_id == Unit.id)
            .join(RoundItem, RoundItem.case_id == Case.id)
            .where(RoundItem.round_id == round_.id, Case.status == "finished", RoundItem.outcome.is_(None))
            .order_by(Case.code)
        )
    )


def lines_of(round_: Round) -> list[RoundLine]:
    """The cases of a round by list and code; without those that left it (see gone_from)."""
    rows = db.session.execute(
        select(RoundItem, Unit.name)
        .join(Case, Case.id == RoundItem.case_id)
        .join(Unit, Unit.id == Case.commune_id)
        .where(
            RoundItem.round_id == round_.id, or_(Case.status != "finished", RoundItem.outcome.is_not(None))
        )
        .order_by(RoundItem.list, Case.code)
        .options(contains_eager(RoundItem.case))
    ).all()
    reached: dict[uuid.UUID, dict[str, str]] = {}
    for delivery, kind in db.session.execute(
        select(RoundDelivery, RoundAct.kind)
        .join(RoundAct, RoundAct.id == RoundDelivery.act_id)
        .where(RoundAct.round_id == round_.id)
    ):
        reached.setdefault(delivery.case_id, {})[kind] = delivery.note or delivery.state
    signed = signed_standings(db.session(), round_)
    drafted = drafted_standings(round_, [item.case for item, _ in rows if item.case_id not in signed])
    standings = {**signed, **drafted}
    return [
        RoundLine(
            item,
            commune,
            standings[item.case_id],
            reached.get(item.case_id, {}),
        )
        for item, commune in rows
    ]


def acts_of(round_: Round) -> list[Progress]:
    """The acts given so far, with their documents and progress."""
    rows = db.session.execute(
        select(
            RoundAct,
            Document,
            func.count(case((RoundDelivery.state == "delivered", 1))),
            func.count(case((RoundDelivery.state == "refused", 1))),
        )
        .join(Document, Document.round_act_id == RoundAct.id)
        .outerjoin(RoundDelivery, RoundDelivery.act_id == RoundAct.id)
        .where(RoundAct.round_id == round_.id)
        .group_by(RoundAct.id, Document.id)
        .order_by(RoundAct.signed_at, RoundAct.kind.desc())
    ).all()
    return [
        Progress(
            act,
            document,
            reached,
            refused,
            sum(1 for c in act.content["cases"].values() if c.get("outcome") != "set_aside"),
        )
        for act, document, reached, refused in rows
    ]


def candidates(round_: Round) -> Sequence[AnyRow]:
    """Cases of the year that wait for a round, are in none, and have nothing of an earlier one on its way."""
    in_round = select(RoundItem.case_id).where(RoundItem.live)
    on_the_way = select(OutboxRow.case_id).where(undelivered(), OutboxRow.case_id.is_not(None))
    return db.session.execute(
        select(Case.id, Case.code, Case.basis, Unit.name.label("commune"))
        .join(Unit, Unit.id == Case.commune_id)
        .join(Task, Task.case_id == Case.id)
        .where(
            Case.year == round_.year,
            Case.department_id == round_.department_id,
            Task.completed_by_round,
            Task.state.in_(OPEN_STATES),
            Case.id.not_in(in_round),
            Case.id.not_in(on_the_way),
        )
        .order_by(Case.code)
    ).all()


def documents_for_case(case_id: uuid.UUID) -> Sequence[Document]:
    """The round documents that reached a case."""
    return db.session.scalars(
        select(Document)
        .join(RoundDelivery, RoundDelivery.act_id == Document.round_act_id)
        .where(RoundDelivery.case_id == case_id, RoundDelivery.state == "delivered")
        .order_by(Document.signed_at)
    ).all()
