"""/calendar and /deadlines: what programs may ask about days; a task says why it is due when it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import an_open_case, open_task
from tests.integration.api.client import Api, Person


@pytest.fixture
def officer(api: Api) -> Person:
    return api.a("xa-thidu-chuyenvien")


def test_a_year_lists_the_days_that_are_not_as_their_weekday_says(officer: Person) -> None:
    year = officer.get("/calendar/2024")

    days = {day["day"]: (day["is_working"], day["is_own"]) for day in year["days"]}
    assert (days["2024-05-04"], days["2024-04-29"]) == ((True, False), (False, False))
    assert officer.request("GET", "/calendar/2040").status_code == 404


def test_working_days_are_counted_over_tet(officer: Person) -> None:
    assert officer.get("/calendar/working-days-after", start="2024-02-07", count=1) == {"day": "2024-02-15"}


@pytest.mark.parametrize(
    "query",
    [
        {"start": "2026-12-31", "count": 1},
        {"start": "9999-12-31", "count": 1},
        {"start": "2024-02-30", "count": 1},
        {"start": "2024-02-07", "count": 1001},
        {"start": "2024-02-07", "count": -1},
        {"start": "2024-02-07"},
    ],
)
def test_what_cannot_be_counted_is_refused_by_field(officer: Person, query: dict[str, Any]) -> None:
    answer = officer.request("GET", "/calendar/working-days-after", query_string=query)

    assert answer.status_code == 422
    assert answer.json["errors"]


def test_deadlines_are_listed_in_the_words_of_their_sources(officer: Person) -> None:
    found = officer.get("/deadlines", procedure="recognition", year=2023, district="thi-xa-bim-son")["items"]

    own = next(item for item in found if item["element"] == "self_assess")
    assert len(found) == 8
    assert (own["last_day"], own["period"], own["wording"]) == ("2023-12-03", None, "trước ngày 04/12/2023")


def test_a_task_says_in_full_why_it_is_due_when_it_is(api: Api, officer: Person) -> None:
    with api.inside():
        case_id = an_open_case()
        task_id = open_task(case_id, "self_assess")

    task = officer.get(f"/tasks/{task_id}")
    holder = officer.get(f"/cases/{case_id}")["holders"][0]

    assert task["due_on"] == "2023-12-03"
    assert task["due_reason"].startswith("trước ngày 04/12/2023 (Công văn")
    assert task["due_why"].split("\n")[0] == "Hạn: hết ngày 03/12/2023 (Chủ nhật)."
    assert holder["due_why"] == task["due_why"]
