"""What the scripts do in a real browser, under the policy that the service sends."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import Page, expect

from service.http.security import CONTENT_SECURITY_POLICY

ROOT = Path(__file__).resolve().parents[2]

DIAGRAM_PAGE = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Sơ đồ</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/dist/app.css">
<link rel="stylesheet" href="/dist/diagram.css">
<script src="/dist/diagram.js" defer></script></head><body><main class="app-main">
<div class="diagram" data-diagram="{address}" data-active="district_appraise,district_appraise"
 data-done="self_assess,no_such_step" aria-label="Sơ đồ quy trình"></div></main></body></html>"""

FORM_PAGE = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Việc</title>
<meta name="csrf-token" content="a-token"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/dist/app.css"><script src="/dist/app.js" defer></script></head><body>
<input type="search" aria-label="Tìm">
<table class="worklist" data-keys><tr><td><a class="worklist__link" href="#first">Minh Họa</a></td></tr>
<tr><td><a class="worklist__link" href="#second">Thí Dụ</a></td></tr></table>
<form data-confirm="Gửi hồ sơ?" data-once action="/sent"><button>Gửi</button></form>
<button id="broken" hx-get="/nowhere">Tải</button>
<button id="evil" hx-get="/x" hx-vals="js:{stolen: document.title}">x</button>
</body></html>"""


class Pages(http.server.SimpleHTTPRequestHandler):
    """The assets, the diagram of the procedure and the two pages above."""

    pages: ClassVar = {
        "/diagram": DIAGRAM_PAGE.format(address="/recognition.bpmn"),
        "/hidden": DIAGRAM_PAGE.format(address="/recognition.bpmn").replace("<main", "<main hidden"),
        "/lost": DIAGRAM_PAGE.format(address="/no-such.bpmn"),
        "/form": FORM_PAGE,
        "/sent": "<!doctype html><title>Đã gửi</title>",
    }

    def do_GET(self) -> None:
        page = self.pages.get(self.path.partition("?")[0])
        if page is None:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.encode())

    def translate_path(self, path: str) -> str:
        if path == "/recognition.bpmn":
            return str(ROOT / "workflows" / "bpmn" / "recognition.bpmn")
        return super().translate_path(path)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        super().end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    handler = functools.partial(Pages, directory=str(ROOT / "service" / "web" / "static"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser writes to its console: violated policies among it."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def test_a_diagram_shows_where_the_case_is_in_words(page: Page, site: str, complaints: list[str]):
    page.goto(f"{site}/diagram")
    expect(page.locator("[data-ready]")).to_be_visible()

    expect(page.locator(".token--active")).to_have_text("Đang ở đây (2)")
    expect(page.locator(".token--done")).to_have_text("Đã xong")
    expect(page.locator("[data-element-id=district_appraise].is-active")).to_have_count(1)
    expect(page.get_by_role("group")).to_have_attribute(
        "aria-label", "Sơ đồ quy trình. Hồ sơ đang ở: Thẩm định, đánh giá, gửi lấy ý kiến"
    )
    assert complaints == []


def test_the_mark_of_bpmn_io_stays_visible_on_the_diagram(page: Page, site: str):
    page.goto(f"{site}/diagram")

    mark = page.locator(".bjs-powered-by")
    expect(mark).to_be_visible()
    on_top = mark.evaluate(
        "mark => { const r = mark.getBoundingClientRect();"
        " return mark.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)) }"
    )
    assert on_top


def test_the_diagram_is_enlarged_and_made_whole_again_by_keyboard(page: Page, site: str):
    page.goto(f"{site}/diagram")
    step = page.locator("[data-element-id=self_assess] > .djs-visual")
    expect(page.locator("[data-ready]")).to_be_visible()
    whole = step.bounding_box()["width"]
    page.get_by_role("button", name="Phóng to").focus()

    page.keyboard.press("+")
    enlarged = step.bounding_box()["width"]
    page.keyboard.press("0")

    assert enlarged > whole * 1.05
    assert step.bounding_box()["width"] == pytest.approx(whole, rel=0.01)


def test_a_diagram_fits_a_telephone_and_begins_at_the_open_step(page: Page, site: str):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{site}/diagram")
    expect(page.locator("[data-ready]")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.locator(".token--active")).to_be_in_viewport()


def test_a_diagram_in_a_hidden_part_is_there_once_that_is_shown(page: Page, site: str, complaints: list[str]):
    page.goto(f"{site}/hidden")

    page.evaluate("document.querySelector('main').hidden = false")

    expect(page.locator(".token--active")).to_be_in_viewport()
    assert complaints == []


def test_a_diagram_that_nobody_has_scrolled_to_is_printed(page: Page, site: str, complaints: list[str]):
    page.add_init_script("window.IntersectionObserver = class { observe() {} unobserve() {} }")
    page.goto(f"{site}/diagram")
    page.wait_for_load_state()
    assert page.locator("[data-ready]").count() == 0

    page.pdf()

    assert page.locator("[data-ready] .token--active").count() == 1
    assert complaints == []


def test_a_diagram_that_cannot_be_loaded_says_so_and_what_to_do(page: Page, site: str):
    page.goto(f"{site}/lost")

    expect(page.get_by_role("alert")).to_contain_text("Không tải được sơ đồ (mã 404). Hãy tải lại trang")


def test_keys_move_through_the_worklist_and_to_the_search_box(page: Page, site: str):
    page.goto(f"{site}/form")

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Thí Dụ")).to_be_focused()
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="Minh Họa")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_a_form_that_asks_is_sent_only_after_yes(page: Page, site: str):
    page.goto(f"{site}/form")
    questions: list[str] = []

    page.once("dialog", lambda dialog: (questions.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="Gửi").click()
    assert page.url.endswith("/form")
    page.once("dialog", lambda dialog: (questions.append(dialog.message), dialog.accept()))
    page.get_by_role("button", name="Gửi").click()

    expect(page).to_have_title("Đã gửi")
    assert questions == ["Gửi hồ sơ?", "Gửi hồ sơ?"]


def test_a_request_that_fails_is_a_sentence_and_script_in_attributes_is_never_run(
    page: Page, site: str, complaints: list[str]
):
    page.goto(f"{site}/form")
    page.locator("#broken").click()
    expect(page.get_by_role("alert")).to_contain_text("Không tìm thấy nội dung này")

    with page.expect_request("**/x*") as sent:
        page.locator("#evil").click()

    assert "stolen" not in sent.value.url
    assert not any("Content Security Policy" in complaint for complaint in complaints)
