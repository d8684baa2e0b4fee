"""People and seats, yearly lists, members and index sets: what is kept, what is refused, what is recorded."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from service.administration.appointments import add_position, appoint_person, end_appointment
from service.administration.history import list_changes
from service.administration.index_sets import (
    add_index_set,
    change_index_set,
    checked,
    list_index_sets,
    remove_index_set,
)
from service.administration.members import assign_member, end_assignment, list_districts_with_members
from service.administration.people import create_person, reset_password, switch_off, switch_on
from service.administration.quota_files import as_csv, read_quotas
from service.administration.quotas import (
    import_quotas,
    list_assigned,
    plan_import,
    remove_quota,
    years_assigned,
)
from service.administration.units import list_units, read_person, read_unit
from service.database import db
from service.errors import BadInput, NotAllowed, NotLoggedIn, WrongState
from service.identity.operations import log_in
from service.models import MemberAssignment, Position
from tests.builders import NOON, a_case_at, an_open_case, open_task, person
from tests.integration.service.scenes import nothing_is_wrong, position_of

TODAY = NOON.date()
ADMINISTRATOR = "quantri"
QD = "Quyết định 969/QĐ-UBND ngày 18/3/2022"


def refused(do: Callable[[], Any]) -> dict[str, list[str]]:
    with pytest.raises(BadInput) as error:
        do()
    return error.value.fields


def test_a_person_is_made_appointed_locked_and_replaced_while_the_task_stays(core: Flask):
    by: dict[str, Any] = {"by": person(ADMINISTRATOR), "now": NOON}
    case_id = an_open_case()
    task_id = open_task(case_id, "self_assess")
    user_id, password = create_person(username="Le.Van.Ba", display_name="Lê Văn Ba", **by)

    assert person("le.van.ba").must_change_password
    assert "username" in refused(lambda: create_person(username="le.van.ba", display_name="Khác", **by))
    assert "username" in refused(lambda: create_person(username="Có dấu", display_name="Khác", **by))

    position = next(one for one in read_unit("xa-thi-du").positions if one.role == "officer").id
    seat: dict[str, Any] = {"unit_code": "xa-thi-du", "position_id": position, "username": "le.van.ba"}
    paper = "Quyết định số 12/QĐ-UBND"
    appoint_person(**seat, first=TODAY, last=None, legal_basis=paper, **by)
    assert "username" in refused(
        lambda: appoint_person(**seat, first=TODAY + timedelta(9), last=None, legal_basis="", **by)
    )
    old = next(one for one in read_unit("xa-thi-du").held if one.username == "xa-thidu-chuyenvien")
    assert "last" in refused(lambda: end_appointment(appointment_id=old.id, last=date(2023, 11, 19), **by))
    end_appointment(appointment_id=old.id, last=TODAY, **by)
    tomorrow = NOON + timedelta(days=1)
    assert person("xa-thidu-chuyenvien", tomorrow).seats == ()
    assert person("le.van.ba", tomorrow).seat_for_preparing("commune", read_unit("xa-thi-du").unit.id)
    assert open_task(case_id, "self_assess") == task_id  # it stays with the position

    switch_off(user_id=user_id, **by)
    with pytest.raises(NotLoggedIn):
        person("le.van.ba")
    switch_on(user_id=user_id, **by)
    second = reset_password(user_id=user_id, **by)
    assert second != password
    assert log_in(username="le.van.ba", password=second, now=NOON, hours=1)[0] == user_id
    assert [one.legal_basis for one in read_person(user_id)[1]] == [paper]
    with pytest.raises(BadInput):
        switch_off(user_id=by["by"].id, **by)
    with pytest.raises(NotAllowed):
        switch_off(user_id=user_id, by=person("xa-thidu-lanhdao"), now=NOON)
    assert "title" in refused(
        lambda: add_position(
            unit_code="xa-thi-du", role="clerk", title="phó chủ tịch UBND xã", capacity="", **by
        )
    )
    add_position(unit_code="xa-thi-du", role="leader", title="Chủ tịch UBND xã", capacity="", **by)
    assert [unit.code for unit in list_units(search="thi du")[0]] == ["xa-thi-du"]
    assert password not in repr(list_changes(size=50))
    assert nothing_is_wrong()


def test_a_list_is_taken_in_whole_or_not_at_all(either_core: Flask):
    by: dict[str, Any] = {"by": person(ADMINISTRATOR), "now": NOON}
    wrong = "Năm;Mã;Xã;Huyện\n2024;xa-khong-co;;\n2024;;Quang Trung;\nhai;;Vạn Xuân;\n2024;;Xuân Lẹ;Bỉm Sơn\n"
    assert refused(lambda: read_quotas(wrong.encode(), "ds.csv")) == {
        "dòng 2": ["không có xã nào mang mã 'xa-khong-co'."],
        "dòng 4": ["năm 'hai' phải là số nguyên từ 2022 đến 2100."],
        "dòng 5": ["không có xã nào tên “Xuân Lẹ” ở “Bỉm Sơn”."],
    }
    before = years_assigned()
    book = openpyxl.Workbook()
    book.active.append(["Năm", "Tên xã", "Tên huyện"])
    book.active.append([2025, "Phường Ba Đình", "Bỉm Sơn"])
    book.active.append([2025, "phường ngọc trạo", ""])
    book.active.append([2025, "Luận Thành", None])
    file = io.BytesIO()
    book.save(file)

    lines = read_quotas(*as_csv(file.getvalue(), "ds.xlsx"))
    plan = plan_import(lines)

    assert [line.code for line in plan.added] == ["phuong-ba-dinh", "phuong-ngoc-trao"]
    assert [line.code for line in plan.known] == ["xa-luan-thanh"]
    assert [(line.code, others) for line, others in plan.elsewhere] == [("phuong-ngoc-trao", [2023])]
    assert years_assigned() == before
    assert "source" in refused(lambda: import_quotas(lines=lines, source=" ", **by))
    with pytest.raises(NotAllowed):
        import_quotas(lines=lines, source=QD, by=person("xa-thidu-lanhdao"), now=NOON)
    assert import_quotas(lines=lines, source=QD, by=person("so-tttt-giamdoc"), now=NOON) == 2
    assert import_quotas(lines=lines, source=QD, **by) == 0
    assert years_assigned() == {**before, 2025: before[2025] + 2}
    by_district = {name: len(rows) for name, rows in list_assigned(2025).items()}
    assert by_district == {"UBND huyện Thường Xuân": before[2025], "UBND thị xã Bỉm Sơn": 2}
    assert remove_quota(code="phuong-ba-dinh", year=2025, **by) == "UBND phường Ba Đình"
    an_open_case("phuong-ngoc-trao")
    with pytest.raises(WrongState):
        remove_quota(code="phuong-ngoc-trao", year=2023, **by)
    [removed, added] = list_changes(kinds=["quotas_added", "quota_removed"])[0]
    assert removed.sentence == "Bỏ xã phuong-ba-dinh khỏi chỉ tiêu năm 2025."
    assert added.details == (f"Căn cứ: {QD}", "Năm 2025: phuong-ba-dinh, phuong-ngoc-trao")


def test_a_district_has_one_member_at_a_time_and_an_index_set_in_use_stays_as_it_is(core: Flask):
    by: dict[str, Any] = {"by": person("so-tttt-giamdoc"), "now": NOON}
    position = db.session.execute(
        select(Position.id).where(Position.code == "thanh-vien-bcd-thuong-xuan")
    ).scalar_one()
    district = "thi-xa-bim-son"
    given: dict[str, Any] = {
        "district_code": district,
        "position_id": position,
        "legal_basis": "QĐ 10",
    }
    assert "first" in refused(lambda: assign_member(**given, first=date(2025, 6, 30), last=None, **by))
    own = db.session.execute(
        select(MemberAssignment.id).where(MemberAssignment.position_id != position)
    ).scalar_one()
    end_assignment(assignment_id=own, last=TODAY, **by)
    tomorrow = TODAY + timedelta(days=1)
    assert [one.code for one in list_districts_with_members(tomorrow) if one.lacks_member(tomorrow)] == [
        district
    ]
    assign_member(**given, first=tomorrow, last=None, **by)
    later = NOON + timedelta(days=1)
    assert len(person("thanhvien-thuongxuan", later).districts) == 2
    assert person("thanhvien-bimson", later).districts == frozenset()
    assert position_of("thanhvien-bimson") == "thanh-vien-bcd-bim-son"

    cells = {"name": "Bộ chỉ số 2024", "maximum": "1.000", "document": "Quyết định số 1"}
    values = checked(cells, date(2024, 1, 1), None)
    assert values.maximum == Decimal(1000)
    assert "maximum" in refused(lambda: checked({**cells, "maximum": "98.5"}, TODAY, None))
    assert "maximum" in refused(lambda: checked({**cells, "maximum": "0"}, TODAY, None))
    add_index_set(code="moi-2024", values=values, **by)
    assert "code" in refused(lambda: add_index_set(code="moi-2024", values=values, **by))
    change_index_set(code="moi-2024", values=checked({**cells, "maximum": "98,5"}, TODAY, None), **by)
    assert list_changes(kinds=["index_set_changed"])[0][0].details == (
        "Tổng điểm: 1000 › 98.5",
        "Hiệu lực từ: 01/01/2024 › 20/11/2023",
    )
    remove_index_set(code="moi-2024", **by)
    a_case_at("member_opinion")
    [used] = list_index_sets()
    assert used.used
    same = {"name": used.name, "maximum": used.points, "document": used.document}
    with pytest.raises(WrongState):
        change_index_set(
            code=used.code, values=checked({**same, "maximum": "900"}, used.valid_from, None), **by
        )
    with pytest.raises(WrongState):
        remove_index_set(code=used.code, **by)
    too_early = checked(same, used.valid_from, date(2023, 11, 19))
    assert "last" in refused(lambda: change_index_set(code=used.code, values=too_early, **by))
    change_index_set(code=used.code, values=checked(same, used.valid_from, TODAY), **by)
    assert list_index_sets()[0].valid_to == TODAY
