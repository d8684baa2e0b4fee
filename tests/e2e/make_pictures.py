"""Makes the pictures of README and user guides (docs/images) from the demo's story.

`.venv/bin/python -m tests.e2e.make_pictures` after `./dev test` has set up.

Each picture is taken at a moment of the story, by somebody who has something to do at that moment.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from playwright.sync_api import Page

from service.app import create_core
from service.cases.operations import open_assigned_cases
from service.cli.within import upgrade_database
from service.clock import LOCAL, set_demo_clock
from service.config import from_environment
from service.database import db
from service.demo.loader import DEMO_YEAR, load_reference_data, viewer_named
from service.demo.story import Act, Play, acts
from service.jobs.outbox import drain
from tests.e2e.people import Person
from tests.e2e.server import ROOT, Server
from tests.servers.browser import running_browser

IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 250_000


def open_work(page: Page) -> None:
    page.locator(".worklist__link", has_text="Thí Dụ").first.click()
    page.wait_for_url("**/viec/*")


def criteria_grid(page: Page) -> None:
    open_work(page)
    page.get_by_role("button", name="Lấy theo kết quả cấp trước").click()
    page.locator("[data-row='2.6']").scroll_into_view_if_needed()
    page.locator("[data-row='2.4']").evaluate("row => row.scrollIntoView({block: 'start'})")
    page.mouse.wheel(0, -140)


def commune_grid(page: Page) -> None:
    open_work(page)
    page.locator("[name='criteria.3.2.raw']").press_sequentially("66,1%", delay=30)
    page.get_by_text("66,1% < 75%").first.wait_for()
    page.locator("[data-row='2.6']").evaluate("row => row.scrollIntoView({block: 'start'})")


def what_is_signed(page: Page) -> None:
    open_work(page)


def beside_the_former(page: Page) -> None:
    open_work(page)
    page.locator("[data-row='2.4']").evaluate("row => row.scrollIntoView({block: 'start'})")
    page.mouse.wheel(0, -140)


def worklist(_page: Page) -> None:
    """The page after the login."""


def case(page: Page) -> None:
    page.goto("/ho-so")
    page.get_by_role("link", name="Thí Dụ").click()
    page.locator(".diagram").scroll_into_view_if_needed()
    page.locator(".diagram[data-ready]").wait_for()
    page.evaluate("scrollTo(0, 0)")


def decision(page: Page) -> None:
    page.goto("/dot")
    page.locator(".worklist__link").first.click()
    page.locator(".decide").first.evaluate("part => part.scrollIntoView({block: 'start'})")
    page.mouse.wheel(0, -120)


def replay(page: Page) -> None:
    case(page)
    page.get_by_role("link", name="Xem lại diễn biến").click()
    page.get_by_text("Tính lại khớp").wait_for()
    page.locator("[data-list] a", has_text="Hoàn thành bước “Thẩm tra, đánh giá độc lập”").click()
    page.locator(".diagram[data-ready]").wait_for()
    page.evaluate("scrollTo(0, 0)")


# When, who, how high, and the way from the worklist to what is shown.
PICTURES: tuple[tuple[str, str, str, int, Callable[[Page], None]], ...] = (
    ("commune-officer", "2023-11-20T15:00", "xa-thidu-chuyenvien", 900, commune_grid),
    ("commune-leader", "2023-11-23T14:00", "xa-thidu-lanhdao", 900, what_is_signed),
    ("criteria-grid", "2023-11-28T15:00", "huyen-bimson-chuyenvien", 900, criteria_grid),
    ("member", "2023-12-07T16:00", "thanhvien-bimson", 900, beside_the_former),
    ("department", "2023-12-15T15:00", "so-tttt-chuyenvien", 900, beside_the_former),
    ("worklist", "2023-12-17T09:00", "so-tttt-phogiamdoc", 460, worklist),
    ("case", "2023-12-21T12:00", "so-tttt-chuyenvien", 1560, case),
    ("round", "2023-12-27T09:00", "tinh-phochutich", 900, decision),
    ("replay", "2023-12-30T09:00", "kiemtra", 980, replay),
)


def make_pictures(folder: Path) -> None:
    data = Path(tempfile.mkdtemp(prefix="congnhan-pictures-"))
    configured = from_environment({"CONGNHAN_DATA": str(data)})
    state = Play(configured.files_dir, configured.largest_file)
    rest = acts(state)
    core = create_core(configured)
    with core.app_context():
        upgrade_database()
        load_reference_data()
    try:
        with running_browser() as browser:
            for name, moment, username, height, way in PICTURES:
                now = datetime.fromisoformat(moment).replace(tzinfo=LOCAL)
                with core.app_context():
                    rest = play_until(now, rest)
                    db.session.remove()
                    db.engine.dispose()
                server = Server(data)
                server.start()
                who = Person(browser, server.address, username).log_in()
                who.page.set_viewport_size({"width": 1440, "height": height})
                way(who.page)
                who.page.wait_for_timeout(800)
                who.page.screenshot(path=folder / f"{name}.png")
                who.context.close()
                server.stop()
    finally:
        shutil.rmtree(data)


def play_until(now: datetime, rest: list[Act]) -> list[Act]:
    """Do what is due; the year's other communes are opened too, as Sở does."""
    due, later = [act for act in rest if act.at <= now], [act for act in rest if act.at > now]
    for act in due:
        act.do()
        drain(act.at)
    open_assigned_cases(year=DEMO_YEAR, by=viewer_named("so-tttt-chuyenvien", now), now=due[0].at)
    set_demo_clock(now)
    return later


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    make_pictures(IMAGES)
    for file in sorted(IMAGES.glob("*.png")):
        size = file.stat().st_size
        sys.stdout.write(f"{file.relative_to(ROOT)}  {size // 1000} kB\n")
        if size > MOST_BYTES:
            raise SystemExit(f"{file.name} is larger than {MOST_BYTES // 1000} kB: show less on it.")


if __name__ == "__main__":
    main()
