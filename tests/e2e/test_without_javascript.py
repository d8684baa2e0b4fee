"""Old machines and strict policies: the procedure's daily work without any script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from service.demo.loader import evidence_page
from tests.e2e.acts import attach, field, press, result, row, says, sign, verdict
from tests.e2e.people import Person

Seat = Callable[..., Person]


@pytest.mark.timeout(300)
def test_a_step_is_filled_in_handed_up_and_signed_without_javascript(person: Seat) -> None:
    officer = person("xa-thidu-chuyenvien", java_script_enabled=False).log_in()
    page = officer.open_task()
    result(page, "3.2").fill("76%")
    result(page, "2.6").fill("<script>alert(1)</script>")
    attach(page, "3.2", "xac-nhan-ngan-hang.pdf", evidence_page())
    press(page, "Lưu nháp")
    says(page, "Đã lưu nháp lúc")
    expect(verdict(page, "3.2")).to_contain_text("76% ≥ 75%: đạt")
    expect(row(page, "3.2").get_by_role("link", name="xac-nhan-ngan-hang.pdf")).to_be_visible()
    expect(result(page, "2.6")).to_have_value("<script>alert(1)</script>")
    result(page, "2.6").fill("54,4%")
    press(page, "Trình ký")
    says(page, "Đã trình ký")

    leader = person("xa-thidu-lanhdao", java_script_enabled=False).log_in()
    page = leader.open_task()
    expect(row(page, "3.2").locator(".criteria__result")).to_contain_text("76%")
    sign(page)
    says(page, "Hồ sơ đang ở: UBND thị xã Bỉm Sơn")

    page.goto("/ho-so")
    page.get_by_role("link", name="Thí Dụ").click()
    expect(page.locator(".step-line .is-current")).to_contain_text("Thẩm định")


@pytest.mark.timeout(300)
def test_a_return_is_written_without_javascript(person: Seat) -> None:
    officer = person("xa-thidu-chuyenvien", java_script_enabled=False).log_in()
    press(officer.open_task(), "Trình ký")
    sign(person("xa-thidu-lanhdao", java_script_enabled=False).log_in().open_task())
    district = person("huyen-bimson-chuyenvien", java_script_enabled=False).log_in()

    page = district.open_task()
    page.get_by_role("button", name="Trả lại bổ sung…").click()
    field(page, "reason").fill("Thiếu minh chứng.")
    press(page, "Trình ký trả lại")

    says(page, "Đã trình ký")


PLACES = {
    "xa-ngoctrao-chuyenvien": (
        "/viec",
        "{task}",
        "{task}/dieu-phoi",
        "{task}/bang-tinh",
        "{task}/phu-luc",
        "{case}",
        "{case}?tab=chi-tieu",
        "{case}?tab=ho-so",
        "{case}?tab=trao-doi",
        "{case}?tab=qua-trinh",
        "/ho-so",
        "/thong-bao",
        "/thong-bao/cai-dat",
        "/doi-mat-khau",
        "/quan-tri/xu-ly-thay",
        "/quy-trinh/recognition",
    ),
    "quantri": (
        "/quan-tri/don-vi",
        "/quan-tri/nguoi/moi",
        "/quan-tri/chi-tieu",
        "/thong-bao/webhook",
        "/van-hanh",
        "/lich",
        "/thoi-han",
    ),
    "so-tttt-giamdoc": ("/dot", "/quan-tri/thanh-vien", "/quan-tri/bo-chi-so"),
}
ONLY_BY_SCRIPT = "button[type=button]:visible, [role=button]:visible, a:not([href]):visible"
WITHOUT_A_BUTTON = "form:not(:has(button:not([type=button])))"


@pytest.mark.timeout(300)
def test_no_page_shows_what_only_scripts_can_do(person: Seat) -> None:
    useless = []
    for username, paths in PLACES.items():
        somebody = person(username, java_script_enabled=False).log_in()
        page = somebody.page
        case = task = ""
        if "{task}" in paths:
            task = str(page.locator(".worklist__link").first.get_attribute("href")).partition("?")[0]
            page.goto("/ho-so")
            case = str(page.locator("main a[href^='/ho-so/']").first.get_attribute("href"))
        for path in paths:
            page.goto(path.format(task=task, case=case))
            assert page.locator("main h1").count() == 1, path
            for kind in (ONLY_BY_SCRIPT, WITHOUT_A_BUTTON):
                useless += [
                    (path, one.evaluate("it => it.outerHTML.slice(0, 100)"))
                    for one in page.locator(kind).all()
                ]

    assert useless == []


@pytest.mark.timeout(300)
def test_what_is_arranged_and_said_beside_the_work_is_sent_without_javascript(person: Seat) -> None:
    officer = person("xa-ngoctrao-chuyenvien", java_script_enabled=False).log_in()
    page = officer.page
    page.locator("form[data-claim] button").first.click()
    says(page, "Đã nhận việc")
    page.get_by_role("searchbox").fill("ngoc trao")
    press(page, "Lọc")
    page.get_by_role("link", name="Điều phối").first.click()
    page.get_by_label("Mức ưu tiên").select_option("Khẩn")
    press(page, "Lưu mức ưu tiên")
    expect(page.locator(".worklist tbody tr").first).to_contain_text("Khẩn")

    page.locator(".worklist tbody input[type=checkbox]").first.check()
    press(page, "Trả việc")
    says(page, "Đã trả")
    page.goto("/ho-so")
    page.locator("main a[href^='/ho-so/']").first.click()
    page.locator(".tabs").get_by_role("link", name="Trao đổi").click()
    field(page, "body").fill("Không cần đến máy mới.")
    page.locator(".talk__form button").last.click()
    expect(page.locator(".said__body")).to_contain_text("Không cần đến máy mới.")
    page.goto("/doi-mat-khau")
    for password in page.locator("main input[type=password]").all():
        password.fill("không phải mật khẩu này")
    page.locator("main form button").click()
    expect(page.locator("main .field-error").first).to_be_visible()
    assert all("422" in said for said in officer.complaints)  # what a form that comes back is answered with
    officer.complaints.clear()
