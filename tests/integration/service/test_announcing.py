"""Who is told what, and when: expected people and days are worked out by hand from the demo's accounts.

Xã Thí Dụ's self-assessment is due on Sunday 03/12/2023 ("trước ngày 04/12/2023").
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import select, update

from service.cases.operations import withdraw_case
from service.database import db, transaction
from service.identity.operations import add_user, appoint
from service.identity.revocation import deactivate
from service.jobs.announcing import announce_due
from service.jobs.outbox import drain
from service.models import MemberAssignment, OutboxRow, Task
from service.notifications.finishing import announce_finished
from service.notifications.kinds import Kind, Preference
from service.notifications.operations import save_preferences
from service.notifications.webhooks import add_webhook
from service.rounds.operations import add_cases, open_round
from service.rounds.proposal import save_proposal, sign_submission, submit_round_for_signature
from service.tasks.operations import claim_task, send_back_to_officer
from tests import builders
from tests.builders import (
    NOON,
    a_case_at,
    an_open_case,
    do_step,
    hand_up,
    open_task,
    person,
    story_answers,
)
from tests.integration.service.heard import (
    everybody_heard,
    has_address,
    heard,
    knows_working_days,
    told,
    unread,
)
from tests.integration.service.scenes import at, end_appointments, give_seat, given_back, position_of

COMMUNE_OFFICER, COMMUNE_LEADER = "xa-thidu-chuyenvien", "xa-thidu-lanhdao"
DISTRICT_OFFICER, DISTRICT_LEADER = "huyen-bimson-chuyenvien", "huyen-bimson-lanhdao"
MEMBER = "thanhvien-bimson"
DEPARTMENT_OFFICER, DIRECTOR, DEPUTY = "so-tttt-chuyenvien", "so-tttt-giamdoc", "so-tttt-phogiamdoc"
CHAIRMAN, VICE_CHAIRMAN = "tinh-chutich", "tinh-phochutich"
MINUTE = timedelta(minutes=1)


def test_a_new_task_is_told_to_those_who_prepare_it_and_to_nobody_else(either_core: Flask):
    case_id = an_open_case()
    task_id = open_task(case_id, "self_assess")

    assert announce_due(NOON) == 1

    assert everybody_heard() == [(COMMUNE_OFFICER, "task_opened", f"/viec/{task_id}")]
    only = told(COMMUNE_OFFICER)[0]
    assert only.title == "Việc mới: Tự đánh giá, lập hồ sơ đề nghị thẩm định – UBND xã Thí Dụ"
    assert "Hạn xử lý 03/12/2023, còn 13 ngày." in only.body


def test_a_task_that_somebody_has_taken_concerns_them_alone(core: Flask):
    give_seat("xa-minhhoa-chuyenvien", position_of(COMMUNE_OFFICER))
    task_id = open_task(an_open_case(), "self_assess")
    claim_task(task_id=task_id, by=person(COMMUNE_OFFICER), now=NOON)

    announce_due(NOON)

    assert (heard(COMMUNE_OFFICER), heard("xa-minhhoa-chuyenvien")) == (["task_opened"], [])


def test_what_is_handed_up_is_told_to_the_leader_and_what_comes_back_to_its_officer(either_core: Flask):
    case_id = an_open_case()
    announce_due(NOON)

    task_id = hand_up(case_id, "self_assess", COMMUNE_OFFICER, story_answers("self_assess"), NOON + MINUTE)
    announce_due(NOON + MINUTE)
    handed_up = unread(COMMUNE_OFFICER), unread(COMMUNE_LEADER)
    send_back_to_officer(
        task_id=task_id, reason="Ghi rõ hơn mục 2.6", by=person(COMMUNE_LEADER), now=NOON + 2 * MINUTE
    )
    announce_due(NOON + 2 * MINUTE)

    # What is done counts as read, by whomever it was done.
    assert handed_up == ([], ["signature_requested"])
    assert (unread(COMMUNE_OFFICER), unread(COMMUNE_LEADER)) == (["sent_back"], [])
    assert heard(COMMUNE_LEADER) == ["signature_requested"]
    assert heard(COMMUNE_OFFICER) == ["task_opened", "sent_back"]
    assert "Ghi rõ hơn" not in told(COMMUNE_OFFICER)[1].body  # reasons are read on the page, not in a mail


def test_bells_of_a_signed_step_are_read_also_for_colleagues_but_not_what_was_said(core: Flask):
    colleague = "xa-minhhoa-chuyenvien"
    give_seat(colleague, position_of(COMMUNE_OFFICER))
    case_id = an_open_case()
    announce_due(NOON)
    first = unread(colleague)

    do_step(case_id, "self_assess")
    announce_due(NOON + MINUTE)

    assert first == ["task_opened"]
    assert (unread(colleague), unread(COMMUNE_OFFICER), unread(COMMUNE_LEADER)) == ([], [], [])
    assert unread(DISTRICT_OFFICER) == ["task_opened"]


def test_a_second_hand_up_is_told_again(core: Flask):
    case_id = an_open_case()
    task_id = hand_up(case_id, "self_assess", COMMUNE_OFFICER, story_answers("self_assess"))
    announce_due(NOON)
    send_back_to_officer(task_id=task_id, reason="Sửa", by=person(COMMUNE_LEADER), now=NOON + MINUTE)
    announce_due(NOON + MINUTE)

    hand_up(case_id, "self_assess", COMMUNE_OFFICER, story_answers("self_assess"), NOON + 2 * MINUTE)
    announce_due(NOON + 2 * MINUTE)

    assert heard(COMMUNE_LEADER) == ["signature_requested"] * 2


def test_a_returned_dossier_says_which_criteria_and_opens_the_first(either_core: Flask):
    case_id = a_case_at("district_appraise")
    given_back(case_id, "district_appraise", criteria_reasons={"3.2": "Thiếu", "2.6": "Thiếu bảng kê"})
    task_id = open_task(case_id, "self_assess")

    announce_due(NOON)

    last = told(COMMUNE_OFFICER)[-1]
    assert (last.kind, last.link) == ("case_returned", f"/viec/{task_id}#row-2.6")
    assert "Chỉ tiêu phải bổ sung: 2.6, 3.2." in last.body
    assert "Hạn xử lý 05/12/2023" in last.body
    assert "bảng kê" not in last.body


def test_criteria_stand_in_the_order_of_the_annex(core: Flask):
    case_id = a_case_at("district_appraise")
    reasons = dict.fromkeys(("1.10", "3.12", "1.2", "3.2"), "Thiếu")
    given_back(case_id, "district_appraise", criteria_reasons=reasons)

    announce_due(NOON)

    assert "Chỉ tiêu phải bổ sung: 1.2, 1.10, 3.2, 3.12." in told(COMMUNE_OFFICER)[-1].body


def test_reminders_come_before_and_after_the_last_day_and_the_leader_hears_at_last(either_core: Flask):
    knows_working_days(2023)
    an_open_case()
    days: list[tuple[str, str, str]] = []

    for number in range(25):
        now = NOON + timedelta(days=number)
        before = len(told(COMMUNE_OFFICER)), len(told(COMMUNE_LEADER))
        announce_due(now)
        for name, seen in zip((COMMUNE_OFFICER, COMMUNE_LEADER), before, strict=True):
            days += [(f"{now:%d/%m}", name, one.kind) for one in told(name)[seen:]]

    # Three and one working days before Sunday 03/12 are Wednesday 29/11 and Friday 01/12; after it, Monday
    # 04/12 and, for the leader, Wednesday 06/12.
    assert days == [
        ("20/11", COMMUNE_OFFICER, "task_opened"),
        ("29/11", COMMUNE_OFFICER, "due_soon"),
        ("01/12", COMMUNE_OFFICER, "due_soon"),
        ("04/12", COMMUNE_OFFICER, "overdue"),
        ("06/12", COMMUNE_LEADER, "escalated"),
    ]
    assert "Hạn xử lý 03/12/2023, quá hạn 3 ngày." in told(COMMUNE_LEADER)[0].body
    assert "Việc này đang ở UBND xã Thí Dụ." in told(COMMUNE_LEADER)[0].body


def test_after_a_standstill_each_kind_is_told_once_and_not_what_is_past(either_core: Flask):
    knows_working_days(2023)
    an_open_case()

    announce_due(at("2023-12-20"))
    announce_due(at("2023-12-21"))

    assert heard(COMMUNE_OFFICER) == ["task_opened", "overdue"]
    assert heard(COMMUNE_LEADER) == ["escalated"]


def test_a_reminder_missed_because_the_task_changed_hands_is_not_lost(core: Flask):
    knows_working_days(2023)
    case_id = an_open_case()
    announce_due(NOON)

    # The announcer stands still from 28/11; meanwhile, after the reminder of 29/11, it is handed up.
    hand_up(case_id, "self_assess", COMMUNE_OFFICER, story_answers("self_assess"), at("2023-11-30"))
    announce_due(at("2023-11-30", 13))

    assert sorted(heard(COMMUNE_LEADER)) == ["due_soon", "signature_requested"]


def test_a_silent_member_is_reported_to_the_leaders_of_the_department(either_core: Flask):
    knows_working_days(2023)
    a_case_at("member_opinion")
    db.session.execute(update(Task).where(Task.element != "member_opinion").values(attention_at=None))
    db.session.commit()

    announce_due(NOON)
    announce_due(at("2023-12-20"))  # due on Friday 15/12; three working days later is Wednesday 20/12

    assert heard(MEMBER) == ["task_opened", "overdue"]
    assert (heard(DIRECTOR), heard(DEPUTY)) == (["escalated"], ["escalated"])
    assert "Thành viên BCĐ tỉnh phụ trách UBND thị xã Bỉm Sơn" in told(DIRECTOR)[0].body


def test_the_member_of_today_is_told_not_the_one_of_yesterday(core: Flask):
    case_id = a_case_at("member_opinion")
    with transaction() as session:
        other = session.scalars(
            select(MemberAssignment.position_id).where(MemberAssignment.valid_from > date(1900, 1, 1))
        ).all()
        bim_son = session.scalars(
            select(MemberAssignment).where(
                MemberAssignment.district_id
                == session.execute(
                    select(Task.unit_id).where(Task.case_id == case_id, Task.element == "member_opinion")
                ).scalar_one()
            )
        ).one()
        bim_son.position_id = next(one for one in other if one != bim_son.position_id)

    announce_due(NOON)

    assert "task_opened" not in heard(MEMBER)
    assert heard("thanhvien-thuongxuan") == ["task_opened"]


def test_who_left_the_seat_is_told_nothing_and_who_took_it_is(core: Flask):
    position = position_of(COMMUNE_OFFICER)
    end_appointments(COMMUNE_OFFICER, date(2023, 11, 19))
    add_user(username="nguoi-moi", display_name="Người mới", password="mat-khau-du-dai", now=NOON)
    appoint(username="nguoi-moi", position_code=position, valid_from=date(2023, 11, 20), now=NOON)
    an_open_case()

    announce_due(NOON)

    assert (heard(COMMUNE_OFFICER), heard("nguoi-moi")) == ([], ["task_opened"])


def test_in_a_unit_without_officers_the_leader_is_told(core: Flask):
    deactivate(username=COMMUNE_OFFICER, now=NOON)
    an_open_case()

    announce_due(NOON)

    assert heard(COMMUNE_LEADER) == ["task_opened"]


def test_how_a_case_ended_is_told_to_all_four_levels(either_core: Flask):
    case_id = a_case_at("department_verify")
    announce_due(NOON)
    withdraw_case(case_id=case_id, reason="Chưa đủ điều kiện", by=person(COMMUNE_LEADER), now=NOON)

    drain(NOON)
    drain(NOON)

    told_of_it = [name for name, kind, link in everybody_heard() if kind == "case_finished"]
    assert unread(DEPARTMENT_OFFICER) == ["case_finished"]
    district = (DISTRICT_OFFICER, DISTRICT_LEADER, MEMBER)
    department = (DEPARTMENT_OFFICER, DIRECTOR, DEPUTY)
    assert told_of_it == sorted((COMMUNE_OFFICER, COMMUNE_LEADER, *district, *department))
    assert told(COMMUNE_LEADER)[-1].title == "UBND xã Thí Dụ, năm 2023: đã rút hồ sơ"
    assert told(COMMUNE_LEADER)[-1].link == f"/ho-so/{case_id}"


def test_one_proposal_for_two_cases_is_one_thing_for_the_chairman_to_decide(core: Flask):
    cases = [a_case_at("department_submit")]
    with patch.dict(builders.SIGNERS, {"self_assess": ("xa-minhhoa-chuyenvien", "xa-minhhoa-lanhdao")}):
        cases.append(a_case_at("department_submit", "phuong-minh-hoa"))
    officer = person(DEPARTMENT_OFFICER)
    round_id = open_round(year=2023, by=officer, now=NOON)
    add_cases(round_id=round_id, case_ids=cases, by=officer, now=NOON)
    save_proposal(round_id=round_id, text="Kính trình", seen_rev=None, by=officer, now=NOON)
    submit_round_for_signature(round_id=round_id, by=officer, now=NOON)
    sign_submission(round_id=round_id, by=person(DIRECTOR), now=NOON)
    drain(NOON)

    announce_due(NOON)

    assert [(one.kind, one.link) for one in told(CHAIRMAN)] == [("task_opened", f"/dot/{round_id}")]
    assert heard(VICE_CHAIRMAN) == ["task_opened"]


def test_what_a_leader_must_hear_rings_whatever_they_chose(core: Flask):
    knows_working_days(2023)
    leader, officer = person(COMMUNE_LEADER), person(COMMUNE_OFFICER)
    for who in (leader, officer):
        silent = [Preference(kind, bell=False, email=False) for kind in Kind]
        save_preferences(email="", kinds=silent, by=who, now=NOON)
    an_open_case()

    announce_due(at("2023-12-20"))

    assert [(one.kind, one.read_at is None) for one in told(COMMUNE_LEADER)] == [("escalated", True)]
    # Without a bell it still stands in the list, among what is read.
    assert [(one.kind, one.read_at is None) for one in told(COMMUNE_OFFICER)] == [
        ("task_opened", False),
        ("overdue", False),
    ]


def test_a_mail_waits_for_each_who_has_an_address_and_wants_it(core: Flask):
    with_mail(core)
    has_address(COMMUNE_OFFICER, "xa@example.vn")
    has_address("xa-ngoctrao-chuyenvien", "phuong@example.vn")
    none_for_new_tasks = [Preference(Kind.TASK_OPENED, bell=True, email=False)]
    save_preferences(
        email="phuong@example.vn", kinds=none_for_new_tasks, by=person("xa-ngoctrao-chuyenvien"), now=NOON
    )
    for commune in ("xa-thi-du", "phuong-ngoc-trao", "phuong-minh-hoa"):
        an_open_case(commune)

    announce_due(NOON)
    announce_due(NOON)

    assert len(everybody_heard()) == 3
    assert emails() == [{"notification": told(COMMUNE_OFFICER)[0].id}]


def test_without_a_mail_server_no_mail_waits(core: Flask):
    has_address(COMMUNE_OFFICER, "xa@example.vn")
    an_open_case()

    announce_due(NOON)

    assert (heard(COMMUNE_OFFICER), emails()) == (["task_opened"], [])


def test_other_systems_are_told_of_the_events_that_they_asked_for_and_of_no_person(core: Flask):
    knows_working_days(2023)
    add_webhook(
        name="kho-du-lieu",
        url="https://hooks.example.vn/congnhan",
        kinds=["task_opened", "task_overdue"],
        allowed_hosts=["hooks.example.vn"],
        now=NOON,
    )
    case_id = an_open_case()
    task_id = open_task(case_id, "self_assess")

    announce_due(NOON)
    announce_due(at("2023-12-04"))
    announce_due(at("2023-12-06"))  # the escalation: the same overdue task is no second event
    withdraw_case(case_id=case_id, reason="Thử", by=person(COMMUNE_LEADER), now=at("2023-12-07"))

    bodies = [payload["body"] for payload in rows_of("webhook")]
    assert [body["type"] for body in bodies] == ["task_opened", "task_overdue"]
    assert bodies[0] == {
        "type": "task_opened",
        "timestamp": "2023-11-20T05:00:00.000000Z",
        "data": {
            "case": {
                "id": str(case_id),
                "code": "CN-2023-000001",
                "year": 2023,
                "procedure": "recognition",
                "commune": {"code": "xa-thi-du", "name": "UBND xã Thí Dụ"},
            },
            "task": {
                "id": str(task_id),
                "step": "self_assess",
                "name": "Tự đánh giá, lập hồ sơ đề nghị thẩm định",
                "group": "commune",
                "unit": "xa-thi-du",
                "due_on": "2023-12-03",
            },
        },
    }


def test_the_end_of_a_case_is_an_event_too(core: Flask):
    add_webhook(
        name="kho",
        url="https://hooks.example.vn/",
        kinds=["case_finished"],
        allowed_hosts=["hooks.example.vn"],
        now=NOON,
    )
    case_id = an_open_case()
    withdraw_case(case_id=case_id, reason="Thử", by=person(COMMUNE_LEADER), now=NOON)

    announce_finished(case_id, {"outcome": "dossier_withdrawn"}, NOON, by_email=False)
    announce_finished(case_id, {"outcome": "dossier_withdrawn"}, NOON, by_email=False)

    (payload,) = rows_of("webhook")
    assert payload["body"]["type"] == "case_finished"
    assert payload["body"]["data"]["outcome"] == "dossier_withdrawn"


def with_mail(core: Flask) -> None:
    core.config["SETTINGS"] = replace(
        core.config["SETTINGS"],
        smtp_url="smtp://127.0.0.1:9",
        mail_from="khong-tra-loi@example.vn",
        public_url="https://congnhan.example.vn",
    )


def emails() -> list[Any]:
    return rows_of("email")


def rows_of(kind: str) -> list[Any]:
    db.session.rollback()
    return list(
        db.session.scalars(select(OutboxRow.payload).where(OutboxRow.kind == kind).order_by(OutboxRow.id))
    )
