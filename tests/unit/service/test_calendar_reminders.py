"""When people are reminded: working days before and after, 08:00 in Thanh Hóa."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.calendars.reminders import Reminder, faults_of, next_attention, plan_reminders
from service.calendars.working_days import NO_CALENDAR
from tests.unit.service.test_calendar import VIETNAM

SUNDAY = date(2023, 12, 10)


def at(text: str) -> datetime:
    """08:00 in Thanh Hóa is 01:00 UTC."""
    return datetime.fromisoformat(f"{text}T01:00:00+00:00")


def plan(due_on: date, **properties: str) -> list[tuple[str, str, int]]:
    found = plan_reminders(due_on, properties, VIETNAM)
    assert all(one.at.astimezone(UTC).hour == 1 and one.in_working_days for one in found)
    return [(one.at.date().isoformat(), one.kind, one.days) for one in found]


def test_a_sunday_is_reminded_of_on_the_working_day_before():
    assert plan(SUNDAY) == [
        ("2023-12-06", "before", 3),
        ("2023-12-08", "before", 1),
        ("2023-12-11", "after", 1),
        ("2023-12-13", "escalation", 3),
    ]


def test_tet_lies_between_the_reminder_and_the_due_date():
    found = plan(date(2024, 2, 15), remindBefore="5,1", remindAfter="1,3", escalateAfter="2")

    assert found == [
        ("2024-02-01", "before", 5),
        ("2024-02-07", "before", 1),
        ("2024-02-16", "after", 1),
        ("2024-02-19", "escalation", 2),
        ("2024-02-20", "after", 3),
    ]


def test_none_switches_off_one_kind_or_all():
    assert plan(SUNDAY, remindBefore="none") == [("2023-12-11", "after", 1), ("2023-12-13", "escalation", 3)]
    assert plan(SUNDAY, remindBefore="none", remindAfter="none", escalateAfter="none") == []


def test_the_due_day_itself_is_the_working_day_before_where_it_is_off():
    assert plan(SUNDAY, remindBefore="0", remindAfter="none", escalateAfter="none") == [
        ("2023-12-08", "before", 0)
    ]


def test_nothing_is_planned_without_a_due_date():
    assert plan_reminders(None, {}, VIETNAM) == ()


@pytest.mark.parametrize("calendar", [None, NO_CALENDAR])
def test_days_of_the_calendar_stand_in_where_the_year_is_not_known_and_say_so(calendar):
    found = plan_reminders(SUNDAY, {"remindAfter": "none", "escalateAfter": "none"}, calendar)

    assert found == (
        Reminder(at("2023-12-07"), "before", 3, in_working_days=False),
        Reminder(at("2023-12-09"), "before", 1, in_working_days=False),
    )


def test_attention_goes_from_one_reminder_to_the_next_and_ends():
    found = plan_reminders(SUNDAY, {}, VIETNAM)

    assert next_attention(found, datetime(2023, 11, 20, tzinfo=UTC)) == at("2023-12-06")
    assert next_attention(found, at("2023-12-06")) == at("2023-12-08")
    assert next_attention(found, at("2023-12-13")) is None


@pytest.mark.parametrize(
    "text", ["", "three", "1;2", "-1", "1,,2", "1.5", "٣", "367", "1,2,3,4,5,6,7,8,9,10,11"]
)
def test_a_property_that_cannot_be_read_is_named_and_has_the_default(text: str):
    assert [name for name, _, _ in faults_of({"remindBefore": text})] == ["remindBefore"]
    assert plan(SUNDAY, remindBefore=text) == plan(SUNDAY)


@pytest.mark.parametrize("text", ["none", "None", "1", "5,1", "3, 1", "0", "366"])
def test_a_property_that_can_be_read_has_no_fault(text: str):
    assert faults_of({"remindBefore": text, "remindAfter": text, "escalateAfter": text}) == []


@given(
    due_on=st.dates(date(2022, 3, 1), date(2026, 6, 30)),
    days=st.lists(st.integers(0, 20), min_size=1, max_size=5),
)
def test_reminders_come_in_order_on_working_days_on_their_side_of_the_due_date(due_on: date, days: list[int]):
    text = ",".join(map(str, days))
    found = plan_reminders(
        due_on, {"remindBefore": text, "remindAfter": text, "escalateAfter": text}, VIETNAM
    )

    assert [one.at for one in found] == sorted(one.at for one in found)
    for one in found:
        assert VIETNAM.is_working(one.at.date())
        assert one.at.date() <= due_on if one.kind == "before" or one.days == 0 else one.at.date() > due_on
