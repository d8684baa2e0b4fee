"""The demo's units, quotas, deadlines and accounts, held against the documents they name."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from service.models import Role, UnitKind
from tests.unit.demo.data import read

# The communes that the documents name, by hand; the two fictitious ones apart.
BIM_SON = {"Ngọc Trạo", "Quang Trung", "Đông Sơn", "Ba Đình"}
THUONG_XUAN_YEARS = {
    2023: {"Tân Thành", "Lương Sơn", "Xuân Cao", "Thọ Thanh", "Luận Khê"},
    2024: {"Ngọc Phụng", "Xuân Thắng", "Xuân Chinh", "Xuân Lẹ", "Xuân Lộc"},
    2025: {"Luận Thành", "Vạn Xuân", "Xuân Dương"},
}
FICTITIOUS = {"UBND phường Minh Họa", "UBND xã Thí Dụ"}


def units() -> dict[str, dict]:
    return {unit["code"]: unit for unit in read("units")["units"]}


def place(unit: dict) -> str:
    """`UBND phường Ngọc Trạo` → `Ngọc Trạo`."""
    return unit["name"].split(" ", 2)[2]


def communes_of(district: str) -> list[dict]:
    return [u for u in units().values() if u["kind"] == "commune" and u["parent"] == district]


def test_unit_codes_are_unique_and_parents_come_before_children():
    listed = read("units")["units"]
    seen: list[str] = []

    for unit in listed:
        assert unit["parent"] is None or unit["parent"] in seen
        assert unit["kind"] in set(UnitKind)
        assert unit["source"]
        seen.append(unit["code"])

    assert [code for code, times in Counter(seen).items() if times > 1] == []


def test_every_commune_is_in_a_district_and_every_district_in_the_province():
    kinds = {code: unit["kind"] for code, unit in units().items()}

    for unit in units().values():
        expected = {"commune": "district", "district": "province", "department": "province"}.get(unit["kind"])
        assert (kinds[unit["parent"]] if unit["parent"] else None) == expected


def test_the_communes_are_those_that_the_documents_name():
    bim_son = {place(u) for u in communes_of("thi-xa-bim-son") if not u.get("fictitious")}
    thuong_xuan = {place(u) for u in communes_of("huyen-thuong-xuan")}

    assert bim_son == BIM_SON
    assert thuong_xuan == set().union(*THUONG_XUAN_YEARS.values())


def test_only_the_two_communes_that_do_not_exist_are_marked_fictitious():
    assert {u["name"] for u in units().values() if u.get("fictitious")} == FICTITIOUS


def test_districts_end_on_the_eve_of_the_reform_and_no_commune_has_an_invented_end():
    assert {u["valid_to"] for u in units().values() if u["kind"] == "district"} == {date(2025, 6, 30)}
    assert {u["valid_to"] for u in units().values() if u["kind"] == "commune"} == {None}


def test_the_only_known_successor_follows_its_predecessor_without_a_gap():
    known = units()
    (succession,) = read("units")["successions"]

    assert (succession["predecessor"], succession["successor"]) == ("so-tttt", "so-khcn")
    assert succession["since"] == date(2025, 3, 1)
    assert known["so-tttt"]["valid_to"] == succession["since"] - timedelta(days=1)


def test_the_department_that_verifies_is_known_for_every_day_across_the_merger_of_2025():
    first, second = read("units")["procedure_departments"]

    assert (first["unit"], second["unit"]) == ("so-tttt", "so-khcn")
    assert second["valid_from"] - first["valid_to"] == timedelta(days=1)
    assert second["valid_to"] is None


def test_the_years_assigned_are_those_of_the_documents():
    known = units()
    assigned = {
        (place(known[q["commune"]]), q["year"]) for q in read("quota")["quotas"] if "illustrative" not in q
    }
    thuong_xuan = {(name, year) for year, names in THUONG_XUAN_YEARS.items() for name in names}

    assert assigned == thuong_xuan | {("Ngọc Trạo", 2023), ("Quang Trung", 2023)}


def test_the_fictitious_communes_are_assigned_2023_and_marked():
    known = units()
    marked = {
        (known[q["commune"]]["name"], q["year"]) for q in read("quota")["quotas"] if q.get("illustrative")
    }

    assert marked == {(name, 2023) for name in FICTITIOUS}


def test_deadlines_with_a_source_end_on_the_day_that_their_words_mean():
    real = {
        (d["district"], d["year"], d["element"]): (d["rule"], d["last_day"])
        for d in read("deadlines")["deadlines"]
        if "illustrative" not in d
    }

    assert real == {
        ("thi-xa-bim-son", 2023, "self_assess"): ("before", date(2023, 12, 3)),
        ("thi-xa-bim-son", 2023, "index_self_scoring"): ("before", date(2023, 11, 29)),
        ("huyen-thuong-xuan", 2023, "self_assess"): ("before", date(2023, 12, 14)),
        ("huyen-thuong-xuan", 2024, "self_assess"): ("before", date(2024, 12, 14)),
        ("huyen-thuong-xuan", 2025, "self_assess"): ("before", date(2025, 12, 14)),
        ("huyen-thuong-xuan", 2023, "criterion_confirmation"): ("at_latest", date(2023, 12, 10)),
        ("huyen-thuong-xuan", 2024, "criterion_confirmation"): ("at_latest", date(2024, 12, 10)),
        ("huyen-thuong-xuan", 2025, "criterion_confirmation"): ("at_latest", date(2025, 12, 10)),
        ("huyen-thuong-xuan", 2024, "criteria_review"): ("before", date(2024, 2, 14)),
        ("huyen-thuong-xuan", 2025, "criteria_review"): ("before", date(2025, 2, 14)),
    }


def test_the_rule_of_a_deadline_is_the_one_in_its_words():
    for deadline in read("deadlines")["deadlines"]:
        assert (deadline["rule"] == "before") == ("trước" in deadline["text"])
        assert deadline["district"] in units()
        assert deadline["source"]


def test_a_deadline_without_a_document_says_so_once():
    invented = [d for d in read("deadlines")["deadlines"] if d.get("illustrative")]

    assert len(invented) == 7
    assert all(d["source"].startswith("Minh họa") and "minh họa" not in d["text"] for d in invented)


def test_no_step_has_two_deadlines():
    keys = Counter(
        (d["procedure"], d["year"], d["district"], d["element"]) for d in read("deadlines")["deadlines"]
    )

    assert [key for key, times in keys.items() if times > 1] == []


def test_each_district_has_one_responsible_member_as_a_position():
    members = read("province_members")["members"]

    assert {m["district"]: m["title"] for m in members} == {
        "thi-xa-bim-son": "Thành viên BCĐ tỉnh phụ trách thị xã Bỉm Sơn",
        "huyen-thuong-xuan": "Thành viên BCĐ tỉnh phụ trách huyện Thường Xuân",
    }
    assert all(m["illustrative"] for m in members)


def test_the_index_set_is_marked_and_says_that_the_real_maximum_is_unknown():
    (index_set,) = read("index_sets")["index_sets"]

    assert index_set["illustrative"] is True
    assert index_set["maximum"] == "1000"
    assert "tổng điểm thật không có trong nguồn" in index_set["document"]


def test_every_account_has_a_unit_and_a_role_and_is_named_after_it():
    accounts = read("accounts")["accounts"]

    assert [a for a in accounts if a["unit"] not in units()] == []
    assert {a["role"] for a in accounts} == {str(role) for role in Role}
    assert all(a["username"].isascii() and a["username"].islower() for a in accounts)
    assert [name for name, n in Counter(a["username"] for a in accounts).items() if n > 1] == []


def test_who_prepares_and_who_signs_is_there_at_every_level():
    held = Counter((a["unit"], a["role"]) for a in read("accounts")["accounts"])

    for unit in ("phuong-minh-hoa", "xa-thi-du", "phuong-ngoc-trao", "thi-xa-bim-son", "huyen-thuong-xuan"):
        assert (held[unit, "officer"], held[unit, "leader"]) == (1, 1)
    assert (held["so-tttt", "officer"], held["so-tttt", "leader"]) == (1, 2)
    assert (held["tinh-thanh-hoa", "member"], held["tinh-thanh-hoa", "chairman"]) == (2, 2)
    owners = [a["unit"] for a in read("accounts")["accounts"] if a["role"] == "process_owner"]
    assert len(owners) == len(set(owners)) == 2


def test_the_two_members_accounts_hold_the_two_positions():
    positions = {m["position"] for m in read("province_members")["members"]}

    assert {a["position"] for a in read("accounts")["accounts"] if a["role"] == "member"} == positions
