"""Everything by keyboard: where the focus goes, and that one can see it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from service.config import DEMO_PASSWORD
from tests.e2e.acts import result, verdict
from tests.e2e.people import Person

Seat = Callable[..., Person]

MOST_TABS = 60


@pytest.mark.timeout(300)
def test_a_draft_is_opened_changed_and_saved_by_keyboard_alone(person: Seat):
    page = person("xa-thidu-chuyenvien").page
    page.goto("/")
    tab_to(page, "#username")
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

    tab_to(page, "[id='criteria.1.2.raw']")
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
def test_the_focus_can_be_seen_on_every_control_of_a_task(person: Seat):
    page = person("xa-thidu-chuyenvien").log_in().open_task()

    unseen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        unseen += page.evaluate(
            """() => {
                const it = document.activeElement, box = it.getBoundingClientRect()
                const label = it.labels?.[0]
                const marked = one => one && (getComputedStyle(one).outlineStyle !== 'none'
                    || getComputedStyle(one).boxShadow !== 'none')
                const near = it.nextElementSibling ?? label
                return marked(it) && box.width > 1 || marked(near) ? [] : [it.outerHTML.slice(0, 120)]
            }"""
        )

    assert unseen == []


def tab_to(page: Page, selector: str) -> None:
    for _ in range(MOST_TABS):
        if page.locator(selector).evaluate("it => it === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached in {MOST_TABS} presses of Tab")
