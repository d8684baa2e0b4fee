"""A process owner's story in a browser: Sở Tư pháp is asked; mended, played, approved, published."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.builders import an_open_case, case_of
from tests.integration.service.test_agencies import enter_the_agency
from tests.integration.web.conftest import Visitor

Behind = Callable[[Callable[[], Any]], Any]

DRAWER, APPROVER = "quytrinh-so-tttt", "quytrinh-vanphong"
SHOTS = os.environ.get("SHOTS")
PATIENCE_MS = 60_000
OPINION = "Xin ý kiến Sở Tư pháp"
SAVED = re.compile("^Đã lưu lúc")
STRAIGHT = ("self_assess", "district_appraise", "member_opinion", "district_consolidate", "department_verify")
DECIDED = ("department_submit", "chairman_decide")


class Desk:
    """The one browser of the story, at which now this, now that person sits."""

    def __init__(self, page: Page, address: str, as_person: Callable[[str], Visitor]) -> None:
        self.page, self.address, self.as_person = page, address, as_person
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: dialog.accept())
        page.set_viewport_size({"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)

    def sit(self, username: str) -> None:
        self.page.goto("about:blank")  # what the page before still asks is no longer asked as somebody else
        cookie = self.as_person(username).client.get_cookie("congnhan")
        assert cookie is not None
        self.page.context.add_cookies([{"name": "congnhan", "value": cookie.value, "url": self.address}])

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def press(self, name: str | re.Pattern[str], *, role: Any = "button") -> None:
        self.page.get_by_role(role, name=name, exact=isinstance(name, str)).first.click()

    def look(self, name: str) -> None:
        if SHOTS:
            self.page.wait_for_timeout(400)
            self.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)

    def shape(self, element: str) -> Locator:
        return self.page.locator(f"[data-element-id={element}] .djs-hit").first

    def click_flow(self, flow: str) -> None:
        """On the line itself, in its middle: the box around it has other things in it."""
        x, y = self.shape(flow).evaluate(
            """line => {
                const middle = line.getPointAtLength(line.getTotalLength() / 2)
                const {x, y} = middle.matrixTransform(line.getScreenCTM())
                return [x, y]
            }"""
        )
        self.page.mouse.click(x, y)

    def told(self, sentence: str) -> None:
        """The gate says so, and nothing else."""
        expect(self.page.locator("[data-studio-problems] > li")).to_contain_text([sentence])

    def mended(self) -> None:
        """Nothing is left but what is said of the demo's units, in which hardly anybody has a seat."""
        self.told("đơn vị chưa có ai giữ vị trí nào")


@pytest.mark.timeout(400)
def test_a_legal_opinion_is_drawn_mended_played_approved_and_asked_for(
    page: Page, address: str, as_person: Callable[[str], Visitor], behind: Behind
) -> None:
    behind(enter_the_agency)
    old = behind(lambda: an_open_case("xa-quang-trung"))
    desk = Desk(page, address, as_person)
    desk.sit(DRAWER)
    desk.go("/quy-trinh")
    desk.press(re.compile("Lập bản thảo"))
    page.wait_for_url("**/ban-thao/*")
    draft = page.url.removeprefix(address)

    opinion = the_step_is_drawn(desk)
    its_form_is_made(desk, draft)
    three_mistakes_are_mended(desk, opinion)
    it_is_played_and_kept(desk, draft, opinion)
    it_is_compared_and_submitted(desk, draft)
    desk.sit(APPROVER)
    desk.go(f"{draft}/phe-duyet")
    expect(page.locator("main")).to_contain_text("Sở Tư pháp tỉnh Thanh Hóa")
    expect(page.locator("main")).to_contain_text("2/2 tình huống đúng")
    desk.look("80-phe-duyet")
    desk.press("Phê duyệt nội dung và thay đổi về quyền")
    desk.sit(DRAWER)
    desk.go(f"{draft}/ban-hanh")
    desk.press("Ban hành")
    expect(page.locator("main")).to_contain_text("Đã ban hành phiên bản 2, hiệu lực từ 20/11/2023.")
    desk.look("85-da-ban-hanh")

    new = behind(an_open_case)
    versions = behind(lambda: [case_of(one).process_version_id for one in (old, new)])
    assert versions[0] != versions[1]
    for number in (1, 2):
        desk.go(f"/quy-trinh/recognition/ho-so-dang-o-dau?phien-ban={number}")
        expect(page.locator(".diagram[data-ready]")).to_contain_text("1 hồ sơ")
    desk.look("90-dang-o-dau")
    # Only of the page that offers to make a form which is not there yet.
    assert [one for one in desk.complaints if "404 (NOT FOUND)" not in one] == []
    assert len(desk.complaints) == 1


def the_step_is_drawn(desk: Desk) -> str:
    """Dropped onto the flow behind the conditions; told what it lacks, and given it. Returns its id."""
    page, panel = desk.page, desk.page.locator("[data-studio-properties]")
    expect(page.locator("[data-studio-problems] > li").first).to_be_visible()
    page.locator(".djs-palette").get_by_role("button", name="Xin ý kiến pháp lý").click()
    flow = desk.shape("check_conditions_done").bounding_box()
    assert flow is not None
    x, y = flow["x"] + flow["width"] / 2, flow["y"] + flow["height"] / 2
    page.mouse.move(x, y - 40)
    page.mouse.move(x, y, steps=4)
    page.mouse.click(x, y)
    expect(panel.locator(".studio-panel__missing")).to_contain_text("giao cho ai")
    typed(panel.get_by_label("Tên", exact=True), OPINION)
    panel.get_by_label("Giao cho").select_option(label="Sở Tư pháp tỉnh Thanh Hóa")
    opinion = panel.get_by_label("Mã", exact=True).input_value()
    drag(page, desk.shape(opinion), 0, -75)
    expect(panel.locator(".studio-panel__missing")).to_contain_text("nội dung của biểu mẫu")
    desk.look("20-thuoc-tinh")
    expect(page.locator("[data-studio-state]")).to_have_text(SAVED)
    return opinion


def its_form_is_made(desk: Desk, draft: str) -> None:
    """A choice, a reason that is asked for only then, and files."""
    page, state = desk.page, desk.page.locator("[data-studio-state]")
    desk.press(re.compile("^Soạn biểu mẫu"), role="link")
    desk.press("Tạo biểu mẫu")
    properties, kinds = page.locator("[data-form-properties]"), page.locator(".form-palette__kinds")
    kinds.get_by_role("button", name="Chọn một (nút tròn)", exact=True).click()
    properties.get_by_label("Nhãn").fill("Kết luận")
    properties.get_by_label("Bắt buộc", exact=True).check()
    properties.get_by_label("Lời của lựa chọn 1").fill("Thống nhất")
    properties.get_by_label("Lời của lựa chọn 2").fill("Không thống nhất")
    kinds.get_by_role("button", name="Ô chữ nhiều dòng").click()
    properties.get_by_label("Nhãn").fill("Lý do không thống nhất")
    properties.get_by_label("Bắt buộc", exact=True).check()
    shown = properties.get_by_role("group", name="Chỉ hiện khi")
    shown.get_by_label("Dựa vào").select_option(label="Kết luận")
    shown.get_by_label("Giá trị").select_option(label="Không thống nhất")
    kinds.get_by_role("button", name="Tệp", exact=True).click()
    properties.get_by_label("Nhãn").fill("Văn bản ý kiến")
    expect(state).to_have_text(SAVED)
    preview = page.locator("[data-form-preview]")
    expect(preview.get_by_label("Lý do không thống nhất")).to_be_hidden()
    preview.get_by_label("Không thống nhất", exact=True).check()
    expect(preview.get_by_label("Lý do không thống nhất")).to_be_visible()
    desk.look("30-bieu-mau")
    desk.go(draft)


def three_mistakes_are_mended(desk: Desk, opinion: str) -> None:
    """A deadline that is none, work for nobody, a condition on what no form asks: mended by what is said."""
    page, panel = desk.page, desk.page.locator("[data-studio-properties]")
    desk.mended()

    desk.shape(opinion).click()
    way = panel.get_by_label("Hạn xử lý: cách tính")
    way.select_option(label="Biểu thức khác")
    typed(panel.get_by_label("Hạn xử lý", exact=True), "năm ngày làm việc")
    desk.told("Sửa biểu thức, ví dụ: working days after(today(), 5).")
    desk.look("40-han-sai")
    way.select_option(label="Sau một số ngày làm việc")
    typed(panel.get_by_label("Số lượng"), "5")
    desk.mended()

    panel.get_by_label("Giao cho").select_option(label="(chưa chọn)")
    desk.told("Chọn một trong: UBND cấp xã (commune)")
    desk.look("41-khong-giao")
    panel.get_by_label("Giao cho").select_option(label="Sở Tư pháp tỉnh Thanh Hóa")
    desk.mended()

    desk.click_flow("supplement_needed_yes")
    panel.get_by_role("button", name="Gõ biểu thức").click()
    condition = panel.get_by_label("Điều kiện", exact=True)
    typed(condition, 'department_verify.acton = "return"')
    desk.told("Dùng một trong: department_verify.action")
    desk.look("42-dieu-kien-sai")
    typed(condition, 'department_verify.action = "return"')
    desk.mended()
    expect(page.locator("[data-studio-state]")).to_have_text(SAVED)


def it_is_played_and_kept(desk: Desk, draft: str, opinion: str) -> None:
    """Two scenarios: sent back once, and the straight way to the Chairman's decision."""
    page = desk.page
    district, straight = ("self_assess", "district_appraise"), (*STRAIGHT, opinion, *DECIDED)
    for name, steps, last in (
        ("Huyện trả lại", district, "return"),
        ("Thẳng đến công nhận", straight, "recognise"),
    ):
        desk.go(f"{draft}/chay-thu")
        page.get_by_label("Ngày mở hồ sơ").fill("2023-11-20")
        page.get_by_label("Năm đánh giá").fill("2023")
        desk.press("Mở hồ sơ thử")
        for step in steps:
            do(page, f"open:{step}:{last if step == steps[-1] else 'complete'}")
            do(page, "sample:all_met")
            do(page, "complete")
        if last == "return":
            expect(page.locator(".play-course")).to_contain_text("Hồ sơ đã đầy đủ: không, trả lại xã")
        else:
            expect(page.locator(".play-state")).to_contain_text("Đã công nhận")
            expect(page.locator(".play-course")).to_contain_text(
                "Hồ sơ đã đầy đủ: có (UBND cấp huyện gửi lấy ý kiến)."
            )
            desk.look("50-chay-thu")
        page.get_by_label("Tên tình huống").fill(name)
        desk.press("Lưu tình huống")
    expect(page.locator("main")).to_contain_text("2/2 tình huống đúng")
    desk.look("60-tinh-huong")


def it_is_compared_and_submitted(desk: Desk, draft: str) -> None:
    page = desk.page
    desk.go(f"{draft}/so-sanh")
    expect(page.locator("main")).to_contain_text(OPINION)
    desk.look("70-so-sanh")
    desk.go(f"{draft}/trinh")
    page.get_by_label("Số, ký hiệu văn bản ban hành").fill("2023/QĐ-UBND")
    page.get_by_label("Ngày văn bản").fill("2023-11-15")
    page.get_by_label("Ngày có hiệu lực").fill("2023-11-20")
    desk.look("75-trinh")
    desk.press("Trình phê duyệt")
    expect(page.locator("main")).to_contain_text("Chờ phê duyệt")


def typed(field: Locator, text: str) -> None:
    """By the keyboard, wherever the focus is then; what is typed is drawn when the field is left."""
    field.click()
    expect(field).to_be_focused()
    keyboard = field.page.keyboard
    keyboard.press("Control+A")
    keyboard.insert_text(text)
    keyboard.press("Tab")


def drag(page: Page, shape: Locator, right: int, down: int) -> None:
    box = shape.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=5)
    page.mouse.up()


def do(page: Page, act: str) -> None:
    page.locator(f"button[name=do][value='{act}']").first.click()
