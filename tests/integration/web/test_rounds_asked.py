"""The round's page: what is asked before signing, what is refused at its field, what was left for later."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

from service import clock
from service.jobs.outbox import drain
from tests.builders import a_case_at
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
OFFICER, DIRECTOR, CHAIRMAN = "so-tttt-chuyenvien", "so-tttt-giamdoc", "tinh-chutich"
WRONG = "Đề nghị công nhận 2 đơn vị, không đề nghị công nhận 0 đơn vị."
BOTH = ("nội dung nêu 2, danh sách có 0", "nội dung nêu 0, danh sách có 1")


def test_a_text_that_names_other_numbers_is_asked_about_and_may_go_on(
    as_person: AsPerson, behind: Behind
) -> None:
    case_id = behind(lambda: a_case_at("department_submit"))
    officer, director = as_person(OFFICER), as_person(DIRECTOR)
    address = gathered(officer, case_id)
    drafted = officer.page(address)

    blank = officer.post(f"{address}/trinh-ky", {"text": " ", "rev": "1"})
    asked = officer.post(f"{address}/trinh-ky", {"text": WRONG, "rev": "1"})
    gone_on = officer.post(f"{address}/trinh-ky", {"text": WRONG, "rev": "1", "anyway": "1"})
    signing = director.post(f"{address}/ky", {"capacity": ""})
    signed = director.post(f"{address}/ky", {"capacity": "", "anyway": "1"})

    assert "không đề nghị công nhận 1 đơn vị. Danh sách và lý do kèm theo." in drafted
    assert "Lấy lại nội dung mẫu" not in drafted
    assert blank.status_code == 422
    assert "không đề nghị công nhận 1 đơn vị. Danh sách" in blank.text
    assert [asked.status_code, *(one in asked.text for one in BOTH)] == [200, True, True]
    assert f'formaction="{address}/trinh-ky" name="anyway"' in asked.text
    assert "Lấy lại nội dung mẫu" in asked.text
    assert WRONG in asked.text
    assert gone_on.status_code == 303
    assert [signing.status_code, *(one in signing.text for one in BOTH)] == [200, True, True]
    assert signed.status_code == 303
    assert [faults(one) for one in (drafted, blank.text, asked.text, signing.text)] == [[]] * 4


def test_a_case_set_aside_is_asked_about_then_told_on_its_page_and_in_the_next_round(
    as_person: AsPerson, behind: Behind
) -> None:
    case_id = behind(lambda: a_case_at("department_submit"))
    officer, director, chairman = as_person(OFFICER), as_person(DIRECTOR), as_person(CHAIRMAN)
    address = gathered(officer, case_id)
    officer.post(f"{address}/trinh-ky", {"text": "Kính trình", "rev": "1"})
    half = director.post(f"{address}/ky", {"capacity": "", "number": "88/TTr-STTTT", "issued_on": ""})
    director.post(f"{address}/ky", {"capacity": "", "number": "", "issued_on": ""})
    behind(lambda: drain(clock.now()))
    paper = officer.page(address).split("/van-ban/", 1)[1].split("/", 1)[0]
    typed = {"number": "88/TTr-STTTT", "issued_on": "2023-11-20", "back": address}
    copy = officer.post(f"/van-ban/{paper}/tep", {**typed, "file": (io.BytesIO(b"<html>"), "trinh.pdf")})
    chosen = {f"outcome.{case_id}": "set_aside", "capacity": ""}

    unsaid = chairman.post(f"{address}/quyet-dinh", chosen)
    chosen[f"reason.{case_id}"] = "Chờ xác minh"
    asked = chairman.post(f"{address}/quyet-dinh", chosen)
    decided = chairman.post(f"{address}/quyet-dinh", {**chosen, "anyway": "1"})
    behind(lambda: drain(clock.now()))
    became, case_page = chairman.page(address), as_person("xa-thidu-lanhdao").page(f"/ho-so/{case_id}")
    second = officer.post("/dot", {"year": "2023", "name": ""}).location or ""
    candidates = officer.page(second)
    officer.post(f"{second}/them", {"case": str(case_id)})
    inside = officer.page(second)

    assert half.status_code == 422
    assert 'id="issued_on-error"' in half.text
    assert 'value="88/TTr-STTTT"' in half.text
    assert (copy.status_code, faults(copy.text)) == (415, [])
    form = copy.text.split('class="signed-copy__form', 1)[1].split("</details>", 1)[0]
    assert 'value="88/TTr-STTTT"' in form
    assert 'value="2023-11-20"' in form
    assert f'name="back" value="{address}"' in form
    assert "Bản đã ký phải là tệp PDF" in form
    assert unsaid.status_code == 422
    assert f'<a href="#reason-{case_id}">UBND xã Thí Dụ: Hãy ghi lý do.</a>' in unsaid.text
    assert asked.status_code == 200
    assert "Để lại đợt sau: 1 hồ sơ." in asked.text
    assert decided.status_code == 303
    assert "Hồ sơ chờ đợt sau; xã và Sở TTTT đã được báo." in became
    assert "Không có kết quả nào phải ghi vào hồ sơ" in became
    assert "Đã để lại ở “Đợt 1 năm 2023”</strong>" in case_page
    for page in (case_page, candidates, inside):
        assert "): Chờ xác minh</p>" in page
        assert faults(page) == []
    assert faults(asked.text) == faults(unsaid.text) == faults(became) == faults(half.text) == []


def test_the_form_of_a_new_round_comes_back_and_an_empty_round_is_deleted(as_person: AsPerson) -> None:
    officer = as_person(OFFICER)

    wrong = officer.post("/dot", {"year": "abcd", "name": "Đợt bổ sung"})
    late = officer.post("/dot", {"year": "2031", "name": ""})
    address = officer.post("/dot", {"year": "2023", "name": "Đợt bổ sung"}).location or ""
    offered = officer.page(address)
    twice = officer.post("/dot", {"year": "2023", "name": "Đợt bổ sung"})
    refused = as_person("xa-thidu-lanhdao").post(f"{address}/xoa-dot")
    deleted = officer.post(f"{address}/xoa-dot")

    assert [answer.status_code for answer in (wrong, late, twice)] == [422] * 3
    assert 'value="abcd"' in wrong.text
    assert 'value="Đợt bổ sung"' in wrong.text
    assert 'id="year-error"' in wrong.text
    assert "2022, 2023, 2024, 2025" in late.text
    assert 'id="name-error"' in twice.text
    assert faults(wrong.text) == faults(twice.text) == faults(offered) == []
    assert f'action="{address}/xoa-dot"' in offered
    assert (refused.status_code, deleted.status_code, officer.get(address).status_code) == (404, 303, 404)


def gathered(officer: Visitor, case_id: uuid.UUID) -> str:
    address = officer.post("/dot", {"year": "2023", "name": ""}).location or ""
    officer.post(f"{address}/them", {"case": str(case_id)})
    return address
