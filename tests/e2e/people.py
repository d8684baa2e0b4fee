"""People at their browsers: one profile each, and an ear for every complaint of the browser."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from service.config import DEMO_PASSWORD

# `tests/e2e` writes every kind of page there, at both widths, where this names a folder.
PICTURES = os.environ.get("CONGNHAN_PICTURES", "")
# The network's own words, and those of htmx for a request that found nobody.
OF_AN_OUTAGE = re.compile(r"net::ERR_(CONNECTION_\w+|EMPTY_RESPONSE)|htmx:(sendError|afterRequest)\b")
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 740}


class Person:
    """Somebody with an account, at a browser of their own."""

    def __init__(
        self,
        browser: Browser,
        address: str,
        username: str,
        session: Callable[[str], str] | None = None,
        **options: Any,
    ) -> None:
        """`session` answers the cookie of somebody who has logged in before; without it they do so here."""
        self.username, self.address, self.session = username, address, session
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.context: BrowserContext = browser.new_context(
            locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", viewport=WIDE, base_url=address, **options
        )
        self.context.set_default_timeout(20_000)
        self.context.on("request", self._watch)
        self.page = self.open_tab()

    def open_tab(self) -> Page:
        page = self.context.new_page()
        page.on("console", lambda said: self.complaints.append(f"{page.url}: {said.text} {said.location}"))
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("dialog", self._agree)
        return page

    def _agree(self, dialog: Any) -> None:
        self.asked.append(dialog.message)
        dialog.accept()

    def _watch(self, request: Request) -> None:
        """Nothing may be asked of any other place than the server. Listening leaves the browser its cache."""
        asked = urlsplit(request.url)
        if asked.scheme not in ("data", "blob") and f"{asked.scheme}://{asked.netloc}" != self.address:
            self.complaints.append(f"asked {request.url}")

    def forgive_the_outage(self) -> None:
        """Forget what browsers said while no server answered: pages ask by themselves from time to time."""
        self.page.evaluate("null")  # what the browser said before its answer to this has been heard
        self.complaints = [said for said in self.complaints if not OF_AN_OUTAGE.search(said)]

    def log_in(self) -> Person:
        if self.session is None:
            self._log_in_by_the_form()
        else:
            self.context.add_cookies(
                [{"name": "congnhan", "value": self.session(self.username), "url": self.address}]
            )
            self.page.goto("/viec")
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Việc cần xử lý")
        self.page.wait_for_load_state()
        return self

    def _log_in_by_the_form(self) -> None:
        self.page.goto("/dang-nhap")
        self.page.get_by_label("Tên đăng nhập").fill(self.username)
        self.page.get_by_label("Mật khẩu").fill(DEMO_PASSWORD)
        self.page.get_by_role("button", name="Đăng nhập").click()

    def open_task(self, commune: str = "Thí Dụ") -> Page:
        self.page.goto("/viec")
        self.page.locator(".worklist__link", has_text=commune).first.click()
        self.page.wait_for_url("**/viec/*")  # loaded: what is typed before its script runs goes unheard
        return self.page

    def look(self, name: str) -> None:
        """What every page must be, at both widths; and its pictures, where somebody wants them."""
        look_at(self.page, name)


def look_at(page: Page, name: str) -> None:
    # Waiting: a click returns before the page it leads to is there.
    expect(page.locator("h1"), name).to_have_count(1)
    assert page.locator("html").get_attribute("lang") == "vi"
    for width in (NARROW, WIDE):
        page.set_viewport_size(width)
        _wait_until_it_fits(page, width["width"], name)
        if PICTURES:
            if page.locator(".diagram:visible").count():
                page.locator(".diagram").first.scroll_into_view_if_needed()
                page.locator(".diagram[data-ready]").first.wait_for()
                page.wait_for_timeout(150)
            file = Path(PICTURES) / f"{name}-{width['width']}.png"
            page.screenshot(path=file, full_page=True)


def _wait_until_it_fits(page: Page, width: int, name: str) -> None:
    """Asked from here: the page's own policy lets nothing be evaluated in it again and again."""
    for _ in range(50):
        if (wide := page.evaluate("document.documentElement.scrollWidth")) <= width:
            return
        page.wait_for_timeout(100)
    wider = page.evaluate(
        "width => [...document.querySelectorAll('main *')].filter(one =>"
        " one.getBoundingClientRect().right > width).slice(0, 3).map(one => one.outerHTML.slice(0, 200))",
        width,
    )
    raise AssertionError(f"{name} is {wide} wide at {width}: {wider}")


def notice(page: Page) -> Any:
    return page.locator("main .notice").first
