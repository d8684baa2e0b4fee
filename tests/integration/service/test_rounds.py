"""One Tờ trình and one Decision for many cases: each case's own task completed by it exactly once."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from service.cases.operations import withdraw_case
from service.database import db, transaction
from service.errors import BadInput, NotAllowed, WrongState
from service.jobs.outbox import claim, deliver, drain
from service.models import OutboxRow, RoundDelivery, RoundItem, Submission
from service.rounds.decision import decide_round
from service.rounds.delivery import deliver_round_act
from service.rounds.operations import add_cases, open_round, remove_case
from service.rounds.proposal import (
    save_proposal,
    send_round_back,
    sign_submission,
    submit_round_for_signature,
)
from service.rounds.queries import acts_of, candidates, gone_from, lines_of, read_round
from service.rounds.standing import standing_of
from tests.builders import NOON, a_case_at, case_of, person, story_answers
from tests.integration.service.scenes import (
    Fault,
    a_case_with_all_met,
    a_fault_at,
    at_once,
    everything_stored,
    nothing_is_wrong,
    open_tasks,
    position_of,
    round_acts,
    status_of,
    step_done,
)

OFFICER, DIRECTOR, CHAIRMAN = "so-tttt-chuyenvien", "so-tttt-giamdoc", "tinh-chutich"
REFUSE = ("refuse", "Chưa đạt 2.6, 3.2 và 4.7")


def a_round(*case_ids: uuid.UUID) -> uuid.UUID:
    """A round with these cases, its proposal handed up."""
    officer = person(OFFICER)
    round_id = open_round(year=2023, by=officer, now=NOON)
    add_cases(round_id=round_id, case_ids=case_ids, by=officer, now=NOON)
    save_proposal(round_id=round_id, text="Kính trình", seen_rev=None, by=officer, now=NOON)
    submit_round_for_signature(round_id=round_id, by=officer, now=NOON)
    people_are_told()
    return round_id


def people_are_told() -> None:
    """Who hears of a round is told of it by rows of their own (see test_rounds_told)."""
    drain(NOON, kinds=["round_told"])


def signed(round_id: uuid.UUID, delivered: bool = True) -> uuid.UUID:
    act = sign_submission(round_id=round_id, by=person(DIRECTOR), now=NOON)
    people_are_told()
    if delivered:
        drain(NOON)
    return act


def decided(round_id: uuid.UUID, outcomes: dict[uuid.UUID, tuple[str, str]]) -> uuid.UUID:
    return decide_round(round_id=round_id, outcomes=outcomes, by=person(CHAIRMAN), now=NOON)


def times_submitted(case_id: uuid.UUID, element: str) -> int:
    db.session.rollback()
    return db.session.execute(
        select(func.count()).where(Submission.case_id == case_id, Submission.element == element)
    ).scalar_one()


def notes(case_id: uuid.UUID) -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.execute(
        select(RoundDelivery.state, RoundDelivery.note)
        .where(RoundDelivery.case_id == case_id)
        .order_by(RoundDelivery.at, RoundDelivery.state)
    )
    return [(row.state, row.note) for row in rows]


def test_a_round_takes_its_cases_from_proposal_to_decision(either_core: Flask):
    case_id = a_case_at("department_submit")
    round_id = a_round(case_id)

    signed(round_id)
    decided(round_id, {case_id: REFUSE})
    drain(NOON)

    assert status_of(case_id) == ("finished", "commune_not_recognised")
    assert [times_submitted(case_id, step) for step in ("department_submit", "chairman_decide")] == [1, 1]
    assert nothing_is_wrong()


def test_a_case_is_on_the_list_that_its_conclusion_says(core: Flask):
    failing = a_case_at("department_submit")
    round_id = a_round(failing)

    line = lines_of(read_round(round_id, person(DIRECTOR)))[0]

    assert (line.item.list, line.standing.eligible) == ("not_proposed", "no")


def test_one_who_meets_everything_is_on_the_list_of_the_assigned_and_recognised(core: Flask):
    case_id = a_case_with_all_met("reconciliation_meeting")
    round_id = a_round(case_id)

    signed(round_id)
    decided(round_id, {case_id: ("recognise", "")})
    drain(NOON)

    assert lines_of(read_round(round_id, person(DIRECTOR)))[0].item.list == "assigned"
    assert status_of(case_id) == ("finished", "commune_recognised")


def test_an_act_delivered_twice_completes_the_task_once(either_core: Flask):
    case_id = a_case_at("department_submit")
    signed(a_round(case_id), delivered=False)
    row = round_acts()[0]
    again = partial(deliver_round_act, case_id=case_id, payload=row.payload, now=NOON)

    again()
    again()
    drain(NOON)

    assert times_submitted(case_id, "department_submit") == 1
    assert notes(case_id) == [("delivered", "")]
    assert nothing_is_wrong()


def test_a_crash_at_any_statement_of_a_delivery_delivers_once_afterwards(core: Flask):
    case_id = a_case_at("department_submit")
    signed(a_round(case_id), delivered=False)
    before, payload = everything_stored(), round_acts()[0].payload

    number, happened = 0, [True]
    while happened[0]:
        db.session.remove()
        with a_fault_at(number) as happened:
            try:
                deliver_round_act(case_id=case_id, payload=payload, now=NOON)
            except Fault:
                db.session.rollback()
        if happened[0]:
            assert everything_stored() == before, f"statement {number} left something behind"
        number += 1

    assert number > 8
    assert times_submitted(case_id, "department_submit") == 1
    assert nothing_is_wrong()


def test_a_dispatcher_that_dies_after_the_commit_leaves_nothing_to_do(either_core: Flask):
    case_id = a_case_at("department_submit")
    signed(a_round(case_id), delivered=False)
    row = round_acts()[0]
    claim(NOON)
    deliver_round_act(case_id=case_id, payload=row.payload, now=NOON)  # and never says *done*

    with transaction() as session:
        session.execute(update(OutboxRow).values(claimed_until=None))
    assert drain(NOON) == 1

    assert times_submitted(case_id, "department_submit") == 1


def test_two_dispatchers_at_once_deliver_once(either_core: Flask):
    case_id = a_case_at("department_submit")
    signed(a_round(case_id), delivered=False)

    done = at_once(either_core, [partial(drain, NOON), partial(drain, NOON)])

    assert sorted(done) == [0, 1]
    assert times_submitted(case_id, "department_submit") == 1


def test_a_case_withdrawn_before_the_act_reaches_it_is_noted_as_refused(core: Flask):
    case_id = a_case_at("department_submit")
    signed(a_round(case_id), delivered=False)
    withdraw_case(case_id=case_id, reason="Xã xin rút", by=person("xa-thidu-lanhdao"), now=NOON)

    drain(NOON)

    assert notes(case_id) == [("refused", "Hồ sơ không còn ở bước này.")]
    assert status_of(case_id) == ("finished", "dossier_withdrawn")


def test_a_decision_never_overtakes_a_proposal_that_could_not_be_delivered(core: Flask):
    case_id = a_case_at("department_submit")
    round_id = a_round(case_id)
    signed(round_id, delivered=False)
    with transaction() as session:
        session.execute(update(OutboxRow).values(state="dead"))

    decided(round_id, {case_id: REFUSE})
    drain(NOON)

    assert [row.state for row in round_acts()] == ["dead", "waiting"]
    assert list(open_tasks(case_id)) == ["department_submit"]


def test_a_decision_given_before_the_proposal_arrived_is_delivered_after_it(either_core: Flask):
    case_id = a_case_at("department_submit")
    round_id = a_round(case_id)
    signed(round_id, delivered=False)
    decided(round_id, {case_id: REFUSE})

    drain(NOON)

    assert notes(case_id) == [("delivered", "")] * 2
    assert status_of(case_id) == ("finished", "commune_not_recognised")


def test_recognition_against_the_conditions_is_refused(core: Flask):
    case_id = a_case_at("department_submit")
    round_id = a_round(case_id)
    signed(round_id)

    with pytest.raises(BadInput) as refused:
        decided(round_id, {case_id: ("recognise", "Vì xã đã cố gắng")})

    assert "Điều 2" in refused.value.fields[f"outcomes.{case_id}"][0]
    assert list(open_tasks(case_id)) == ["chairman_decide"]


def still_differing(**criteria: dict[str, Any]) -> dict[str, Any]:
    answers = story_answers("reconciliation_meeting")
    return {**answers, "outcome": "differs", "criteria": criteria}


OPEN_2_6 = {
    "raw": "",
    "decision": None,
    "reason": "Thành viên giữ 56,3%, Sở giữ 54,4%",
    "difficulty": "",
    "evidence": [],
    "agreed": False,
}


def test_an_open_difference_does_not_open_the_way_past_other_unmet_criteria(core: Flask):
    case_id = a_case_at("reconciliation_meeting")
    step_done(case_id, "reconciliation_meeting", still_differing(**{"2.6": OPEN_2_6}))
    round_id = a_round(case_id)
    signed(round_id)

    with pytest.raises(BadInput):  # 3.2 and 4.7 are not met by anybody's figures
        decided(round_id, {case_id: ("recognise", "Theo ý kiến của Thành viên")})


def test_what_nobody_disputes_is_not_left_to_the_chairman_by_writing_it_down_as_open(core: Flask):
    case_id = a_case_at("reconciliation_meeting")
    step_done(
        case_id,
        "reconciliation_meeting",
        still_differing(**{"2.6": OPEN_2_6, "3.2": OPEN_2_6, "4.7": OPEN_2_6}),
    )
    round_id = a_round(case_id)
    signed(round_id)

    with pytest.raises(BadInput):
        decided(round_id, {case_id: ("recognise", "Theo ý kiến của Thành viên")})


def test_the_chairman_decides_what_the_meeting_left_open_and_says_why(core: Flask):
    case_id = a_case_with_all_met(
        "reconciliation_meeting",
        member_opinion={"2.6": {"raw": "56,3%"}},
        department_verify={"2.6": {"raw": "54,4%"}},
    )
    step_done(case_id, "reconciliation_meeting", still_differing(**{"2.6": OPEN_2_6}))
    round_id = a_round(case_id)
    signed(round_id)
    assert standing_of(case_of(case_id)).open_disagreements == ("2.6",)

    with pytest.raises(BadInput):
        decided(round_id, {case_id: ("recognise", "")})
    decided(round_id, {case_id: ("recognise", "Chấp nhận số liệu của Thành viên")})
    drain(NOON)

    assert status_of(case_id) == ("finished", "commune_recognised")


def test_a_case_set_aside_comes_again_in_a_later_round_without_a_second_proposal(core: Flask):
    case_id = a_case_at("department_submit")
    first = a_round(case_id)
    signed(first)
    decided(first, {case_id: ("set_aside", "Chờ xác minh")})
    drain(NOON)
    assert list(open_tasks(case_id)) == ["chairman_decide"]

    second = a_round(case_id)
    signed(second)
    decided(second, {case_id: REFUSE})
    drain(NOON)

    assert status_of(case_id) == ("finished", "commune_not_recognised")
    assert times_submitted(case_id, "department_submit") == 1
    assert nothing_is_wrong()


def test_the_chairmans_return_goes_to_the_departments_verification(core: Flask):
    case_id = a_case_at("department_submit")
    round_id = a_round(case_id)
    signed(round_id)

    decided(round_id, {case_id: ("return", "Thẩm tra lại 2.6")})
    drain(NOON)

    assert list(open_tasks(case_id)) == ["department_verify"]
    assert nothing_is_wrong()


def test_a_returned_case_may_come_again_in_a_later_round(core: Flask):
    case_id = a_case_at("department_submit")
    first = a_round(case_id)
    signed(first)
    decided(first, {case_id: ("return", "Thẩm tra lại 2.6")})
    drain(NOON)
    for element in ("department_verify", "reconciliation_meeting"):
        step_done(case_id, element, story_answers(element))

    second = a_round(case_id)
    signed(second)
    decided(second, {case_id: REFUSE})
    drain(NOON)

    assert status_of(case_id) == ("finished", "commune_not_recognised")
    assert times_submitted(case_id, "chairman_decide") == 2


def test_progress_counts_the_cases_that_an_act_has_reached(core: Flask):
    case_id = a_case_at("department_submit")
    round_id = a_round(case_id)
    signed(round_id, delivered=False)
    before = [(act.reached, act.total) for act in acts_of(read_round(round_id, person(DIRECTOR)))]

    drain(NOON)

    db.session.rollback()
    after = [(act.reached, act.total) for act in acts_of(read_round(round_id, person(DIRECTOR)))]
    assert (before, after) == ([(0, 1)], [(1, 1)])


def test_the_signer_is_not_the_one_who_prepared(core: Flask):
    from tests.integration.service.scenes import give_seat

    give_seat(OFFICER, position_of(DIRECTOR))
    round_id = a_round(a_case_at("department_submit"))

    with pytest.raises(NotAllowed):
        sign_submission(round_id=round_id, by=person(OFFICER), now=NOON)


def test_an_act_is_given_once(either_core: Flask):
    round_id = a_round(a_case_at("department_submit"))
    works = [
        partial(sign_submission, round_id=round_id, by=person(name), now=NOON)
        for name in (DIRECTOR, "so-tttt-phogiamdoc")
    ]

    answers = at_once(either_core, works)

    assert sorted(isinstance(answer, Exception) for answer in answers) == [False, True]
    assert next(type(a) for a in answers if isinstance(a, Exception)) is WrongState
    assert len(round_acts()) == 1


def test_a_case_put_into_two_rounds_at_once_is_in_one(either_core: Flask):
    case_id, officer = a_case_at("department_submit"), person(OFFICER)
    rounds = [open_round(year=2023, by=officer, now=NOON) for _ in range(2)]

    answers = at_once(
        either_core,
        [partial(add_cases, round_id=r, case_ids=[case_id], by=officer, now=NOON) for r in rounds],
    )

    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert [type(error) for error in refused] == [WrongState]
    live = db.session.execute(select(func.count()).where(RoundItem.case_id == case_id, RoundItem.live))
    assert live.scalar_one() == 1


ON_ITS_WAY = "Quyết định trước đang được đưa vào hồ sơ"


@pytest.mark.parametrize("state", ["waiting", "dead"])
def test_a_case_whose_decision_is_on_its_way_comes_into_no_other_round(either_core: Flask, state: str):
    case_id = a_case_at("department_submit")
    first = a_round(case_id)
    signed(first)
    decided(first, {case_id: ("return", "Thẩm tra lại 2.6")})
    with transaction() as session:
        session.execute(update(OutboxRow).where(OutboxRow.state == "waiting").values(state=state))
    second = open_round(year=2023, by=person(OFFICER), now=NOON)

    with pytest.raises(WrongState, match=f"{ON_ITS_WAY} {case_of(case_id).code}"):
        add_cases(round_id=second, case_ids=[case_id], by=person(OFFICER), now=NOON)

    assert candidates(read_round(second, person(DIRECTOR))) == []
    assert lines_of(read_round(second, person(DIRECTOR))) == []
    assert times_submitted(case_id, "chairman_decide") == 0


def test_a_proposal_on_its_way_keeps_a_case_set_aside_out_of_the_next_round_until_it_arrives(
    either_core: Flask,
):
    case_id = a_case_at("department_submit")
    first = a_round(case_id)
    signed(first, delivered=False)
    decided(first, {case_id: ("set_aside", "Chờ xác minh")})

    with pytest.raises(WrongState, match=ON_ITS_WAY):
        a_round(case_id)
    drain(NOON)
    second = a_round(case_id)
    signed(second)
    decided(second, {case_id: REFUSE})
    drain(NOON)

    assert status_of(case_id) == ("finished", "commune_not_recognised")


@pytest.mark.parametrize("step", ["submit", "sign", "decide"])
def test_a_round_goes_no_further_while_an_earlier_act_is_taken_up_again(either_core: Flask, step: str):
    """An administrator has an act tried again that had been given up, when the case is in the next round."""
    case_id, officer = a_case_at("department_submit"), person(OFFICER)
    first = a_round(case_id)
    signed(first)
    decided(first, {case_id: ("return", "Thẩm tra lại 2.6")})
    only_decision = update(OutboxRow).where(OutboxRow.id == round_acts()[-1].id)
    with transaction() as session:
        session.execute(only_decision.values(state="dropped"))
    second = open_round(year=2023, by=officer, now=NOON)
    add_cases(round_id=second, case_ids=[case_id], by=officer, now=NOON)
    save_proposal(round_id=second, text="Kính trình", seen_rev=None, by=officer, now=NOON)
    steps = {
        "submit": partial(submit_round_for_signature, round_id=second, by=officer, now=NOON),
        "sign": partial(signed, second),
        "decide": partial(decided, second, {case_id: REFUSE}),
    }
    for name, earlier in steps.items():
        if name == step:
            break
        earlier()
    with transaction() as session:
        session.execute(only_decision.values(state="waiting"))

    with pytest.raises(WrongState, match=ON_ITS_WAY):
        steps[step]()

    drain(NOON)
    assert list(open_tasks(case_id)) == ["department_verify"]
    assert times_submitted(case_id, "chairman_decide") == 1
    assert nothing_is_wrong()


def test_a_case_decided_and_put_into_the_next_round_at_once_is_decided_once(either_core: Flask):
    case_id, officer = a_case_at("department_submit"), person(OFFICER)
    first = a_round(case_id)
    signed(first)
    second = open_round(year=2023, by=officer, now=NOON)

    decision, addition = at_once(
        either_core,
        [
            partial(decided, first, {case_id: ("return", "Thẩm tra lại 2.6")}),
            partial(add_cases, round_id=second, case_ids=[case_id], by=officer, now=NOON),
        ],
    )

    assert isinstance(decision, uuid.UUID)
    assert isinstance(addition, WrongState)
    assert lines_of(read_round(second, person(DIRECTOR))) == []


def test_two_rounds_opened_at_once_have_numbers_of_their_own(either_core: Flask):
    officer = person(OFFICER)

    answers = at_once(either_core, [partial(open_round, year=2023, by=officer, now=NOON)] * 2)

    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert all(isinstance(error, WrongState) for error in refused), repr(refused)
    assert len(refused) <= 1


def test_a_proposal_sent_back_can_be_changed_and_its_list_too(core: Flask):
    case_id, officer = a_case_at("department_submit"), person(OFFICER)
    round_id = a_round(case_id)
    with pytest.raises(WrongState):
        save_proposal(round_id=round_id, text="Khác", seen_rev=None, by=officer, now=NOON)

    send_round_back(round_id=round_id, reason="Sửa câu chữ", by=person(DIRECTOR), now=NOON)
    save_proposal(round_id=round_id, text="Khác", seen_rev=None, by=officer, now=NOON)
    remove_case(round_id=round_id, case_id=case_id, by=officer, now=NOON)

    assert [row.id for row in candidates(read_round(round_id, officer))] == [case_id]


def test_a_decision_answers_for_every_case_and_for_no_other(core: Flask):
    case_id = a_case_at("department_submit")
    round_id = a_round(case_id)
    signed(round_id)
    stranger = uuid.uuid4()

    with pytest.raises(BadInput) as refused:
        decided(round_id, {stranger: REFUSE})

    assert set(refused.value.fields) == {f"outcomes.{case_id}", "outcomes"}


def test_only_a_case_that_waits_for_it_comes_into_a_round(core: Flask):
    case_id, officer = a_case_at("district_appraise"), person(OFFICER)
    round_id = open_round(year=2023, by=officer, now=NOON)

    with pytest.raises(WrongState):
        add_cases(round_id=round_id, case_ids=[case_id], by=officer, now=NOON)


def test_a_rounds_task_cannot_be_completed_by_itself(core: Flask):
    from service.tasks.operations import complete_task, sign_task
    from tests.builders import open_task

    task_id = open_task(a_case_at("department_submit"), "department_submit")

    for act in (sign_task, partial(complete_task, answers={"action": "complete"})):
        with pytest.raises(WrongState):
            act(task_id=task_id, by=person(DIRECTOR), now=NOON)


def test_a_claimed_row_is_not_delivered_by_a_second_claim(core: Flask):
    signed(a_round(a_case_at("department_submit")), delivered=False)

    first, second = claim(NOON), claim(NOON)

    assert (first is not None, second) == (True, None)
    assert deliver(first or 0, NOON)


def test_a_case_withdrawn_before_the_signature_stands_in_no_proposal(core: Flask):
    case_id = a_case_at("department_submit")
    round_id = a_round(case_id)
    withdraw_case(case_id=case_id, reason="Xã xin rút", by=person("xa-thidu-lanhdao"), now=NOON)

    with pytest.raises(WrongState, match="Không còn hồ sơ nào"):
        signed(round_id)

    assert lines_of(read_round(round_id, person(DIRECTOR))) == []
    assert gone_from(read_round(round_id, person(DIRECTOR))) == ["UBND xã Thí Dụ"]


def test_a_case_withdrawn_while_the_chairman_chooses_stands_in_no_decision(core: Flask):
    case_id = a_case_at("department_submit")
    round_id = a_round(case_id)
    signed(round_id)
    withdraw_case(case_id=case_id, reason="Xã xin rút", by=person("xa-thidu-lanhdao"), now=NOON)

    with pytest.raises(WrongState, match="Không còn hồ sơ nào"):
        decided(round_id, {case_id: REFUSE})

    assert len(acts_of(read_round(round_id, person(DIRECTOR)))) == 1


def test_a_signed_round_shows_what_was_signed_whatever_happens_to_the_case_later(core: Flask):
    case_id = a_case_at("department_submit")
    round_id = a_round(case_id)
    signed(round_id)
    decided(round_id, {case_id: ("return", "Đề nghị Sở thẩm tra lại 2.6")})
    drain(NOON)
    before = lines_of(read_round(round_id, person(DIRECTOR)))[0].standing

    changed = story_answers("department_verify")
    changed["criteria"]["2.6"]["raw"] = "60%"
    step_done(case_id, "department_verify", changed)

    after = lines_of(read_round(round_id, person(DIRECTOR)))[0].standing
    assert any("54,4% < 55%" in reason for reason in before.reasons)
    assert after == before
