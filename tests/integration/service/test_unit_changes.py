"""Units changed by administrators: what depends on one is named, nothing is overwritten, all is recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from service.administration.history import changes_about, list_changes
from service.administration.member_files import import_members, read_members
from service.administration.people_files import import_people, read_people
from service.administration.sentences import GROUPS
from service.administration.successions import add_succession, remove_succession
from service.administration.unit_changes import (
    StillNeeded,
    UnitValues,
    add_unit,
    change_unit,
    checked,
    values_of,
)
from service.administration.unit_files import import_units, read_units, units_as_rows
from service.administration.units import list_units, read_person, read_unit
from service.calendars.tables import write_csv
from service.cases.operations import dissolve_commune, open_case
from service.errors import BadInput, NotAllowed, WrongState
from service.identity.operations import log_in
from tests.builders import NOON, an_open_case, case_of, person, unit_id
from tests.integration.service.scenes import at_once, nothing_is_wrong

PAPER = "Nghị quyết số 1686/NQ-UBTVQH15"
FIRST = date(2023, 1, 1)


def by() -> dict[str, Any]:
    return {"by": person("quantri"), "now": NOON}


def refused(do: Callable[[], Any]) -> dict[str, list[str]]:
    with pytest.raises(BadInput) as error:
        do()
    return error.value.fields


def changed(code: str, *, seen: str = "", accepted: str = "", **changes: Any) -> None:
    before = values_of(read_unit(code).unit)
    values = UnitValues(**{**vars(before), **changes})
    change_unit(code=code, values=values, seen=seen or before.seal, accepted=accepted, **by())


def test_a_unit_with_an_open_case_ends_only_after_somebody_has_read_which(core: Flask):
    case_id = an_open_case()
    code = case_of(case_id).code
    last = date(2023, 12, 31)

    with pytest.raises(StillNeeded) as commune:
        changed("xa-thi-du", valid_to=last)
    [one] = commune.value.found.cases
    assert (one.code, one.own, one.waits_here) == (code, True, True)
    assert (commune.value.found.people, commune.value.found.children) == (2, ())
    with pytest.raises(StillNeeded) as district:
        changed("thi-xa-bim-son", valid_to=last)
    assert [(found.code, found.own, found.waits_here) for found in district.value.found.cases] == [
        (code, False, False)
    ]
    assert "UBND xã Thí Dụ" in district.value.found.children
    assert district.value.found.members == 1
    assert read_unit("xa-thi-du").unit.valid_to is None

    # Read, but meanwhile another case was opened: what was read no longer counts.
    open_case(commune_id=unit_id("xa-thi-du"), year=2024, by=person("xa-thidu-chuyenvien"), now=NOON)
    with pytest.raises(StillNeeded) as again:
        changed("xa-thi-du", valid_to=last, accepted=commune.value.found.seal)
    changed("xa-thi-du", valid_to=last, accepted=again.value.found.seal)

    [told] = changes_about({read_unit("xa-thi-du").unit.id}, list(GROUPS["Đơn vị"]))
    assert told.sentence == "Sửa đơn vị UBND xã Thí Dụ."
    assert told.details == (
        "Hết hiệu lực: không có › 31/12/2023",
        f"Biết rằng còn hồ sơ đang mở: {code}, CN-2024-000001",
    )
    assert not read_unit("xa-thi-du").unit.in_force_on(date(2024, 1, 1))
    changed("xa-thi-du", valid_to=None)  # ended by mistake
    assert read_unit("xa-thi-du").unit.valid_to is None
    dissolve_commune(case_id=case_id, reason="Sáp nhập", by=person("so-tttt-giamdoc"), now=NOON)
    with pytest.raises(StillNeeded) as left:
        changed("xa-thi-du", valid_to=last)
    assert len(left.value.found.cases) == 1
    assert nothing_is_wrong()


def test_of_two_administrators_at_once_the_second_is_told(either_core: Flask):
    seen = values_of(read_unit("xa-thi-du").unit)

    answers = at_once(
        either_core,
        [
            lambda: changed("xa-thi-du", seen=seen.seal, name="UBND xã Thí Dụ Đông"),
            lambda: changed("xa-thi-du", seen=seen.seal, name="UBND xã Thí Dụ Tây"),
        ],
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", "WrongState"]
    with pytest.raises(WrongState, match="vừa được người khác sửa"):
        changed("xa-thi-du", seen=seen.seal, name="Khác")
    assert len(list_changes(kinds=["unit_changed"])[0]) == 1
    with pytest.raises(NotAllowed):
        change_unit(code="xa-thi-du", values=seen, seen=seen.seal, by=person("so-tttt-giamdoc"), now=NOON)


def test_a_unit_is_added_linked_to_the_one_it_follows_and_the_link_taken_back(core: Flask):
    def values(**changes: Any) -> UnitValues:
        asked = {"name": "UBND xã Đông Sơn", "parent": "thi-xa-bim-son", "first": FIRST, "last": None}
        return checked(**{**asked, "source": PAPER, **changes})

    add_unit(code="xa-dong-son", kind="commune", values=values(), **by())
    assert "code" in refused(lambda: add_unit(code="xa-dong-son", kind="commune", values=values(), **by()))
    assert "code" in refused(lambda: add_unit(code="Xã Đông", kind="commune", values=values(), **by()))
    assert "parent" in refused(
        lambda: add_unit(code="moi", kind="district", values=values(parent="xa-thi-du"), **by())
    )
    assert "parent" in refused(lambda: add_unit(code="moi", kind="commune", values=values(parent=""), **by()))
    assert "last" in refused(lambda: values(last=date(2022, 1, 1)))
    late = values(first=date(2025, 7, 1))  # the district ends on 30/06/2025
    assert "parent" in refused(lambda: add_unit(code="moi", kind="commune", values=late, **by()))
    assert [unit.code for unit in list_units(search="xa dong son")[0]] == ["xa-dong-son"]

    link: dict[str, Any] = {"predecessor": "xa-thi-du", "successor": "xa-dong-son"}
    since: dict[str, Any] = {"since": date(2023, 6, 1), "legal_basis": PAPER}
    add_succession(**link, **since, **by())
    back = {"predecessor": "xa-dong-son", "successor": "xa-thi-du"}
    assert "other" in refused(lambda: add_succession(**back, **since, **by()))
    assert "other" in refused(lambda: add_succession(**link, **since, **by()))
    other = {"predecessor": "xa-thi-du", "successor": "thi-xa-bim-son"}
    assert "other" in refused(lambda: add_succession(**other, **since, **by()))
    assert [row.code for row in read_unit("xa-dong-son").predecessors] == ["xa-thi-du"]
    remove_succession(**link, **by())
    assert list(read_unit("xa-dong-son").predecessors) == []
    [gone, made] = list_changes(kinds=["unit_succession_added", "unit_succession_removed"])[0]
    assert made.sentence == "UBND xã Đông Sơn kế tiếp UBND xã Thí Dụ từ 01/06/2023."
    assert made.details == (f"Căn cứ: {PAPER}",)
    assert "ghi nhầm" in gone.sentence


UNITS = (
    "Mã;Tên;Loại;Trực thuộc;Từ ngày;Đến hết ngày;Nguồn;Tiếp nhận từ\n"
    "xa-moi;UBND xã Mới;xã;huyen-moi;01/07/2023;;NQ 1;xa-thi-du phuong-minh-hoa\n"
    "huyen-moi;UBND huyện Mới;huyện;tinh-thanh-hoa;01/01/2023;;NQ 1;\n"
)


def test_a_file_of_units_is_tried_out_then_taken_in_whole_and_comes_out_as_it_went_in(either_core: Flask):
    an_open_case()
    before = units_as_rows()
    wrong = (
        "Mã;Tên;Loại;Trực thuộc;Từ ngày;Đến hết ngày\n"
        "xa-moi;UBND xã Mới;xã;khong-co;01/07/2023;\n"
        "xa-thi-du;UBND xã Thí Dụ;xã;thi-xa-bim-son;01/01/2022;31/12/2023\n"
        "so-tttt;Sở;huyện;tinh-thanh-hoa;01/01/2022;\n"
    )
    assert refused(lambda: read_units("Mã;Tên;Loại;Từ ngày\nA B;Tên;làng;32/1\n".encode(), "dv.csv")) == {
        "dòng 2": [
            "ngày đầu '32/1' không phải là một ngày; viết như 04/05/2024 hoặc 2024-05-04.",
            "mã chỉ gồm chữ thường không dấu, số và gạch nối.",
            "loại “làng” phải là: tỉnh, sở, ngành, huyện hoặc xã.",
        ]
    }
    found = refused(lambda: import_units(lines=read_units(wrong.encode(), "dv.csv"), **by()))
    assert found["dòng 2"] == ["Không có đơn vị nào mang mã 'khong-co'."]
    assert "hồ sơ CN-2023-" in found["dòng 3"][0]
    assert found["dòng 4"] == ["mã so-tttt đã là một đơn vị loại khác."]

    lines = read_units(UNITS.encode(), "dv.csv")
    told = [
        "Thêm UBND huyện Mới (huyen-moi).",
        "Thêm UBND xã Mới (xa-moi).",
        "xa-moi kế tiếp xa-thi-du. xa-moi kế tiếp phuong-minh-hoa.",
    ]
    assert import_units(lines=lines, **by(), only_try=True) == told
    assert units_as_rows() == before
    assert list_changes(kinds=list(GROUPS["Đơn vị"]))[0][0].kind == "Nhập đơn vị"
    assert import_units(lines=lines, **by()) == told
    assert import_units(lines=lines, **by()) == []
    [row] = [row for row in units_as_rows()[1] if row[0] == "xa-moi"]
    assert row[1:] == [
        "UBND xã Mới",
        "xã",
        "huyen-moi",
        "01/07/2023",
        "",
        "NQ 1",
        "phuong-minh-hoa xa-thi-du",
    ]
    everything = read_units(write_csv(*units_as_rows()), "dv.csv")
    assert import_units(lines=everything, **by()) == []
    assert nothing_is_wrong()


def test_a_file_of_people_makes_accounts_and_gives_seats_and_one_of_members_gives_districts(core: Flask):
    head = "Tên đăng nhập;Họ tên;Mã đơn vị;Vai trò;Chức danh;Từ ngày;Đến hết ngày;Căn cứ\n"
    wrong = head + (
        "an.nguyen;;xa-thi-du;Chuyên viên;;20/11/2023;;\n"
        "xa-thidu-lanhdao;Người khác;;;;;;\n"
        "ba.le;Lê Ba;khong-co;Chuyên viên;;20/11/2023;;\n"
        "tư;Trần Tư;;;;;;\n"
    )
    found = refused(lambda: import_people(lines=read_people(wrong.encode(), "n.csv"), **by()))
    assert found["dòng 2"] == ["chưa có tài khoản này: ghi thêm họ tên để tạo."]
    assert "khác với tên trong tệp" in found["dòng 3"][0]
    assert found["dòng 4"] == ["không có đơn vị nào mang mã “khong-co”."]
    assert "chữ thường không dấu" in found["dòng 5"][0]
    right = head + (
        "an.nguyen;Nguyễn An;xa-thi-du;chuyen vien;;20/11/2023;;QĐ 12\n"
        "an.nguyen;Nguyễn An;xa-thi-du;Lãnh đạo;Chủ tịch UBND xã;20/11/2023;31/12/2023;\n"
    )
    lines = read_people(right.encode(), "n.csv")

    assert len(import_people(lines=lines, **by(), only_try=True).told) == 2
    assert list_changes(kinds=["user_added"], size=1)[0][0].actor != person("quantri").name
    done = import_people(lines=lines, **by())

    [(username, password)] = done.passwords
    user_id, _cookie = log_in(username=username, password=password, now=NOON, hours=1)
    assert [(one.position, one.valid_to) for one in read_person(user_id)[1]] == [
        ("Chủ tịch UBND xã", date(2023, 12, 31)),
        ("Công chức Văn phòng – Thống kê", None),
    ]
    again = import_people(lines=lines, **by())
    assert (again.told, again.passwords) == ([], [])

    head = "Mã huyện;Vị trí;Từ ngày;Đến hết ngày;Căn cứ\n"
    taken = (
        head + "thi-xa-bim-son;thanh-vien-bcd-thuong-xuan;01/12/2023;;QĐ 10\nxa-thi-du;Ai;01/12/2023;;QĐ\n"
    )
    found = refused(lambda: import_members(lines=read_members(taken.encode(), "tv.csv"), **by()))
    assert "đã giao cho" in found["dòng 2"][0]
    assert "không có huyện" in found["dòng 3"][0]
    free = head + "thi-xa-bim-son;thanh-vien-bcd-thuong-xuan;01/07/2025;;QĐ 10\n"
    told = import_members(lines=read_members(free.encode(), "tv.csv"), **by())
    assert told[0].startswith("Giao UBND thị xã Bỉm Sơn cho ")
    assert told[0].endswith(" từ 01/07/2025.")
    assert nothing_is_wrong()
