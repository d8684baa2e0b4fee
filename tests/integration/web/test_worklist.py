"""The worklist's page without scripts: the address holds the filter, each act is answered in a sentence."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from service.database import transaction
from service.models import Appointment, SavedFilter, Task, User
from tests.builders import an_open_case, open_task, person
from tests.integration.service.test_handling import COLLEAGUE, LEADER, OFFICER, a_colleague
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def task(behind: Behind) -> uuid.UUID:
    return uuid.UUID(str(behind(lambda: open_task(an_open_case(), "self_assess"))))


def then(visitor: Visitor, path: str, **data: object) -> str:
    """What stands on the page to which a post leads."""
    sent = {"csrf_token": visitor.token(), **data}
    answer: TestResponse = visitor.client.post(path, data=sent, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    assert faults(answer.text) == []
    return answer.text


def test_a_task_is_arranged_from_the_list(as_person: AsPerson, behind: Behind, task: uuid.UUID) -> None:
    colleague = behind(a_colleague)
    officer, leader, other = as_person(OFFICER), as_person(LEADER), as_person(COLLEAGUE)

    assert "Khẩn</span>" in then(officer, f"/viec/{task}/uu-tien", priority="2")
    page = then(officer, f"/viec/{task}/xem-lai", act="set", follow_up_on="2023-11-20")
    assert "Sẽ nhắc xem lại ngày 20/11/2023" in page
    assert "Đến ngày xem lại 20/11/2023" in officer.page("/viec?danh-sach=follow_up")
    assert "Đã bỏ ngày xem lại" in then(officer, f"/viec/{task}/xem-lai", act="clear")

    assert faults(leader.page(f"/viec/{task}/dieu-phoi")) == []
    assert "Đã nhận việc" in then(officer, f"/viec/{task}/nhan?nguoi=mine")
    late = then(leader, f"/viec/{task}/giao", act="assign", to=str(colleague), seen="")
    assert re.search("Chuyên viên – UBND xã Thí Dụ đang giữ việc này", late)
    assert "Đã nhờ" in then(officer, f"/viec/{task}/giao", act="delegate", to=str(colleague))
    assert "nhờ xử lý" in other.page("/viec")
    assert "Lấy lại việc" in officer.page(f"/viec/{task}/dieu-phoi")
    assert "Đã trả việc lại" in then(other, f"/viec/{task}/tra-nguoi-nho")

    for path, data in (
        ("giao", {"act": "assign", "to": "x"}),
        ("uu-tien", {"priority": "9"}),
        ("xem-lai", {}),
    ):
        assert officer.post(f"/viec/{task}/{path}", dict(data)).status_code == 422, path
    assert as_person("xa-minhhoa-chuyenvien").get(f"/viec/{task}/dieu-phoi").status_code == 404
    assert as_person("kiemtra").get(f"/viec/{task}/dieu-phoi").status_code == 403


def test_a_task_is_passed_on_from_its_own_page_with_a_word_for_who_gets_it(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    colleague = behind(a_colleague)
    officer, other = as_person(OFFICER), as_person(COLLEAGUE)
    assert "Nhận việc" in officer.page(f"/viec/{task}")

    page = then(officer, f"/viec/{task}/nhan", back="viec")
    assert "Ông/bà (đang soạn)" in page
    assert f"/viec/{task}/dieu-phoi?tu=viec" in page
    form = officer.page(f"/viec/{task}/dieu-phoi?tu=viec")
    assert faults(form) == []
    assert 'name="back" value="viec"' in form
    given = {"act": "delegate", "to": str(colleague), "back": "viec", "note": "Xem giúp <2.6>\nvà 3.1"}
    assert "Đã nhờ" in then(officer, f"/viec/{task}/giao", **given)

    read = other.page(f"/viec/{task}")
    assert "Chuyên viên – UBND xã Thí Dụ nhờ ông/bà xử lý việc này, 12:00 ngày 20/11/2023." in read
    assert "Xem giúp &lt;2.6&gt;\nvà 3.1" in read
    assert "Xem giúp" not in as_person("so-tttt-chuyenvien").page(f"/viec/{task}")
    assert officer.post(f"/viec/{task}/giao", {**given, "note": "x" * 1001}).status_code == 422
    back = then(other, f"/viec/{task}/tra-nguoi-nho", note="Đã xong 2.6", back="viec")
    assert "Đã trả việc lại" in back
    assert "Đã xong 2.6" in officer.page(f"/viec/{task}")


def test_many_rows_say_what_became_of_each(as_person: AsPerson, behind: Behind, task: uuid.UUID) -> None:
    behind(a_colleague)
    officer, other = as_person(OFFICER), as_person(COLLEAGUE)

    assert "1 việc đã nhận: CN-2023-000001." in then(officer, "/viec/hang-loat", act="claim", tasks=str(task))
    taken = then(other, "/viec/hang-loat", act="claim", tasks=[str(task), str(uuid.UUID(int=5))])
    assert "1 việc đồng nghiệp đã nhận trước: CN-2023-000001." in taken
    assert "1 việc chưa thực hiện được" in taken
    assert "1 việc đã đặt mức khẩn" in then(officer, "/viec/hang-loat", act="urgent", tasks=str(task))
    for data in ({"act": "claim"}, {"act": "x", "tasks": str(task)}, {"act": "claim", "tasks": "x"}):
        assert officer.post("/viec/hang-loat", dict(data)).status_code == 422, data


def test_a_filter_is_kept_used_renamed_and_deleted(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    officer = as_person(OFFICER)
    address = "/viec?tim=thi+du&dau-hieu=urgent&dau-hieu=returned&sap-xep=priority"

    page = officer.page(address)
    assert "Không tìm thấy việc nào" in page
    assert faults(page) == []
    kept = then(officer, address.replace("/viec?", "/viec/bo-loc?"), name="Gấp")
    assert re.search(r'<a href="/viec\?[^"]*" aria-current="true">Gấp</a>', kept)
    assert "đã có bộ lọc tên" in then(officer, "/viec/bo-loc?tim=x", name="Gấp")
    one = behind(_id_of_the_filter)
    assert ">Rất gấp</a>" in then(officer, f"/viec/bo-loc/{one}/doi-ten", name="Rất gấp")
    assert as_person(LEADER).post(f"/viec/bo-loc/{one}/xoa").status_code == 404
    assert "Rất gấp" not in then(officer, f"/viec/bo-loc/{one}/xoa")
    for wrong in ("nguoi=x", "dia-ban=x", "nam=x", "dau-hieu=x", "sap-xep=x"):
        assert officer.get(f"/viec?{wrong}").status_code == 422, wrong


def test_what_one_sees_only_as_a_substitute_says_so(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    stands_in = as_person(OFFICER)
    assert "Xử lý thay (theo ủy quyền)" not in stands_in.page("/viec")

    def absent() -> None:
        with transaction() as session:
            away = session.execute(select(User.id).where(User.username == LEADER)).scalar_one()
            session.execute(
                update(Appointment)
                .where(Appointment.user_id == person(OFFICER).id)
                .values(substitutes_id=away, legal_basis="Giấy ủy quyền số 5")
            )

    behind(absent)
    page = stands_in.page("/viec")
    assert "Xử lý thay (theo ủy quyền)" in page
    assert "Giấy ủy quyền số 5" in page


def test_the_list_alone_is_sent_where_it_renews_itself(as_person: AsPerson, task: uuid.UUID) -> None:
    fresh = as_person(OFFICER).get("/viec?danh-sach=open", **{"HX-Request": "true"}).text

    assert "<h1" not in fresh
    assert f'id="viec-{task}"' in fresh
    assert "Cập nhật lúc 12:00" in fresh


def _id_of_the_filter() -> uuid.UUID:
    with transaction() as session:
        return session.execute(select(SavedFilter.id)).scalar_one()


def test_a_done_tasks_holder_is_shown_without_acts(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    def finish() -> None:
        with transaction() as session:
            session.execute(update(Task).where(Task.id == task).values(state="completed"))

    behind(finish)
    page = as_person(OFFICER).page("/viec?danh-sach=done")
    assert f'id="viec-{task}"' in page
    assert "data-claim" not in page
    assert faults(page) == []


def test_a_year_without_assigned_communes_is_not_said_to_be_complete(as_person: AsPerson) -> None:
    department = as_person("so-tttt-chuyenvien")

    page = then(department, "/ho-so/mo", year="2031")
    assert "Chưa xã nào được giao chỉ tiêu năm 2031." in page
    assert "mục Chỉ tiêu được giao" in page
    assert "Đã mở" in then(department, "/ho-so/mo", year="2023")
    assert "Mọi xã được giao chỉ tiêu năm 2023 đều đã có hồ sơ" in then(department, "/ho-so/mo", year="2023")
