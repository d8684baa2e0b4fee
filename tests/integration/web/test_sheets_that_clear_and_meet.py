"""What a sheet takes away, what a meeting's sheet has, and files that are no sheets at all."""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

from service.database import db
from service.models import Draft
from service.tasks.operations import current_rev, save_draft
from tests.builders import NOON, a_case_at, an_open_case, open_task, person
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults
from tests.integration.web.sheets import confirmation, packed, preview, row, send, the_sheet

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
COMMUNE, DEPARTMENT = "xa-thidu-chuyenvien", "so-tttt-chuyenvien"
TYPED = {
    "action": "complete",
    "criteria": {
        "2.6": {"raw": "54,4%", "difficulty": "Ít doanh nghiệp"},
        "1.2": {"raw": "100%"},
        "1.1": {"raw": "Có"},
    },
}


def test_a_cell_is_emptied_only_by_the_mark_that_says_so_and_bad_files_change_nothing(
    as_person: AsPerson, behind: Behind
) -> None:
    task = behind(a_commune_at_work)
    officer = as_person(COMMUNE)
    sheet = the_sheet(officer.get(f"/viec/{task}/phu-luc.xlsx").data)
    assert "muốn xóa nội dung đó: ghi XÓA vào ô" in str(sheet["A4"].value)
    row(sheet, "2.6")[5].value = " xoá "
    row(sheet, "1.2")[4].value = "Xóa"
    row(sheet, "1.1")[4].value = None
    row(sheet, "1.3")[4].value = "XÓA"  # holds nothing: nothing to clear

    shown = preview(officer, task, sheet)

    assert faults(shown) == []
    assert "sẽ thay đổi 2 ô ở 2 chỉ tiêu" in shown
    assert "Trong đó 2 ô sẽ bị xóa nội dung" in shown
    assert "<del>Ít doanh nghiệp</del>" in shown
    assert 'name="criteria.1.2.raw" value="" data-before="100%"' in shown
    officer.post(f"/viec/{task}/bang-tinh/nhan", confirmation(shown))
    kept = behind(lambda: db.session.get_one(Draft, task).answers["criteria"])
    assert (kept["2.6"]["raw"], kept["2.6"]["difficulty"]) == ("54,4%", "")
    assert (kept["1.1"]["raw"], "1.2" in kept) == ("Có", False)

    sheet = the_sheet(officer.get(f"/viec/{task}/phu-luc.xlsx").data)
    good = packed(sheet)
    for criterion, text in {"1.3": "\u202e%001", "2.2": "chữ " * 2_500}.items():
        row(sheet, criterion)[4].value = text
    row(sheet, "3.1")[5].value = "Thiê\u0301u " + "a" + "\u0301" * 300  # stacked marks are letters still
    refused = send(officer, task, sheet)
    assert refused.status_code == 422
    for words in ("1.3: “Kết quả”: không được có ký tự điều khiển", "2.2: “Kết quả”: dài quá 2000"):
        assert words in refused.text, re.findall(r'<td class="num">.*', refused.text)
    bad = {
        "bom.xlsx": (with_part(good, "xl/media/x.xml", b" " * 30_000_000), "quá lớn khi giải nén"),
        "macro.xlsx": (with_part(good, "xl/vbaProject.bin", b"\xd0\xcf"), "có macro"),
        "macro.xlsm": (with_part(good, "xl/vbaProject.bin", b"\xd0\xcf"), "có macro"),
    }
    for name, (data, words) in bad.items():
        answer = officer.post(f"/viec/{task}/bang-tinh", {"file": (io.BytesIO(data), name)})
        assert (answer.status_code, words in answer.text) == (422, True), name
    assert behind(lambda: current_rev(task)) == 2


def test_a_meeting_has_a_sheet_of_what_is_disputed_with_its_own_columns(
    as_person: AsPerson, behind: Behind
) -> None:
    task = behind(lambda: open_task(a_case_at("reconciliation_meeting"), "reconciliation_meeting"))
    officer = as_person(DEPARTMENT)
    assert f"/viec/{task}/bang-tinh" in officer.page(f"/viec/{task}")
    sheet = the_sheet(officer.get(f"/viec/{task}/phu-luc.xlsx").data)
    heading = [cell.value for cell in sheet[5]]
    assert heading[4:] == ["Các cấp trước", "Ý kiến Hội nghị", "Kết quả", "Tự kết luận", "Lý do"]
    assert [cells[0].value for cells in sheet.iter_rows(min_row=6) if cells[0].value] == ["2.6"]
    cells = row(sheet, "2.6")
    assert "Sở thẩm tra: 54,4% (Chưa đạt)" in str(cells[4].value)
    assert "56,3% (Đạt)" in str(cells[4].value)
    cells[5].value, cells[6].value = "đồng ý", "55,1%"
    assert "hãy ghi Thống nhất, Còn ý kiến khác nhau" in send(officer, task, sheet).text
    cells[5].value = "thống nhất"

    shown = preview(officer, task, sheet)

    assert faults(shown) == []
    assert "55,1% ≥ 55%: đạt" in shown
    assert officer.post(f"/viec/{task}/bang-tinh/nhan", confirmation(shown)).status_code == 303
    entry = behind(lambda: db.session.get_one(Draft, task).answers["criteria"]["2.6"])
    assert (entry["agreed"], entry["raw"]) == (True, "55,1%")
    again = the_sheet(officer.get(f"/viec/{task}/phu-luc.xlsx").data)
    assert row(again, "2.6")[5].value == "Thống nhất"
    row(again, "2.6")[5].value = "XÓA"
    csv = "TT;Ý kiến Hội nghị;Kết quả\n1.2;Thống nhất;100%\n"
    beside = officer.post(f"/viec/{task}/bang-tinh", {"file": (io.BytesIO(csv.encode()), "a.csv")})
    assert "chỉ tiêu 1.2 không nằm trong các chỉ tiêu của bảng này" in beside.text.lower()
    officer.post(f"/viec/{task}/bang-tinh/nhan", confirmation(preview(officer, task, again)))
    assert behind(lambda: db.session.get_one(Draft, task).answers["criteria"]["2.6"]["agreed"]) is None


def a_commune_at_work() -> uuid.UUID:
    task_id = open_task(an_open_case(), "self_assess")
    save_draft(task_id=task_id, answers=TYPED, seen_rev=0, by=person(COMMUNE), now=NOON)
    db.session.remove()
    return task_id


def with_part(book: bytes, name: str, content: bytes) -> bytes:
    """The same Excel file with one more part inside."""
    out = io.BytesIO(book)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()
