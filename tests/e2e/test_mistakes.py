"""What people do wrong, twice, too late or in two windows: they are told, and lose nothing they typed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.acts import attach, field, press, result, row, says, sign
from tests.e2e.people import Person
from tests.e2e.server import Server

Seat = Callable[..., Person]

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def officer(person: Seat) -> Person:
    return person("xa-thidu-chuyenvien").log_in()


def hand_up(officer: Person) -> None:
    press(officer.open_task(), "Trình ký")
    says(officer.page, "Đã trình ký")


def test_more_than_100_per_cent_is_refused_at_its_field_and_nothing_is_lost(officer: Person):
    page = officer.open_task()
    result(page, "1.2").fill("150%")
    result(page, "1.3").fill("97%")

    press(page, "Trình ký")

    expect(page.locator("#problem")).to_contain_text("150")
    expect(field(page, "criteria.1.2.raw-error")).to_contain_text("100%")
    expect(result(page, "1.2")).to_have_attribute("aria-invalid", "true")
    expect(result(page, "1.2")).to_have_value("150%")
    expect(result(page, "1.3")).to_have_value("97%")
    page.locator("#problem a").first.click()
    expect(result(page, "1.2")).to_be_focused()
    officer.look("40-loi-nhap")
    expected(officer, 422)


def test_two_windows_on_one_draft_work_side_by_side(officer: Person):
    """At one and the same field they are told: see test_several_in_a_browser."""
    first = officer.open_task()
    second = officer.open_tab()
    second.goto(first.url)
    result(first, "1.2").fill("98%")
    press(first, "Lưu nháp")
    says(first, "Đã lưu nháp lúc")

    result(second, "1.3").fill("96%")
    press(second, "Lưu nháp")

    says(second, "Đã lưu nháp lúc")
    expect(result(second, "1.2")).to_have_value("98%")
    expect(result(second, "1.3")).to_have_value("96%")


def test_a_double_click_signs_once(server: Server, officer: Person, person: Seat):
    hand_up(officer)
    leader = person("xa-thidu-lanhdao").log_in()
    page = leader.open_task()

    page.get_by_role("button", name="Ký – ").dblclick()

    says(page, "Đã hoàn thành bước")
    assert rows(server, "SELECT count(*) FROM submission") == 1


def test_pressing_sign_in_two_windows_signs_once_and_tells_the_second(
    server: Server, officer: Person, person: Seat
):
    hand_up(officer)
    leader = person("xa-thidu-lanhdao").log_in()
    first = leader.open_task()
    second = leader.open_tab()
    second.goto(first.url)
    sign(first)
    says(first, "Đã hoàn thành bước")

    sign(second)

    expect(second.locator("#problem")).to_contain_text("đã")
    expect(second.locator("main")).to_contain_text("Đã hoàn thành")
    assert rows(server, "SELECT count(*) FROM submission") == 1
    expected(leader, 409)


def test_going_back_after_signing_shows_what_became_of_it(officer: Person, person: Seat):
    hand_up(officer)
    leader = person("xa-thidu-lanhdao").log_in()
    page = leader.open_task()
    sign(page)
    says(page, "Đã hoàn thành bước")

    page.go_back()

    if page.get_by_role("button", name="Ký – ").count():
        sign(page)
        expect(page.locator("#problem")).to_be_visible()
        expected(leader, 409)
    expect(page.locator(".page-head")).to_contain_text("Đã hoàn thành")


def test_a_session_that_ends_while_somebody_types_costs_nothing(server: Server, officer: Person):
    page = officer.open_task()
    end_every_session(server)
    result(page, "1.2").fill("95,5%")
    expect(page.locator("[data-saved]")).to_contain_text("Phiên làm việc đã hết", timeout=15_000)
    log_in_at_another_tab(officer)

    press(page, "Lưu nháp")

    says(page, "Nội dung vừa gõ vẫn ở dưới đây")
    expect(result(page, "1.2")).to_have_value("95,5%")
    press(page, "Lưu nháp")
    says(page, "Đã lưu nháp lúc")
    expect(result(page, "1.2")).to_have_value("95,5%")
    expected(officer, 400, 401)


def test_what_was_sent_after_the_session_had_ended_can_be_sent_again(server: Server, officer: Person):
    page = officer.open_task()
    end_every_session(server)
    result(page, "1.2").fill("94,5%")
    press(page, "Lưu nháp")
    expect(page.locator("h1")).to_have_text("Cần đăng nhập")
    officer.look("43-het-phien")
    log_in_at_another_tab(officer)

    page.reload()

    expect(result(page, "1.2")).to_have_value("94,5%")
    press(page, "Lưu nháp")
    says(page, "Đã lưu nháp lúc")
    expected(officer, 400, 401)


def log_in_at_another_tab(officer: Person) -> None:
    page = officer.open_tab()
    page.goto("/dang-nhap?ten=xa-thidu-chuyenvien")
    press(page, "Đăng nhập")
    expect(page.locator("h1")).to_have_text("Việc cần xử lý")


def test_hostile_text_is_shown_as_text(officer: Person, person: Seat):
    page = officer.open_task()
    hostile = "<script>document.title='hỏng'</script><img src=x onerror=alert(1)>"
    field(page, "criteria.2.6.difficulty").fill(hostile)
    field(page, "report_proposals").fill(hostile)
    press(page, "Trình ký")
    says(page, "Đã trình ký")

    page = person("xa-thidu-lanhdao").log_in().open_task()

    expect(row(page, "2.6")).to_contain_text(hostile)
    expect(page.locator(".shown")).to_contain_text(hostile)
    assert "hỏng" not in page.title()


def test_a_program_named_as_a_document_is_refused_with_a_sentence(officer: Person):
    page = officer.open_task()

    attach(page, "4.7", "bao-cao.pdf", b"MZ\x90\x00" + b"\x00" * 2000)

    expect(row(page, "4.7").locator(".upload-state")).to_contain_text("bao-cao.pdf")
    expect(row(page, "4.7").locator(".upload-state")).to_have_class("upload-state is-error")
    expect(row(page, "4.7").locator(".files li")).to_have_count(1)
    expected(officer, 415)


def test_a_wrong_password_and_another_units_task_are_refused_with_a_sentence(officer: Person, person: Seat):
    address = officer.open_task().url
    stranger = person("xa-minhhoa-chuyenvien")
    page = stranger.page
    page.goto("/dang-nhap")
    page.get_by_label("Tên đăng nhập").fill("xa-minhhoa-chuyenvien")
    page.get_by_label("Mật khẩu").fill("sai mật khẩu")
    press(page, "Đăng nhập")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Tên đăng nhập")).to_have_value("xa-minhhoa-chuyenvien")
    stranger.look("41-sai-mat-khau")
    stranger.log_in()

    page.goto(address)

    expect(page.locator("h1")).to_have_text("Không tìm thấy")
    stranger.look("42-khong-tim-thay")
    expected(stranger, 401, 404)


def test_an_error_sentence_is_read_out_and_returns_need_a_reason(officer: Person, person: Seat):
    hand_up(officer)
    leader = person("xa-thidu-lanhdao").log_in()
    page = leader.open_task()
    page.locator("#back_reason").evaluate("it => it.removeAttribute('required')")

    press(page, "Trả lại người soạn")

    expect(page.get_by_role("alert")).to_contain_text("Hãy ghi lý do trả lại người soạn")
    expected(leader, 422)


def end_every_session(server: Server) -> None:
    with sqlite3.connect(server.data / "congnhan.db", timeout=20) as database:
        database.execute("UPDATE login_session SET revoked_at = created_at")


def rows(server: Server, question: str) -> int:
    with sqlite3.connect(Path(server.data) / "congnhan.db", timeout=20) as database:
        return int(database.execute(question).fetchone()[0])


def expected(who: Person, *statuses: int) -> None:
    """The browser writes every answer of 400 and above to its console; these were asked for."""
    who.complaints[:] = [
        said
        for said in who.complaints
        if not any(f"status of {one}" in said or f"Error Code {one}" in said for one in statuses)
    ]
