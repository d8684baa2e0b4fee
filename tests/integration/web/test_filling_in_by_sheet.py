"""The criteria table as an Excel file: out with what is there, in row by row, all of it or nothing."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from service.cases.operations import open_case
from service.database import db
from service.models import Draft
from service.tasks.operations import current_rev, save_draft
from tests.builders import NOON, a_case_at, an_open_case, do_step, open_task, person, unit_id
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults, form_fields
from tests.integration.web.sheets import confirmation, packed, preview, row, send, the_sheet

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
COMMUNE, DISTRICT = "xa-thidu-chuyenvien", "huyen-bimson-chuyenvien"
FIRST = {
    "action": "complete",
    "criteria": {"1.10": {"raw": "7/7"}, "2.6": {"raw": "54,4%"}, "1.2": {"raw": "=1+1"}},
}


@pytest.fixture
def task(behind: Behind) -> uuid.UUID:
    """A commune's self-assessment with a few results typed."""

    def begin() -> uuid.UUID:
        task_id = open_task(an_open_case(), "self_assess")
        save_draft(task_id=task_id, answers=FIRST, seen_rev=0, by=person(COMMUNE), now=NOON)
        db.session.remove()
        return task_id

    return behind(begin)  # type: ignore[no-any-return]


def test_what_goes_out_is_text_comes_back_the_same_and_a_changed_cell_is_shown_before_it_is_taken(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    officer = as_person(COMMUNE)
    sent = officer.get(f"/viec/{task}/phu-luc.xlsx")
    sheet = the_sheet(sent.data)

    assert sent.headers["Content-Disposition"].startswith('attachment; filename="CN-2023-')
    heading = [cell.value for cell in sheet[5]]
    assert heading == ["TT", "Tên chỉ tiêu", "Đơn vị tính", "Mức phải đạt năm 2023", "Kết quả", "Khó khăn"]
    assert [row(sheet, one)[4].value for one in ("1.10", "2.6", "1.2", "1.11")] == [
        "7/7",
        "54,4%",
        "=1+1",
        "*",
    ]
    assert {(cell.data_type, cell.number_format) for cell in row(sheet, "1.2") if cell.value} == {("s", "@")}
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$5:$5")

    same = preview(officer, task, sheet)
    assert "không có ô nào khác" in same

    row(sheet, "2.6")[4].value, row(sheet, "2.6")[5].value = "55%", "Ít doanh nghiệp"
    row(sheet, "1.10")[4].value = None
    shown = preview(officer, task, sheet)
    assert faults(shown) == []
    assert "sẽ thay đổi 2 ô ở 1 chỉ tiêu" in shown
    assert "<del>54,4%</del>" in shown
    assert "Trước: Chưa đạt" in shown
    assert "55% ≥ 55%: đạt" in shown
    assert behind(lambda: current_rev(task)) == 1

    fields = confirmation(shown)
    assert officer.post(f"/viec/{task}/bang-tinh/nhan", fields).status_code == 303
    kept = behind(lambda: db.session.get_one(Draft, task).answers["criteria"])
    assert (kept["2.6"]["raw"], kept["2.6"]["difficulty"]) == ("55%", "Ít doanh nghiệp")
    assert kept["1.10"]["raw"] == "7/7"  # a blank in the file takes nothing away

    stale = officer.post(f"/viec/{task}/bang-tinh/nhan", {**fields, "criteria.2.6.raw": "56%"})
    assert stale.status_code == 409
    assert "<del>55%</del>" in stale.text
    assert behind(lambda: db.session.get_one(Draft, task).answers["criteria"]["2.6"]["raw"]) == "55%"


def test_every_row_to_be_mended_is_named_and_nothing_is_taken(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    officer = as_person(COMMUNE)
    sheet = the_sheet(officer.get(f"/viec/{task}/phu-luc.xlsx").data)
    row(sheet, "2.4")[4].value = "75%"
    broken = {"2.5": "155%", "3.3": date(2023, 7, 7), "3.4": "=1+1", "1.11": "Có"}
    places = {one: row(sheet, one)[0].row for one in (*broken, "1.10", "1.1", "4.1", "4.3")}
    for criterion, value in broken.items():
        row(sheet, criterion)[4].value = value
    sheet.merge_cells(f"E{places['4.1']}:E{places['4.1'] + 1}")
    cells = row(sheet, "4.3")
    cells[0].value, cells[4].value = 4.3, "50%"  # a number, but its name tells which it is
    row(sheet, "1.10")[0].value = "1.1"

    answer = send(officer, task, sheet)

    assert answer.status_code == 422
    problems = dict(re.findall(r'<td class="num">(\d+)</td><td>(.*?)</td>', answer.text))
    expected = {
        "2.5": "lớn hơn 100%",
        "3.3": "Văn bản (Text)",
        "3.4": "là công thức",
        "1.11": "không đánh giá năm 2023",
        "4.1": "bị gộp",
        "1.10": "TT ghi 1.1 nhưng tên là của chỉ tiêu 1.10",
    }
    for criterion, words in expected.items():
        assert words in problems[str(places[criterion])], criterion
    assert str(places["4.3"]) not in problems
    assert "Chưa nhập gì từ tệp" in answer.text
    assert behind(lambda: current_rev(task)) == 1


def test_files_that_are_no_such_table_are_refused_in_a_sentence(as_person: AsPerson, task: uuid.UUID) -> None:
    officer = as_person(COMMUNE)
    other = the_sheet(officer.get(f"/viec/{task}/phu-luc.xlsx").data)
    other["A3"].value = "UBND xã khác – hồ sơ CN-2023-999999"
    former = the_sheet(officer.get(f"/viec/{task}/phu-luc.xlsx").data)
    former["D5"].value = "Mức phải đạt năm 2022"
    files = {
        "cu.xlsx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "là .xls cũ"),
        "hong.xlsx": (b"PK\x03\x04 hong", "bị hỏng"),
        "a.pdf": (b"%PDF-1.4", "không đọc tệp loại"),
        "khac.csv": ("tên;số\nA;1\n".encode(), "không thấy bảng"),
        "xa-khac.xlsx": (packed(other), "mẫu của hồ sơ CN-2023-999999"),
        "nam-khac.xlsx": (packed(former), "năm 2022, hồ sơ này đánh giá năm 2023"),
    }

    for name, (data, words) in files.items():
        answer = officer.post(f"/viec/{task}/bang-tinh", {"file": (io.BytesIO(data), name)})
        assert (answer.status_code, words.lower() in answer.text.lower()) == (422, True), name

    assert officer.post(f"/viec/{task}/bang-tinh").status_code == 422
    csv = 'TT;Kết quả;Khó khăn\n1.10;80%;"Thiếu; chậm"\n2.6.;55,5%;\n;;Người lập biểu\n'
    read = officer.post(f"/viec/{task}/bang-tinh", {"file": (io.BytesIO(csv.encode("utf-8-sig")), "a.csv")})
    assert "sẽ thay đổi 3 ô ở 2 chỉ tiêu" in read.text


def test_an_earlier_years_results_are_a_basis_and_the_district_judges_by_sheet_and_on_paper(
    as_person: AsPerson, behind: Behind
) -> None:
    def two_years() -> uuid.UUID:
        do_step(an_open_case(year=2023), "self_assess")
        own = open_case(commune_id=unit_id("xa-thi-du"), year=2024, by=person(COMMUNE), now=NOON)
        task_id = open_task(own, "self_assess")
        db.session.remove()
        return task_id

    task = behind(two_years)
    officer = as_person(COMMUNE)
    page = officer.page(f"/viec/{task}")
    assert "Lấy theo hồ sơ năm 2023" in page
    typed = {**form_fields(page), "criteria.1.2.raw": "99%"}

    assert officer.post(f"/viec/{task}", {**typed, "do": "copy-year"}).status_code == 303

    page = officer.page(f"/viec/{task}")
    fields = form_fields(page)
    assert (fields["criteria.3.2.raw"], fields["criteria.1.2.raw"]) == ("66,1%", "99%")
    assert fields["criteria.1.9.raw"] == ""  # qualitative: to be judged anew
    assert "= hồ sơ năm 2023" in page
    assert "Trung tâm Phục vụ HCC tỉnh" in page  # who leads 1.5, in the row's own help
    assert faults(page) == []


def test_the_district_has_columns_for_its_own_conclusions_and_nobody_else_fills_them_in(
    as_person: AsPerson, behind: Behind
) -> None:
    case_id = behind(lambda: a_case_at("district_appraise"))
    task = behind(lambda: open_task(case_id, "district_appraise"))
    officer = as_person(DISTRICT)
    sheet = the_sheet(officer.get(f"/viec/{task}/phu-luc.xlsx").data)
    cells = row(sheet, "1.9")
    cells[4].value, cells[5].value, cells[6].value = "Đảm bảo một phần", "chưa đạt", "Thiếu biên bản."

    shown = preview(officer, task, sheet)
    officer.post(f"/viec/{task}/bang-tinh/nhan", confirmation(shown))

    entry = behind(lambda: db.session.get_one(Draft, task).answers["criteria"]["1.9"])
    assert (entry["decision"], entry["reason"]) == ("not_met", "Thiếu biên bản.")
    paper = officer.page(f"/viec/{task}/phu-luc")
    assert faults(paper) == []
    assert "CHI TIẾT CÁC TIÊU CHÍ CHUYỂN ĐỔI SỐ CẤP XÃ" in paper
    assert "Lý do: Thiếu biên bản." in paper
    assert "bản nháp, chưa ký" in paper
    leader = as_person("huyen-bimson-lanhdao")
    assert leader.get(f"/viec/{task}/bang-tinh").status_code in (200, 409)
    assert as_person(COMMUNE).get(f"/viec/{task}/bang-tinh").status_code == 409
    assert as_person(COMMUNE).get(f"/viec/{task}/phu-luc.xlsx").status_code == 404
    together = officer.post(f"/viec/{task}/ket-luan", {"criteria.2.6.raw": "54,4", "criteria.1.1.raw": "Có"})
    assert together.text.count("data-verdict-for") == 2
    assert "54,4% &lt; 55%: chưa đạt" in together.text
