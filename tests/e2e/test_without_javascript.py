"""Old machines and strict policies: the procedure's daily work without any script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from service.demo.loader import evidence_page
from tests.e2e.acts import attach, field, press, result, row, says, sign, verdict
from tests.e2e.people import Person

Seat = Callable[..., Person]


@pytest.mark.timeout(300)
def test_a_step_is_filled_in_handed_up_and_signed_without_javascript(person: Seat):
    officer = person("xa-thidu-chuyenvien", java_script_enabled=False).log_in()
    page = officer.open_task()
    result(page, "3.2").fill("76%")
    result(page, "2.6").fill("<script>alert(1)</script>")
    attach(page, "3.2", "xac-nhan-ngan-hang.pdf", evidence_page())
    press(page, "Lưu nháp")
    says(page, "Đã lưu nháp lúc")
    expect(verdict(page, "3.2")).to_contain_text("76% ≥ 75%: đạt")
    expect(row(page, "3.2").get_by_role("link", name="xac-nhan-ngan-hang.pdf")).to_be_visible()
    expect(result(page, "2.6")).to_have_value("<script>alert(1)</script>")
    result(page, "2.6").fill("54,4%")
    press(page, "Trình ký")
    says(page, "Đã trình ký")

    leader = person("xa-thidu-lanhdao", java_script_enabled=False).log_in()
    page = leader.open_task()
    expect(row(page, "3.2").locator(".criteria__result")).to_contain_text("76%")
    sign(page)
    says(page, "Hồ sơ đang ở: UBND thị xã Bỉm Sơn")

    page.goto("/ho-so")
    page.get_by_role("link", name="Thí Dụ").click()
    expect(page.locator(".step-line .is-current")).to_contain_text("Thẩm định")


@pytest.mark.timeout(300)
def test_a_return_is_written_without_javascript(person: Seat):
    officer = person("xa-thidu-chuyenvien", java_script_enabled=False).log_in()
    press(officer.open_task(), "Trình ký")
    sign(person("xa-thidu-lanhdao", java_script_enabled=False).log_in().open_task())
    district = person("huyen-bimson-chuyenvien", java_script_enabled=False).log_in()

    page = district.open_task()
    page.get_by_role("button", name="Trả lại bổ sung…").click()
    field(page, "reason").fill("Thiếu minh chứng.")
    press(page, "Trình ký trả lại")

    says(page, "Đã trình ký")
