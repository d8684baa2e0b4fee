"""Periods of N days: from the day after receipt, over the holidays, standing still while returned.

All dates are counted by hand on the calendar of the Government's announcements: 1/1/2024 off, Tết Giáp Thìn
8–14/2/2024 (8662/VPCP-KGVX).
"""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import delete

from service.audit.queries import case_events
from service.calendars.queries import load_calendar
from service.calendars.spans import Days, Period, WorkingDays
from service.database import db, transaction
from service.deadlines.operations import set_deadlines
from service.deadlines.queries import DeadlineKey, DeadlineRow, deadlines_for
from service.models import CalendarYear, Task
from tests.builders import NOON, an_open_case, do_step, open_task
from tests.integration.service.scenes import at, given_back, nothing_is_wrong, statements

TEN_DAYS = "trong thời hạn 10 ngày làm việc kể từ ngày nhận hồ sơ"
LETTER = "Công văn thử"


def a_period(
    period: Period, wording: str, element: str = "district_appraise", district: str = "thi-xa-bim-son"
) -> None:
    row = DeadlineRow(DeadlineKey("recognition", 2023, district, element), None, period, wording, LETTER)
    set_deadlines(rows=[row], now=NOON)


def appraised_from(day: str) -> uuid.UUID:
    """A case that the district received on that day."""
    case_id = an_open_case()
    do_step(case_id, "self_assess", at(day))
    return case_id


def task_of(case_id: uuid.UUID, element: str = "district_appraise") -> Task:
    return db.session.get_one(Task, open_task(case_id, element), populate_existing=True)


def due(case_id: uuid.UUID) -> date | None:
    return task_of(case_id).due_on


def test_ten_working_days_begin_the_day_after_receipt_and_pass_over_the_new_year(either_core: Flask):
    a_period(WorkingDays(10), TEN_DAYS)

    case_id = appraised_from("2023-12-18")

    task = task_of(case_id)
    assert task.due_on == date(2024, 1, 2)
    assert task.due_reason == f"{TEN_DAYS} ({LETTER})"
    assert task.due_why.split("\n") == [
        "Hạn: hết ngày 02/01/2024 (thứ Ba).",
        f"Căn cứ: “{TEN_DAYS}” ({LETTER}).",
        (
            "Nhận hồ sơ ngày 18/12/2023; ngày nhận không tính, đếm từ 19/12/2023 "
            "(Bộ luật Dân sự 2015, Điều 147)."
        ),
        "Đếm 10 ngày làm việc.",
        "Không tính 5 ngày nghỉ:",
        "– thứ Bảy, Chủ nhật: 23/12/2023, 24/12/2023, 30/12/2023, 31/12/2023",
        f"– 01/01/2024: Tết Dương lịch ({load_calendar().rules[date(2024, 1, 1)].source})",
    ]


def test_the_clock_stands_still_while_the_dossier_is_returned(either_core: Flask):
    a_period(WorkingDays(10), TEN_DAYS)

    case_id = appraised_from("2023-12-18")
    given_back(case_id, "district_appraise", at("2023-12-21"), due_on="2023-12-25")
    commune = task_of(case_id, "self_assess")
    do_step(case_id, "self_assess", at("2023-12-27"))
    second = due(case_id)
    given_back(case_id, "district_appraise", at("2024-01-02"), due_on="2024-01-31")
    do_step(case_id, "self_assess", at("2024-02-05"))
    third = task_of(case_id)

    # 19, 20, 21/12 are used; the seven left are 28, 29/12 and 2, 3, 4, 5, 8/1.
    assert (commune.due_on, commune.due_reason) == (date(2023, 12, 25), "Thời hạn ghi khi trả lại hồ sơ")
    assert second == date(2024, 1, 8)
    # 28, 29/12 and 2/1 are used as well; the four left are 6, 7, 15, 16/2, with Tết between.
    assert third.due_on == date(2024, 2, 16)
    assert third.due_reason == f"{TEN_DAYS} ({LETTER}); các lần trước đã dùng, còn 4 ngày làm việc"
    assert (
        "Đã dùng 6 ngày làm việc trong 10 ngày làm việc ở các lần trước: "
        "lần 1 nhận 18/12/2023, chuyển đi 21/12/2023: 3 ngày làm việc; "
        "lần 2 nhận 27/12/2023, chuyển đi 02/01/2024: 3 ngày làm việc."
    ) in third.due_why
    assert "08/02/2024: 29 Tết (" in third.due_why
    assert nothing_is_wrong()


def test_a_period_that_is_used_up_leaves_one_day(core: Flask):
    a_period(WorkingDays(2), "trong 2 ngày làm việc")
    case_id = appraised_from("2023-12-04")
    given_back(case_id, "district_appraise", at("2023-12-12"), due_on="2023-12-14")

    do_step(case_id, "self_assess", at("2023-12-14"))

    assert due(case_id) == date(2023, 12, 15)
    assert "(ít nhất để lại 1 ngày)" in task_of(case_id).due_why


def test_plain_days_count_every_day_and_end_on_a_working_day(core: Flask):
    a_period(Days(5), "trong thời hạn 5 ngày")

    case_id = appraised_from("2023-12-26")

    task = task_of(case_id)
    assert task.due_on == date(2024, 1, 2)  # the fifth day is Sunday 31/12, 1/1 is off
    assert "đến 31/12/2023." in task.due_why
    assert "Bộ luật Dân sự 2015, Điều 148" in task.due_why


def test_a_calendar_date_does_not_move_for_a_sunday_nor_for_a_return(core: Flask):
    wording = "chậm nhất ngày 10/12/2023"
    key = DeadlineKey("recognition", 2023, "thi-xa-bim-son", "district_appraise")
    set_deadlines(rows=[DeadlineRow(key, date(2023, 12, 10), None, wording, LETTER)], now=NOON)
    case_id = appraised_from("2023-12-01")
    first = due(case_id)
    given_back(case_id, "district_appraise", at("2023-12-05"), due_on="2023-12-08")
    do_step(case_id, "self_assess", at("2023-12-11"))

    assert (first, due(case_id)) == (date(2023, 12, 10), date(2023, 12, 10))
    assert "10/12/2023 là Chủ nhật" in task_of(case_id).due_why


def test_the_event_keeps_the_date_and_why(core: Flask):
    a_period(WorkingDays(10), TEN_DAYS)
    case_id = appraised_from("2023-12-18")

    opened = case_events(case_id)[-1].data["opened"]

    assert opened == [
        {
            "ref": "district_appraise:1",
            "element": "district_appraise",
            "due": "2024-01-02",
            "group": "district",
            "unit": str(task_of(case_id).unit_id),
            "why": f"{TEN_DAYS} ({LETTER})",
        }
    ]


def test_a_year_without_calendar_holds_nobody_up_and_says_that_the_date_is_provisional(core: Flask):
    with transaction() as session:
        session.execute(delete(CalendarYear).where(CalendarYear.year == 2024))
    a_period(WorkingDays(10), TEN_DAYS)

    case_id = appraised_from("2023-12-18")

    assert due(case_id) == date(2024, 1, 1)
    assert "Tạm tính: chưa có lịch ngày làm việc năm 2024" in task_of(case_id).due_why


def test_nothing_is_read_of_the_calendar_where_no_step_has_a_period(core: Flask):
    case_id = an_open_case()

    with statements() as sent:
        do_step(case_id, "self_assess", at("2023-12-18"))

    assert sent
    assert not [one for one in sent if "calendar_" in one]


@pytest.mark.parametrize("counted", [1, 2])
def test_a_period_costs_two_statements(core: Flask, counted: int):
    a_period(WorkingDays(10), TEN_DAYS)
    case_id = appraised_from("2023-12-18")
    for _ in range(counted - 1):
        given_back(case_id, "district_appraise", at("2023-12-21"), due_on="2023-12-25")
        do_step(case_id, "self_assess", at("2023-12-27"))
    given_back(case_id, "district_appraise", at("2023-12-28"), due_on="2023-12-29")

    with statements() as sent:
        do_step(case_id, "self_assess", at("2024-01-03"))

    assert sum("calendar_day" in one for one in sent) == 1
    assert sum("FROM task" in one and "received_at <" in one for one in sent) == 1


def test_the_districts_own_period_prevails(either_core: Flask):
    a_period(WorkingDays(10), TEN_DAYS, district="")
    general = deadlines_for(db.session.connection(), "recognition", 2023, None)["district_appraise"]
    a_period(Days(3), "trong 3 ngày")

    assert general.period == WorkingDays(10)
    assert due(appraised_from("2023-12-18")) == date(2023, 12, 21)
