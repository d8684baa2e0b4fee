"""What is past its time, and what is to go to the archive, by the periods of today. Nothing held is in it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select

from service.administration.typed import start_of
from service.clock import local_day
from service.database import db
from service.models import (
    Case,
    Erasure,
    ErasureCase,
    ErasureState,
    RecordKind,
    RetentionRule,
    TransferredCase,
    Unit,
)
from service.retention.holds import is_held
from service.retention.periods import END, rules_on

# Of one list; what is beyond it comes with the next.
MOST_CASES = 500


@dataclass(frozen=True)
class DueCase:
    """A case and which kinds of its records are past their time: {kind: the day from which they are}."""

    id: uuid.UUID
    code: str
    commune: str
    year: int
    ended_on: date
    kinds: dict[str, date]


def due_day(ended_on: date, rule: RetentionRule) -> date | None:
    """The first day after the period; None where it has no end. 29/2 plus a year is 28/2."""
    if rule.years is None:
        return None
    start = ended_on if rule.counted_from == END else date(ended_on.year, 12, 31)
    return _plus(start, rule.years) + timedelta(days=1)


def _plus(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def due_for_erasure(now: datetime, *, most: int = MOST_CASES) -> list[DueCase]:
    """Ended cases with something past its confirmed period that is on no list yet, the oldest first."""
    today = local_day(now)
    rules = {
        kind: rule
        for kind, rule in rules_on(today).items()
        if rule.confirmed and rule.years is not None and today.year - rule.years >= 1970
    }
    conditions = {kind: _past(kind, rule, today) for kind, rule in rules.items()}
    if not conditions:
        return []
    rows = db.session.execute(
        select(Case.id, Case.code, Case.year, Case.finished_at, Unit.name)
        .join(Unit, Unit.id == Case.commune_id)
        .where(
            Case.status == "finished", Case.finished_at.is_not(None), ~is_held(), or_(*conditions.values())
        )
        .order_by(Case.finished_at, Case.code)
        .limit(most)
    ).all()
    listed = _listed([row.id for row in rows])
    found = []
    for row in rows:
        ended_on = local_day(row.finished_at)
        kinds = {
            kind: day
            for kind, rule in rules.items()
            if (day := due_day(ended_on, rule)) is not None and day <= today and (row.id, kind) not in listed
        }
        if kinds:
            found.append(DueCase(row.id, row.code, row.name, row.year, ended_on, kinds))
    return found


def _past(kind: str, rule: RetentionRule, today: date) -> ColumnElement[bool]:
    """The kind of the case at hand is past its time, and on no list; a day more than exactly is looked at."""
    years = rule.years or 0
    before = _plus(today, -years) if rule.counted_from == END else date(today.year - years, 1, 1)
    on_a_list = exists().where(
        ErasureCase.case_id == Case.id,
        ErasureCase.kind == kind,
        _counts(),
        ErasureCase.erasure_id == Erasure.id,
    )
    return and_(Case.finished_at < start_of(before), ~on_a_list)


def _counts() -> ColumnElement[bool]:
    """A list whose lines are not to be proposed again: it waits, or has been carried out."""
    return and_(
        Erasure.why == "period",
        or_(
            and_(
                Erasure.state.in_((ErasureState.PROPOSED.value, ErasureState.APPROVED.value)),
                ErasureCase.state == "waiting",
            ),
            ErasureCase.state == "done",
        ),
    )


def _listed(ids: Sequence[uuid.UUID]) -> set[tuple[uuid.UUID, str]]:
    rows = db.session.execute(
        select(ErasureCase.case_id, ErasureCase.kind)
        .join(Erasure, Erasure.id == ErasureCase.erasure_id)
        .where(ErasureCase.case_id.in_(ids), _counts())
    )
    return {(row.case_id, row.kind) for row in rows}


@dataclass(frozen=True)
class DueTransfer:
    id: uuid.UUID
    code: str
    commune: str
    year: int
    opened_on: date
    ended_on: date
    due_on: date


def due_for_transfer(now: datetime, *, most: int = MOST_CASES) -> list[DueTransfer]:
    """Ended cases that are to be with the archive by a day that is near or past, and are not: oldest first.

    They are listed from the year in which that day lies.
    """
    rule = rules_on(local_day(now)).get(RecordKind.SUBMISSION.value)
    if rule is None or rule.transfer_years is None:
        return []
    latest = start_of(date(local_day(now).year - rule.transfer_years + 1, 1, 1))
    transferred = exists().where(TransferredCase.case_id == Case.id)
    rows = db.session.execute(
        select(Case.id, Case.code, Case.year, Case.opened_at, Case.finished_at, Unit.name)
        .join(Unit, Unit.id == Case.commune_id)
        .where(Case.status == "finished", Case.finished_at < latest, ~transferred)
        .order_by(Case.finished_at, Case.code)
        .limit(most)
    )
    return [
        DueTransfer(
            row.id,
            row.code,
            row.name,
            row.year,
            local_day(row.opened_at),
            ended_on := local_day(row.finished_at),
            date(ended_on.year + rule.transfer_years, 12, 31),
        )
        for row in rows
    ]
