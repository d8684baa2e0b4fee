"""*Trao đổi* in a real browser: said and taken back where one is, the count and the focus with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.builders import an_open_case
from tests.integration.web.conftest import Visitor

PATIENCE_MS = 60_000  # a slow machine is no fault of the page


def test_a_comment_is_sent_refused_and_taken_back_in_place(
    page: Page,
    address: str,
    as_person: Callable[[str], Visitor],
    behind: Callable[[Callable[[], Any]], Any],
) -> None:
    cookie = as_person("xa-thidu-chuyenvien").client.get_cookie("congnhan")
    assert cookie is not None
    page.context.add_cookies([{"name": "congnhan", "value": cookie.value, "url": address}])
    page.set_default_timeout(PATIENCE_MS)
    page.set_viewport_size({"width": 360, "height": 740})
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{address}/ho-so/{behind(an_open_case)}?tab=trao-doi")
    expect(page.locator(".tabs [aria-current=page]")).to_be_in_viewport(ratio=0.9)

    words = page.get_by_label("Nội dung", exact=True)
    words.fill("   ")
    page.get_by_role("button", name="Gửi", exact=True).click()
    expect(page.locator("#body-error")).to_have_text("Hãy viết nội dung trao đổi.")
    expect(words).to_be_focused()
    words.fill("Xã hỏi kỳ số liệu.")
    page.get_by_role("button", name="Gửi", exact=True).click()

    expect(page.get_by_role("status").filter(has_text="Đã gửi lúc 12:00.")).to_be_visible()
    expect(page.locator("#count-trao-doi")).to_have_text("1")
    expect(words).to_have_value("")
    expect(words).to_be_focused()
    page.get_by_role("button", name="Rút lại").click()
    expect(page.locator(".said__body")).to_contain_text("Người viết đã rút nội dung này")
    expect(page.locator("#count-trao-doi")).to_have_text("0")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
