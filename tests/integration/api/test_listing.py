"""Lists come page by page, filtered, and hold only what the caller may see."""

from __future__ import annotations

from typing import Any

import pytest

from service.cases.operations import open_assigned_cases
from tests.builders import NOON, person
from tests.integration.api.client import Api, Person


@pytest.fixture
def cases(api: Api) -> list[Any]:
    """The year's assigned cases, opened by Sở."""
    with api.inside():
        return open_assigned_cases(year=2023, by=person("so-tttt-chuyenvien"), now=NOON)


def all_pages(caller: Person, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    for _ in range(100):
        page = caller.get(path, **query, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("the last page never came")


def test_pages_of_two_hold_every_case_once_in_order(cases: list[Any], officer: Person) -> None:
    found = all_pages(officer, "/cases", size=2)

    assert len(cases) > 2
    assert {item["id"] for item in found} == {str(case) for case in cases}
    codes = [item["code"] for item in found]
    assert codes == sorted(set(codes))


def test_pages_of_two_hold_every_task_once_by_due_date(api: Api, cases: list[Any]) -> None:
    """Each district sees only the self-assessments that came to it; the commune sees its one."""
    clerk = api.a("xa-thidu-chuyenvien")

    found = all_pages(clerk, "/tasks", size=1)

    assert [(item["element"], item["state"]) for item in found] == [("self_assess", "ready")]
    assert all_pages(clerk, "/tasks", tab="done", size=1) == []


def test_search_ignores_diacritics_and_filters_combine(cases: list[Any], officer: Person) -> None:
    found = officer.get("/cases", search="minh hoa")["items"]

    assert [item["commune"] for item in found] == ["UBND phường Minh Họa"]
    assert officer.get("/cases", search="minh hoa", year=2022)["items"] == []
    assert officer.get("/cases", status="finished")["items"] == []
    assert officer.get("/cases", search=found[0]["code"])["items"] == found


def test_a_commune_lists_only_its_own_case(api: Api, cases: list[Any]) -> None:
    found = api.a("xa-thidu-lanhdao").get("/cases")["items"]

    assert [item["commune"] for item in found] == ["UBND xã Thí Dụ"]


def test_mine_holds_what_i_claimed(api: Api, cases: list[Any]) -> None:
    clerk = api.a("xa-thidu-chuyenvien")
    task = clerk.get("/tasks")["items"][0]["id"]
    assert clerk.get("/tasks", mine="true")["items"] == []

    claimed = clerk.post(f"/tasks/{task}/claim")

    assert claimed["owner_name"] == "Chuyên viên – UBND xã Thí Dụ"
    assert [item["id"] for item in clerk.get("/tasks", mine="true")["items"]] == [task]
    released = clerk.post(f"/tasks/{task}/release")
    assert (released["owner_name"], released["state"]) == (None, "ready")


def test_allowed_actions_follow_the_seat(api: Api, cases: list[Any]) -> None:
    task = api.a("xa-thidu-chuyenvien").get("/tasks")["items"][0]["id"]

    def allowed(username: str) -> list[str]:
        return list(api.a(username).get(f"/tasks/{task}")["allowed_actions"])

    assert allowed("xa-thidu-chuyenvien") == ["claim", "save_draft", "add_file", "submit_for_signature"]
    assert allowed("xa-thidu-lanhdao") == ["claim"]
    assert allowed("huyen-bimson-lanhdao") == []
    assert allowed("kiemtra") == []


def test_others_do_not_read_unfinished_work(api: Api, cases: list[Any]) -> None:
    clerk = api.a("xa-thidu-chuyenvien")
    task = clerk.get("/tasks")["items"][0]["id"]
    clerk.put(f"/tasks/{task}/draft", {"rev": 0, "answers": {"report_summary": "Đang viết."}})

    assert clerk.get(f"/tasks/{task}")["draft"]["answers"]["report_summary"] == "Đang viết."
    assert api.a("xa-thidu-lanhdao").get(f"/tasks/{task}")["draft"]["rev"] == 1
    assert api.a("huyen-bimson-chuyenvien").get(f"/tasks/{task}")["draft"] is None
    assert api.a("kiemtra").get(f"/tasks/{task}")["draft"] is None


def test_me_tells_seats_and_counts(api: Api, cases: list[Any]) -> None:
    me = api.a("xa-thidu-chuyenvien").get("/me")

    assert [(seat["role"], seat["unit"]["name"]) for seat in me["seats"]] == [("officer", "UBND xã Thí Dụ")]
    nothing = {"due_soon": 0, "overdue": 0, "returned": 0, "follow_up": 0, "done": 0}
    assert me["worklist"] == {"open": 1, **nothing}
    assert me["now"].startswith("2023-11-20T")


def test_published_versions_are_read_byte_for_byte(api: Api, officer: Person) -> None:
    listed = officer.get("/processes")["items"][0]
    path = f"/processes/{listed['key']}/versions/{listed['version']}"

    version = officer.get(path)
    diagram = officer.request("GET", f"{path}/diagram")

    assert version["content_hash"] == listed["content_hash"]
    assert "self_assess" in [task["id"] for task in version["tasks"]]
    assert diagram.mimetype == "application/xml"
    assert b'id="self_assess"' in diagram.get_data()
    assert officer.get(f"{path}/forms/self_assess")["id"] == "self_assess"


def test_the_evaluation_is_that_of_the_command(officer: Person) -> None:
    """2.6: 54,4 < 55; 712,5/1000 = 71,25 % ≥ 70 %; one criterion not met decides (Điều 2)."""
    report = officer.post(
        "/evaluation", {"year": 2023, "results": {"2.6": "54,4%", "3.1.": "> 90%"}, "index": "712,5/1000"}
    )

    assert report["criteria"]["2.6"]["verdict"] == "not_met"
    assert report["criteria"]["2.6"]["why"] == "54,4% < 55%: chưa đạt"
    assert report["index"] == {"score": "712.5", "maximum": "1000", "percent": "71.25", "met": True}
    assert report["eligible"] == "no"
    assert len(report["criteria"]) == 37
    assert sum(report["counts"].values()) == 37


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"year": 2031, "results": {}}, "year"),
        ({"year": 2023, "results": {"9.9": "Có"}}, "results.9.9"),
        ({"year": 2023, "results": {"2.6": "154%"}}, "results.2.6"),
        ({"year": 2023, "results": {"2.6": 54}}, "results.2.6"),
        ({"year": 2023, "results": {"2.6": "54%", "2.6.": "55%"}}, "results.2.6."),
        ({"year": 2023, "results": {}, "index": "nhiều"}, "index"),
    ],
)
def test_results_that_cannot_be_meant_are_named(officer: Person, body: dict[str, Any], field: str) -> None:
    refused = officer.post("/evaluation", body, expect=422)

    assert [error["field"] for error in refused["errors"]] == [field]
