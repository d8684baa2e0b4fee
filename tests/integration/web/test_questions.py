"""*Kiểm tra* at its pages: who enters, filters in the address, files without formulas, what is recorded."""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from lxml import html as parser
from openpyxl import load_workbook
from sqlalchemy import select

from service.cases.operations import withdraw_case
from service.database import db
from service.models import Event
from service.questions.ready import QUESTIONS
from tests.builders import NOON, a_case_at, case_of, person
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
ROOM = "/kiem-tra"
FORMULA = '=HYPERLINK("http://ke-xau.example";"Bấm")'


@pytest.fixture
def code(behind: Behind) -> str:
    """A case that went over the meeting, withdrawn for a reason that spreadsheets take for a formula."""

    def act() -> str:
        case_id: uuid.UUID = a_case_at("department_submit")
        withdraw_case(case_id=case_id, reason=FORMULA, by=person("xa-thidu-lanhdao"), now=NOON)
        return str(case_of(case_id).code)

    return str(behind(act))


def addresses(code: str) -> dict[str, str]:
    needs = {
        "ai-quyet-dinh": f"?ho-so={code}&chi-tieu=2.6",
        "quyen-truoc-viec": f"?ho-so={code}&su-kien=4",
        "tra-lai": "?so-lan=0",
        "ky-nhanh": "?phut=30",
    }
    return {key: f"{ROOM}/{key}{needs.get(key, '')}" for key in QUESTIONS}


def recorded(stream: str, kind: str) -> int:
    query = select(Event.position).where(Event.stream == stream, Event.type == kind)
    return len(db.session.scalars(query).all())


def test_every_question_is_a_well_made_page_with_its_answer_and_how_it_is_computed(
    as_person: AsPerson, code: str
) -> None:
    auditor = as_person("kiemtra")

    assert faults(auditor.page(ROOM)) == []
    for key, address in addresses(code).items():
        text = auditor.page(address)
        assert faults(text) == [], key
        assert "Câu trả lời được tính thế nào?" in text
        assert '<h2 id="answer">Trả lời</h2>' in text, key
        assert f"{ROOM}/{key}/tep.xlsx" in text


def test_a_line_leads_to_the_case_and_to_the_very_event(
    as_person: AsPerson, behind: Behind, code: str
) -> None:
    auditor = as_person("kiemtra")
    text = auditor.page(f"{ROOM}/tim?loai=case_withdrawn")

    address = parser.document_fromstring(text).xpath("//a[@class='worklist__link']/@href")[0]

    query = select(Event.stream_id, Event.seq).where(Event.type == "case_withdrawn")
    case_id, seq = behind(lambda: db.session.execute(query).one())
    assert case_id in address
    assert re.search(rf"su-kien[=-]{seq}\b", address)
    assert "Xã rút hồ sơ" in auditor.page(address.partition("#")[0])


def test_the_room_is_open_to_those_who_have_something_to_ask(as_person: AsPerson, code: str) -> None:
    asked = ("tim", "tach-bach", "quan-tri", "quyen-truoc-viec", "truy-cap")

    def answers(username: str) -> list[int]:
        one, there = as_person(username), addresses(code)
        return [one.get(path).status_code for path in (ROOM, *(there[key] for key in asked))]

    assert answers("kiemtra") == [200] * 6
    assert answers("tinh-chutich") == [200, 200, 200, 403, 403, 200]
    assert answers("so-tttt-chuyenvien") == [200, 200, 200, 403, 403, 403]
    assert answers("xa-thidu-lanhdao") == [200, 200, 200, 403, 403, 403]
    assert answers("quantri") == [200, 403, 403, 200, 403, 403]
    assert answers("quytrinh-so-tttt") == [403] * 6
    assert as_person("xa-minhhoa-lanhdao").get(addresses(code)["ai-quyet-dinh"]).status_code == 422
    assert 'href="/kiem-tra"' in as_person("kiemtra").page("/viec")
    assert 'href="/kiem-tra"' not in as_person("xa-thidu-chuyenvien").page("/viec")


def test_filters_that_cannot_be_are_said_at_their_field_and_nothing_breaks(
    as_person: AsPerson, code: str
) -> None:
    auditor = as_person("kiemtra")
    for query, field in (
        ("tu=hom-qua", "since"),
        ("tu=2023-12-02&den=2023-12-01", "since"),
        ("nam=20x3", "year"),
        ("loai=khong-co", "kind"),
        ("cap=self_assess", "criterion"),
        ("phien-ban=recognition", "version"),
        ("vai=ong-chu", "part"),
    ):
        answer = auditor.get(f"{ROOM}/tim?{query}")
        assert answer.status_code == 422, query
        assert f'id="{field}-error"' in answer.text, query
        assert faults(answer.text) == [], query
    for path, status in (
        ("/tim?sau=%00", 422),
        ("/tim?sau=WyJhIl0", 422),
        ("/bat-dong?sau=WzFd", 422),
        ("/khong-co", 404),
        ("/tim/tep.exe", 422),
        ("/ky-nhanh?phut=0", 422),
        ("/tim?nguoi=%25_'", 200),
        ("/ai-quyet-dinh/tep.csv", 422),
    ):
        assert auditor.get(ROOM + path).status_code == status, path


def test_answers_are_taken_away_as_files_in_which_no_cell_is_a_formula(
    as_person: AsPerson, behind: Behind, code: str
) -> None:
    auditor = as_person("kiemtra")

    table = auditor.get(f"{ROOM}/tim/tep.csv?loai=case_withdrawn")
    book = auditor.get(f"{ROOM}/tim/tep.xlsx?loai=case_withdrawn")

    rows = list(csv.reader(io.StringIO(table.get_data().decode("utf-8-sig"))))
    assert rows[0][:3] == ["Xã, hồ sơ", "Lúc", "Ai"]
    assert rows[1][3] == f"Xã rút hồ sơ: {FORMULA}"
    cells = [cell for row in load_workbook(io.BytesIO(book.get_data())).active.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    assert "Loại sự kiện: Xã rút hồ sơ" in [cell.value for cell in cells]
    assert behind(lambda: recorded("administration", "answer_exported")) == 2


def test_looking_at_one_cases_answer_stands_in_its_access_stream(
    as_person: AsPerson, behind: Behind, code: str
) -> None:
    auditor = as_person("kiemtra")
    auditor.page(addresses(code)["ai-quyet-dinh"])
    auditor.get(f"{ROOM}/ai-quyet-dinh/tep.csv?ho-so={code}&chi-tieu=2.6")

    assert behind(lambda: recorded("access", "answer_viewed")) == 1
    assert behind(lambda: recorded("access", "answer_exported")) == 1
    assert "Xuất câu trả lời kiểm tra" in auditor.page(f"{ROOM}/truy-cap?nguoi=kiemtra")


def test_a_question_is_kept_found_again_renamed_and_deleted(as_person: AsPerson, code: str) -> None:
    auditor = as_person("kiemtra")
    there = f"{ROOM}/tim/luu?nguoi=so-tttt&loai=task_completed"

    kept = auditor.post(there, {"name": "Sở đã ký gì"})

    assert kept.headers["Location"].endswith("/kiem-tra/tim?nguoi=so-tttt&loai=task_completed")
    room = auditor.page(ROOM)
    assert "/kiem-tra/tim?nguoi=so-tttt&amp;loai=task_completed" in room
    start = room.index("/kiem-tra/da-luu/")
    saved = room[start : room.index("/doi-ten", start)]
    assert "Đã đổi tên" in auditor.client.get(auditor.post(f"{saved}/doi-ten", {"name": "Sở"}).location).text
    assert as_person("quantri").post(f"{saved}/xoa").status_code == 404
    auditor.post(f"{saved}/xoa")
    assert "Chưa có câu hỏi nào được lưu" in auditor.page(ROOM)
