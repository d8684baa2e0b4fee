"""What a commune wrote of itself in an earlier year, taken as a basis: on each database."""

from __future__ import annotations

from flask import Flask

from service.cases.former_year import former_self_assessment
from service.cases.operations import open_case
from service.database import db
from service.models import Draft
from service.processes.queries import procedure
from service.tasks.operations import save_draft
from service.web.task_page import filled_from
from tests.builders import NOON, an_open_case, case_of, do_step, open_task, person, unit_id

COMMUNE = "xa-thidu-chuyenvien"


def test_an_earlier_years_results_fill_empty_rows_and_are_nobody_elses(either_core: Flask) -> None:
    do_step(an_open_case(year=2023), "self_assess")
    own = open_case(commune_id=unit_id("xa-thi-du"), year=2024, by=person(COMMUNE), now=NOON)
    task_id, case = open_task(own, "self_assess"), case_of(own)

    former = former_self_assessment(case, person(COMMUNE))

    assert former is not None
    assert (former.year, former.results["3.2"], "1.11" in former.results) == (2023, "66,1%", False)
    assert former_self_assessment(case, person("xa-minhhoa-chuyenvien")) is None
    bundle = procedure(case.process_version_id)
    typed = {"action": "complete", "criteria": {"1.2": {"raw": "99%"}}}
    filled, taken, left = filled_from(former.results, bundle, 2024, typed)
    assert (taken, left) == (31, 3)  # 35 rows: one typed, 1.8, 1.9 and 4.2 to be judged anew
    save_draft(task_id=task_id, answers=filled, seen_rev=0, by=person(COMMUNE), now=NOON)
    db.session.remove()
    kept = db.session.get_one(Draft, task_id).answers["criteria"]
    assert (kept["1.2"]["raw"], kept["3.2"]["raw"], "1.9" in kept) == ("99%", "66,1%", False)
