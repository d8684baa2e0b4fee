"""The functions that a step gives: today, working days, deadlines; their results worked out on a calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from service.engine.expressions import ExpressionFailed, parse
from service.engine.named_functions import named_functions
from service.engine.step import StepContext

EVENING = datetime(2023, 11, 20, 18, tzinfo=UTC)  # 01:00 on Tuesday 21/11 in Thanh Hóa


class Weekdays:
    """Monday to Friday, every day of every year."""

    def deadline(self, step: str) -> date | None:
        return {"finish": date(2023, 12, 8)}.get(step)

    def working_days_after(self, day: date, count: int) -> date:
        assert type(day) is date
        step, left = timedelta(days=1 if count > 0 else -1), abs(count)
        while left:
            day += step
            left -= day.weekday() < 5
        return day


def value(text, *, facts=(), calendar=None, now=EVENING, **scope):
    context = StepContext(now, dict(facts), calendar=calendar or Weekdays())
    return parse(text).evaluate(scope, named_functions(context))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today()", date(2023, 11, 21)),
        ("working days after(today(), 10)", date(2023, 12, 5)),
        ("working days before(today(), 2)", date(2023, 11, 17)),
        ("working days after(today(), -2)", date(2023, 11, 17)),
        ("working days before(today(), -1)", date(2023, 11, 22)),
        ('working days after(date("2023-11-25"), 1)', date(2023, 11, 27)),  # from a Saturday
        ('working days after(date("2023-11-25"), 0)', date(2023, 11, 25)),
        # 18:00 UTC on Friday is Saturday in Thanh Hóa.
        ('working days after(date and time("2023-11-24T18:00:00Z"), 1)', date(2023, 11, 27)),
        ('today() + duration("P10D")', date(2023, 12, 1)),
        ("working days after(null, 3)", None),
        ("working days after(today(), null)", None),
        ('deadline("finish") < working days after(today(), 20)', True),
        ('deadline("unknown")', None),
    ],
)
def test_days_are_counted_from_the_local_day_of_the_step(text, expected):
    assert value(text) == expected


def test_a_fact_is_asked_before_the_calendar():
    assert value('deadline("finish")', facts={"deadline:finish": "2023-12-01"}.items()) == date(2023, 12, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("working days after(answer, 3)", "cần một ngày"),
        ("working days after(today(), answer)", "số nguyên"),
        ("working days after(today(), 7 / 2)", "số nguyên"),
        ("working days after(today(), 10001)", "10000"),
        ("working days before(today(), 10 ** 30)", "10000"),
    ],
)
def test_what_is_no_day_or_no_count_is_said_in_words(text, words):
    with pytest.raises(ExpressionFailed) as failed:
        value(text, answer="2023-11-25")

    assert words in failed.value.message_vi


def test_without_a_calendar_nothing_is_guessed():
    functions = named_functions(StepContext(EVENING))

    for text in ("working days after(today(), 3)", 'deadline("finish")'):
        with pytest.raises(ExpressionFailed):
            parse(text).evaluate({}, functions)
    assert parse("today()").evaluate({}, functions) == date(2023, 11, 21)
