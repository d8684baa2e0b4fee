"""The bell of every page, the list behind it, and the way from a line to the exact place."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import insert, update
from sqlalchemy.exc import OperationalError

from service.database import transaction
from service.identity.queries import user_by_name
from service.jobs.announcing import announce_due
from service.models import Notification, Webhook
from tests.builders import NOON, a_case_at, an_open_case, do_step, open_task
from tests.integration.service.scenes import end_appointments, given_back
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
OFFICER = "xa-thidu-chuyenvien"


def some_notifications(count: int, username: str = OFFICER) -> list[int]:
    """Notifications of no case, oldest first; their ids."""
    with transaction() as session:
        user = user_by_name(username)
        assert user is not None
        return [
            session.execute(
                insert(Notification)
                .values(
                    user_id=user.id,
                    kind="task_opened",
                    title=f"Việc số {number:03}",
                    body="",
                    link="/viec",
                    dedup_key=f"thu:{number}",
                    created_at=NOON + timedelta(minutes=number),
                )
                .returning(Notification.id)
            ).scalar_one()
            for number in range(count)
        ]


def titles(page: str) -> list[str]:
    return re.findall(r"Việc số (\d+)", page)


def count_shown(page: str) -> str:
    found = re.search(r'id="bell-count".*?<span aria-hidden="true">(.*?)</span>', page, re.DOTALL)
    assert found is not None
    return found[1].strip()


def test_every_page_says_how_much_is_unread(as_person: AsPerson, behind: Behind) -> None:
    officer = as_person(OFFICER)
    assert count_shown(officer.page("/viec")) == ""
    assert "không có thông báo chưa đọc" in officer.page("/viec")

    behind(lambda: some_notifications(3))

    for path in ("/viec", "/ho-so", "/thong-bao", "/thong-bao/cai-dat", "/doi-mat-khau"):
        page = officer.page(path)
        assert count_shown(page) == "3", path
        assert "3 thông báo chưa đọc" in page
        assert faults(page) == [], path
    assert count_shown(as_person("kiemtra").page("/viec")) == ""


def test_a_very_long_list_is_counted_to_a_hundred(as_person: AsPerson, behind: Behind) -> None:
    behind(lambda: some_notifications(130))

    assert count_shown(as_person(OFFICER).page("/viec")) == "99+"


def test_the_bell_asked_again_answers_only_what_changed(as_person: AsPerson, behind: Behind) -> None:
    officer = as_person(OFFICER)
    behind(lambda: some_notifications(2))

    unchanged = officer.get("/thong-bao/chuong?dang-hien=2")
    changed = officer.get("/thong-bao/chuong?dang-hien=1")

    assert (unchanged.status_code, unchanged.data) == (204, b"")
    assert changed.status_code == 200
    assert 'hx-get="/thong-bao/chuong?dang-hien=2"' in changed.text
    assert 'hx-trigger="every 60s"' in changed.text


def test_where_the_count_cannot_be_had_the_page_still_shows(as_person: AsPerson) -> None:
    officer = as_person(OFFICER)
    away = OperationalError("SELECT", None, Exception("connection lost"))

    with patch("service.web.notifications.unread_count", side_effect=away):
        assert count_shown(officer.page("/viec")) == ""


def test_unread_come_first_and_pages_follow_without_gaps(as_person: AsPerson, behind: Behind) -> None:
    ids = behind(lambda: some_notifications(70))
    officer = as_person(OFFICER)
    for number in (69, 40, 5):
        officer.get(f"/thong-bao/{ids[number]}")

    seen: list[str] = []
    path = "/thong-bao"
    for _ in range(10):
        page = officer.page(path)
        assert faults(page) == []
        seen += titles(page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following is None:
            break
        path = following[1].replace("&amp;", "&")

    unread = [f"{number:03}" for number in range(69, -1, -1) if number not in (69, 40, 5)]
    assert seen == [*unread, "069", "040", "005"]


def test_opening_reads_it_and_leads_to_the_exact_criterion(as_person: AsPerson, behind: Behind) -> None:
    def a_return() -> uuid.UUID:
        case_id = a_case_at("district_appraise")
        given_back(case_id, "district_appraise", criteria_reasons={"2.6": "Thiếu bảng kê"})
        announce_due(NOON)
        return open_task(case_id, "self_assess")

    task_id = behind(a_return)
    officer = as_person(OFFICER)
    where = re.search(r'class="worklist__link" href="(/thong-bao/\d+)"', officer.page("/thong-bao"))
    assert where is not None

    answer = officer.get(where[1])

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/viec/{task_id}#row-2.6")
    assert 'id="row-2.6" tabindex="-1"' in officer.page(f"/viec/{task_id}")
    assert count_shown(officer.page("/viec")) == ""


def test_what_was_asked_and_is_done_says_so(as_person: AsPerson, behind: Behind) -> None:
    def filed() -> None:
        case_id = an_open_case()
        announce_due(NOON)
        do_step(case_id, "self_assess")
        announce_due(NOON + timedelta(minutes=1))

    behind(filed)

    page, district = as_person(OFFICER).page("/thong-bao"), as_person("huyen-bimson-chuyenvien")

    assert (page.count("<span>đã xử lý</span>"), "Chưa đọc" in page, faults(page)) == (1, False, [])
    assert "đã xử lý" not in district.page("/thong-bao")


def test_what_somebody_may_no_longer_see_says_so(as_person: AsPerson, behind: Behind) -> None:
    def told_and_moved() -> int:
        an_open_case()
        announce_due(NOON)
        end_appointments(OFFICER, date(2023, 11, 19))
        return 1

    behind(told_and_moved)
    officer = as_person(OFFICER)
    where = re.search(r'class="worklist__link" href="(/thong-bao/\d+)"', officer.page("/thong-bao"))
    assert where is not None

    page = officer.page(where[1])

    assert "Nội dung này không còn mở được" in page
    assert "Nay hồ sơ do người khác phụ trách" in page
    assert faults(page) == []


def test_somebody_elses_notification_is_none(as_person: AsPerson, behind: Behind) -> None:
    ids = behind(lambda: some_notifications(1))

    assert as_person("xa-thidu-lanhdao").get(f"/thong-bao/{ids[0]}").status_code == 404
    assert count_shown(as_person(OFFICER).page("/viec")) == "1"


def test_all_read_spares_what_came_since_the_page_was_shown(as_person: AsPerson, behind: Behind) -> None:
    behind(lambda: some_notifications(2))
    officer = as_person(OFFICER)
    shown = re.search(r'name="up_to" value="(\d+)"', officer.page("/thong-bao"))
    assert shown is not None
    behind(lambda: (an_open_case(), announce_due(NOON)))

    answer = officer.post("/thong-bao/da-doc", {"up_to": shown[1]})

    assert answer.status_code == 303
    assert "Đã đánh dấu đã đọc 2 thông báo." in officer.page("/thong-bao")
    assert count_shown(officer.page("/viec")) == "1"


def test_nothing_to_show_is_said_in_a_sentence(as_person: AsPerson) -> None:
    page = as_person(OFFICER).page("/thong-bao")

    assert "Chưa có thông báo nào" in page
    assert "Đánh dấu đã đọc tất cả" not in page


def test_choices_are_kept_and_the_escalation_cannot_be_switched_off(as_person: AsPerson) -> None:
    leader = as_person("xa-thidu-lanhdao")
    first = leader.page("/thong-bao/cai-dat")
    assert "không tắt chuông được" in first
    sent: dict[str, object] = {"email": "lanhdao@thanhhoa.gov.vn", "bell.due_soon": "1", "email.overdue": "1"}

    assert leader.post("/thong-bao/cai-dat", sent).status_code == 303

    page = leader.page("/thong-bao/cai-dat")
    assert faults(page) == []
    kept = {name for name, checked in checkboxes(page).items() if checked}
    assert kept == {"bell.due_soon", "email.overdue", "bell.escalated"}
    assert 'value="lanhdao@thanhhoa.gov.vn"' in page


def test_an_address_that_is_none_comes_back_with_what_was_chosen(as_person: AsPerson) -> None:
    officer = as_person(OFFICER)

    answer = officer.post("/thong-bao/cai-dat", {"email": "không phải địa chỉ", "bell.overdue": "1"})

    assert answer.status_code == 422
    assert "Địa chỉ thư điện tử có dạng" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert {name for name, on in checkboxes(answer.text).items() if on} == {"bell.overdue", "bell.escalated"}
    assert 'value=""' in officer.page("/thong-bao/cai-dat")


def checkboxes(page: str) -> dict[str, bool]:
    found = re.findall(r'<input class="form-check-input"[^>]*name="((?:bell|email)\.\w+)"([^>]*)>', page)
    return {name: "checked" in rest for name, rest in found}


def test_a_page_of_webhooks_is_for_administrators(as_person: AsPerson, web: Flask) -> None:
    web.config["SETTINGS"] = replace(web.config["SETTINGS"], webhook_hosts=("hooks.example.vn",))
    administrator = as_person("quantri")
    assert as_person(OFFICER).get("/thong-bao/webhook").status_code == 403
    sent: dict[str, object] = {
        "name": "Kho dữ liệu",
        "url": "https://hooks.example.vn/x",
        "kinds": "case_finished",
    }

    refused = administrator.post("/thong-bao/webhook", {**sent, "url": "https://other.example.vn/"})
    added = administrator.post("/thong-bao/webhook", sent)
    later = administrator.page("/thong-bao/webhook")

    assert refused.status_code == 422
    assert "không có trong danh sách WEBHOOK_HOSTS" in refused.text
    secret = re.search(r"whsec_[A-Za-z0-9+/=]{44}", added.text)
    assert secret is not None
    assert secret[0] not in later
    assert "Kho dữ liệu" in later
    assert [faults(page) for page in (refused.text, added.text, later)] == [[], [], []]

    rotated = administrator.post("/thong-bao/webhook/Kho dữ liệu/doi-khoa")
    assert "đang đổi khóa" in rotated.text
    assert administrator.post("/thong-bao/webhook/Kho dữ liệu/doi-khoa").status_code == 409
    assert administrator.post("/thong-bao/webhook/Kho dữ liệu/xong-doi-khoa").status_code == 303
    assert administrator.post("/thong-bao/webhook/Kho dữ liệu/xong-doi-khoa").status_code == 409
    with web.app_context(), transaction() as session:  # as a restored backup leaves it
        session.execute(update(Webhook).values(secret="", active=False))
    blank = administrator.page("/thong-bao/webhook")
    assert "chưa có khóa sau khi khôi phục" in blank
    assert "Gửi thử" not in blank
    assert administrator.post("/thong-bao/webhook/Kho dữ liệu/thu").status_code == 303
    assert administrator.post("/thong-bao/webhook/Kho dữ liệu/bat").status_code == 409
    assert "whsec_" in administrator.post("/thong-bao/webhook/Kho dữ liệu/doi-khoa").text
    assert "Đang gửi" in administrator.page("/thong-bao/webhook")
    assert administrator.post("/thong-bao/webhook/Kho dữ liệu/go").status_code == 303
    assert "Chưa báo cho hệ thống nào" in administrator.page("/thong-bao/webhook")
