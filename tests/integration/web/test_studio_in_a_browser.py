"""The studio in a browser: Vietnamese throughout, saved by itself, faults drawn, nothing overwritten."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

from lxml import etree
from playwright.sync_api import Page, expect

from tests.integration.web.conftest import Visitor

# As from Camunda Modeler with another tool's extensions; an XOR split that an AND join awaits in vain.
DRAWN = Path(__file__).with_name("one_of_two_awaited_by_both.bpmn")
EXTENSIONS = "{http://www.omg.org/spec/BPMN/20100524/MODEL}extensionElements"
# Words of bpmn-js's own labels: one is in each of them.
ENGLISH = re.compile(
    r"\b(activate|add|append|annotation|artifact|change|connect|create|delete|divide|element|event|flow|gateway|"
    r"general|lane|minimap|pool|process|properties|search|start|task|toggle|tool)\b",
    re.IGNORECASE,
)
PATIENCE_MS = 60_000


def kept_extensions(xml: bytes) -> list[bytes]:
    """Canonical XML of all extension elements, without the space that only indents."""
    root = etree.fromstring(xml, etree.XMLParser(remove_blank_text=True, resolve_entities=False))
    return [
        etree.tostring(child, method="c14n", exclusive=True, with_tail=False)
        for one in root.iter(EXTENSIONS)
        for child in one
    ]


def labels(page: Page) -> list[str]:
    """What palette, context pad, replace menu and panel of a chosen task say."""
    page.locator("[data-element-id=prepare] .djs-hit").first.click()
    page.locator(".djs-context-pad [data-action=replace]").click()
    named = "(each) => each.map(one => one.getAttribute('aria-label') || one.title || one.textContent)"
    said = page.locator(".djs-palette .entry, .djs-context-pad .entry").evaluate_all(named)
    said += page.locator(".djs-popup .title, .djs-popup .entry").evaluate_all(named)
    said += page.locator("[data-studio-properties] :is(h2, summary, label)").all_inner_texts()
    said += page.locator(".djs-minimap .toggle").evaluate_all(named)
    page.keyboard.press("Escape")
    return [str(one).strip() for one in said]


def rename(page: Page, element: str, name: str) -> None:
    page.locator(f"[data-element-id={element}] .djs-hit").first.click()
    page.locator("#studio-name").fill(name)
    page.locator("#studio-name").blur()


def put_down(page: Page, block: str) -> None:
    """Puts a block on an empty place at the lower edge of what is seen of the drawing."""
    shapes = page.locator(".djs-container .djs-shape")
    before = shapes.count()
    canvas = page.locator(".djs-container").bounding_box()
    window = page.viewport_size
    assert canvas is not None
    assert window is not None
    x = canvas["x"] + canvas["width"] / 2
    y = min(canvas["y"] + canvas["height"], window["height"]) - 60
    page.locator(f"[data-action={block}]").click()
    page.mouse.move(x - 30, y - 20)
    page.mouse.move(x, y)
    # The place where it would stand is drawn once the modeler has followed the pointer.
    page.locator(".djs-drag-group").wait_for(state="attached")
    page.mouse.click(x, y)
    expect(shapes).not_to_have_count(before)
    expect(page.locator(".djs-direct-editing-content")).to_be_focused()


def test_a_draft_is_drawn_explained_kept_and_never_overwritten(
    page: Page, address: str, as_person: Callable[[str], Visitor]
) -> None:
    drawer = as_person("quytrinh-so-tttt")
    file = (io.BytesIO(DRAWN.read_bytes()), "ve.bpmn")
    here = drawer.post("/quy-trinh/ban-thao", {"diagram": file}).headers["Location"]
    cookie = drawer.client.get_cookie("congnhan")
    assert cookie is not None
    page.context.add_cookies([{"name": "congnhan", "value": cookie.value, "url": address}])
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    state, told = page.locator("[data-studio-state]"), page.locator("[data-studio-problems] > li")
    # Most communes of the province have nobody yet, whatever is drawn.
    problem = told.filter(has_not_text="chưa có ai giữ vị trí")

    # Too narrow to draw: one looks, and is told what drawing needs.
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(address + here)
    expect(state).to_have_text("Để sửa sơ đồ cần màn hình rộng hơn; ở đây chỉ xem.")
    expect(page.locator(".djs-palette")).to_have_count(0)

    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(address + here)
    expect(problem.locator("strong")).to_have_text("Lỗi")
    said = labels(page)
    assert len(said) > 40
    assert [one for one in said if not one or ENGLISH.search(one)] == []

    # The fault stands above the join, so that a click reaches that; the way to it is walked step by step.
    expect(page.locator(".djs-overlays[data-container-id=both] .studio-mark--error")).to_have_text("Lỗi")
    mark = page.locator(".studio-mark--error").bounding_box()
    join = page.locator("[data-element-id=both] .djs-hit").bounding_box()
    assert mark is not None
    assert join is not None
    assert mark["y"] + mark["height"] < join["y"] + join["height"] / 4
    page.get_by_role("button", name="Xem cách xảy ra").click()
    walk, after = page.locator(".studio-walk__said"), page.get_by_role("button", name="Bước sau")
    expect(walk).to_have_text("Bước 1/3: Hồ sơ được mở.")
    after.click()
    expect(walk).to_have_text("Bước 2/3: Xong việc “Chuẩn bị <b>hồ sơ</b>”.")
    expect(page.locator(".djs-connection[data-element-id=to_a]")).to_have_class(re.compile("is-walking"))
    after.click()
    expect(walk).to_contain_text("Bước 3/3: Xong việc “Việc A”.")
    expect(after).to_be_disabled()

    # What is drawn is kept by itself, and what another tool wrote comes through.
    rename(page, "task_a", "Việc A của tôi")
    expect(state).to_have_text("Có thay đổi chưa lưu.")
    expect(state).to_have_text(re.compile(r"^Đã lưu lúc \d\d:\d\d"))
    kept = drawer.get(f"{here}/so-do.bpmn").data
    assert "Việc A của tôi" in kept.decode()
    assert kept_extensions(kept) == kept_extensions(DRAWN.read_bytes())
    assert len(kept_extensions(kept)) == 3
    assert complaints == []

    # A block that is put down asks for its name instead of the one it brings; letters are no tools.
    put_down(page, "block-opinion")
    page.keyboard.type("Hỏi Sở Tư pháp")
    page.keyboard.press("Enter")
    page.keyboard.type("sl")
    put = problem.filter(has_text="Hỏi Sở Tư pháp").locator(".studio-problem__where").first
    expect(put).to_have_text("Hỏi Sở Tư pháp")
    # From the name of what is wrong one is at the element: Delete deletes it.
    put.click()
    page.keyboard.press("Delete")
    expect(problem.filter(has_text="Hỏi Sở Tư pháp")).to_have_count(0)
    expect(state).to_have_text(re.compile(r"^Đã lưu lúc \d\d:\d\d"))
    kept = drawer.get(f"{here}/so-do.bpmn").data

    # Somebody else has saved meanwhile: theirs stays, mine becomes a draft of its own.
    other = as_person("quytrinh-vanphong")
    rev = re.findall(r'data-rev="(\d+)"', other.get(here).text)[0]
    theirs = json.dumps({"rev": int(rev), "diagram": kept.decode().replace("Việc B", "Việc B của họ")})
    headers = {"X-CSRFToken": other.token()}
    sent = other.client.post(f"{here}/luu", data=theirs, headers=headers, content_type="application/json")
    assert sent.status_code == 200
    rename(page, "task_b", "Việc B của tôi")
    expect(page.locator(".studio__clash strong")).to_contain_text(
        "Người quản lý quy trình – Văn phòng UBND tỉnh đã lưu bản khác lúc"
    )
    page.get_by_role("button", name="Lưu bản của tôi thành bản thảo mới").click()
    page.wait_for_url(lambda url: not url.endswith(here) and "/ban-thao/" in url)
    assert "Việc B của họ" in drawer.get(f"{here}/so-do.bpmn").text
    assert "Việc B của tôi" in drawer.get(f"{page.url.removeprefix(address)}/so-do.bpmn").text

    # A file takes the place of the drawing, with what it says beside its elements.
    declaration, rest = DRAWN.read_text(encoding="utf-8").split("\n", 1)
    brought = f"{declaration}\n<!-- Của xã Thí Dụ -->\n{rest}".encode()
    page.once("dialog", lambda asked: asked.accept())
    page.get_by_label("Chọn tệp .bpmn").set_input_files(
        {"name": "xã.bpmn", "mimeType": "application/xml", "buffer": brought}
    )
    expect(state).to_have_text(re.compile(r"^Đã lưu lúc \d\d:\d\d"))
    stored = drawer.get(f"{page.url.removeprefix(address)}/so-do.bpmn").text
    assert stored.splitlines()[1] == "<!-- Của xã Thí Dụ -->"
    assert "Việc B của tôi" not in stored
