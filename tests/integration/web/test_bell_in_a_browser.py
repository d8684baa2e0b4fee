"""The bell in a real browser: the way to the exact row, at both widths, and a number that comes by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from service.database import db
from service.jobs.announcing import announce_due
from tests.builders import NOON, a_case_at
from tests.integration.service.scenes import given_back
from tests.integration.web.conftest import Visitor

OFFICER = "xa-thidu-chuyenvien"
PATIENCE_MS = 60_000  # a slow machine is no fault of the page


@pytest.fixture
def officer(page: Page, address: str, as_person: Callable[[str], Visitor]) -> Page:
    """The commune's officer at a browser, logged in already."""
    cookie = as_person(OFFICER).client.get_cookie("congnhan")
    assert cookie is not None
    page.context.add_cookies([{"name": "congnhan", "value": cookie.value, "url": address}])
    page.set_default_timeout(PATIENCE_MS)
    return page


def test_a_notification_leads_to_its_row_and_the_number_follows(
    officer: Page, address: str, behind: Callable[[Callable[[], Any]], Any]
) -> None:
    page = officer
    page.clock.install()  # a minute passes when the test says so
    page.goto(f"{address}/viec")
    count = page.locator("#bell-count [aria-hidden]")
    expect(count).to_have_text("", timeout=PATIENCE_MS)
    before = page.locator(".bell").bounding_box()

    def returned() -> None:
        case_id = a_case_at("district_appraise")
        given_back(case_id, "district_appraise", criteria_reasons={"3.2": "Thiếu bảng kê"})
        announce_due(NOON)
        db.session.remove()

    behind(returned)
    page.clock.run_for(61_000)
    expect(count).to_have_text("1", timeout=PATIENCE_MS)
    assert page.locator(".bell").bounding_box() == before  # nothing moved

    for width in (1440, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{address}/thong-bao")
        page.keyboard.press("j")
        expect(page.locator(".worklist__link")).to_be_focused(timeout=PATIENCE_MS)
        page.keyboard.press("Enter")
        row = page.locator("[data-row='3.2']")
        expect(row).to_be_focused(timeout=PATIENCE_MS)
        page.clock.run_for(5_000)
        expect(row).to_be_in_viewport(ratio=0.2, timeout=PATIENCE_MS)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator("#bell-count [aria-hidden]")).to_have_text("", timeout=PATIENCE_MS)
