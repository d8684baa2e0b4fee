"""Logging in and out, and one's own password."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from service.clock import now
from service.config import DEMO_PASSWORD
from service.database import db
from service.identity.operations import add_user, give_role
from service.models import Event
from tests.builders import NOON
from tests.integration.web.conftest import Visitor

AsPerson = Callable[[str], Visitor]
NEW = "mat-khau-moi-2023"


def test_the_front_door_leads_a_stranger_to_the_login(visitor: Visitor) -> None:
    answer = visitor.get("/")

    assert (answer.status_code, answer.location) == (302, "/dang-nhap")


def test_what_comes_after_the_session_has_ended_leads_through_the_login_back_to_its_task(
    visitor: Visitor,
) -> None:
    task = f"/viec/{uuid.uuid4()}"

    for address in (task, f"{task}/ky"):
        answer = visitor.client.post(address, data={"do": "submit", "csrf_token": "of another session"})
        assert (answer.status_code, f'href="/dang-nhap?next={task}"' in answer.text) == (401, True)
    by_itself = visitor.client.post(f"{task}/nhap", data={}, headers={"Accept": "application/json"})
    assert (by_itself.status_code, (by_itself.json or {}).get("code")) == (401, "not-logged-in")


def test_a_person_lands_on_the_worklist_and_is_out_again_after_logging_out(as_person: AsPerson) -> None:
    officer = as_person("so-tttt-chuyenvien")

    assert "Việc cần xử lý" in officer.page("/viec")
    officer.post("/dang-xuat")

    assert officer.get("/viec").status_code == 302


def test_the_cookie_of_before_the_logout_opens_nothing(web: Flask, as_person: AsPerson) -> None:
    officer = as_person("so-tttt-chuyenvien")
    kept = officer.client.get_cookie("congnhan")
    officer.post("/dang-xuat")
    thief = Visitor(web.test_client())

    assert kept is not None
    thief.client.set_cookie("congnhan", kept.value)

    assert thief.get("/viec").status_code == 302


def test_an_unknown_name_and_a_wrong_password_are_told_alike(visitor: Visitor) -> None:
    told = {
        visitor.log_in("khong-co-nguoi-nay").text.replace("khong-co-nguoi-nay", ""),
        visitor.log_in("quantri", "sai mật khẩu").text.replace('value="quantri"', 'value=""'),
    }

    assert all("Tên đăng nhập hoặc mật khẩu không đúng." in page for page in told)
    assert visitor.log_in("quantri", "sai").status_code == 401


def test_the_eleventh_wrong_password_within_a_minute_is_not_even_tried(visitor: Visitor) -> None:
    for _ in range(10):
        assert visitor.log_in("quantri", "sai").status_code == 401

    answer = visitor.log_in("quantri")

    assert answer.status_code == 429
    assert "nhanh" in answer.text


def test_logging_in_again_ends_the_browsers_former_session(web: Flask, as_person: AsPerson) -> None:
    officer = as_person("so-tttt-chuyenvien")
    kept = officer.client.get_cookie("congnhan")
    assert kept is not None
    token = officer.token()
    again = officer.post("/dang-nhap", {"username": "quantri", "password": DEMO_PASSWORD}, token=token)
    thief = Visitor(web.test_client())

    thief.client.set_cookie("congnhan", kept.value)

    assert again.status_code == 303
    assert thief.get("/viec").status_code == 302


def test_refused_logins_are_recorded_only_as_far_as_the_limit_lets_them_be_tried(
    web: Flask, visitor: Visitor
) -> None:
    for _ in range(13):
        visitor.log_in("quantri", "sai")

    with web.app_context():
        recorded = db.session.scalars(select(Event.seq).where(Event.type == "login_refused")).all()
    assert len(recorded) == 10


def test_other_people_of_the_office_still_get_in_while_one_is_held_up(visitor: Visitor) -> None:
    for _ in range(11):
        visitor.log_in("quantri", "sai")

    assert visitor.log_in("so-tttt-chuyenvien").status_code == 303


@pytest.mark.parametrize("address", ["https://lua-dao.example/", "//lua-dao.example", "/\\lua-dao.example"])
def test_the_login_leads_to_no_other_site(visitor: Visitor, address: str) -> None:
    answer = visitor.log_in("quantri", next=address)

    assert answer.location == "/viec"


def test_somebody_new_can_open_nothing_before_changing_the_password(web: Flask, visitor: Visitor) -> None:
    with web.app_context():
        add_user(username="nguoi-moi", display_name="Người mới", password="tam-thoi-2023", now=now())
        give_role(username="nguoi-moi", role="officer", unit_code="so-tttt", now=now())

    visitor.log_in("nguoi-moi", "tam-thoi-2023")

    assert visitor.get("/viec").location == "/doi-mat-khau"
    assert "lần đăng nhập đầu tiên" in visitor.page("/doi-mat-khau")

    changed = visitor.post("/doi-mat-khau", {"current": "tam-thoi-2023", "new_password": NEW, "again": NEW})

    assert changed.status_code == 303
    assert visitor.log_in("nguoi-moi", NEW).status_code == 303
    assert visitor.get("/viec").status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "again", "sentence"),
    [
        ("sai", NEW, NEW, "Mật khẩu hiện tại không đúng."),
        ("trinh-dien-2023", "ngắn", "ngắn", "Mật khẩu phải có từ 10"),
        ("trinh-dien-2023", NEW, NEW + "x", "Hai lần nhập mật khẩu mới không giống nhau."),
        ("trinh-dien-2023", "toi-la-quantri-day", "toi-la-quantri-day", "không được chứa tên đăng nhập"),
    ],
)
def test_a_password_that_cannot_be_taken_is_told_at_its_field(
    as_person: AsPerson, current: str, new: str, again: str, sentence: str
) -> None:
    answer = as_person("quantri").post(
        "/doi-mat-khau", {"current": current, "new_password": new, "again": again}
    )

    assert answer.status_code == 422
    assert sentence in answer.text


def test_demo_accounts_are_listed_only_in_the_demo(web: Flask, visitor: Visitor) -> None:
    assert "xa-minhhoa-chuyenvien" in visitor.page("/dang-nhap")

    web.config["SETTINGS"] = replace(web.config["SETTINGS"], demo=False)

    assert "xa-minhhoa-chuyenvien" not in visitor.page("/dang-nhap")
    assert visitor.log_in("xa-minhhoa-chuyenvien").status_code == 403


def test_every_page_of_the_demo_says_which_day_it_is(as_person: AsPerson) -> None:
    assert "20/11/2023" in as_person("quantri").page("/doi-mat-khau")
    assert f"{NOON:%d/%m/%Y}" == "20/11/2023"
