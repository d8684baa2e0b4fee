"""Cases past their time, and those who keep and decide."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import select

from service.audit.erased import KIND_NAMES
from service.cases.operations import withdraw_case
from service.clock import LOCAL
from service.database import db
from service.models import Case
from service.retention.carrying_out import Progress, carry_out
from service.retention.lists import decide_erasure, propose_erasure
from service.retention.periods import Period, set_period
from tests.builders import NOON, a_case_at, person

# All cases of the tests end in 2023; ten years from the end of that year are over on 1/1/2034.
LATER = datetime(2034, 1, 2, 9, 0, tzinfo=LOCAL)
KEEPER, DECIDER = "quantri", "tinh-chutich"


def ten_years_for(*kinds: str, now: datetime = NOON, years: int = 10, counted_from: str = "year_end") -> None:
    for kind in kinds or KIND_NAMES:
        period = Period(kind, years, counted_from, None, "Văn bản thử số 1", confirmed=True)
        set_period(period=period, valid_from=date(2023, 1, 1), by=None, now=now)


def an_ended_case() -> uuid.UUID:
    """Withdrawn by the commune when Sở was about to verify: four levels have handed something over."""
    case_id = a_case_at("department_verify")
    withdraw_case(case_id=case_id, reason="Xã sáp nhập.", by=person("xa-thidu-lanhdao"), now=NOON)
    return case_id


def proposed(*case_ids: uuid.UUID, now: datetime = LATER) -> uuid.UUID:
    return propose_erasure(case_ids=case_ids, reason="Hết thời hạn", by=person(KEEPER, now), now=now)


def approved(*case_ids: uuid.UUID, now: datetime = LATER) -> uuid.UUID:
    erasure_id = proposed(*case_ids, now=now)
    decide_erasure(
        erasure_id=erasure_id, approve=True, decision="Quyết định thử", by=person(DECIDER, now), now=now
    )
    return erasure_id


def erased(*case_ids: uuid.UUID, files: Path, now: datetime = LATER) -> Progress:
    approved(*case_ids, now=now)
    return carry_out(files, now)


def the_recognised_case() -> uuid.UUID:
    return db.session.execute(select(Case.id).where(Case.outcome == "commune_recognised")).scalar_one()
