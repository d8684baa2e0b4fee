"""Everything by keyboard: where the focus goes, and that one can see it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from service.config import DEMO_PASSWORD
from service.demo.loader import evidence_page
from tests.e2e.acts import result, row, says, verdict
from tests.e2e.people import Person
from tests.servers.axe import violations

Seat = Callable[..., Person]

MOST_TABS = 90


@pytest.mark.timeout(300)
def test_a_draft_is_opened_changed_and_saved_by_keyboard_alone(person: Seat) -> None:
    page = person("xa-thidu-chuyenvien").page
    page.goto("/")
    tab_to(page, page.locator("#username"))
    page.keyboard.type("xa-thidu-chuyenvien")
    page.keyboard.press("Tab")
    page.keyboard.type(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Việc cần xử lý")
    page.wait_for_load_state()  # the heading is there before the script that listens to keys

    page.keyboard.press("j")
    expect(page.locator(".worklist__link").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Tự đánh giá, lập hồ sơ đề nghị thẩm định")
    page.wait_for_load_state()

    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    expect(page.locator(".skip-link")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

    tab_to(page, result(page, "1.2"))
    page.keyboard.press("Control+A")
    page.keyboard.type("99,5%")
    expect(verdict(page, "1.2")).to_contain_text("99,5% < 100%: chưa đạt")
    page.keyboard.press("Enter")
    expect(result(page, "1.3")).to_be_focused()
    rev = page.locator("[name=rev]").input_value()
    page.keyboard.press("Control+s")
    expect(page.locator("[name=rev]")).not_to_have_value(rev)

    page.reload()
    expect(result(page, "1.2")).to_have_value("99,5%")


@pytest.mark.timeout(300)
def test_work_goes_from_hand_to_hand_by_keyboard_alone(person: Seat, tmp_path: Path) -> None:
    page = person("xa-ngoctrao-chuyenvien").log_in().page
    page.keyboard.press("j")
    link = page.locator(".worklist__link").first
    expect(link).to_be_focused()
    page.keyboard.press("?")
    holds_the_focus(page, page.locator("#keys-help"))
    expect(link).to_be_focused()
    page.keyboard.press("c")
    says(page, "Đã nhận việc")
    arrange = page.locator("a[data-dialog]").first
    tab_to(page, arrange)
    page.keyboard.press("Enter")
    holds_the_focus(page, page.locator("#handling-dialog"))
    expect(arrange).to_be_focused()

    officer = person("xa-thidu-chuyenvien", permissions=["clipboard-read", "clipboard-write"])
    page = officer.log_in().page
    page.keyboard.press("/")
    page.keyboard.type("thi du")
    page.keyboard.press("Enter")
    page.wait_for_url("**/viec?*thi*")
    open_the_first(page)
    page.evaluate("navigator.clipboard.writeText('98%\\n97%')")
    tab_to(page, result(page, "1.2"))
    page.keyboard.press("Control+V")
    expect(result(page, "1.3")).to_have_value("97%")
    scan = tmp_path / "xac-nhan.pdf"
    scan.write_bytes(evidence_page() + b"\n% by keyboard\n")
    chooser = page.locator("[id='upload.criteria.1.2']")
    tab_to(page, chooser)
    # What opens there is the system's own dialog, in which no test presses keys: the file it would hand over.
    chooser.set_input_files(scan)
    expect(row(page, "1.2").get_by_role("link", name="xac-nhan.pdf")).to_be_visible()
    press_back(page, "Trình ký")
    says(page, "Đã trình ký")

    page = person("xa-thidu-lanhdao").log_in().page
    open_the_first(page)
    press_back(page, "Ký – ")
    says(page, "Hồ sơ đang ở: UBND thị xã Bỉm Sơn")

    page = person("huyen-bimson-chuyenvien").log_in().page
    open_the_first(page)
    press_back(page, "Trả lại bổ sung…")
    tab_to(page, page.locator("#reason"))
    page.keyboard.type("Thiếu minh chứng.")
    press_back(page, "Trình ký trả lại")
    says(page, "Đã trình ký")
    tab_to(page, page.get_by_role("link", name="Hồ sơ", exact=True))
    page.keyboard.press("Enter")
    page.wait_for_url("**/ho-so")
    tab_to(page, page.locator("main").get_by_role("link", name="Thí Dụ"))
    page.keyboard.press("Enter")
    tab_to(page, page.locator(".tabs").get_by_role("link", name="Trao đổi"))
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#body"))
    page.keyboard.type("Xin bổ sung trước thứ Sáu.")
    press_back(page, "Gửi", exact=False)
    expect(page.locator(".said__body")).to_contain_text("Xin bổ sung trước thứ Sáu.")


@pytest.mark.timeout(300)
def test_the_focus_can_be_seen_wherever_it_goes(person: Seat) -> None:
    officer = person("xa-thidu-chuyenvien").log_in()
    page = officer.page

    unseen = focus_unseen(page, 25) + focus_unseen(officer.open_task(), 30)
    page.goto("/ho-so")
    unseen += focus_unseen(page, 15)
    page.locator("main a[href^='/ho-so/']").first.click()
    page.wait_for_url("**/ho-so/*")
    unseen += focus_unseen(page, 25)
    page.goto("/quan-tri/xu-ly-thay")
    unseen += focus_unseen(page, 15)

    assert unseen == []


def focus_unseen(page: Page, presses: int) -> list[str]:
    """What has the focus and shows no ring, or stands under something that stays in view."""
    found: list[str] = []
    for _ in range(presses):
        page.keyboard.press("Tab")
        found += page.evaluate(
            """() => {
                const it = document.activeElement, box = it.getBoundingClientRect()
                if (it === document.body) return []
                const marked = one => one && (getComputedStyle(one).outlineStyle !== 'none'
                    || getComputedStyle(one).boxShadow !== 'none')
                const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
                const open = box.width < 2 || !at || it.contains(at) || at.contains(it) || at.closest('label')
                const near = it.nextElementSibling ?? it.labels?.[0]
                const seen = marked(it) && box.width > 1 || marked(near)
                return open && seen ? [] : [it.outerHTML.slice(0, 120)]
            }"""
        )
    return found


def holds_the_focus(page: Page, dialog: Locator) -> None:
    """The dialog takes the focus, keeps it, breaks no rule, and gives it back on Escape."""
    expect(dialog).to_be_visible()
    for _ in range(12):
        # Between its last control and its first comes the browser's own bar, no part of the page.
        assert page.evaluate("document.activeElement.matches('dialog[open], dialog[open] *, body')")
        page.keyboard.press("Tab")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def open_the_first(page: Page) -> None:
    page.wait_for_load_state()  # the heading is there before the script that listens to keys
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/viec/*")
    page.wait_for_load_state()


def press_back(page: Page, button: str, *, exact: bool = True) -> None:
    """What ends a page's work stands at its end: go there from the other side."""
    wanted = page.get_by_role("button", name=button, exact=exact and not button.endswith(" ")).last
    go_to(page, wanted, "Shift+Tab")
    page.keyboard.press("Enter")


def tab_to(page: Page, wanted: Locator) -> None:
    go_to(page, wanted, "Tab")


def go_to(page: Page, wanted: Locator, key: str) -> None:
    expect(wanted).to_be_visible()
    for _ in range(MOST_TABS):
        if wanted.evaluate("it => it === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{wanted} is not reached in {MOST_TABS} presses of {key}")
