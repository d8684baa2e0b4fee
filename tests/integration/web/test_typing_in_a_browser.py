"""Typing in the criteria table in a real browser: taken back, done again, in Telex, by short ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from service.cases.operations import open_case
from service.database import db
from tests.builders import NOON, an_open_case, do_step, open_task, person, unit_id
from tests.integration.web.conftest import Visitor
from tests.integration.web.test_grid_in_a_browser import OFFICER, PASTE, PATIENCE_MS


@pytest.fixture
def work(
    page: Page,
    address: str,
    as_person: Callable[[str], Visitor],
    behind: Callable[[Callable[[], Any]], Any],
) -> Page:
    """The commune's officer at an empty self-assessment of 2024, after one of 2023 was signed."""

    def two_years() -> Any:
        do_step(an_open_case(year=2023), "self_assess")
        own = open_case(commune_id=unit_id("xa-thi-du"), year=2024, by=person(OFFICER), now=NOON)
        task_id = open_task(own, "self_assess")
        db.session.remove()
        return task_id

    cookie = as_person(OFFICER).client.get_cookie("congnhan")
    assert cookie is not None
    page.context.add_cookies([{"name": "congnhan", "value": cookie.value, "url": address}])
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(f"{address}/viec/{behind(two_years)}")
    return page


def test_all_that_is_typed_comes_back_and_telex_letters_outlive_saving_and_swaps(work: Page) -> None:
    page = work
    undo, redo = page.locator("[data-undo]"), page.locator("[data-redo]")
    expect(redo).to_be_hidden()

    # Short ways: a bare number, one letter, the row above.
    raw(page, "1.1").press_sequentially("c")
    page.keyboard.press("Enter")
    page.keyboard.type("97,5")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+d")
    page.keyboard.press("Enter")
    assert values(page, "1.1", "1.2", "1.3") == ["Có", "97,5%", "97,5%"]
    expect(page.locator("[data-row='1.3'] .verdict")).to_have_text("Chưa đạt")

    # A word goes on as the criteria's names have it, with marks; where nothing goes on → only moves.
    raw(page, "2.1").press_sequentially("Đã hướng dẫn Doa")
    expect(page.locator(".cell-offer")).to_have_text("Phím mũi tên phải viết tiếp: Doanh nghiệp")
    page.keyboard.press("ArrowRight")
    page.keyboard.type(", hợp")
    page.keyboard.press("ArrowRight")
    page.keyboard.type(" 48")
    page.keyboard.press("ArrowRight")
    assert values(page, "2.1") == ["Đã hướng dẫn Doanh nghiệp, hợp tác 48"]
    raw(page, "2.1").fill("")

    # Clearing, then a block; all of it back, then forth again, by keys and by buttons.
    raw(page, "1.2").fill("")
    page.evaluate(PASTE, ["criteria.2.4.raw", "61%\n62%"])
    for label, key in (
        ("Hoàn tác: dán 2 ô", "Control+z"),
        ("Hoàn tác: xóa ô ở chỉ tiêu 1.2", ""),
        ("Hoàn tác: lấy theo dòng trên ở chỉ tiêu 1.3", "Control+z"),
        ("Hoàn tác: sửa chỉ tiêu 1.2", "Control+z"),
    ):
        expect(undo).to_have_text(label)
        page.keyboard.press(key) if key else undo.click()
    assert values(page, "1.1", "1.2", "1.3", "2.4") == ["Có", "", "", ""]
    page.keyboard.press("Control+y")
    page.keyboard.press("Control+Shift+z")
    assert values(page, "1.2", "1.3") == ["97,5%", "97,5%"]
    redo.click()
    expect(redo).to_have_text("Làm lại: dán 2 ô")
    redo.click()
    assert values(page, "1.2", "2.4", "2.5") == ["", "61%", "62%"]

    # What another page did is taken back here: an earlier year's results, a sheet that clears and fills in.
    page.get_by_role("button", name="Lấy theo hồ sơ năm 2023").click()
    expect(undo).to_contain_text("Hoàn tác: lấy ")
    assert values(page, "3.2", "2.4") == ["66,1%", "61%"]
    raw(page, "3.3").focus()
    page.keyboard.press("Control+z")
    assert values(page, "3.2", "1.2", "2.4") == ["", "", "61%"]
    redo.click()
    assert values(page, "3.2") == ["66,1%"]
    page.get_by_role("link", name="Điền bằng Excel").click()
    sheet = "TT;Kết quả;Khó khăn\n2.4;XÓA;\n2.5;70%;Thiếu máy\n".encode()
    page.locator("#sheet-file").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": sheet})
    with page.expect_navigation():  # loaded: its script notes what will be taken in
        page.get_by_role("button", name="Kiểm tra tệp").click()
    page.get_by_role("button", name="Nhập 3 ô, trong đó xóa 1 ô").click()
    expect(undo).to_have_text("Hoàn tác: nhập 3 ô từ bảng tính")
    assert values(page, "2.4", "2.5") == ["", "70%"]
    undo.click()
    assert values(page, "2.4", "2.5") == ["61%", "62%"]
    expect(undo).to_contain_text("Hoàn tác: lấy ")
    redo.click()
    assert values(page, "2.4", "2.5") == ["", "70%"]

    # One file for a whole group, in one step back and forth; the row that it went to keeps it.
    with page.expect_file_chooser() as dialog:
        page.locator("[data-group='4'] [data-group-files]").click()
    report = {"name": "bao-cao.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
    dialog.value.set_files(report)  # type: ignore[arg-type]
    used = page.locator("[data-group='4'] .files [type=checkbox]:checked")
    expect(undo).to_have_text("Hoàn tác: dùng tệp cho 6 chỉ tiêu")
    expect(used).to_have_count(7)
    assert used.last.get_attribute("name") == "criteria.4.7.evidence"
    undo.click()
    expect(used).to_have_count(1)
    redo.click()
    expect(used).to_have_count(7)

    # In the middle of letters that are being composed the verdict is swapped and the draft wants saving.
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url.rsplit("/", 1)[1]))
    keys = page.context.new_cdp_session(page)
    expect(page.locator("[data-saved]")).to_contain_text("Đã lưu lúc")
    field = raw(page, "1.9")
    field.fill("")
    field.focus()
    for letters in ("D", "Đ", "Đa", "Đả"):
        compose(keys, letters)
    page.evaluate("document.querySelector('#work-form').dispatchEvent(new Event('files-added'))")
    sent.clear()
    expect(page.locator("[data-row='1.9'] .why")).to_contain_text("Đả")
    page.wait_for_timeout(500)
    assert "nhap" not in sent  # half a word is not saved
    compose(keys, "Đảm")
    keys.send("Input.insertText", {"text": "Đảm"})
    page.keyboard.type(" ")
    compose(keys, "bả")
    # An answer to an earlier save arrives now, and a colleague's table is judged anew.
    page.evaluate("""() => {
        const form = document.querySelector('#work-form')
        form.dispatchEvent(new CustomEvent('cells-changed', { detail: ['criteria.1.9.raw'] }))
        form.dispatchEvent(new Event('draft-saved'))
    }""")
    compose(keys, "bảo")
    keys.send("Input.insertText", {"text": "bảo"})
    page.keyboard.press("Control+s")
    expect(page.locator("[data-row='1.9'] .why")).to_contain_text("Đảm bảo")
    expect(page.locator("[data-saved]")).to_contain_text("Đã lưu lúc")
    assert values(page, "1.9") == ["Đảm bảo"]
    page.reload()
    assert values(page, "1.9") == ["Đảm bảo"]


def compose(keys: Any, letters: str) -> None:
    """What a Telex program shows underlined so far."""
    place = {"selectionStart": len(letters), "selectionEnd": len(letters)}
    keys.send("Input.imeSetComposition", {"text": letters, **place})


def raw(page: Page, criterion: str) -> Locator:
    return page.locator(f"[id='criteria.{criterion}.raw']")


def values(page: Page, *criteria: str) -> list[str]:
    return [raw(page, one).input_value() for one in criteria]
