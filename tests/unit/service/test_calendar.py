"""Counting working days: worked out by hand on the calendars that the Government announced."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.calendars.holidays_vn import days_of_year
from service.calendars.spans import Days, WorkingDays, period_of
from service.calendars.working_days import DayRule, UnknownYear, WorkingCalendar, provisionally

YEARS = range(2022, 2027)
VIETNAM = WorkingCalendar(
    frozenset(YEARS),
    {row.day: DayRule(row.is_working, row.name, row.source) for year in YEARS for row in days_of_year(year)},
)
DAYS = st.dates(date(2022, 3, 1), date(2026, 6, 30))
COUNTS = st.integers(0, 60)


def day(text: str) -> date:
    return date.fromisoformat(text)


# Tết Giáp Thìn 8–14/2/2024 (8662/VPCP-KGVX, 03/11/2023; Thông báo 5015/TB-LĐTBXH): after Wednesday 7/2 comes
# Thursday 15/2. 29/4/2024 for Saturday 4/5/2024 (2450/VPCP-KGVX). Tết Quý Mão 20–26/1/2023, Quốc khánh
# 1–4/9/2023 (8056/VPCP-KGVX, 01/12/2022). Giỗ Tổ was Saturday 29/4/2023: with 30/4 and 1/5 off until 3/5.
COUNTED = [
    ("2024-02-07", 1, "2024-02-15"),
    ("2024-02-05", 5, "2024-02-19"),
    ("2024-02-15", -1, "2024-02-07"),
    ("2023-04-28", 1, "2023-05-04"),
    ("2023-04-27", 3, "2023-05-05"),
    ("2023-08-31", 1, "2023-09-05"),
    ("2023-08-30", 2, "2023-09-05"),
    ("2023-01-19", 1, "2023-01-27"),
    ("2022-12-30", 1, "2023-01-03"),
    ("2024-04-26", 1, "2024-05-02"),
    ("2024-05-03", 1, "2024-05-04"),  # the Saturday worked for Monday 29/4
    ("2024-05-02", 3, "2024-05-06"),
    ("2023-12-10", -1, "2023-12-08"),  # 10/12/2023 was a Sunday
    ("2023-12-10", -3, "2023-12-06"),
    ("2023-12-10", 0, "2023-12-10"),
    ("2025-12-31", 1, "2026-01-05"),  # 2/1/2026 for Saturday 10/1/2026 (12729/VPCP-KGVX)
    ("2026-01-09", 1, "2026-01-10"),
]


@pytest.mark.parametrize(("start", "count", "expected"), COUNTED)
def test_working_days_over_the_holidays_as_announced(start: str, count: int, expected: str):
    assert VIETNAM.working_days_after(day(start), count) == day(expected)


@pytest.mark.parametrize(("start", "count", "expected"), [row for row in COUNTED if row[1] > 0])
def test_as_many_working_days_lie_between_as_were_counted(start: str, count: int, expected: str):
    assert VIETNAM.working_days_between(day(start), day(expected)) == count


# What the public announcements say, complete: weekdays off and weekend days worked.
ANNOUNCED = {
    2022: ("01-03 01-31 02-01 02-02 02-03 02-04 04-11 05-02 05-03 09-01 09-02", ""),
    2023: ("01-02 01-20 01-23 01-24 01-25 01-26 05-01 05-02 05-03 09-01 09-04", ""),
    2024: ("01-01 02-08 02-09 02-12 02-13 02-14 04-18 04-29 04-30 05-01 09-02 09-03", "05-04"),
    2025: ("01-01 01-27 01-28 01-29 01-30 01-31 04-07 04-30 05-01 05-02 09-01 09-02", "04-26"),
    2026: (
        "01-01 01-02 02-16 02-17 02-18 02-19 02-20 04-27 04-30 05-01 08-31 09-01 09-02 11-24",
        "01-10 08-22",
    ),
}


@pytest.mark.parametrize("year", YEARS)
def test_the_imported_rows_are_the_days_that_were_announced(year: int):
    off, worked = ANNOUNCED[year]
    rows = days_of_year(year)

    assert [f"{row.day:%m-%d}" for row in rows if not row.is_working and row.day.weekday() < 5] == off.split()
    assert [f"{row.day:%m-%d}" for row in rows if row.is_working] == worked.split()
    assert all(row.name and row.source for row in rows)


@given(start=DAYS, count=COUNTS)
def test_the_nth_working_day_is_one_and_n_lie_up_to_it(start: date, count: int):
    end = VIETNAM.working_days_after(start, count)

    assert end == start or VIETNAM.is_working(end)
    assert VIETNAM.working_days_between(start, end) == count
    assert VIETNAM.working_days_between(end, start) == -count


@given(start=DAYS, first=COUNTS, second=COUNTS)
def test_counting_on_is_counting_in_one_go(start: date, first: int, second: int):
    once = VIETNAM.working_days_after(start, first + second)

    assert VIETNAM.working_days_after(VIETNAM.working_days_after(start, first), second) == once


@given(start=DAYS, count=st.integers(1, 60))
def test_going_back_from_a_working_day_returns_to_the_last_one_before(start: date, count: int):
    end = VIETNAM.working_days_after(start, count)

    assert VIETNAM.working_days_after(end, -count) == VIETNAM.on_or_before(start)


@given(start=DAYS, count=COUNTS)
def test_every_day_passed_was_counted_or_is_named_as_a_day_off(start: date, count: int):
    end = VIETNAM.working_days_after(start, count)

    assert len(list(VIETNAM.days_off(start, end))) + count == (end - start).days


def test_a_year_that_is_not_known_is_refused_with_the_remedy():
    with pytest.raises(UnknownYear, match=r"năm 2027.*congnhan calendar import --years 2027"):
        VIETNAM.working_days_after(day("2026-12-31"), 1)
    with pytest.raises(LookupError):
        VIETNAM.is_working(day("2021-12-31"))


def test_what_cannot_be_known_yet_is_counted_by_weekends_and_says_which_year():
    end, missing = provisionally(VIETNAM, lambda known: known.working_days_after(day("2026-12-30"), 3))

    assert (end, missing) == (day("2027-01-04"), (2027,))


# Bộ luật Dân sự 2015, Điều 147: the period begins the next day; Điều 148: one in days that ends on a day
# off ends with the next working day. 1/12/2023 was a Friday.
@pytest.mark.parametrize(
    ("received", "period", "last_day"),
    [
        ("2023-12-01", Days(3), "2023-12-04"),
        ("2023-12-01", Days(8), "2023-12-11"),  # 9/12 is a Saturday
        ("2023-12-01", Days(10), "2023-12-11"),
        ("2024-02-01", Days(8), "2024-02-15"),  # 9/2 lies in Tết
        ("2023-12-01", WorkingDays(10), "2023-12-15"),
        ("2023-12-02", WorkingDays(1), "2023-12-04"),
    ],
)
def test_a_period_ends_as_the_civil_code_says(received: str, period: Days | WorkingDays, last_day: str):
    assert VIETNAM.end_of(day(received), period) == day(last_day)


def test_days_and_working_days_are_never_equal():
    assert period_of(10, "days") == Days(10)
    assert period_of(10, "working_days") == WorkingDays(10)
    assert period_of(10, "days") != period_of(10, "working_days")
    with pytest.raises(ValueError, match="weeks"):
        period_of(10, "weeks")


def test_a_rule_laid_over_the_calendar_changes_that_day_only():
    storm = VIETNAM.with_rules({day("2023-12-04"): DayRule(is_working=False, name="Bão", source="Công điện")})

    assert storm.working_days_after(day("2023-12-01"), 1) == day("2023-12-05")
    assert VIETNAM.working_days_after(day("2023-12-01"), 1) == day("2023-12-04")
    assert storm.with_rules({day("2023-12-04"): None}) == VIETNAM
    assert day("2023-12-04") - timedelta(days=3) == day("2023-12-01")
