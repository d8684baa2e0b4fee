"""Filling the calendar: holidays imported, the province's own decisions kept, every change in the log."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from service.audit.check import check_everything
from service.calendars.holidays_vn import days_of_year
from service.calendars.operations import (
    OwnDay,
    import_years,
    read_decisions,
    set_day,
    set_days,
    try_years,
    unset_day,
)
from service.calendars.pending import CALENDAR, pending_scopes
from service.calendars.queries import list_days, load_calendar, missing_years
from service.calendars.working_days import NO_CALENDAR, UnknownYear
from service.database import db, transaction
from service.errors import BadDefinition, BadInput
from service.models import CalendarDay, CalendarYear, Event, ProcessVersion
from tests.builders import NOON
from tests.integration.service.scenes import Fault, a_fault_at, everything_stored, published, statements
from tests.unit.engine.drawing import Drawing

MAKING_UP = OwnDay(date(2024, 5, 4), is_working=False, name="Không làm bù", source="Quyết định 12/QĐ-UBND")
STORM = OwnDay(date(2023, 12, 4), is_working=False, name="Nghỉ tránh bão", source="Công điện số 1")


def last_event(kind: str) -> dict[str, Any]:
    body = db.session.execute(
        select(Event.body).where(Event.type == kind).order_by(Event.position.desc()).limit(1)
    ).scalar_one()
    data: dict[str, Any] = orjson.loads(body)["data"]
    return data


def test_the_demo_knows_2022_to_2026_as_announced(core: Flask):
    calendar = load_calendar()

    assert calendar.years == set(range(2022, 2027))
    assert calendar.working_days_after(date(2024, 2, 7), 1) == date(2024, 2, 15)
    assert calendar.is_working(date(2024, 5, 4))
    assert pending_scopes() == frozenset()


def test_the_calendar_is_read_in_one_statement(either_core: Flask):
    with statements() as sent:
        load_calendar()

    assert len(sent) == 1


def test_importing_again_keeps_the_provinces_own_days_and_says_so(either_core: Flask):
    set_day(decision=MAKING_UP, now=NOON)

    imported = import_years(years=[2024], now=NOON)

    assert [row.day for row in imported.kept] == [date(2024, 5, 4)]
    assert (imported.added, imported.removed) == ((), ())
    assert not load_calendar().is_working(date(2024, 5, 4))
    assert last_event("calendar_imported")["kept"][0]["source"] == "Quyết định 12/QĐ-UBND"


def test_importing_again_brings_what_is_new_and_takes_away_what_is_gone(either_core: Flask):
    with transaction() as session:
        session.execute(delete(CalendarDay).where(CalendarDay.day == date(2026, 1, 2)))
        session.execute(
            update(CalendarDay).where(CalendarDay.day == date(2026, 1, 10)).values(day=date(2026, 1, 17))
        )

    imported = import_years(years=[2026], now=NOON)

    assert [row.day for row in imported.added] == [date(2026, 1, 2), date(2026, 1, 10)]
    assert [row.day for row in imported.removed] == [date(2026, 1, 17)]
    assert pending_scopes() == {CALENDAR}
    assert [row.day for row in list_days(2026)] == [row.day for row in days_of_year(2026)]


def test_a_year_of_which_nothing_is_announced_yet_is_named(core: Flask):
    assert import_years(years=[2026, 2027], now=NOON).unannounced == (2027,)
    assert "dự kiến" in load_calendar().rules[date(2027, 2, 8)].source


def test_a_decision_is_recorded_with_what_was_before_and_after(core: Flask):
    set_day(decision=MAKING_UP, now=NOON)

    change = last_event("calendar_days_set")["days"][0]

    assert (change["day"], change["before"]["is_working"], change["before"]["own"]) == (
        "2024-05-04",
        True,
        False,
    )
    assert change["after"] == {
        "day": "2024-05-04",
        "is_working": False,
        "name": "Không làm bù",
        "source": "Quyết định 12/QĐ-UBND",
    }
    assert list(check_everything()) == []


def test_taking_a_decision_back_brings_the_public_holiday_back(core: Flask):
    before = {row.day: (row.is_working, row.name, row.source) for row in list_days(2024)}
    set_day(decision=MAKING_UP, now=NOON)

    unset_day(day=MAKING_UP.day, now=NOON)

    assert {row.day: (row.is_working, row.name, row.source) for row in list_days(2024)} == before
    assert last_event("calendar_days_unset")["days"][0]["before"]["own"] is True
    with pytest.raises(BadInput):
        unset_day(day=MAKING_UP.day, now=NOON)


def test_deciding_the_same_again_changes_and_records_nothing(core: Flask):
    set_day(decision=STORM, now=NOON)
    before = everything_stored()

    assert set_day(decision=STORM, now=NOON) is False
    assert everything_stored() == before


@pytest.mark.parametrize(
    "decision",
    [
        OwnDay(date(2023, 12, 4), is_working=False, name=" ", source="x"),
        OwnDay(date(2023, 12, 4), is_working=False, name="x", source=""),
        OwnDay(date(2023, 12, 4), is_working=False, name="x" * 201, source="x"),
        OwnDay(date(2023, 12, 4), is_working=False, name="x", source="x" * 301),
        OwnDay(date(2030, 12, 4), is_working=False, name="x", source="x"),
        OwnDay(date(1999, 12, 4), is_working=False, name="x", source="x"),
    ],
)
def test_a_wrong_decision_among_right_ones_leaves_everything_as_it_was(core: Flask, decision: OwnDay):
    before = everything_stored()

    with pytest.raises(BadInput):
        set_days(
            decisions=[STORM, OwnDay(date(2023, 12, 5), is_working=True, name="x", source="y"), decision],
            now=NOON,
        )

    assert everything_stored() == before


@pytest.mark.parametrize("years", [[], [2020], [2101], list(range(2022, 2043))])
def test_years_out_of_reach_are_refused(core: Flask, years: list[int]):
    with pytest.raises(BadInput):
        import_years(years=years, now=NOON)


def test_a_crash_during_an_import_leaves_everything_as_it_was(core: Flask):
    before = everything_stored()
    number, happened = 0, [True]
    while happened[0]:
        with a_fault_at(number) as happened:
            try:
                import_years(years=[2027], now=NOON)
            except Fault:
                db.session.rollback()
        if happened[0]:
            assert everything_stored() == before
        number += 1

    assert number > 5
    assert 2027 in load_calendar().years


def test_trying_an_import_out_gives_what_importing_gives(core: Flask):
    set_day(decision=MAKING_UP, now=NOON)
    with transaction() as session:
        session.execute(delete(CalendarDay).where(CalendarDay.day == date(2024, 4, 18)))

    tried = try_years([2024, 2027])
    import_years(years=[2024, 2027], now=NOON)

    assert tried == load_calendar()


def test_a_file_of_decisions_is_read_whole(core: Flask):
    text = "Ngày,Làm việc,Tên,Căn cứ\n02/12/2023,có,Làm bù,CV 1\n04/12/2023,không,Bão,CV 2\n"
    yaml = (
        "days:\n- {day: 2023-12-02, working: true, name: Làm bù, source: CV 1}\n"
        "- {day: 2023-12-04, working: no, name: Bão, source: CV 2}\n"
    )

    decisions = read_decisions(text.encode("utf-8-sig"), "a.csv")

    assert decisions == read_decisions(yaml.encode(), "a.yaml")
    assert [(one.day.day, one.is_working) for one in decisions] == [(2, True), (4, False)]
    with pytest.raises(BadInput) as refused:
        read_decisions(text.encode() + b"04/12/2023,x,y,z\n", "a.csv")
    assert refused.value.fields == {"dòng 4": ["ngày 04/12/2023 đã có ở dòng 3."]}


def counting() -> Drawing:
    drawing = Drawing("counting")
    drawing.start()
    drawing.task("work", camunda_dueDate="working days after(today(), 3)")
    drawing.end()
    drawing.chain("opened", "work", "done")
    return drawing


def test_a_procedure_that_counts_working_days_is_published_where_the_year_is_known(core: Flask):
    assert published(counting()) == "counting"

    report = db.session.execute(
        select(ProcessVersion.check_report).where(ProcessVersion.key == "counting")
    ).scalar_one()
    assert "known-calendar" not in {problem["rule"] for problem in report["problems"]}


def test_without_next_years_calendar_publication_warns(core: Flask):
    with transaction() as session:
        session.execute(delete(CalendarYear).where(CalendarYear.year == 2024))

    published(counting())

    report = db.session.execute(
        select(ProcessVersion.check_report).where(ProcessVersion.key == "counting")
    ).scalar_one()
    assert ("known-calendar", "warning") in {(one["rule"], one["severity"]) for one in report["problems"]}
    assert missing_years(date(2023, 11, 20)) == (2024,)


def test_without_this_years_calendar_publication_refuses_and_names_the_remedy(core: Flask):
    with transaction() as session:
        session.execute(delete(CalendarYear))

    with pytest.raises(BadDefinition) as refused:
        published(counting())

    problem = next(one for one in refused.value.details["problems"] if one["rule"] == "known-calendar")
    assert "congnhan calendar import --years 2023-2024" in problem["remedy"]
    with pytest.raises(UnknownYear):
        load_calendar().is_working(date(2023, 11, 20))
    assert load_calendar() == NO_CALENDAR


def test_reminders_that_cannot_be_read_are_refused_at_publication(core: Flask):
    drawing = Drawing("reminding")
    drawing.start()
    drawing.task("work", drawing.properties({"remindBefore": "ba ngày"}))
    drawing.end()
    drawing.chain("opened", "work", "done")

    with pytest.raises(BadDefinition) as refused:
        published(drawing)

    assert "known-reminders" in {problem["rule"] for problem in refused.value.details["problems"]}
