"""Two people at one criteria table in browsers: different cells, the same cell, what is said of a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from service.database import db
from service.tasks.operations import claim_task
from service.tasks.rows import assign_rows
from tests.builders import NOON, an_open_case, open_task, person
from tests.integration.service.test_handling import a_colleague
from tests.integration.web.conftest import Visitor

OFFICER, COLLEAGUE = "xa-thidu-chuyenvien", "xa-thidu-dongnghiep"
PATIENCE_MS = 60_000  # a slow machine is no fault of the page


def cell(page: Page, criterion: str) -> Locator:
    return page.locator(f"[id='criteria.{criterion}.raw']")


def typed(page: Page, criterion: str, value: str) -> None:
    """Typed and saved at once, as by Ctrl+S; waits for the answer."""
    cell(page, criterion).fill(value)
    with page.expect_response("**/nhap"):
        page.keyboard.press("Control+s")


def test_nothing_is_lost_where_two_people_fill_in_one_table(
    browser: Browser,
    address: str,
    as_person: Callable[[str], Visitor],
    behind: Callable[[Callable[[], Any]], Any],
) -> None:
    def begin() -> Any:
        colleague, task_id = a_colleague(), open_task(an_open_case(), "self_assess")
        claim_task(task_id=task_id, by=person(OFFICER), now=NOON)
        assign_rows(task_id=task_id, criteria=["2.6", "3.2"], to=colleague, by=person(OFFICER), now=NOON)
        db.session.remove()
        return task_id

    task_id, complaints = behind(begin), []

    def at(username: str) -> Page:
        cookie = as_person(username).client.get_cookie("congnhan")
        assert cookie is not None
        context = browser.new_context(locale="vi-VN", viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        context.add_cookies([{"name": "congnhan", "value": cookie.value, "url": address}])
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/viec/{task_id}")
        return page

    expect.set_options(timeout=PATIENCE_MS)
    officer, colleague = at(OFFICER), at(COLLEAGUE)

    expect(cell(colleague, "1.1")).to_have_count(0)
    typed(colleague, "2.6", "60%")
    cell(officer, "1.2").fill("9")  # being typed into: what comes in must leave it alone
    typed(officer, "1.1", "Có")
    expect(cell(officer, "2.6")).to_have_value("60%")
    expect(officer.locator("[data-row='2.6'] .verdict")).to_have_text("Đạt")
    expect(officer.locator("[data-fresh-said]")).to_have_text(f"Vừa lưu ({COLLEAGUE}): Chỉ tiêu 2.6, Kết quả")
    expect(cell(officer, "1.2")).to_have_value("9%")

    typed(officer, "2.6", "61%")
    typed(colleague, "2.6", "62%")
    clash = colleague.locator("[data-row='2.6'] .clash")
    expect(clash).to_contain_text("12:00 ngày 20/11/2023")
    expect(clash.locator("q")).to_have_text(["61%", "62%"])
    expect(cell(colleague, "2.6")).to_have_value("62%")
    # The officer's own row, which the colleague only reads, came along.
    expect(colleague.locator("[data-row='1.1'] .criteria__result")).to_have_text("Có")
    expect(colleague.locator("[data-row='1.1'] .verdict")).to_have_text("Đạt")
    expect(colleague.locator("[data-group-total='1']")).to_have_text("1")
    clash.get_by_role("button", name="Lấy nội dung kia").press("Enter")
    expect(cell(colleague, "2.6")).to_have_value("61%")
    expect(clash).to_have_count(0)
    expect(colleague.locator("[data-undo]")).to_contain_text("lấy nội dung của")

    officer.locator("[data-filter=mine]").click()
    expect(officer.locator("[data-row]:visible")).to_have_count(33)
    link = officer.locator("a[data-talk='1.1']")
    link.press("Enter")
    drawer = officer.locator("#talk-dialog")
    drawer.locator("textarea").fill("Số liệu này lấy ở đâu?")
    drawer.get_by_role("button", name="Gửi", exact=True).click()
    expect(drawer.locator(".said__body")).to_have_text("Số liệu này lấy ở đâu?")
    officer.keyboard.press("Escape")
    expect(link.locator("[data-talk-count]")).to_have_text("1")
    expect(link).to_be_focused()
    assert complaints == []
    for page in (officer, colleague):
        page.context.close()
