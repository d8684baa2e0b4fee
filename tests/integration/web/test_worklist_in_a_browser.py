"""The worklist in a real browser: keys, acts in place, and a list that renews itself without disturbing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from service.cases.operations import open_case
from service.database import db
from service.tasks.operations import claim_task
from tests.builders import NOON, an_open_case, open_task, person, unit_id
from tests.integration.service.test_handling import COLLEAGUE, OFFICER, a_colleague
from tests.integration.web.test_bell_in_a_browser import (  # noqa: F401  fixtures
    PATIENCE_MS,
    officer,
)


def test_the_list_is_worked_by_keys_and_renews_itself(
    officer: Page,  # noqa: F811
    address: str,
    behind: Callable[[Callable[[], Any]], Any],
) -> None:
    page, complaints = officer, list[str]()
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    behind(a_colleague)
    tasks: list[uuid.UUID] = behind(two_tasks)
    page.clock.install()
    page.goto(f"{address}/viec")
    links, bulk = page.locator(".worklist__link"), page.locator("#bulk")
    expect(links).to_have_count(2, timeout=PATIENCE_MS)

    page.keyboard.press("?")
    expect(page.locator("#keys-help")).to_be_visible()
    page.keyboard.press("j")  # not behind the dialog
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("jcx?")
    expect(page.get_by_role("searchbox")).to_have_value("jcx?")
    page.get_by_role("searchbox").fill("")
    page.get_by_role("searchbox").blur()

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("x")
    expect(bulk).to_contain_text("Đã chọn 1 việc")
    page.keyboard.press("x")
    expect(bulk).to_be_hidden()
    page.keyboard.press("x")

    # A colleague takes the other one; the list says so by itself, and what was chosen here stays chosen.
    first = page.locator("tbody tr").first.get_attribute("id") or ""
    taken = next(task for task in tasks if first.endswith(str(task)))

    def colleague_claims() -> None:
        claim_task(task_id=taken, by=person(COLLEAGUE), now=NOON)
        db.session.remove()

    behind(colleague_claims)
    page.clock.run_for(62_000)
    expect(page.locator("tbody tr").first).to_contain_text(COLLEAGUE, timeout=PATIENCE_MS)
    expect(bulk).to_contain_text("Đã chọn 1 việc")
    expect(links.nth(1)).to_be_focused()

    page.keyboard.press("c")
    expect(page.locator(".notice")).to_contain_text("Đã nhận việc", timeout=PATIENCE_MS)
    expect(links.nth(1)).to_be_focused()
    page.locator("[data-dialog]").nth(1).click()
    dialog = page.locator("#handling-dialog")
    dialog.get_by_label("Mức ưu tiên").select_option("Khẩn", timeout=PATIENCE_MS)
    dialog.get_by_role("button", name="Lưu mức ưu tiên").click()
    expect(page.locator("tbody tr").nth(1)).to_contain_text("Khẩn", timeout=PATIENCE_MS)
    expect(dialog).to_be_hidden()

    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert complaints == []


def two_tasks() -> list[uuid.UUID]:
    """Of the year's list, and of a year for which the commune registered itself."""
    registered = open_case(commune_id=unit_id("xa-thi-du"), year=2022, by=person(OFFICER), now=NOON)
    return [open_task(case_id, "self_assess") for case_id in (registered, an_open_case())]
