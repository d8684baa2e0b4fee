"""What people hear of a round, what is left for a later one, and what a round's papers must say."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from service.cases.timeline import timeline
from service.database import db
from service.errors import BadInput, NotFound, WrongState
from service.jobs.announcing import announce_due
from service.jobs.outbox import drain
from service.models import Notification
from service.rounds.decision import decide_round
from service.rounds.operations import add_cases, delete_round, open_round, remove_case
from service.rounds.proposal import (
    restore_standard_text,
    save_proposal,
    send_round_back,
    sign_submission,
    submit_round_for_signature,
)
from service.rounds.queries import acts_of, read_round
from service.rounds.set_aside import set_asides
from service.tasks.completion import Signature
from tests.builders import NOON, a_case_at, case_of, person
from tests.integration.service.scenes import nothing_is_wrong, open_tasks

OFFICER, DIRECTOR, DEPUTY = "so-tttt-chuyenvien", "so-tttt-giamdoc", "so-tttt-phogiamdoc"
CHAIRMAN, LEADER = "tinh-chutich", "xa-thidu-lanhdao"
WHY = "Chờ xác minh chỉ tiêu 2.6"


def bells(name: str, *, unread: bool = False) -> list[tuple[str, str]]:
    """(kind, title) of what this person was told, oldest first."""
    db.session.rollback()
    query = select(Notification).where(Notification.user_id == person(name).id).order_by(Notification.id)
    return [(one.kind, one.title) for one in db.session.scalars(query) if not (unread and one.read_at)]


def a_round(case_id: uuid.UUID) -> uuid.UUID:
    round_id = open_round(year=2023, by=person(OFFICER), now=NOON)
    add_cases(round_id=round_id, case_ids=[case_id], by=person(OFFICER), now=NOON)
    return round_id


def handed_up(round_id: uuid.UUID, text: str = "Kính trình") -> None:
    submit_round_for_signature(round_id=round_id, text=text, by=person(OFFICER), now=NOON)
    drain(NOON)


def kept(round_id: uuid.UUID) -> str:
    db.session.rollback()
    return str(read_round(round_id, person(DIRECTOR)).draft["text"])


def test_a_case_set_aside_says_so_in_its_history_and_everybody_concerned_hears(either_core: Flask) -> None:
    case_id = a_case_at("department_submit")
    round_id = a_round(case_id)
    handed_up(round_id)
    sign_submission(round_id=round_id, by=person(DIRECTOR), now=NOON)
    drain(NOON)

    outcomes = {case_id: ("set_aside", WHY)}
    decide_round(round_id=round_id, outcomes=outcomes, by=person(CHAIRMAN), now=NOON)
    drain(NOON)

    last = timeline(case_of(case_id))[-1]
    told = ("round_news", "Hồ sơ để lại đợt xét sau – UBND xã Thí Dụ")
    assert last.sentence == f"Chủ tịch UBND tỉnh để lại đợt sau, khi quyết định “Đợt 1 năm 2023”: {WHY}"
    assert (last.kind, last.topic) == ("case_set_aside", "step")
    left = set_asides([case_id])[case_id]
    assert (left.round_name, left.reason) == ("Đợt 1 năm 2023", WHY)
    assert set_asides([case_id], not_in=round_id) == {}
    assert bells(LEADER)[-1] == told
    assert {*bells(OFFICER)[-2:]} == {told, ("round_news", "Đã ký Quyết định: Đợt 1 năm 2023")}
    assert told not in bells(DIRECTOR)
    assert list(open_tasks(case_id)) == ["chairman_decide"]
    assert nothing_is_wrong()


def test_whoever_has_to_act_hears_of_it_and_the_bell_is_read_when_it_is_done(core: Flask) -> None:
    case_id = a_case_at("department_submit")
    round_id = a_round(case_id)
    asked = ("signature_requested", "Trình ký: Tờ trình – Đợt 1 năm 2023")
    back = ("sent_back", "Lãnh đạo trả lại bản soạn: Tờ trình – Đợt 1 năm 2023")
    waits = ("task_opened", "Chờ quyết định: Đợt 1 năm 2023")

    handed_up(round_id)
    assert [asked in bells(name, unread=True) for name in (DIRECTOR, DEPUTY, OFFICER)] == [True, True, False]
    send_round_back(round_id=round_id, reason="Nêu rõ căn cứ", by=person(DEPUTY), now=NOON)
    drain(NOON)
    assert (asked in bells(DIRECTOR, unread=True), back in bells(OFFICER, unread=True)) == (False, True)
    save_proposal(round_id=round_id, text="Kính trình lại", seen_rev=None, by=person(OFFICER), now=NOON)
    assert read_round(round_id, person(OFFICER)).draft["returned"] == "Nêu rõ căn cứ"
    handed_up(round_id, "Kính trình lại")
    assert "returned" not in read_round(round_id, person(OFFICER)).draft
    assert (bells(DIRECTOR).count(asked), back in bells(OFFICER, unread=True)) == (2, False)
    sign_submission(round_id=round_id, by=person(DIRECTOR), now=NOON)
    drain(NOON)
    assert asked not in bells(DEPUTY, unread=True)
    assert ("round_news", "Đã ký Tờ trình: Đợt 1 năm 2023") in bells(OFFICER, unread=True)
    announce_due(NOON)
    assert waits in bells(CHAIRMAN, unread=True)
    outcomes = {case_id: ("refuse", "Chưa đạt")}
    decide_round(round_id=round_id, outcomes=outcomes, by=person(CHAIRMAN), now=NOON)
    drain(NOON)
    assert waits not in bells(CHAIRMAN, unread=True)
    assert ("round_news", "Đã ký Quyết định: Đợt 1 năm 2023") in bells(DIRECTOR, unread=True)


def test_the_standard_text_follows_the_cases_and_a_blank_one_loses_nothing(core: Flask) -> None:
    case_id, officer = a_case_at("department_submit"), person(OFFICER)
    round_id = a_round(case_id)
    restore_standard_text(round_id=round_id, seen_rev=None, by=officer, now=NOON)
    standard = "Sở Thông tin và Truyền thông không đề nghị công nhận {} đơn vị."
    before = f"Thực hiện Quyết định số 1829 … {standard.format(7)}"
    save_proposal(round_id=round_id, text=before, seen_rev=None, by=officer, now=NOON)

    with pytest.raises(BadInput, match="Hãy soạn nội dung Tờ trình"):
        handed_up(round_id, " \r\n ")
    assert kept(round_id) == before
    restore_standard_text(round_id=round_id, seen_rev=None, by=officer, now=NOON)
    remove_case(round_id=round_id, case_id=case_id, by=officer, now=NOON)
    add_cases(round_id=round_id, case_ids=[case_id], by=officer, now=NOON)
    text = (
        "Thực hiện Quyết định số 1829/QĐ-UBND ngày 30/5/2023 của UBND tỉnh, Sở Thông tin và Truyền thông đã "
        "thẩm tra hồ sơ đề nghị công nhận xã, phường, thị trấn hoàn thành các tiêu chí chuyển đổi số năm "
        "2023.\r\n\r\n{} Danh sách và lý do kèm theo."
    )
    handed_up(round_id, text.format(standard.format(3)))

    assert kept(round_id) == text.format(standard.format(1)).replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("signature", "field"),
    [
        (Signature(number="88/TTr-STTTT"), "issued_on"),
        (Signature(number=" ", issued_on=date(2023, 11, 20)), "number"),
    ],
)
def test_number_and_date_are_given_together_or_later(core: Flask, signature: Signature, field: str) -> None:
    round_id = a_round(a_case_at("department_submit"))
    handed_up(round_id)

    with pytest.raises(BadInput) as refused:
        sign_submission(round_id=round_id, signature=signature, by=person(DIRECTOR), now=NOON)

    assert list(refused.value.fields) == [field]
    assert acts_of(read_round(round_id, person(DIRECTOR))) == []


def test_a_round_has_a_name_of_its_own_and_a_year_that_has_criteria_and_an_empty_one_is_taken_back(
    core: Flask,
) -> None:
    officer = person(OFFICER)
    first = open_round(year=2023, name="Đợt bổ sung", by=officer, now=NOON)
    with pytest.raises(BadInput) as taken:
        open_round(year=2023, name=" đợt BỔ SUNG ", by=officer, now=NOON)
    with pytest.raises(BadInput) as unknown:
        open_round(year=2021, by=officer, now=NOON)
    filled = a_round(a_case_at("department_submit"))
    with pytest.raises(WrongState, match="Đợt đã có hồ sơ nên không xóa được"):
        delete_round(round_id=filled, by=officer, now=NOON)

    delete_round(round_id=first, by=officer, now=NOON)

    assert (list(taken.value.fields), list(unknown.value.fields)) == (["name"], ["year"])
    assert "2022, 2023, 2024, 2025" in str(unknown.value)
    with pytest.raises(NotFound):
        read_round(first, officer)
    open_round(year=2023, name="Đợt bổ sung", by=officer, now=NOON)
    assert nothing_is_wrong()
