"""What every page must be in a browser: asked of each, at both widths, as it comes and with all laid open."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from tests.servers.axe import OF_COLOUR, OF_WIDTH, leave_one_of_each, source, violations

WIDE, NARROW = (1440, 900), (360, 800)
# Until nothing of the palette has moved for a fifth of a second; at most three seconds.
_TOOLS_AT_REST = """async () => {
    const places = () => JSON.stringify([...document.querySelectorAll('.djs-palette, .djs-palette .entry')]
        .map(one => one.getBoundingClientRect().toJSON()))
    let before = places(), still = 0
    for (let waited = 0; still < 4 && waited < 60; waited += 1) {
        await new Promise(done => setTimeout(done, 50))
        const now = places()
        still = now === before ? still + 1 : 0
        before = now
    }
}"""

# What of an address says which one is meant, and not what kind of page it is.
NAMED = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")

# What the browser writes of an answer that is meant to be no success: the page itself was asked for.
OF_A_STATUS = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")

_LAY_OPEN = """() => document.querySelectorAll('details:not([open], .app-user)').forEach(one => {
    one.open = true;
})"""
_LEAVE_OUT_DIAGRAMS = "() => document.querySelectorAll('.diagram[data-diagram]').forEach(one => one.remove())"
_FIRST_LOOK = """() => ({
    headings: document.querySelectorAll('h1').length, language: document.documentElement.lang,
    title: document.title.trim(), dialogs: [...document.querySelectorAll('dialog')].map(one => one.id),
})"""
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Inspector:
    """One browser profile that shows page after page; `faults` is what is wrong, a sentence each."""

    browser: Browser
    address: str
    thorough: bool = False
    shots: Path | None = None
    faults: list[str] = field(default_factory=list)
    looked: int = 0
    kinds: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.context = self.browser.new_context(
            locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", base_url=self.address, reduced_motion="reduce"
        )
        # Brought once: to send it to each page anew takes twice as long as to run it there.
        self.context.add_init_script(source())
        self.context.on("request", self._watch)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complain(f"script: {error}"))
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.name = ""

    def become(self, cookie: str | None) -> None:
        self.context.clear_cookies()
        if cookie is not None:
            self.context.add_cookies([{"name": "congnhan", "value": cookie, "url": self.address}])

    def show(self, path: str, name: str, answer: Any = None) -> None:
        """Open the page and look at it; `answer` is shown instead of asking the server, as after a form."""
        self.name = name
        self._resize(WIDE)
        if answer is None:
            self.page.goto(path)
        else:
            body, headers = answer.get_data(), {**answer.headers, "Content-Encoding": "identity"}
            self.page.route(
                self.address + path,
                lambda route: route.fulfill(status=answer.status_code, headers=headers, body=body),
            )
            self.page.goto(path)
            self.page.unroute(self.address + path)
        kind = NAMED.sub("*", urlsplit(path).path)
        known = kind in self.kinds and not self.thorough
        self.kinds.add(kind)
        if known:
            # The same drawing with other marks on it: a second of the browser's time for each.
            self.page.evaluate(_LEAVE_OUT_DIAGRAMS)
        elif (diagram := self.page.locator(".diagram[data-diagram]")).count():
            self.page.locator(".side-more").evaluate_all("all => all.forEach(one => { one.open = true })")
            diagram.scroll_into_view_if_needed()
            self.page.locator(".diagram[data-ready]").wait_for()
        self.look(() if known else (*OF_WIDTH, *OF_COLOUR))

    def look(self, of_width: tuple[str, ...] = (*OF_WIDTH, *OF_COLOUR)) -> None:
        """All rules at the one width, `of_width` at the other, if any: pages of one kind change alike."""
        self.looked += 1
        seen = self.page.evaluate(_FIRST_LOOK)
        if (seen["headings"], seen["language"]) != (1, "vi") or not seen["title"]:
            self.complain(f"{seen}")
        self._resize(NARROW)
        self.page.evaluate(_LAY_OPEN)
        if (too_wide := self.page.evaluate(_TOO_WIDE)) > 0:
            self.complain(f"at 360 px scrolls sideways by {too_wide} px")
        self._take("360")
        if not self.thorough:
            leave_one_of_each(self.page)
        for width, _height in (WIDE, NARROW) if of_width else (WIDE,):
            # As high as all there is: what stays in view lies over nothing.
            self._resize((width, max(800, self.page.evaluate("document.documentElement.scrollHeight"))))
            again = width == NARROW[0] and not self.thorough
            for fault in violations(self.page, rules=of_width if again else ()):
                self.complain(f"{width}: {fault}")

    def _take(self, how: str) -> None:
        if self.shots is not None:
            name = re.sub(r"\W+", "-", f"{self.looked:03} {self.name} {how}")
            self.page.screenshot(path=self.shots / f"{name}.png", full_page=True)

    def _resize(self, size: tuple[int, int]) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        if self.page.locator(".djs-palette").count():
            # The modeler puts its tools into one column or two after the page has got its new size.
            self.page.evaluate(_TOOLS_AT_REST)

    def complain(self, sentence: str) -> None:
        self.faults.append(f"{self.name}: {sentence}")

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning") and not OF_A_STATUS.match(said.text):
            self.complain(f"console: {said.text}")

    def _watch(self, request: Request) -> None:
        at = urlsplit(request.url)
        if at.scheme not in ("data", "blob") and f"{at.scheme}://{at.netloc}" != self.address:
            self.complain(f"asked {request.url}")


def folder_for_pictures() -> Path | None:
    if "SHOTS" not in os.environ:
        return None
    Path(os.environ["SHOTS"]).mkdir(parents=True, exist_ok=True)
    return Path(os.environ["SHOTS"])
