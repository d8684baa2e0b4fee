"""One person never acts at two levels of one case."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from flask import Flask

from service.cases.operations import Consent, dissolve_commune, go_on_without_opinion, withdraw_case
from service.errors import SeparationOfDuties
from service.rounds.decision import decide_round
from service.rounds.operations import add_cases, open_round
from service.rounds.proposal import save_proposal, sign_submission, submit_round_for_signature
from service.tasks.operations import complete_task, save_draft, sign_task, submit_for_signature
from tests.builders import NOON, a_case_at, do_step, hand_up, open_task, person, story_answers
from tests.integration.service.scenes import give_seat, nothing_is_wrong, open_tasks, position_of

DEPARTMENT = "so-tttt-chuyenvien"


def test_an_officer_who_prepared_at_the_commune_cannot_prepare_at_the_district(core: Flask):
    give_seat("xa-thidu-chuyenvien", position_of("huyen-bimson-chuyenvien"))
    task_id = open_task(a_case_at("district_appraise"), "district_appraise")
    both = person("xa-thidu-chuyenvien")
    save_draft(task_id=task_id, answers=story_answers("district_appraise"), seen_rev=0, by=both, now=NOON)

    with pytest.raises(SeparationOfDuties):
        submit_for_signature(task_id=task_id, by=both, now=NOON)


def test_a_leader_who_signed_at_the_commune_cannot_sign_at_the_district(core: Flask):
    give_seat("xa-thidu-lanhdao", position_of("huyen-bimson-lanhdao"))
    case_id = a_case_at("district_appraise")
    task_id = hand_up(
        case_id, "district_appraise", "huyen-bimson-chuyenvien", story_answers("district_appraise")
    )

    with pytest.raises(SeparationOfDuties):
        sign_task(task_id=task_id, by=person("xa-thidu-lanhdao"), now=NOON)


def test_a_director_who_is_the_responsible_member_cannot_sign_the_verification(core: Flask):
    give_seat("so-tttt-giamdoc", "thanh-vien-bcd-bim-son")
    case_id = a_case_at("member_opinion")
    director = person("so-tttt-giamdoc")
    complete_task(
        task_id=open_task(case_id, "member_opinion"),
        answers=story_answers("member_opinion"),
        by=director,
        now=NOON,
    )
    do_step(case_id, "district_consolidate")
    task_id = hand_up(case_id, "department_verify", DEPARTMENT, story_answers("department_verify"))

    with pytest.raises(SeparationOfDuties):
        sign_task(task_id=task_id, by=director, now=NOON)
    sign_task(task_id=task_id, by=person("so-tttt-phogiamdoc"), now=NOON)


def test_one_level_may_act_again_on_the_same_case(core: Flask):
    case_id = a_case_at("district_consolidate")  # its officer and leader appraised it as well

    do_step(case_id, "district_consolidate")

    assert open_task(case_id, "department_verify")


def test_an_officer_of_the_district_cannot_hand_up_the_rounds_proposal(core: Flask):
    give_seat("huyen-bimson-chuyenvien", position_of(DEPARTMENT))
    case_id, both = a_case_at("department_submit"), person("huyen-bimson-chuyenvien")
    round_id = open_round(year=2023, by=both, now=NOON)
    add_cases(round_id=round_id, case_ids=[case_id], by=both, now=NOON)
    save_proposal(round_id=round_id, text="Kính trình", seen_rev=None, by=both, now=NOON)

    with pytest.raises(SeparationOfDuties):
        submit_round_for_signature(round_id=round_id, by=both, now=NOON)


def test_whoever_acted_below_cannot_sign_or_decide_the_round(core: Flask):
    case_id = a_case_at("department_submit")
    give_seat("huyen-bimson-lanhdao", position_of("so-tttt-giamdoc"))
    give_seat("xa-thidu-lanhdao", position_of("tinh-chutich"))
    give_seat(DEPARTMENT, position_of("tinh-phochutich"))
    officer = person(DEPARTMENT)
    round_id = open_round(year=2023, by=officer, now=NOON)
    add_cases(round_id=round_id, case_ids=[case_id], by=officer, now=NOON)
    save_proposal(round_id=round_id, text="Kính trình", seen_rev=None, by=officer, now=NOON)
    submit_round_for_signature(round_id=round_id, by=officer, now=NOON)
    decide = partial(
        decide_round, round_id=round_id, outcomes={case_id: ("refuse", "Chưa đạt 2.6")}, now=NOON
    )

    with pytest.raises(SeparationOfDuties):
        sign_submission(round_id=round_id, by=person("huyen-bimson-lanhdao"), now=NOON)
    sign_submission(round_id=round_id, by=person("so-tttt-giamdoc"), now=NOON)
    for refused in ("xa-thidu-lanhdao", DEPARTMENT):  # before the proposal has reached the case
        with pytest.raises(SeparationOfDuties):
            decide(by=person(refused))
    decide(by=person("tinh-chutich"))


def test_whoever_acted_at_another_level_neither_withdraws_dissolves_nor_goes_on(core: Flask):
    give_seat("huyen-bimson-lanhdao", position_of("xa-thidu-lanhdao"))
    give_seat("xa-thidu-lanhdao", position_of("so-tttt-giamdoc"))
    case_id = a_case_at("member_opinion")
    told = {"case_id": case_id, "reason": "Theo văn bản", "now": NOON}
    consent = Consent("12/UBND-CNTT", date(2023, 11, 20))

    with pytest.raises(SeparationOfDuties):
        withdraw_case(by=person("huyen-bimson-lanhdao"), **told)
    with pytest.raises(SeparationOfDuties):
        dissolve_commune(by=person("xa-thidu-lanhdao"), **told)
    with pytest.raises(SeparationOfDuties):
        go_on_without_opinion(by=person("xa-thidu-lanhdao"), consent=consent, **told)

    assert list(open_tasks(case_id)) == ["member_opinion"]
    go_on_without_opinion(by=person("so-tttt-giamdoc"), consent=consent, **told)
    assert list(open_tasks(case_id)) == ["district_consolidate"]


def test_who_went_on_without_the_opinion_has_acted_for_the_department(core: Flask):
    case_id = a_case_at("member_opinion")
    give_seat("so-tttt-giamdoc", position_of("huyen-bimson-chuyenvien"))
    director = person("so-tttt-giamdoc")
    go_on_without_opinion(
        case_id=case_id,
        consent=Consent("12/UBND-CNTT", date(2023, 11, 20)),
        reason="Chủ tịch đồng ý",
        by=director,
        now=NOON,
    )
    task_id = open_task(case_id, "district_consolidate")
    answers = story_answers("district_consolidate")
    save_draft(task_id=task_id, answers=answers, seen_rev=0, by=director, now=NOON)

    with pytest.raises(SeparationOfDuties, match="Chủ tịch cho phép đi tiếp khi chưa có ý kiến"):
        submit_for_signature(task_id=task_id, by=director, now=NOON)

    assert nothing_is_wrong()


def test_who_went_on_without_the_opinion_cannot_decide_the_round(core: Flask):
    give_seat("so-tttt-giamdoc", position_of("tinh-phochutich"))
    case_id = a_case_at("member_opinion")
    go_on_without_opinion(
        case_id=case_id,
        consent=Consent("12/UBND-CNTT", date(2023, 11, 20)),
        reason="Chủ tịch đồng ý",
        by=person("so-tttt-giamdoc"),
        now=NOON,
    )
    do_step(case_id, "district_consolidate")
    officer, deputy = person(DEPARTMENT), person("so-tttt-phogiamdoc")
    task_id = hand_up(case_id, "department_verify", DEPARTMENT, story_answers("department_verify"))
    sign_task(task_id=task_id, by=deputy, now=NOON)
    if "reconciliation_meeting" in open_tasks(case_id):
        meeting = hand_up(
            case_id, "reconciliation_meeting", DEPARTMENT, story_answers("reconciliation_meeting")
        )
        sign_task(task_id=meeting, by=deputy, now=NOON)
    round_id = open_round(year=2023, by=officer, now=NOON)
    add_cases(round_id=round_id, case_ids=[case_id], by=officer, now=NOON)
    save_proposal(round_id=round_id, text="Kính trình", seen_rev=None, by=officer, now=NOON)
    submit_round_for_signature(round_id=round_id, by=officer, now=NOON)
    sign_submission(round_id=round_id, by=deputy, now=NOON)

    with pytest.raises(SeparationOfDuties):
        decide_round(
            round_id=round_id,
            outcomes={case_id: ("refuse", "Chưa đạt 2.6")},
            by=person("so-tttt-giamdoc"),
            now=NOON,
        )
