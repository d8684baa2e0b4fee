"""*Lịch ngày làm việc* and *Thời hạn* in a real browser: tried out and applied, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.builders import a_case_at, open_task
from tests.e2e.pages.conftest import Site

Behind = Callable[[Callable[[], Any]], Any]


def test_a_deadline_is_tried_out_applied_and_explained_wide_and_narrow(site: Site, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("district_appraise"))
    page = site.open_as("quytrinh-so-tttt")

    page.goto(f"{site.address}/lich?nam=2024")
    site.look(page, "calendar")
    page.get_by_role("link", name="Thời hạn các bước").click()
    page.get_by_text("Thêm hoặc thay một thời hạn").click()
    page.get_by_label("Bước").select_option(label="Thẩm định, đánh giá, gửi lấy ý kiến")
    page.locator("form[action$='/mot'] select[name='district']").select_option("thi-xa-bim-son")
    page.get_by_label("Thời hạn theo đúng câu chữ").fill("trong thời hạn 10 ngày làm việc")
    page.get_by_label("Căn cứ (văn bản)").fill("Công văn thử")
    page.get_by_role("button", name="Xem trước").first.click()
    expect(page.locator("#preview")).to_contain_text("làm đổi hạn của 1 việc")
    site.look(page, "deadline-preview")
    page.get_by_role("button", name="Áp dụng", exact=True).click()
    expect(page.locator("main .notice").first).to_contain_text("Đã tính lại 1 hạn của 1 hồ sơ")
    site.look(page, "deadlines")
    page.context.close()

    page = site.open_as("huyen-bimson-chuyenvien")
    page.goto(f"{site.address}/viec/{behind(lambda: open_task(case_id, 'district_appraise'))}")
    page.get_by_text("Vì sao có hạn này?").click()
    # Received on Monday 20/11/2023: ten working days on is Monday 4/12.
    expect(page.get_by_text("Hạn: hết ngày 04/12/2023 (thứ Hai).")).to_be_visible()
    site.look(page, "task-why")
    assert site.problems == []
