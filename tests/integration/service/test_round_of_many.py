"""Several communes in one round: how they stand is kept, each act reaches each of them once."""

from __future__ import annotations

import uuid
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from service.cases.operations import withdraw_case
from service.database import db, transaction
from service.errors import BadInput, CaseClosed, WrongState
from service.jobs.outbox import claim_many, drain
from service.models import OutboxRow, RoundItem, Submission
from service.rounds.decision import decide_round
from service.rounds.operations import add_cases, open_round
from service.rounds.proposal import (
    save_proposal,
    send_round_back,
    sign_submission,
    submit_round_for_signature,
)
from service.rounds.queries import acts_of, lines_of, read_round
from tests.builders import NOON, a_case_at, person
from tests.integration.service.province import Commune, brought_to_round, communes
from tests.integration.service.scenes import at_once, nothing_is_wrong, statements, status_of

OFFICER, DIRECTOR, DEPUTY, CHAIRMAN = (
    "so-tttt-chuyenvien",
    "so-tttt-giamdoc",
    "so-tttt-phogiamdoc",
    "tinh-chutich",
)
REFUSE = ("refuse", "Chưa đạt 2.6")


def handed_up(case_ids: list[uuid.UUID]) -> uuid.UUID:
    officer = person(OFFICER)
    round_id = open_round(year=2023, by=officer, now=NOON)
    add_cases(round_id=round_id, case_ids=case_ids, by=officer, now=NOON)
    save_proposal(round_id=round_id, text="Kính trình", seen_rev=None, by=officer, now=NOON)
    submit_round_for_signature(round_id=round_id, by=officer, now=NOON)
    return round_id


def rev_of(round_id: uuid.UUID) -> int:
    db.session.rollback()
    return read_round(round_id, person(DIRECTOR)).rev


def test_a_round_keeps_how_its_cases_stand_and_reaches_each_once_though_a_dispatcher_dies(core: Flask):
    people = communes(["eligible", "registered", "settled", "no index"])
    cases = {one.fares: brought_to_round(one) for one in people}
    round_id = handed_up(list(cases.values()))

    # Looking judges nobody anew.
    with statements() as sent:
        lines = {line.commune: line for line in lines_of(read_round(round_id, person(DIRECTOR)))}
    assert not [one for one in sent if "FROM submission" in one]
    standing = {one.fares: lines[one.name].standing for one in people}
    assert {fares: one.list for fares, one in standing.items()} == {
        "eligible": "assigned",
        "registered": "registered",
        "settled": "assigned",
        "no index": "not_proposed",
    }
    assert standing["settled"].disagreements == (
        "Chỉ tiêu 2.6: Sở chưa đạt, Thành viên đạt; hội nghị thống nhất: 56,3% (Số liệu 31/12)",
    )
    assert standing["no index"].eligible == "undecided"

    # What the leader was shown is what is signed: a page from before a change signs nothing.
    old = rev_of(round_id)
    send_round_back(round_id=round_id, reason="Sửa câu chữ", by=person(DEPUTY), now=NOON)
    save_proposal(round_id=round_id, text="Câu khác", seen_rev=None, by=person(OFFICER), now=NOON)
    submit_round_for_signature(round_id=round_id, by=person(OFFICER), now=NOON)
    with pytest.raises(WrongState, match="đã được sửa"):
        sign_submission(round_id=round_id, seen_rev=old, by=person(DIRECTOR), now=NOON)
    shown = rev_of(round_id)
    sign_submission(round_id=round_id, seen_rev=shown, by=person(DIRECTOR), now=NOON)
    drain(NOON, kinds=["round_told"])  # who hears of it is looked at in test_rounds_told

    # One dispatcher brings the act to one case, takes two more into its hands and is killed.
    assert drain(NOON, most=1) == 1
    assert len(claim_many(NOON, 2)) == 2
    assert drain(NOON) == 1
    assert progress(round_id) == [(2, 4)]
    with transaction() as session:
        session.execute(update(OutboxRow).values(claimed_until=None))  # nobody is behind those two
    assert drain(NOON) == 2

    assert progress(round_id) == [(4, 4)]
    assert times_submitted("department_submit") == 4
    assert nothing_is_wrong()


def test_a_leader_signs_while_another_sends_back_and_a_commune_leaves_while_the_chairman_decides(
    either_core: Flask,
):
    one = communes(["failing"])[0]
    case_id, other = brought_to_round(one), a_case_at("department_submit")
    round_id = handed_up([case_id, other])

    signing, sending_back = at_once(
        either_core,
        [
            partial(sign_submission, round_id=round_id, by=person(DIRECTOR), now=NOON),
            partial(send_round_back, round_id=round_id, reason="Sửa", by=person(DEPUTY), now=NOON),
        ],
    )

    assert [isinstance(answer, WrongState) for answer in (signing, sending_back)].count(True) == 1
    if isinstance(signing, WrongState):
        submit_round_for_signature(round_id=round_id, by=person(OFFICER), now=NOON)
        sign_submission(round_id=round_id, by=person(DIRECTOR), now=NOON)
    drain(NOON)

    chosen = {case_id: REFUSE, other: REFUSE}
    deciding, leaving = at_once(
        either_core,
        [
            partial(decide_round, round_id=round_id, outcomes=chosen, by=person(CHAIRMAN), now=NOON),
            partial(withdraw, one, case_id),
        ],
    )
    if isinstance(deciding, BadInput):  # the commune had left by then: the Decision is on the other alone
        deciding = decide_round(round_id=round_id, outcomes={other: REFUSE}, by=person(CHAIRMAN), now=NOON)
    drain(NOON)

    # Whoever was first, the case has one end, and the Decision on the other stands.
    assert isinstance(deciding, uuid.UUID), repr(deciding)
    assert leaving is None or isinstance(leaving, CaseClosed), repr(leaving)
    ended = ("finished", "commune_not_recognised" if leaving else "dossier_withdrawn")
    assert status_of(case_id) == ended
    assert status_of(other) == ("finished", "commune_not_recognised")
    assert db.session.execute(select(func.count()).where(RoundItem.live)).scalar_one() == 0
    assert nothing_is_wrong()


def withdraw(one: Commune, case_id: uuid.UUID) -> None:
    withdraw_case(case_id=case_id, reason="Xã xin rút", by=person(one.leader), now=NOON)


def progress(round_id: uuid.UUID) -> list[tuple[int, int]]:
    db.session.rollback()
    return [(act.reached, act.total) for act in acts_of(read_round(round_id, person(DIRECTOR)))]


def times_submitted(element: str) -> int:
    return db.session.execute(select(func.count()).where(Submission.element == element)).scalar_one()
