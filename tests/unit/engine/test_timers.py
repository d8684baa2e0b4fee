"""Due times, computed by hand from ISO 8601 and the Vietnamese calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from service.engine.expressions import Duration
from service.engine.timers import NotATimer, Span, is_iso, iso, schedule

NOW = datetime(2023, 11, 20, 5, 30, 15, tzinfo=UTC)  # 12:30:15 in Hanoi


@pytest.mark.parametrize(
    ("form", "value", "due"),
    [
        ("timeDuration", "PT15M", "2023-11-20T05:45:15Z"),
        ("timeDuration", "P5D", "2023-11-25T05:30:15Z"),
        ("timeDuration", "P2W", "2023-12-04T05:30:15Z"),
        ("timeDuration", "P1DT12H", "2023-11-21T17:30:15Z"),
        ("timeDuration", "P1M", "2023-12-20T05:30:15Z"),
        ("timeDuration", "P1Y2M3D", "2025-01-23T05:30:15Z"),
        ("timeDuration", Duration(months=3), "2024-02-20T05:30:15Z"),
        ("timeDuration", Duration(seconds=90), "2023-11-20T05:31:45Z"),
        ("timeDate", "2023-12-05", "2023-12-04T17:00:00Z"),
        ("timeDate", "2023-12-05T08:00", "2023-12-05T01:00:00Z"),
        ("timeDate", "2023-12-05T08:00:00Z", "2023-12-05T08:00:00Z"),
        ("timeDate", "2023-12-05T08:00:00+01:00", "2023-12-05T07:00:00Z"),
        ("timeDate", date(2023, 12, 5), "2023-12-04T17:00:00Z"),
        ("timeDate", datetime(2023, 12, 5, 8), "2023-12-05T01:00:00Z"),  # noqa: DTZ001
        ("timeDate", datetime(2023, 12, 5, 8, tzinfo=timezone(timedelta(hours=9))), "2023-12-04T23:00:00Z"),
        ("timeCycle", "R3/P1D", "2023-11-21T05:30:15Z"),
        ("timeCycle", "R/PT1H", "2023-11-20T06:30:15Z"),
        ("timeCycle", "R2/2023-12-01T00:00:00Z/P1W", "2023-12-01T00:00:00Z"),
    ],
)
def test_the_first_due_time(form, value, due):
    assert iso(schedule(form, value, NOW).first) == due


@pytest.mark.parametrize(
    ("start", "months", "due"),
    [
        ("2024-01-31T05:00:00Z", 1, "2024-02-29T05:00:00Z"),
        ("2023-01-31T05:00:00Z", 1, "2023-02-28T05:00:00Z"),
        ("2023-01-31T05:00:00Z", 2, "2023-03-31T05:00:00Z"),
        ("2024-02-29T05:00:00Z", 12, "2025-02-28T05:00:00Z"),
        # 18:00 UTC on the 30th is already the 31st in Vietnam: the local calendar decides.
        ("2023-03-30T18:00:00Z", 1, "2023-04-29T18:00:00Z"),
    ],
)
def test_months_are_added_on_the_local_calendar_and_end_with_a_shorter_month(start, months, due):
    assert iso(Span(months, 0).after(datetime.fromisoformat(start))) == due


def test_a_cycle_counts_what_follows():
    assert schedule("timeCycle", "R3/P1D", NOW).left == 2
    assert schedule("timeCycle", "R/P1D", NOW).left is None
    assert schedule("timeDuration", "P1D", NOW).left == 0


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("timeDuration", "P"),
        ("timeDuration", "PT"),
        ("timeDuration", "P1H"),
        ("timeDuration", "-P1D"),
        ("timeDuration", Duration(seconds=-1)),
        ("timeDuration", 5),
        ("timeDuration", None),
        ("timeDuration", "P1D "),
        ("timeDate", "2023-13-01"),
        ("timeDate", "20231205"),
        ("timeDate", 20231205),
        ("timeDate", "2023-12-05T25:00"),
        ("timeCycle", "R0/P1D"),
        ("timeCycle", "R3/PT0S"),
        ("timeCycle", "R3"),
        ("timeCycle", "3/P1D"),
        ("timeDuration", "P１D"),
        ("other", "P1D"),
    ],
)
def test_what_is_no_timer_is_refused(form, value):
    with pytest.raises(NotATimer):
        schedule(form, value, NOW)


def test_a_time_past_the_year_9999_is_no_timer():
    assert not is_iso("timeDate", "10000-01-01")
    with pytest.raises(OverflowError):
        schedule("timeDuration", "P999Y", datetime(9500, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("text", ["P1Y2M3DT4H5M6S", "PT0S", "P2M", "P3W"])
def test_a_span_written_out_and_read_again_is_the_same(text):
    span = Span.parse(text)

    assert Span.parse(str(span)) == span
