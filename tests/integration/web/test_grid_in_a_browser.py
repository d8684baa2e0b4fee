"""The criteria table in a real browser: blocks from a spreadsheet, taking back, filters, and a crash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from service.database import db
from tests.builders import an_open_case, open_task
from tests.integration.web.conftest import Visitor

OFFICER = "xa-thidu-chuyenvien"
PATIENCE_MS = 60_000  # a slow machine is no fault of the page
PASTE = """([id, text]) => {
  const data = new DataTransfer();
  data.setData('text/plain', text);
  const field = document.getElementById(id);
  field.focus();
  const about = { clipboardData: data, bubbles: true, cancelable: true };
  return field.dispatchEvent(new ClipboardEvent('paste', about));
}"""


@pytest.fixture
def work(
    page: Page,
    address: str,
    as_person: Callable[[str], Visitor],
    behind: Callable[[Callable[[], Any]], Any],
) -> Page:
    """The commune's officer at a self-assessment in which nothing is typed yet."""

    def begin() -> Any:
        task_id = open_task(an_open_case(), "self_assess")
        db.session.remove()
        return task_id

    cookie = as_person(OFFICER).client.get_cookie("congnhan")
    assert cookie is not None
    page.context.add_cookies([{"name": "congnhan", "value": cookie.value, "url": address}])
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(f"{address}/viec/{behind(begin)}")
    return page


def test_a_block_is_pasted_taken_back_filtered_and_outlives_a_crash(work: Page) -> None:
    page = work
    said, undo = page.locator("[data-grid-said]"), page.locator("[data-undo]")

    # Copied from the column of another table: blank where 1.11 and the next group's heading stand.
    taken = page.evaluate(PASTE, [field("1.9"), "Đang rà soát\tThiếu máy\n100%\n\n\n50%\n\n"])
    assert taken is False
    expect(said).to_have_text("Đã dán 4 ô (chỉ tiêu 1.9 đến 2.1)")
    assert [value(page, one) for one in ("1.9", "1.10", "2.1", "2.2")] == ["Đang rà soát", "100%", "50%", ""]
    expect(page.locator("[data-row='2.1'] .verdict")).to_have_text("Chưa đạt")
    expect(page.locator("[data-group-total='1']")).to_have_text("1")
    expect(page.locator("[data-filter=not_met] .count")).to_have_text("1")

    # With the numbers of the annex, wherever it is pasted; one row is not assessed, one is not there.
    page.evaluate(PASTE, [field("1.1"), "TT\tKết quả\n1.10\t99%\n1.11\tCó\n9.9\t1\n3.2\t66,1%"])
    expect(said).to_contain_text("2 ô không dán được: 1.11: năm nay không đánh giá; 9.9: không có trong bảng")
    assert (value(page, "1.10"), value(page, "3.2"), value(page, "1.1")) == ("99%", "66,1%", "")
    expect(undo).to_have_text("Hoàn tác: dán 2 ô")
    page.keyboard.press("Control+z")
    assert (value(page, "1.10"), value(page, "3.2")) == ("100%", "")
    assert page.evaluate(PASTE, [field("1.2"), "100%"]) is True  # one value: the browser's own business

    raw(page, "1.2").press_sequentially("95,5,5%")
    expect(page.locator("[data-saved]")).to_have_text("Có thay đổi chưa lưu.")
    expect(page.locator("[data-row='1.2'] .why")).to_contain_text(
        "“95,5,5%” không đọc được là số: ghi như 99,5%"
    )
    raw(page, "1.2").fill("")
    raw(page, "1.2").press_sequentially("95")
    page.keyboard.press("Enter")
    expect(raw(page, "1.3")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(raw(page, "1.2")).to_be_focused()
    expect(page.locator("[data-saved]")).to_contain_text("Đã lưu lúc")

    page.set_viewport_size({"width": 360, "height": 740})
    page.locator("[data-filter=not_met]").click()
    expect(page.locator("[data-row]:visible")).to_have_count(2)
    assert page.url.endswith("#loc=not_met")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    raw(page, "1.2").fill("100%")
    expect(page.locator("[data-filter=not_met] .count")).to_have_text("1")
    expect(page.locator("[data-row='1.2']")).to_be_visible()

    page.route("**/nhap", lambda route: route.abort())
    raw(page, "1.2").fill("12,5%")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-saved]")).to_contain_text("Mất kết nối")
    again = page.context.new_page()
    again.set_default_timeout(PATIENCE_MS)
    again.goto(page.url.split("#")[0])
    page.close(run_before_unload=False)
    expect(again.get_by_role("alert").filter(has_text="Có nội dung chưa lưu lúc")).to_contain_text(
        "chưa lưu 12,5%"
    )
    assert value(again, "1.2") != "12,5%"
    rev = again.locator("[name=rev]").input_value()
    again.get_by_role("button", name="Khôi phục").click()
    assert value(again, "1.2") == "12,5%"
    expect(again.locator("[name=rev]")).not_to_have_value(rev)
    assert again.evaluate("localStorage.length") == 0


def field(criterion: str) -> str:
    return f"criteria.{criterion}.raw"


def raw(page: Page, criterion: str) -> Locator:
    return page.locator(f"[id='{field(criterion)}']")


def value(page: Page, criterion: str) -> str:
    return raw(page, criterion).input_value()
