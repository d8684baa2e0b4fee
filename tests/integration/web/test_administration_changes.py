"""*Quản trị*: units edited at their page, last days taken back, positions and names, lists as files."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import update

from service.administration.units import read_unit
from service.database import db, transaction
from service.models import Case, Unit
from service.rounds.operations import open_round
from tests.builders import NOON, an_open_case, person
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
UNIT, EDIT = "/quan-tri/don-vi/xa-thi-du", "/quan-tri/don-vi/xa-thi-du/sua"


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, name
    return found[1]


def action(text: str, ending: str) -> str:
    found = re.search(rf'action="([^"]+{ending})"', text)
    assert found, ending
    return found[1]


def test_a_unit_is_edited_and_ends_after_its_open_cases_were_read(
    as_person: AsPerson, behind: Behind
) -> None:
    administrator = as_person("quantri")
    case_id = behind(an_open_case)
    code = behind(lambda: db.session.get_one(Case, case_id).code)
    shown = administrator.page(EDIT)
    typed = {"name": "UBND xã Thí Dụ", "parent": "thi-xa-bim-son", "first": "2022-01-01", "source": "NQ"}
    typed |= {"seen": hidden(shown, "seen"), "last": "2023-12-31"}

    asked = administrator.post(EDIT, dict(typed))
    assert (asked.status_code, faults(asked.text)) == (409, [])
    assert code in asked.text
    assert "Đơn vị chấm dứt hoạt động" in asked.text
    accepted = {"accepted": hidden(asked.text, "accepted")}
    assert administrator.post(EDIT, {**typed, **accepted}).status_code == 409  # not confirmed
    assert administrator.post(EDIT, {**typed, **accepted, "confirmed": "1"}).status_code == 303
    page = administrator.page(UNIT)
    assert "đến hết 31/12/2023" in page
    assert f"Biết rằng còn hồ sơ đang mở: {code}" in page

    again = administrator.post(EDIT, {**typed, "name": "Tên của người đến sau"})
    assert (again.status_code, faults(again.text)) == (409, [])
    assert "vừa được người khác sửa" in again.text
    assert 'value="Tên của người đến sau"' in again.text
    wrong = administrator.post(EDIT, {**typed, "last": "2021-01-01"})
    assert (wrong.status_code, "Ngày cuối phải từ ngày đầu trở đi." in wrong.text) == (422, True)
    assert administrator.post("/quan-tri/don-vi-moi", {"code": "xa moi"}).status_code == 422
    made = {**typed, "code": "xa-dong", "kind": "commune", "name": "UBND xã Đông", "last": ""}
    assert administrator.post("/quan-tri/don-vi-moi", made).status_code == 303
    link = {"direction": "after", "other": "xa-dong", "since": "2024-01-01", "link_basis": ""}
    assert administrator.post(f"{UNIT}/ke-tiep", dict(link)).status_code == 422
    assert administrator.post(f"{UNIT}/ke-tiep", {**link, "link_basis": "NQ 1"}).status_code == 303
    linked = administrator.page(UNIT)
    assert (faults(linked), "UBND xã Đông</a> từ 01/01/2024" in linked) == ([], True)
    assert (
        administrator.post(f"{UNIT}/ke-tiep/bo", {"direction": "after", "other": "xa-dong"}).status_code
        == 303
    )
    for username in ("kiemtra", "so-tttt-giamdoc"):
        assert as_person(username).get(EDIT).status_code == 403


def test_what_was_ended_or_written_by_mistake_is_put_right_on_record(
    as_person: AsPerson, behind: Behind
) -> None:
    administrator = as_person("quantri")
    seat = behind(lambda: next(one.id for one in read_unit("xa-thi-du").held if one.role == "officer"))
    assert administrator.post(f"{UNIT}/thoi/{seat}", {"end": "2023-11-20"}).status_code == 303
    on = action(administrator.page(UNIT), r"/giu-tiep/[^\"]+")
    assert administrator.post(on, {"until": "2023-11-19"}).status_code == 422
    assert administrator.post(on, {"until": ""}).status_code == 303
    assert administrator.post(on, {"until": ""}).status_code == 409
    assert "không có ngày cuối, thay cho ngày cuối 20/11/2023" in administrator.page(UNIT)

    added = {"title": "Công chức Văn hoa", "role": "officer", "capacity": ""}
    assert administrator.post(f"{UNIT}/vi-tri", added).status_code == 303
    gone = action(administrator.page(UNIT), r"/vi-tri/[^\"/]+/xoa")
    mended = {"new_title": "Công chức Văn hóa", "new_capacity": ""}
    assert administrator.post(gone.removesuffix("/xoa"), mended).status_code == 303
    assert "Công chức Văn hóa" in administrator.page(UNIT)
    assert administrator.post(gone).status_code == 303
    assert administrator.post(gone).status_code == 404
    held = behind(lambda: next(one.position_id for one in read_unit("xa-thi-du").held))
    assert administrator.post(f"{UNIT}/vi-tri/{held}/xoa").status_code == 409

    user = behind(lambda: person("xa-thidu-chuyenvien").id)
    assert administrator.post(f"/quan-tri/nguoi/{user}/ten", {"display_name": " "}).status_code == 422
    assert administrator.post(f"/quan-tri/nguoi/{user}/ten", {"display_name": "Lê Thị D"}).status_code == 303
    assert "Chuyên viên – UBND xã Thí Dụ › Lê Thị D" in administrator.page(f"/quan-tri/nguoi/{user}")

    member = "/quan-tri/thanh-vien"
    end = action(administrator.page(member), r"/ket-thuc")
    assert administrator.post(end, {"end": "2023-11-30"}).status_code == 303
    assert administrator.post(end.replace("ket-thuc", "tiep"), {"until": ""}).status_code == 303
    assert "không có ngày cuối, thay cho ngày cuối 30/11/2023" in administrator.page(member)


def test_lists_are_seen_before_they_count_and_every_room_shows_who_changed_what(
    as_person: AsPerson, behind: Behind
) -> None:
    administrator = as_person("quantri")
    text = "Tên đăng nhập,Họ tên,Mã đơn vị,Vai trò,Từ ngày\nan.le,Lê An,xa-thi-du,Chuyên viên,20/11/2023\n"

    def sent(what: str, **data: object) -> Any:
        return administrator.post(f"/quan-tri/nhap/{what}", data)

    assert sent("nguoi").status_code == 422
    bad = sent("nguoi", file=(io.BytesIO(b"T\xc3\xaan \xc4\x91\xc4\x83ng nh\xe1\xba\xadp\n=x\n"), "n.csv"))
    assert (bad.status_code, "Dòng 2" in bad.text, faults(bad.text)) == (422, True, [])
    shown = sent("nguoi", file=(io.BytesIO(text.encode()), "n.csv"))
    assert (shown.status_code, faults(shown.text)) == (200, [])
    assert "Chưa có gì được ghi." in shown.text
    assert "Lê An" not in administrator.page("/quan-tri/nguoi?q=le an")
    done = sent("nguoi", content=text, name="n.csv", apply="1")
    assert (faults(done.text), len(re.findall(r'class="one-time"', done.text))) == ([], 1)
    assert "Lê An" in administrator.page("/quan-tri/nguoi?q=le an")
    for what in ("don-vi", "nguoi", "thanh-vien"):
        assert faults(administrator.page(f"/quan-tri/nhap/{what}")) == []
        there = administrator.get(f"/quan-tri/nhap/{what}/hien-co.csv")
        assert there.headers["Content-Type"].startswith("text/csv")
        same = sent(what, content=there.text.removeprefix("\ufeff"), name="a.csv", apply="1")
        assert same.status_code == 303, what
    assert as_person("so-tttt-giamdoc").get("/quan-tri/nhap/nguoi").status_code == 404
    assert as_person("so-tttt-giamdoc").get("/quan-tri/nhap/thanh-vien").status_code == 200

    year = {"year": "2026", "commune": "xa-thi-du", "source": "QĐ 969"}
    assert administrator.post("/quan-tri/chi-tieu/them", dict(year)).status_code == 303
    off = administrator.post("/quan-tri/chi-tieu/bo", {"year": "2026", "code": "xa-thi-du"})
    undo = administrator.page(off.headers["Location"])
    assert (faults(undo), "Bỏ nhầm xã xa-thi-du?" in undo) == ([], True)
    assert hidden(undo, "source") == "QĐ 969"
    assert administrator.post("/quan-tri/chi-tieu/them", dict(year)).status_code == 303
    assert "Bỏ nhầm" not in administrator.page(off.headers["Location"])

    behind(lambda: open_round(year=2023, by=person("so-tttt-chuyenvien"), now=NOON))
    for path in ("/quan-tri/dot", "/thoi-han", "/lich", "/quan-tri/don-vi-moi", EDIT, UNIT):
        page = administrator.page(path)
        assert faults(page) == [], path
        assert 'class="tabs room-tabs"' in page, path
    rounds = administrator.page("/quan-tri/dot")
    assert "Chuyên viên – Sở TTTT" in rounds
    assert "Lập đợt xét" in rounds
    assert 'href="/dot' not in rounds  # an administrator reads no dossiers
    deadlines = administrator.page("/thoi-han")
    assert "Xác nhận từng chỉ tiêu" in deadlines
    assert not re.search(r"<strong>[a-z_]+</strong>", deadlines)
    assert "room-tabs" not in as_person("xa-thidu-chuyenvien").page("/thoi-han")


def test_what_lies_under_an_ended_unit_is_told_with_its_remedy(as_person: AsPerson, behind: Behind) -> None:
    administrator, left = as_person("quantri"), "đang hoạt động còn trực thuộc đơn vị không còn hoạt động"
    pages = ("/quan-tri/don-vi", "/quan-tri/thanh-vien")
    assert [left in administrator.page(address) for address in pages] == [False, False]
    loaded = "Dữ liệu ban đầu được nạp lúc 08:00 ngày 20/11/2023; từ đó chưa có thay đổi nào."
    assert loaded in administrator.page("/quan-tri/thanh-vien")
    assert loaded in administrator.page("/thoi-han")

    def end_the_district() -> None:
        with transaction() as session:
            session.execute(
                update(Unit).where(Unit.code == "thi-xa-bim-son").values(valid_to=date(2023, 11, 19))
            )

    behind(end_the_district)

    for address in pages:
        page = administrator.page(address)
        assert (faults(page), left in page, "chọn Sửa đơn vị" in page) == ([], True, True)
        assert "UBND xã Thí Dụ</a>: UBND thị xã Bỉm Sơn, hết 19/11/2023" in page


def test_days_in_the_wrong_order_are_named_at_their_fields(as_person: AsPerson) -> None:
    administrator = as_person("quantri")

    answer = administrator.get("/quan-tri/nhat-ky?tu=2023-11-30&den=2023-11-01")
    assert (answer.status_code, faults(answer.text)) == (422, [])
    assert 'id="tu-error">“Từ ngày” phải trước hoặc trùng “Đến hết ngày”.' in answer.text
    assert 'id="den-error">Chọn ngày từ 30/11/2023 trở đi.' in answer.text
    assert 'value="2023-11-30"' in answer.text
    assert administrator.get("/quan-tri/nhat-ky?tu=0001-01-01").status_code == 422
    assert administrator.get("/quan-tri/nhat-ky?tu=2023-11-01&den=2023-11-01").status_code == 200
