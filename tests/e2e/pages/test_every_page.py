"""Every page of a case's way, wide and narrow, as the person whose turn it is sees it in a real browser."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from service import clock
from service.jobs.outbox import drain
from service.rounds.decision import decide_round
from service.rounds.operations import add_cases, open_round
from service.rounds.proposal import save_proposal, sign_submission, submit_round_for_signature
from tests.builders import NOON, a_case_at, do_step, hand_up, open_task, person, story_answers
from tests.e2e.pages.conftest import Site

Behind = Callable[[Callable[[], Any]], Any]
OFFICERS = {
    "self_assess": "xa-thidu-chuyenvien",
    "district_appraise": "huyen-bimson-chuyenvien",
    "member_opinion": "thanhvien-bimson",
    "district_consolidate": "huyen-bimson-chuyenvien",
    "department_verify": "so-tttt-chuyenvien",
    "reconciliation_meeting": "so-tttt-chuyenvien",
}
TABS = ("", "?tab=chi-tieu", "?tab=ho-so", "?tab=trao-doi", "?tab=qua-trinh", "/phieu-tiep-nhan")


def test_every_step_shows_its_work_wide_and_narrow(site: Site, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("self_assess"))

    for element, officer in OFFICERS.items():
        task = behind(partial(open_task, case_id, element))
        page = site.open_as(officer)
        site.look(page, f"list-{element}")
        page.goto(f"{site.address}/viec/{task}")
        site.look(page, f"task-{element}")
        page.context.close()
        behind(partial(do_step, case_id, element))

    assert site.problems == []


def test_the_signer_the_case_and_the_procedure_are_shown_wide_and_narrow(site: Site, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("district_appraise"))
    answers = story_answers("district_appraise")
    task = behind(lambda: hand_up(case_id, "district_appraise", "huyen-bimson-chuyenvien", answers))

    page = site.open_as("huyen-bimson-lanhdao")
    for name, path in (("sign", f"/viec/{task}"), ("return", f"/viec/{task}/tra-lai")):
        page.goto(site.address + path)
        site.look(page, name)
    for tab in TABS:
        page.goto(f"{site.address}/ho-so/{case_id}{tab}")
        site.look(page, f"case-{tab[5:] or 'tong-quan'}")
    for name, path in (("cases", "/ho-so"), ("process", "/quy-trinh/recognition"), ("missing", "/khong-co")):
        page.goto(site.address + path)
        site.look(page, name)

    assert [problem for problem in site.problems if "404" not in problem] == []


def test_a_round_is_gathered_signed_and_decided_wide_and_narrow(site: Site, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("department_submit"))
    officer, director = "so-tttt-chuyenvien", "so-tttt-giamdoc"
    round_id = behind(lambda: open_round(year=2023, by=person(officer), now=NOON))
    shown = (
        (officer, "gather", lambda: gather(round_id, case_id)),
        (director, "sign", lambda: sign(round_id)),
        ("tinh-chutich", "decide", lambda: decide(round_id, case_id)),
        ("kiemtra", "decided", lambda: None),
    )

    for username, name, next_act in shown:
        page = site.open_as(username)
        page.goto(f"{site.address}/dot")
        site.look(page, f"rounds-{name}")
        page.goto(f"{site.address}/dot/{round_id}")
        site.look(page, f"round-{name}")
        page.context.close()
        behind(next_act)

    page = site.open_as("xa-thidu-chuyenvien")
    for tab in TABS:
        page.goto(f"{site.address}/ho-so/{case_id}{tab}")
        site.look(page, f"ended-{tab[5:] or 'tong-quan'}")
    assert site.problems == []


def gather(round_id: uuid.UUID, case_id: uuid.UUID) -> None:
    by = person("so-tttt-chuyenvien")
    add_cases(round_id=round_id, case_ids=[case_id], by=by, now=NOON)
    save_proposal(
        round_id=round_id, text="Kính trình Chủ tịch UBND tỉnh xem xét.", seen_rev=None, by=by, now=NOON
    )
    submit_round_for_signature(round_id=round_id, by=by, now=NOON)


def sign(round_id: uuid.UUID) -> None:
    sign_submission(round_id=round_id, by=person("so-tttt-giamdoc"), now=NOON)
    drain(clock.now())


def decide(round_id: uuid.UUID, case_id: uuid.UUID) -> None:
    outcomes = {case_id: ("refuse", "Chưa đạt tiêu chí 2.6.")}
    decide_round(round_id=round_id, outcomes=outcomes, by=person("tinh-chutich"), now=NOON)
    drain(clock.now())
