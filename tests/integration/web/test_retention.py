"""*Lưu trữ* at its pages: a whole deletion by two people, who else may look, what readers are told."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from service.database import db, transaction
from service.models import Case, Erasure
from service.replay.history import read_history
from tests.builders import NOON, case_of
from tests.integration.retention.scenes import an_ended_case, ten_years_for
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
ROOM = "/quan-tri/luu-tru"
PARTS = ("", "?muc=tam-dung", "?muc=het-han", "?muc=danh-muc", "?muc=nop-luu")


@pytest.fixture
def case_id(behind: Behind) -> uuid.UUID:
    def act() -> uuid.UUID:
        found = an_ended_case()
        ten_years_for()
        with transaction() as session:  # as if it had ended eleven years ago: sessions live in 2023
            session.execute(update(Case).values(finished_at=NOON.replace(year=2012)))
        return found

    made: uuid.UUID = behind(act)
    return made


def test_two_people_erase_a_case_and_its_pages_say_so(
    as_person: AsPerson, behind: Behind, case_id: uuid.UUID
):
    keeper, director, auditor = (as_person(one) for one in ("quantri", "so-tttt-giamdoc", "kiemtra"))
    assert behind(lambda: case_of(case_id).code) in keeper.page(f"{ROOM}?muc=het-han")

    made = keeper.post(f"{ROOM}/de-nghi", {"case": str(case_id), "reason": "Hết thời hạn"})
    address = made.headers["Location"]
    assert "không tự duyệt" in keeper.page(address)
    assert keeper.post(f"{address}/quyet-dinh", {"approve": "1", "decision": "x"}).status_code == 403
    assert "Duyệt hủy" in director.page(address)
    assert director.post(f"{address}/quyet-dinh", {"approve": "1"}).status_code == 422
    decided = director.post(f"{address}/quyet-dinh", {"approve": "1", "decision": "Quyết định số 9"})

    assert decided.status_code == 303
    assert "đã thực hiện" in director.page(address)
    told = auditor.page(f"/ho-so/{case_id}?tab=qua-trinh")
    assert "Xóa" in told
    assert "khi hết thời hạn lưu trữ" in told
    for page in ("", "?tab=chi-tieu", "?tab=ho-so", "?tab=trao-doi", "/dien-bien"):
        assert auditor.get(f"/ho-so/{case_id}{page}").status_code in (200, 404)
    assert "đã xóa khi hết thời hạn lưu trữ, ngày 20/11/2023" in auditor.page(f"/ho-so/{case_id}")
    last = behind(lambda: read_history(case_id).events[-1].body["type"])
    assert last == "content_erased"


@pytest.mark.parametrize("part", PARTS)
def test_each_part_is_a_well_made_page_for_those_who_keep_decide_or_inspect(
    as_person: AsPerson, behind: Behind, case_id: uuid.UUID, part: str
):
    for username in ("quantri", "so-tttt-giamdoc", "tinh-chutich", "kiemtra"):
        assert faults(as_person(username).page(ROOM + part)) == []
    for username in ("xa-thidu-lanhdao", "huyen-bimson-lanhdao", "huyen-bimson-vanthu"):
        assert as_person(username).get(ROOM + part).status_code == 404
    for username in ("xa-thidu-chuyenvien", "quytrinh-so-tttt"):
        assert as_person(username).get(ROOM + part).status_code in (403, 404)


def test_only_keepers_change_and_what_is_wrong_is_said_at_its_field(
    as_person: AsPerson, behind: Behind, case_id: uuid.UUID
):
    period = {
        "kind": "comment",
        "years": "ba",
        "counted_from": "end",
        "legal_basis": "Văn bản",
        "valid_from": "2024-01-01",
    }
    keeper = as_person("quantri")
    wrong = keeper.post(f"{ROOM}/thoi-han", period)
    assert wrong.status_code == 422
    assert "Hãy ghi số năm" in wrong.text
    assert keeper.post(f"{ROOM}/thoi-han", {**period, "years": "3"}).status_code == 303
    assert "3 năm" in keeper.page(ROOM)
    assert keeper.post(f"{ROOM}/tam-dung", {"reason": "x", "legal_basis": "y"}).status_code == 422
    held = {"code": behind(lambda: case_of(case_id).code), "reason": "Thanh tra", "legal_basis": "QĐ 1"}
    assert keeper.post(f"{ROOM}/tam-dung", held).status_code == 303
    assert "Thanh tra" in keeper.page(f"{ROOM}?muc=tam-dung")
    for path in ("thoi-han", "tam-dung", "de-nghi", "nop-luu", "goi-y"):
        assert as_person("kiemtra").post(f"{ROOM}/{path}", {}).status_code == 403
        assert as_person("tinh-chutich").post(f"{ROOM}/{path}", {}).status_code == 403
    assert behind(lambda: db.session.scalars(select(Erasure)).all()) == []


def test_lists_are_taken_away_as_files(as_person: AsPerson, behind: Behind, case_id: uuid.UUID):
    code = behind(lambda: case_of(case_id).code)
    keeper = as_person("quantri")

    assert code in keeper.get(f"{ROOM}/tep/het-han.csv").data.decode("utf-8-sig")
    assert keeper.get(f"{ROOM}/tep/nop-luu.xlsx").data[:2] == b"PK"
    assert keeper.get(f"{ROOM}/tep/het-han.pdf").status_code == 404


def test_a_keeper_who_sees_no_dossier_finds_nothing_to_leave_out(
    as_person: AsPerson, behind: Behind, case_id: uuid.UUID
):
    code = behind(lambda: case_of(case_id).code)

    page = as_person("quantri").page(f"{ROOM}/luoc-bo?ma={code}")

    assert "Không có hồ sơ mã này" in page
    assert not re.search(r'type="radio"', page)
