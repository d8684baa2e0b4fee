"""Holidays and deadlines that change later: open due dates and timers come out anew, each with its event."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime

from flask import Flask
from sqlalchemy import delete, select, update

from service.audit.queries import RecordedEvent, case_events
from service.calendars.operations import OwnDay, import_years, rules_of, set_day, unset_day
from service.calendars.pending import CALENDAR, EVERYTHING, deadlines_scope, pending_scopes
from service.calendars.queries import load_calendar
from service.calendars.spans import WorkingDays
from service.cases.timeline import timeline
from service.database import db, transaction
from service.deadlines.operations import remove_deadline, set_deadlines, trial_of
from service.deadlines.queries import DeadlineKey, DeadlineRow
from service.jobs.timers import fire_due
from service.models import CalendarDay, CalendarYear, Case, Task, Timer
from service.processes.differences import Change, Trial, differences
from service.processes.recomputing import EVENT, recompute
from tests.builders import NOON, an_open_case, case_of, do_step, open_task
from tests.integration.service.scenes import (
    Fault,
    a_case_of,
    a_fault_at,
    at,
    at_once,
    everything_stored,
    given_back,
    nothing_is_wrong,
    open_tasks,
    published,
    statements,
)
from tests.unit.engine.drawing import Drawing

STORM = OwnDay(date(2023, 12, 22), is_working=False, name="Nghỉ tránh bão", source="Công điện số 1")
WEDNESDAY = at("2023-12-20")
KEY = DeadlineKey("recognition", 2023, "thi-xa-bim-son", "district_appraise")
TEN_DAYS = DeadlineRow(KEY, None, WorkingDays(10), "trong thời hạn 10 ngày làm việc", "Công văn thử")
# 18/12/2023 plus ten working days: 19–22, 25–29/12 and 2/1; without 22/12 it is 3/1.
BEFORE, AFTER = date(2024, 1, 2), date(2024, 1, 3)


def appraising(commune: str = "xa-thi-du") -> uuid.UUID:
    """A case that the district received on 18/12/2023, its period ten working days."""
    set_deadlines(rows=[TEN_DAYS], now=NOON)
    recompute(reason="", now=NOON)
    case_id = an_open_case(commune)
    do_step(case_id, "self_assess", at("2023-12-18"))
    return case_id


def task_of(case_id: uuid.UUID, element: str = "district_appraise") -> Task:
    return db.session.get_one(Task, open_task(case_id, element), populate_existing=True)


def recomputed(case_id: uuid.UUID) -> list[RecordedEvent]:
    return [event for event in case_events(case_id) if event.type == EVENT]


def test_a_day_off_decided_later_moves_the_open_due_date_and_is_recorded(either_core: Flask):
    case_id = appraising()
    with transaction() as session:
        session.execute(update(Task).values(attention_at=None))
    set_day(decision=STORM, now=WEDNESDAY)

    done = recompute(reason="22/12/2023 là ngày nghỉ.", now=WEDNESDAY)

    task = task_of(case_id)
    assert (done.changed, done.cases, done.finished) == (1, 1, True)
    assert (task.due_on, task.attention_at) == (AFTER, WEDNESDAY.astimezone(UTC))
    assert "– 22/12/2023: Nghỉ tránh bão (Công điện số 1)" in task.due_why
    (event,) = recomputed(case_id)
    assert event.data == {
        "reason": "22/12/2023 là ngày nghỉ.",
        "tasks": [
            {
                "ref": "district_appraise:1",
                "element": "district_appraise",
                "before": "2024-01-02",
                "after": "2024-01-03",
                "why": "trong thời hạn 10 ngày làm việc (Công văn thử)",
            }
        ],
        "timers": [],
    }
    told = timeline(case_of(case_id))[-1]
    assert told.sentence == "Tính lại thời hạn. 22/12/2023 là ngày nghỉ."
    assert "hạn từ 02/01/2024 thành 03/01/2024" in told.details[0]
    assert nothing_is_wrong()


def test_computing_again_changes_and_records_nothing(core: Flask):
    case_id = appraising()
    set_day(decision=STORM, now=WEDNESDAY)
    recompute(reason="bão", now=WEDNESDAY)
    before = everything_stored()

    again = recompute(reason="bão", now=WEDNESDAY, scopes=frozenset({EVERYTHING}))

    assert (again.changed, len(recomputed(case_id))) == (0, 1)
    assert everything_stored() == before


def test_a_change_can_be_tried_out_without_writing_anything(core: Flask):
    case_id = appraising()
    before = everything_stored()

    found = list(
        differences(frozenset({CALENDAR}), Trial(calendar=load_calendar().with_rules(rules_of([STORM]))))
    )

    assert [(one.case_id, one.ref, one.before, one.after) for one in found] == [
        (case_id, "district_appraise:1", BEFORE, AFTER)
    ]
    assert everything_stored() == before


def test_taking_the_decision_back_brings_the_date_back(core: Flask):
    case_id = appraising()
    set_day(decision=STORM, now=WEDNESDAY)
    recompute(reason="bão", now=WEDNESDAY)

    unset_day(day=STORM.day, now=WEDNESDAY)
    recompute(reason="hết bão", now=WEDNESDAY)

    assert task_of(case_id).due_on == BEFORE
    assert len(recomputed(case_id)) == 2


def test_used_days_are_counted_anew_too(core: Flask):
    """Of 19–22/12 used before the return only three count once 22/12 is off; seven are left, not six."""
    case_id = appraising()
    given_back(case_id, "district_appraise", at("2023-12-22"), due_on="2023-12-26")
    do_step(case_id, "self_assess", at("2024-01-03"))
    first = task_of(case_id).due_on
    set_day(decision=STORM, now=at("2024-01-04"))

    recompute(reason="bão", now=at("2024-01-04"))

    assert first == date(2024, 1, 11)  # six left: 4, 5, 8, 9, 10, 11/1
    assert task_of(case_id).due_on == date(2024, 1, 12)


def test_a_deadline_entered_later_gives_the_open_task_its_date(core: Flask):
    case_id = an_open_case()
    do_step(case_id, "self_assess", at("2023-12-18"))
    row = DeadlineRow(KEY, date(2023, 12, 20), None, "chậm nhất ngày 20/12/2023", "Công văn thử")
    scopes, tried = trial_of([row])

    foretold = [change.after for change in differences(scopes, Trial(deadlines=tried))]
    set_deadlines(rows=[row], now=WEDNESDAY)
    recompute(reason="Thời hạn mới.", now=WEDNESDAY)

    assert foretold == [date(2023, 12, 20)]
    assert task_of(case_id).due_on == date(2023, 12, 20)


def test_a_deadline_taken_away_leaves_the_general_one_or_none(core: Flask):
    case_id = an_open_case()
    key = DeadlineKey("recognition", 2023, "thi-xa-bim-son", "self_assess")
    before = task_of(case_id, "self_assess").due_on
    scopes, tried = trial_of([], removed=[key])

    foretold = [change.after for change in differences(scopes, Trial(deadlines=tried))]
    remove_deadline(key=key, now=NOON)
    recompute(reason="Bỏ thời hạn.", now=NOON)

    assert (before, foretold) == (date(2023, 12, 3), [None])
    task = task_of(case_id, "self_assess")
    assert (task.due_on, task.due_reason, task.due_why) == (None, "", "")
    assert nothing_is_wrong()


def test_another_district_keeps_its_dates(core: Flask):
    case_id = an_open_case("xa-tan-thanh")
    set_deadlines(rows=[TEN_DAYS], now=NOON)

    done = recompute(reason="", now=NOON)

    assert done.changed == 0
    assert task_of(case_id, "self_assess").due_on == date(2023, 12, 14)


def test_a_date_that_a_return_named_stays(core: Flask):
    case_id = appraising()
    given_back(case_id, "district_appraise", at("2023-12-19"), due_on="2023-12-25")
    set_day(decision=STORM, now=WEDNESDAY)

    recompute(reason="bão", now=WEDNESDAY, scopes=frozenset({EVERYTHING}))

    assert task_of(case_id, "self_assess").due_on == date(2023, 12, 25)


def test_a_crash_in_the_middle_is_made_good_by_running_again(either_core: Flask):
    first = appraising()
    second = an_open_case("phuong-minh-hoa")
    row = DeadlineRow(
        DeadlineKey("recognition", 2023, "thi-xa-bim-son", "self_assess"),
        date(2023, 12, 27),
        None,
        "chậm nhất ngày 27/12/2023",
        "Công văn thử",
    )
    set_deadlines(rows=[row], now=WEDNESDAY)
    set_day(decision=STORM, now=WEDNESDAY)
    noted = pending_scopes()

    number, struck = 0, 0
    while True:
        with a_fault_at(number) as happened:
            try:
                recompute(reason="đổi", now=WEDNESDAY)
            except Fault:
                db.session.rollback()
        if not happened[0]:
            break
        struck += 1
        number += 1
    recompute(reason="đổi", now=WEDNESDAY)

    assert noted == {CALENDAR, deadlines_scope("recognition", 2023)}
    assert struck >= 5
    assert pending_scopes() == frozenset()
    assert task_of(first).due_on == AFTER
    assert task_of(second, "self_assess").due_on == date(2023, 12, 27)
    assert (len(recomputed(first)), len(recomputed(second))) == (1, 1)


def counting_procedure() -> str:
    """Work due three working days after it came; two working days after, a timer asks for a check."""
    drawing = Drawing("counting")
    drawing.start()
    drawing.task("work", camunda_dueDate="working days after(today(), 3)")
    drawing.boundary(
        "late", "work", drawing.timer("timeDate", "working days after(today(), 2)"), interrupting=False
    )
    drawing.task("remind")
    drawing.end()
    drawing.end("reminded")
    drawing.chain("opened", "work", "done")
    drawing.chain("late", "remind", "reminded")
    return published(drawing)


def test_dates_that_the_diagram_counts_say_how_and_move_with_their_timers(either_core: Flask):
    """20/11/2023 is a Monday: two working days on is 22/11, three is 23/11; with 21/11 off, 23 and 24/11."""
    case_id = a_case_of(counting_procedure())
    task = task_of(case_id, "work")
    counted = (task.due_on, task.due_reason)
    timer = db.session.execute(select(Timer.due_at).where(Timer.case_id == case_id)).scalar_one()
    off = OwnDay(date(2023, 11, 21), is_working=False, name="Nghỉ", source="Thử")
    set_day(decision=off, now=NOON)

    done = recompute(reason="21/11 nghỉ.", now=NOON)

    assert counted == (date(2023, 11, 23), "3 ngày làm việc sau ngày 20/11/2023, theo sơ đồ quy trình")
    assert timer == datetime(2023, 11, 21, 17, tzinfo=UTC)  # the beginning of 22/11 in Thanh Hóa
    assert (done.changed, done.cases) == (2, 1)
    assert task_of(case_id, "work").due_on == date(2023, 11, 24)
    moved = db.session.execute(select(Timer).where(Timer.case_id == case_id)).scalar_one()
    assert (moved.due_at, moved.state) == (datetime(2023, 11, 22, 17, tzinfo=UTC), "set")
    (event,) = recomputed(case_id)
    assert event.data["timers"] == [
        {
            "ref": "late:1",
            "element": "late",
            "before": "2023-11-21T17:00:00+00:00",
            "after": "2023-11-22T17:00:00+00:00",
        }
    ]
    assert recompute(reason="", now=NOON, scopes=frozenset({EVERYTHING})).changed == 0
    assert nothing_is_wrong()
    fire_due(datetime(2023, 11, 22, 16, 59, tzinfo=UTC))
    assert list(open_tasks(case_id)) == ["work"]
    fire_due(datetime(2023, 11, 22, 17, 1, tzinfo=UTC))
    assert set(open_tasks(case_id)) == {"work", "remind"}
    assert nothing_is_wrong()


def test_what_cannot_be_counted_is_named_and_the_note_stays_until_it_can(core: Flask):
    case_id = a_case_of(counting_procedure())
    set_day(decision=OwnDay(date(2023, 11, 21), is_working=False, name="Nghỉ", source="Thử"), now=NOON)
    with transaction() as session:
        session.execute(delete(CalendarYear).where(CalendarYear.year == 2023))

    failed = recompute(reason="bão", now=NOON)
    noted = pending_scopes()
    import_years(years=[2023], now=NOON)
    done = recompute(reason="Có lịch.", now=NOON)

    assert [sentence.split(":")[0] for sentence in failed.failed] == [case_of(case_id).code]
    assert (failed.finished, noted) == (False, {CALENDAR})
    assert (done.failed, done.finished, done.changed) == ((), True, 2)


def test_where_nothing_counts_days_a_new_holiday_looks_at_no_case(core: Flask):
    an_open_case()
    set_day(decision=STORM, now=WEDNESDAY)

    with statements() as sent:
        done = recompute(reason="bão", now=WEDNESDAY)

    assert done.finished
    assert not [one for one in sent if "FROM task" in one]


def test_importing_the_missing_year_makes_a_provisional_date_a_counted_one(core: Flask):
    with transaction() as session:
        session.execute(delete(CalendarYear).where(CalendarYear.year == 2024))
        session.execute(delete(CalendarDay).where(CalendarDay.day >= date(2024, 1, 1)))
    case_id = appraising()
    provisional = task_of(case_id).due_on

    import_years(years=[2024], now=WEDNESDAY)
    recompute(reason="Có lịch năm 2024.", now=WEDNESDAY)

    assert (provisional, task_of(case_id).due_on) == (date(2024, 1, 1), BEFORE)
    assert "Tạm tính" not in task_of(case_id).due_why


def test_most_cases_at_a_time_leaves_the_rest_for_the_next_time(core: Flask):
    ids = [an_open_case(commune) for commune in ("xa-thi-du", "phuong-minh-hoa")]
    remove_deadline(key=DeadlineKey("recognition", 2023, "thi-xa-bim-son", "self_assess"), now=NOON)

    first = recompute(reason="bỏ", now=NOON, most=1)
    second = recompute(reason="bỏ", now=NOON, most=1)

    assert (first.cases, first.finished) == (1, False)
    assert (second.cases, second.finished) == (1, True)
    assert [len(recomputed(case_id)) for case_id in ids] == [1, 1]


def test_several_who_recompute_at_once_change_and_record_each_case_once(either_core: Flask):
    case_id = appraising()
    set_day(decision=STORM, now=WEDNESDAY)

    results = at_once(either_core, [lambda: recompute(reason="bão", now=WEDNESDAY)] * 4)

    assert sum(result.changed for result in results) == 1
    assert len(recomputed(case_id)) == 1
    assert pending_scopes() == frozenset()
    assert nothing_is_wrong()


def test_a_hundred_cases_are_looked_at_with_few_statements(core: Flask):
    """What all of them share is read once; the rest is a statement or two for each."""
    appraising()
    set_day(decision=STORM, now=WEDNESDAY)

    def asked() -> list[str]:
        with statements() as sent:
            list(differences(frozenset({CALENDAR})))
        return sent

    one = len(asked())
    for commune in ("phuong-minh-hoa", "phuong-ngoc-trao"):
        an_open_case(commune)
    three = asked()

    assert (len(three) - one) / 2 <= 2
    assert sum("calendar_day" in text for text in three) == 1


def test_finished_cases_are_left_alone(core: Flask):
    case_id = appraising()
    with transaction() as session:
        session.execute(update(Case).where(Case.id == case_id).values(status="finished"))
    set_day(decision=STORM, now=WEDNESDAY)

    found: list[Change] = list(differences(frozenset({EVERYTHING})))

    assert found == []
