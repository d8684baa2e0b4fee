"""A province at work: many communes of one district, each with people of its own, and how their cases fared.

Every case is brought to Sở's Tờ trình by the acts of those whose steps they are. Needs reference data.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select

from service.cases.operations import open_case
from service.database import db, transaction
from service.identity.operations import add_user, give_role
from service.models import Quota, Unit
from service.tasks.operations import complete_task, current_rev, save_draft, sign_task, submit_for_signature
from tests.builders import NOON, open_task, person, story_answers
from tests.integration.service.scenes import EMPTY, PEOPLE, all_met, open_tasks

YEAR = 2023
COMMUNE, DISTRICT, MEMBER, VERIFY, MEETING = (
    "self_assess",
    "district_appraise",
    "member_opinion",
    "department_verify",
    "reconciliation_meeting",
)
FAILS = {"2.6": {"raw": "54,4%"}}
WHY = "Xã không có thôn nào thuộc diện này"
ABSENT = {"4.5": {"raw": "", "decision": "not_applicable", "reason": WHY}}
OTHERWISE = {MEMBER: {"2.6": {"raw": "56,3%"}}, VERIFY: FAILS}
# {how a case fares: {step: {criterion: what is written instead of a result that meets the target}}}
FARES: dict[str, dict[str, dict[str, dict[str, Any]]]] = {
    "eligible": {},
    "registered": {},
    "failing": {COMMUNE: FAILS, DISTRICT: FAILS, MEMBER: FAILS, VERIFY: FAILS},
    "no index": {},
    "not applicable": {DISTRICT: ABSENT, MEMBER: ABSENT, VERIFY: ABSENT},
    "settled": OTHERWISE,
    "still open": OTHERWISE,
}
# Sixteen neighbours: as a year might go.
MIXTURE = (
    *("eligible", "eligible", "registered", "failing", "eligible", "not applicable", "settled", "eligible"),
    *("eligible", "no index", "registered", "eligible", "failing", "eligible", "still open", "eligible"),
)


@dataclass(frozen=True)
class Commune:
    """A commune, its officer and its leader by their usernames, and how its case fares."""

    id: uuid.UUID
    name: str
    officer: str
    leader: str
    fares: str


def communes(fares: Sequence[str]) -> list[Commune]:
    """New communes of thị xã Bỉm Sơn, one for each; all but the registered ones on the year's list."""
    made = []
    with transaction() as session:
        district = session.execute(select(Unit.id).where(Unit.code == "thi-xa-bim-son")).scalar_one()
        for number, fate in enumerate(fares, 1):
            one = Commune(
                uuid.uuid4(), f"UBND xã Số {number}", f"xa-{number:03}-cv", f"xa-{number:03}-ld", fate
            )
            session.execute(
                insert(Unit).values(
                    id=one.id,
                    code=f"xa-so-{number:03}",
                    name=one.name,
                    kind="commune",
                    parent_id=district,
                    valid_from=date(2022, 1, 1),
                )
            )
            if fate != "registered":
                quota = insert(Quota).values(commune_id=one.id, year=YEAR, source="Quyết định 969/QĐ-UBND")
                session.execute(quota)
            for username, role in ((one.officer, "officer"), (one.leader, "leader")):
                add_user(
                    username=username,
                    display_name=username,
                    password="khong-dang-nhap-bang-mat-khau",
                    hashed="không dùng",
                    must_change=False,
                    now=NOON,
                )
                give_role(username=username, role=role, unit_code=f"xa-so-{number:03}", now=NOON)
            made.append(one)
    return made


def brought_to_round(one: Commune) -> uuid.UUID:
    """Its case, as far as Sở's Tờ trình."""
    opener = one.officer if one.fares == "registered" else PEOPLE[VERIFY][0]
    case_id = open_case(commune_id=one.id, year=YEAR, by=person(opener), now=NOON)
    for element in PEOPLE:
        if element not in open_tasks(case_id):
            continue
        officer, signer = (one.officer, one.leader) if element == COMMUNE else PEOPLE[element]
        _done(open_task(case_id, element), _answers(element, one.fares), officer, signer)
    db.session.remove()
    return case_id


def _done(task_id: uuid.UUID, answers: dict[str, Any], officer: str, signer: str) -> None:
    if not officer:
        complete_task(task_id=task_id, answers=answers, by=person(signer), now=NOON)
        return
    rev, by = current_rev(task_id), person(officer)
    save_draft(task_id=task_id, answers=answers, seen_rev=rev, by=by, now=NOON)
    submit_for_signature(task_id=task_id, by=by, now=NOON)
    sign_task(task_id=task_id, by=person(signer), now=NOON)


def _answers(element: str, fares: str) -> dict[str, Any]:
    if element == MEETING:
        return _minutes(agreed=fares == "settled")
    answers = all_met(element, **FARES[fares].get(element, {}))
    if fares == "no index" and element == DISTRICT:
        answers |= {"index_score": None, "index_maximum": None, "ranking_decision_number": ""}
        answers["ranking_decision_date"] = None
    if fares in ("failing", "no index") and element == MEMBER:
        answers.pop("overall", None)
    return answers


def _minutes(*, agreed: bool) -> dict[str, Any]:
    raw, reason = ("56,3%", "Số liệu 31/12") if agreed else ("", "Hai nguồn số liệu")
    entry = {**EMPTY, "raw": raw, "reason": reason}
    return {
        **story_answers(MEETING),
        "outcome": "agreed" if agreed else "differs",
        "criteria": {"2.6": {**entry, "agreed": agreed}},
    }
