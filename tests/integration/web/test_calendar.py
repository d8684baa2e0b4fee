"""*Lịch ngày làm việc* and *Thời hạn*: everybody reads; a change is tried out, then applied and recorded."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from service.audit.queries import case_events
from service.calendars.queries import list_days, load_calendar
from service.calendars.spans import WorkingDays
from service.database import db
from service.deadlines.operations import set_deadlines
from service.deadlines.queries import DeadlineKey, DeadlineRow, list_deadlines
from service.models import Event
from tests.builders import NOON, an_open_case, do_step, open_task
from tests.integration.service.scenes import at
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
OWNER, ADMINISTRATOR, OFFICER = "quytrinh-so-tttt", "quantri", "xa-thidu-chuyenvien"
STORM = {"day": "2023-12-04", "working": "no", "name": "Nghỉ tránh bão", "source": "Công điện số 1"}
KEY = DeadlineKey("recognition", 2023, "thi-xa-bim-son", "district_appraise")


def appraising() -> uuid.UUID:
    """The district received it on Monday 20/11/2023; ten working days on is Monday 4/12."""
    set_deadlines(
        rows=[DeadlineRow(KEY, None, WorkingDays(10), "trong 10 ngày làm việc", "Công văn thử")], now=NOON
    )
    case_id = an_open_case()
    do_step(case_id, "self_assess", at("2023-11-20"))
    return case_id


def recorded(kind: str) -> int:
    return len(db.session.execute(select(Event.seq).where(Event.type == kind)).all())


def test_everybody_reads_both_pages_and_only_keepers_find_the_forms(as_person: AsPerson) -> None:
    officer, owner = as_person(OFFICER), as_person(OWNER)
    pages = [officer.page("/lich?nam=2024"), officer.page("/thoi-han?nam=2023")]
    kept = [owner.page("/lich?nam=2024"), owner.page("/thoi-han?nam=2023")]

    assert [faults(page) for page in (*pages, *kept)] == [[]] * 4
    assert "Ngày nghỉ (thay cho ngày 04/05/2024)" in pages[0]
    assert "Làm bù ngày 29/04/2024" in pages[0]
    assert "trước ngày 04/12/2023" in pages[1]
    assert not any("Xem trước" in page for page in pages)
    assert all("Xem trước" in page for page in kept)


@pytest.mark.parametrize("address", ["/lich/ngay", "/lich/nhap", "/thoi-han/mot", "/thoi-han/xoa"])
def test_others_cannot_change_anything(as_person: AsPerson, address: str) -> None:
    assert as_person(OFFICER).post(address, {**STORM, "apply": "1"}).status_code == 403


def test_a_day_off_is_tried_out_then_applied_and_recorded(as_person: AsPerson, behind: Behind) -> None:
    case_id = behind(appraising)
    owner = as_person(OWNER)

    preview = owner.post("/lich/ngay", STORM)
    before = behind(lambda: load_calendar().is_working(date(2023, 12, 4)))
    saturday = owner.post("/lich/ngay", {**STORM, "day": "2023-12-02"})
    applied = owner.post("/lich/ngay", {**STORM, "apply": "1"})

    assert "02/12/2023 là thứ Bảy, theo lịch đã là ngày nghỉ" in saturday.text
    assert "theo lịch đã là" not in preview.text
    assert (preview.status_code, faults(preview.text)) == (200, [])
    assert "Thay đổi này làm đổi hạn của 1 việc" in preview.text
    assert "từ 04/12/2023 thành <strong>05/12/2023</strong>" in preview.text
    assert before is True
    assert applied.location == "/lich?nam=2023"
    page = owner.page("/lich?nam=2023")
    assert "Đã tính lại 1 hạn của 1 hồ sơ." in page
    assert "Tỉnh quyết định" in page
    assert "Bộ luật Lao động 2019, Điều 111 và 112; dữ liệu ngày lễ tính sẵn của phần mềm" in page
    assert "holidays" not in page
    assert behind(lambda: case_events(case_id)[-1].type) == "due_dates_recomputed"
    assert behind(lambda: recorded("calendar_days_set")) == 1
    shown = as_person("huyen-bimson-chuyenvien").page(
        f"/viec/{behind(lambda: open_task(case_id, 'district_appraise'))}"
    )
    assert "Vì sao có hạn này?" in shown
    assert "– 04/12/2023: Nghỉ tránh bão (Công điện số 1)" in shown
    assert faults(shown) == []


def test_taking_a_decision_back_is_tried_out_too(as_person: AsPerson, behind: Behind) -> None:
    owner = as_person(ADMINISTRATOR)
    owner.post("/lich/ngay", {**STORM, "apply": "1"})

    preview = owner.post("/lich/bo", {"day": STORM["day"]})
    owner.post("/lich/bo", {"day": STORM["day"], "apply": "1"})

    assert "Bỏ quyết định riêng về ngày 04/12/2023" in preview.text
    assert behind(lambda: load_calendar().is_working(date(2023, 12, 4)))
    assert owner.post("/lich/bo", {"day": STORM["day"], "apply": "1"}).status_code == 422


REFUSED: list[tuple[str, dict[str, object]]] = [
    ("/lich/ngay", {**STORM, "day": "2031-01-01"}),
    ("/lich/ngay", {**STORM, "day": "0001-01-01"}),
    ("/lich/ngay", {**STORM, "name": ""}),
    ("/lich/ngay", {**STORM, "working": "maybe"}),
    ("/lich/bo", {"day": "1999-01-01"}),
    ("/lich/nhap", {"first": "1999", "last": ""}),
    ("/lich/nhap", {"first": "0000", "last": "9999"}),
    ("/lich/tep", {}),
    ("/thoi-han/mot", {}),
    ("/thoi-han/xoa", {"year": "0000"}),
    ("/thoi-han/tep", {"name": "a.yaml", "content": "&a [*a]"}),
]


def test_what_cannot_be_done_is_a_sentence_on_the_page(as_person: AsPerson) -> None:
    owner = as_person(OWNER)

    answers = [(address, sent, owner.post(address, sent)) for address, sent in REFUSED]

    assert [one[:2] for one in answers if one[2].status_code != 422] == []
    assert [one[:2] for one in answers if "notice--error" not in one[2].text] == []


def test_an_odd_year_in_the_address_is_no_error(as_person: AsPerson) -> None:
    officer = as_person(OFFICER)

    for year in ("0000", "9999", "x", "٢٠٢٣"):
        assert officer.get(f"/lich?nam={year}").status_code == 200
        assert officer.get(f"/thoi-han?nam={year}").status_code == 200


def test_a_year_is_imported_after_a_look(as_person: AsPerson, behind: Behind) -> None:
    owner = as_person(OWNER)

    preview = owner.post("/lich/nhap", {"first": "2027", "last": "2027"})
    unknown = behind(lambda: 2027 in load_calendar().years)
    owner.post("/lich/nhap", {"first": "2027", "last": "2027", "apply": "1"})

    assert (preview.status_code, unknown) == (200, False)
    assert behind(lambda: 2027 in load_calendar().years)
    assert "là dự kiến; hãy nhập lại khi có thông báo" in owner.page("/lich?nam=2027")


def test_wrong_lines_are_named_and_nothing_is_taken_in(as_person: AsPerson, behind: Behind) -> None:
    lines = ["Ngày;Làm việc;Tên;Căn cứ", "04/12/2023;không;Bão;Công điện", "32/12/2023;không;Bão;Công điện"]
    text = "\n".join([*lines, "05/12/2023;?;;", ""])
    before = behind(lambda: len(list_days(2023)))

    answer = as_person(OWNER).post("/lich/tep", {"file": (io.BytesIO(text.encode()), "ngay.csv")})

    assert answer.status_code == 422
    assert "Có 2 dòng chưa đúng; chưa nhập dòng nào." in answer.text
    assert "Dòng 3: ngày &#39;32/12/2023&#39; không phải là một ngày" in answer.text
    assert "Dòng 4: cột “làm việc”" in answer.text
    assert behind(lambda: len(list_days(2023))) == before


def test_a_file_goes_through_its_preview_into_the_calendar(as_person: AsPerson, behind: Behind) -> None:
    text = "Ngày,Làm việc,Tên,Căn cứ\n2023-12-02,có,Làm bù,Công văn 9\n2023-12-04,không,Bão,Công điện\n"
    owner = as_person(OWNER)

    preview = owner.post("/lich/tep", {"file": (io.BytesIO(text.encode("utf-8-sig")), "ngày.csv")})
    owner.post("/lich/tep", {"name": "ngày.csv", "content": text, "apply": "1"})

    assert "02/12/2023: làm việc, Làm bù" in preview.text
    assert behind(lambda: load_calendar().working_days_after(date(2023, 12, 1), 2)) == date(2023, 12, 5)


DEADLINE = {
    "procedure": "recognition",
    "year": "2023",
    "district": "thi-xa-bim-son",
    "element": "district_appraise",
    "wording": "chậm nhất ngày 10/12/2023",
    "source": "Công văn số 5",
}


def test_a_deadline_says_what_its_words_mean_and_which_dates_it_moves(
    as_person: AsPerson, behind: Behind
) -> None:
    case_id = behind(appraising)
    owner = as_person(OWNER)

    preview = owner.post("/thoi-han/mot", DEADLINE)
    past = owner.post("/thoi-han/mot", {**DEADLINE, "wording": "chậm nhất ngày 10/12/2020"})
    owner.post("/thoi-han/mot", {**DEADLINE, "apply": "1"})

    assert "quá hạn ngay" not in preview.text
    assert "1 việc đang mở sẽ quá hạn ngay khi áp dụng" in past.text
    assert "1 việc sẽ có hạn trước ngày nhận hồ sơ" in past.text
    assert "nghĩa là ngày cuối cùng là 10/12/2023" in preview.text
    assert "từ 04/12/2023 thành <strong>10/12/2023</strong>" in preview.text
    assert "“chậm nhất ngày 10/12/2023”" in owner.page("/thoi-han?nam=2023&huyen=thi-xa-bim-son")
    task = behind(lambda: open_task(case_id, "district_appraise"))
    assert "10/12/2023, còn 20 ngày" in as_person("huyen-bimson-chuyenvien").page(f"/viec/{task}")


def test_a_deadline_that_cannot_be_read_is_refused_and_what_was_typed_stays(as_person: AsPerson) -> None:
    answer = as_person(OWNER).post("/thoi-han/mot", {**DEADLINE, "wording": "trong tháng 12", "apply": "1"})

    assert answer.status_code == 422
    assert "Không đọc được thời hạn" in answer.text
    assert 'value="trong tháng 12"' in answer.text


def test_a_deadline_is_taken_away_after_a_look(as_person: AsPerson, behind: Behind) -> None:
    behind(appraising)
    owner = as_person(OWNER)

    preview = owner.post("/thoi-han/xoa", DEADLINE)
    owner.post("/thoi-han/xoa", {**DEADLINE, "apply": "1"})

    assert "từ 04/12/2023 thành <strong>không có hạn</strong>" in preview.text
    assert behind(lambda: [row for row in list_deadlines(year=2023) if row.key == KEY]) == []


def test_what_is_exported_can_be_imported_unchanged(as_person: AsPerson, behind: Behind) -> None:
    owner = as_person(OWNER)
    before = behind(list_deadlines)

    for form in ("csv", "yaml"):
        content = owner.get(f"/thoi-han/xuat/{form}").data
        preview = owner.post("/thoi-han/tep", {"file": (io.BytesIO(content), f"thoi-han.{form}")})
        owner.post(
            "/thoi-han/tep", {"name": f"x.{form}", "content": content.decode("utf-8-sig"), "apply": "1"}
        )
        assert "Không hạn đang mở nào thay đổi." in preview.text

    assert len(before) > 10
    assert behind(list_deadlines) == before
    assert behind(lambda: recorded("deadlines_set")) == 0


def test_what_is_near_is_counted_in_working_days_on_the_worklist(as_person: AsPerson, behind: Behind) -> None:
    """Today is Monday 20/11/2023; up to Sunday 26/11 come four working days."""
    wording = "chậm nhất ngày 26/11/2023"
    key = DeadlineKey("recognition", 2023, "thi-xa-bim-son", "self_assess")
    row = DeadlineRow(key, date(2023, 11, 26), None, wording, "Công văn thử")
    behind(lambda: set_deadlines(rows=[row], now=NOON))
    behind(an_open_case)

    page = as_person(OFFICER).page("/viec")

    assert "26/11/2023, còn 4 ngày làm việc" in page
    assert f'title="{wording} (Công văn thử)"' in page
