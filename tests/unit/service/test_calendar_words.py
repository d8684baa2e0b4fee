"""Days left and days late in words: working days where they are known and near, else days."""

from __future__ import annotations

from datetime import date

import pytest

from service.calendars.working_days import NO_CALENDAR, WorkingCalendar
from service.web.words import Due, due
from tests.unit.service.test_calendar import VIETNAM

MONDAY = date(2023, 11, 20)


@pytest.mark.parametrize(
    ("last_day", "today", "expected"),
    [
        ("2023-11-26", "2023-11-20", Due("soon", "26/11/2023, còn 4 ngày làm việc")),  # a Sunday
        ("2023-11-21", "2023-11-20", Due("soon", "21/11/2023, còn 1 ngày làm việc")),
        ("2023-11-20", "2023-11-20", Due("soon", "20/11/2023, hết hạn hôm nay")),
        ("2023-12-03", "2023-12-01", Due("soon", "03/12/2023, còn 2 ngày, đều là ngày nghỉ")),
        ("2024-02-15", "2024-02-08", Due("soon", "15/02/2024, còn 1 ngày làm việc")),  # Tết between
        ("2023-12-08", "2023-11-20", Due("ok", "08/12/2023, còn 18 ngày")),
        ("2023-11-17", "2023-11-20", Due("overdue", "17/11/2023, quá hạn 1 ngày làm việc")),  # a Friday
        ("2023-11-17", "2023-11-19", Due("overdue", "17/11/2023, quá hạn 2 ngày")),
        ("2022-03-01", "2023-11-20", Due("overdue", "01/03/2022, quá hạn 629 ngày")),
    ],
)
def test_near_and_past_are_counted_in_working_days(last_day: str, today: str, expected: Due):
    assert due(date.fromisoformat(last_day), date.fromisoformat(today), lambda: VIETNAM) == expected


def test_without_a_calendar_days_are_days():
    late, soon = date(2023, 11, 17), date(2023, 11, 24)

    assert (
        due(soon, MONDAY, lambda: NO_CALENDAR) == due(soon, MONDAY) == Due("soon", "24/11/2023, còn 4 ngày")
    )
    assert due(late, MONDAY) == Due("overdue", "17/11/2023, quá hạn 3 ngày")
    assert due(None, MONDAY) == Due("none", "không có thời hạn")


def test_the_calendar_is_not_asked_for_what_is_far_off():
    def asked() -> WorkingCalendar:
        raise AssertionError("nobody needs it")

    assert due(date(2023, 12, 8), MONDAY, asked).look == "ok"
    assert due(MONDAY, MONDAY, asked).look == "soon"
