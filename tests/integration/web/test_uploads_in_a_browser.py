"""A file sent over a line that breaks: what had come is kept, and goes on after the page is loaded again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from service.database import db
from service.dossiers.storage import path_of
from service.models import Draft, EvidenceFile
from tests.builders import an_open_case, open_task
from tests.integration.web.conftest import Visitor

OFFICER = "xa-thidu-chuyenvien"
PATIENCE_MS = 60_000  # a slow machine is no fault of the page
PART = 512 * 1024
SCAN = b"%PDF-1.7\n" + bytes(range(256)) * 5000
NEWER = b"%PDF-1.7 sua"


def test_an_upload_goes_on_after_a_lost_line_and_a_reload_and_is_replaced(
    web: Flask,
    page: Page,
    address: str,
    as_person: Callable[[str], Visitor],
    behind: Callable[[Callable[[], Any]], Any],
    tmp_path: Path,
) -> None:
    task = behind(lambda: open_task(an_open_case(), "self_assess"))
    cookie = as_person(OFFICER).client.get_cookie("congnhan")
    assert cookie is not None
    page.context.add_cookies([{"name": "congnhan", "value": cookie.value, "url": address}])
    page.set_default_timeout(PATIENCE_MS)
    page.on("dialog", lambda dialog: dialog.accept())
    scan = tmp_path / "quét.pdf"
    scan.write_bytes(SCAN)
    offsets: list[str] = []
    broken = [True]

    def line(route: Route) -> None:
        offsets.append(route.request.url.partition("tu=")[2])
        # The second part does not come through as long as the line is broken.
        route.abort("connectionreset") if broken[0] and len(offsets) > 1 else route.continue_()

    page.route("**/tep/*?tu=*", line)
    page.goto(f"{address}/viec/{task}")
    row = page.locator("[data-row='2.6']")
    page.locator("[name='upload.criteria.2.6']").set_input_files([scan])
    upload = row.locator(".upload")
    expect(upload).to_contain_text("Mất kết nối. Phần đã gửi được giữ", timeout=PATIENCE_MS)
    expect(upload).to_contain_text("Đã gửi 512 KB trên 1,2 MB (40%)", timeout=PATIENCE_MS)

    page.reload()
    expect(upload).to_contain_text("Tải dở. Chọn lại đúng tệp này để gửi tiếp 738 KB", timeout=PATIENCE_MS)
    broken[0] = False
    page.locator("[name='upload.criteria.2.6']").set_input_files([scan])

    expect(row.locator(".upload-state")).to_have_text("Đã tải “quét.pdf”.", timeout=PATIENCE_MS)
    expect(upload).to_have_count(0, timeout=PATIENCE_MS)
    assert offsets[0] == "0"
    assert offsets[-2:] == [str(PART), str(2 * PART)]
    assert set(offsets[1:-2]) == {str(PART)}
    # Whoever takes it for another row too need not send it again.
    other = page.locator("[data-row='3.2']")
    other.get_by_role("button", name="Chọn từ tệp đã có").click()
    other.get_by_label("Dùng tệp quét.pdf").check()
    expect(other.locator(".files > [data-file]")).to_have_count(1, timeout=PATIENCE_MS)
    expect(page.locator("[data-saved]")).to_contain_text("Đã lưu lúc", timeout=PATIENCE_MS)

    row.locator(".file-more > summary").click()
    newer = {"name": "quét lại.pdf", "mimeType": "application/pdf", "buffer": NEWER}
    row.locator("[data-replaces]").set_input_files([newer])
    for one in (row, other):
        expect(one.locator(".files > [data-file]")).to_contain_text("quét lại.pdf", timeout=PATIENCE_MS)
    expect(page.locator("[data-saved]")).to_contain_text("Đã lưu lúc", timeout=PATIENCE_MS)

    def stored() -> tuple[dict[str, bytes], list[list[str]]]:
        files = db.session.scalars(select(EvidenceFile)).all()
        root = web.config["SETTINGS"].files_dir
        criteria = db.session.get_one(Draft, task).answers["criteria"]
        named = {str(file.id): file.name for file in files}
        rows = [[named[one] for one in criteria[key]["evidence"]] for key in ("2.6", "3.2")]
        return {file.name: path_of(root, file.sha256).read_bytes() for file in files}, rows

    bytes_of, rows = behind(stored)
    assert bytes_of == {"quét.pdf": SCAN, "quét lại.pdf": NEWER}
    assert rows == [["quét lại.pdf"], ["quét lại.pdf"]]
