"""Deadlines are data with the words of their source; they remind and never lock."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import delete, insert

from service.cases.operations import open_case
from service.database import db, transaction
from service.models import Deadline, Task
from service.tasks.wanted import Wanted
from service.tasks.worklist import list_tasks
from tests.builders import NOON, a_case_at, an_open_case, do_step, open_task, person, unit_id
from tests.integration.service.scenes import at, open_tasks


def due(case_id: uuid.UUID, element: str) -> tuple[date | None, str]:
    task = db.session.get_one(Task, open_task(case_id, element), populate_existing=True)
    return task.due_on, task.due_reason


def a_deadline(element: str, last_day: date, district: str | None) -> None:
    with transaction() as session:
        session.execute(
            insert(Deadline).values(
                id=uuid.uuid4(),
                procedure="recognition",
                year=2023,
                element=element,
                district_id=unit_id(district) if district else None,
                last_day=last_day,
                wording="chậm nhất ngày thử",
                source="thử",
            )
        )


def test_before_the_4th_of_december_ends_with_the_3rd_and_says_so(core: Flask):
    due_on, why = due(an_open_case(), "self_assess")

    assert due_on == date(2023, 12, 3)
    assert why.startswith("trước ngày 04/12/2023 (Công văn của UBND thị xã Bỉm Sơn")


def test_another_district_has_its_own_last_day(core: Flask):
    case_id = open_case(
        commune_id=unit_id("xa-tan-thanh"), year=2023, by=person("so-tttt-chuyenvien"), now=NOON
    )

    assert due(case_id, "self_assess")[0] == date(2023, 12, 14)


def test_the_districts_own_date_prevails_over_the_general_one(either_core: Flask):
    a_deadline("self_assess", date(2023, 12, 20), None)

    assert due(an_open_case(), "self_assess")[0] == date(2023, 12, 3)


def test_the_general_date_holds_where_the_district_has_none(either_core: Flask):
    with transaction() as session:
        session.execute(delete(Deadline).where(Deadline.element == "self_assess"))
    a_deadline("self_assess", date(2023, 12, 20), None)

    assert due(an_open_case(), "self_assess") == (date(2023, 12, 20), "chậm nhất ngày thử (thử)")


def test_a_step_without_any_deadline_has_no_due_date(core: Flask):
    with transaction() as session:
        session.execute(delete(Deadline))

    assert due(an_open_case(), "self_assess") == (None, "")


def test_overdue_is_shown_and_locks_nobody_out(core: Flask):
    case_id, late = a_case_at("self_assess"), at("2024-02-01")
    officer = person("xa-thidu-chuyenvien", late)

    overdue = list_tasks(officer, Wanted("overdue"), day=late.date()).items
    do_step(case_id, "self_assess", late)

    assert [row.case_id for row in overdue] == [case_id]
    assert list(open_tasks(case_id)) == ["district_appraise"]


@pytest.mark.parametrize(
    ("today", "tab"),
    [
        ("2023-11-25", "open"),
        ("2023-11-26", "due_soon"),
        ("2023-12-03", "due_soon"),
        ("2023-12-04", "overdue"),
    ],
)
def test_a_task_is_due_soon_for_a_week_and_in_time_on_its_last_day(core: Flask, today: str, tab: str):
    case_id, day = an_open_case(), at(today)
    officer = person("xa-thidu-chuyenvien", day)

    found = [
        name
        for name in ("due_soon", "overdue")
        if any(row.case_id == case_id for row in list_tasks(officer, Wanted(name), day=day.date()).items)
    ]

    assert found == ([] if tab == "open" else [tab])
