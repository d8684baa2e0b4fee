"""The site served for a browser over a database of the test's own, and people who use it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from service.app import create_app
from service.clock import set_demo_clock
from service.config import DEMO_PASSWORD
from service.database import db
from service.http.extensions import limiter
from tests.builders import NOON
from tests.integration.conftest import fill, settings_for

WIDE, NARROW = (1440, 900), (360, 800)


@dataclass
class Site:
    """`problems` collects what a browser complains about: scripts, the content policy, failed requests."""

    app: Flask
    address: str
    browser: Browser
    shots: Path | None
    problems: list[str] = field(default_factory=list)

    def open_as(self, username: str) -> Page:
        context = self.browser.new_context(
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
            viewport={"width": WIDE[0], "height": WIDE[1]},
        )
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.problems.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._hear(page, message.type, message.text))
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"{self.address}/dang-nhap")
        page.fill("#username", username)
        page.fill("#password", DEMO_PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url("**/viec*")
        return page

    def _hear(self, page: Page, kind: str, text: str) -> None:
        # A form that comes back with its errors is answered 422, which Chromium writes to the console.
        if kind == "error" and "422" not in text and "409" not in text:
            self.problems.append(f"{page.url}: {text}")

    def look(self, page: Page, name: str) -> None:
        """At both widths the page fits and has one heading; pictures of it where $SHOTS names a folder."""
        for width, height in (WIDE, NARROW):
            page.set_viewport_size({"width": width, "height": height})
            too_wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert too_wide <= 0, f"{name} is {too_wide} px wider than a window of {width} px"
            assert page.locator("h1").count() == 1
            if self.shots is not None:
                page.wait_for_timeout(700)
                page.screenshot(path=self.shots / f"{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path, browser: Browser) -> Iterator[Site]:
    app = create_app(settings_for(sqlite_url, tmp_path))
    with app.app_context():
        set_demo_clock(NOON)
    limiter.reset()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    shots = Path(os.environ["SHOTS"]) if "SHOTS" in os.environ else None
    if shots is not None:
        shots.mkdir(parents=True, exist_ok=True)
    yield Site(app, f"http://127.0.0.1:{server.server_port}", browser, shots)
    server.shutdown()
    thread.join(10)
    limiter.reset()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    fill(f"sqlite:///{folder / 'congnhan.db'}", folder)
    return folder / "congnhan.db"


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    copied = tmp_path / "congnhan.db"
    copied.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{copied}"


@pytest.fixture
def behind(site: Site) -> Iterator[Callable[[Callable[[], object]], object]]:
    """Do something through the service, behind the pages' back."""

    def do(what: Callable[[], object]) -> object:
        with site.app.app_context():
            try:
                return what()
            finally:
                db.session.remove()

    return do
