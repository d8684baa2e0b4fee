"""Playing a draft at its page, without JavaScript: every act is a button, the course travels in the page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

from tests.integration.web.conftest import Visitor

OWNER = "quytrinh-so-tttt"


class Player:
    """Somebody at the page: presses buttons, sends along what stands in the fields."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        made = visitor.post("/quy-trinh/recognition/ban-thao", {"phien-ban": "1"})
        self.draft = made.headers["Location"]
        self.text = visitor.page(f"{self.draft}/chay-thu")

    def press(self, do: str, **typed: Any) -> int:
        fields = dict(
            re.findall(r'type="hidden" name="(play-course|play-element|action)" value="([^"]*)"', self.text)
        )
        sent = {name: html.unescape(value) for name, value in fields.items()}
        answer = self.visitor.post(f"{self.draft}/chay-thu", {**sent, **typed, "do": do})
        self.text = answer.text
        return answer.status_code

    def filled(self) -> dict[str, str]:
        """What a browser would send of the form as it is drawn."""
        form = self.text[self.text.index('id="play-form"') : self.text.index('class="action-bar"')]
        inputs = re.findall(r'<input class="form-control[^"]*" id="([^"]+)"[^>]*? value="([^"]*)"', form)
        areas = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)', form)
        return {name: html.unescape(value) for name, value in [*inputs, *areas]}


def test_a_step_is_filled_in_sent_taken_back_and_kept_as_a_scenario(
    as_person: Callable[[str], Visitor],
) -> None:
    at = Player(as_person(OWNER))

    assert at.press("start", day="mai", year="2023") == 422
    assert at.press("start", day="2023-11-20", year="2023", district="thi-xa-bim-son") == 200
    assert "Hạn 03/12/2023" in at.text
    assert at.press("open:self_assess:complete") == 200
    assert at.press("complete") == 422  # nothing is filled in
    assert 'href="#report_summary"' in at.text
    assert at.press("sample:all_met") == 200
    filled = at.filled()
    # 1.2 asks for 100 % in 2023 (QĐ 1829, Phụ lục 01).
    assert filled["criteria.1.2.raw"] == "100%"
    assert at.press("complete", **filled) == 200
    assert 'data-active="district_appraise"' in at.text
    assert at.press("back") == 200
    assert 'data-active="self_assess"' in at.text
    assert at.press("wait", **{"play-until": "2023-12-05"}) == 200
    assert "Đang là ngày 05/12/2023" in at.text
    assert at.press("message:withdrawal_requested") == 200
    assert "Hồ sơ thử đã kết thúc: Xã rút hồ sơ." in at.text
    assert at.press("wait", **{"play-until": "2023-12-06"}) == 422

    course = html.unescape(re.search(r'name="play-course" value="([^"]*)"', at.text)[1])  # type: ignore[index]
    keep = f"{at.draft}/chay-thu/luu-tinh-huong"
    assert at.visitor.post(keep, {"play-course": course, "play-name": " "}).status_code == 422
    assert at.visitor.post(keep, {"play-course": course, "play-name": "Xã rút"}).status_code == 303
    shown = at.visitor.page(f"{at.draft}/tinh-huong")
    assert "1/1 tình huống đúng" in shown
    assert "đi qua 5/36 luồng" in shown  # start, two from the gateway, the message, the end
    assert "1/1 tình huống đúng" in at.visitor.page(f"{at.draft}/trinh")
    link = re.search(r"/chay-thu\?tinh-huong=([0-9a-f-]{36})", shown)
    assert link is not None
    assert "Hồ sơ thử đã kết thúc" in at.visitor.page(at.draft + link[0])

    about = f"{at.draft}/tinh-huong/{link[1]}"
    assert at.visitor.post(f"{about}/ten", {"rev": "1", "name": "Xã rút hồ sơ"}).status_code == 303
    assert at.visitor.post(f"{about}/xoa", {"rev": "2"}).status_code == 422  # nobody said that they are sure
    assert at.visitor.post(f"{about}/xoa", {"rev": "1", "sure": "1"}).status_code == 409
    assert at.visitor.post(f"{about}/ky-vong", {"rev": "2"}).status_code == 303
    it_is_recorded_anew(at, link[1])
    assert at.visitor.post(f"{about}/xoa", {"rev": "4", "sure": "1"}).status_code == 303
    assert "Chưa có tình huống nào" in at.visitor.page(f"{at.draft}/tinh-huong")


def it_is_recorded_anew(at: Player, scenario: str) -> None:
    """Without the message: the case only opens, and waits for the commune. Who did what is told."""
    at.text = at.visitor.page(f"{at.draft}/chay-thu?tinh-huong={scenario}")
    assert "Ghi lại tình huống “Xã rút hồ sơ”" in at.text
    assert at.press("back", **{"play-scenario": scenario, "play-rev": "3"}) == 200
    course = html.unescape(re.search(r'name="play-course" value="([^"]*)"', at.text)[1])  # type: ignore[index]
    sent = {"play-course": course, "play-scenario": scenario, "play-rev": "3"}
    anew = f"{at.draft}/chay-thu/ghi-lai-tinh-huong"

    unsure = at.visitor.post(anew, sent)
    assert (unsure.status_code, "Đánh dấu ô xác nhận" in unsure.text) == (422, True)
    assert at.visitor.post(anew, {**sent, "play-sure": "1", "play-rev": "2"}).status_code == 409
    assert at.visitor.post(anew, {**sent, "play-sure": "1", "play-course": "[]"}).status_code == 422
    assert at.visitor.post(anew, {**sent, "play-sure": "1", "play-scenario": "x"}).status_code == 404
    assert at.visitor.post(anew, {**sent, "play-sure": "1"}).status_code == 303

    shown = at.visitor.page(f"{at.draft}/tinh-huong")
    assert "Xã rút hồ sơ" in shown
    assert "<strong>Ghi lại diễn biến</strong>, " in shown
    assert shown.index("<strong>Lưu</strong> “Xã rút”") < shown.index(
        "<strong>Đổi tên</strong> “Xã rút hồ sơ”"
    )


def test_one_person_is_refused_a_second_level_and_files_are_only_said_to_be_there(
    as_person: Callable[[str], Visitor],
) -> None:
    """QĐ 1829: commune and district are two levels; whoever assessed does not appraise."""
    at = Player(as_person(OWNER))
    at.press("start", day="2023-11-20", year="2023")
    at.press("open:self_assess:complete")
    at.press("sample:all_met")
    filled = at.filled()

    assert at.press("complete", **{**filled, "play-who": "Bà An", "play-signer": "bà an"}) == 422
    assert "Người soạn không tự ký" in at.text
    assert at.press("complete", **{**filled, "play-who": "Bà An", "play-signer": "Ông Bình"}) == 200
    assert "do Bà An làm" in at.text
    at.press("open:district_appraise:complete")
    assert '<option value="Ông Bình">' in at.text
    at.press("sample:all_met")
    filled = at.filled()
    assert at.press("complete", **{**filled, "play-who": "Bà Cúc", "play-signer": "Ông Bình"}) == 422
    assert "Ông Bình đã xử lý bước “Tự đánh giá, lập hồ sơ đề nghị thẩm định” ở cấp khác" in at.text
    assert at.press("complete", **{**filled, "play-who": "x" * 61}) == 422
    assert at.press("complete", **{**filled, "play-who": "Bà Cúc", "play-signer": "Ông Dũng"}) == 200
    assert 'data-active="member_opinion"' in at.text


def test_what_is_sent_amiss_is_said_never_a_fault(as_person: Callable[[str], Visitor]) -> None:
    at = Player(as_person(OWNER))
    begun = '[{"act":"start","day":"2023-11-20","year":2023}]'

    for course, do in (
        ("", ""),
        ("{", "back"),
        ("[" * 5000, ""),
        ("[]", "back"),
        (begun, "khong-co:gi"),
        (begun, "open:khong_co:complete"),
        (begun, "open:self_assess:khong-co"),
        (begun, "complete"),
        (begun, "sample:khong-co"),
        (begun, "wait"),
        (begun, "timer:khong_co"),
        (begun, "fail:khong_co"),
        (begun, "message:" + "x" * 300),
        (begun[:-1] + ',{"act":"complete","what":"self_assess","answers":{"action":[1]}}]', ""),
        (begun[:-1] + ',{"act":"complete","what":"self_assess","answers":{"criteria":7}}]', ""),
    ):
        answer = at.visitor.post(f"{at.draft}/chay-thu", {"play-course": course, "do": do})
        assert answer.status_code in (200, 422), (course, do)
        assert "<h1>" in answer.text
    assert at.visitor.get(f"{at.draft}/chay-thu?tinh-huong=x").status_code == 404
    assert as_person("so-tttt-giamdoc").get(f"{at.draft}/chay-thu").status_code == 403
