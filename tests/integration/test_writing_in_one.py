"""What one step writes goes to PostgreSQL as one statement, on connections that keep what they prepared."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError

from service.audit.operations import ADD_EVENT, SYSTEM, event_row
from service.database import db, transaction
from service.errors import CaseChangedMeanwhile
from service.jobs.timers import TOGETHER, fire_due
from service.models import Case, Event, Timer
from service.processes.statements import ADD_TIMER, CLEAR_TIMER, MOVE_CASE
from service.processes.steps import jsonable
from service.processes.writing import MOST_IN_ONE, Rows
from service.tasks.operations import complete_task
from tests.builders import NOON, case_of, person
from tests.faults.population import officers, own_case, tasks_of
from tests.integration.service.scenes import commits, looping_procedure, nothing_is_wrong, statements

LATER = NOON + timedelta(days=40)


def move(case_id: uuid.UUID, seen_rev: int) -> dict[str, Any]:
    """The parameters that would move a case which was read at that revision; nothing else changes."""
    case = case_of(case_id)
    return {
        "of_case": case_id,
        "seen_rev": seen_rev,
        "rev": seen_rev + 1,
        **{name: getattr(case, name) for name in ("state", "status", "outcome", "active", "awaited", "acts")},
        "variables": jsonable(case.variables),
        "finished_at": None,
        "last_event_at": NOON,
        "last_hash": bytes(32),
    }


def timer(case_id: uuid.UUID, ref: str) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(),
        "case_id": case_id,
        "ref": ref,
        "element": "late",
        "due_at": LATER,
        "state": "set",
        "set_at": NOON,
    }


def an_event(case_id: uuid.UUID, seq: int) -> dict[str, Any]:
    return event_row(
        stream="case",
        stream_id=str(case_id),
        seq=seq,
        previous=bytes(32),
        kind="timer_fired",
        data={},
        actor=SYSTEM,
        at=NOON,
    )


def refs(case_id: uuid.UUID) -> dict[str, str]:
    rows = db.session.execute(select(Timer.ref, Timer.state).where(Timer.case_id == case_id))
    return {row.ref: row.state for row in rows}


@pytest.fixture
def case_id(either_core: Flask) -> uuid.UUID:
    looping_procedure()
    [one] = officers(1)
    return own_case("loop", one)


def test_everything_is_written_or_nothing_where_somebody_was_faster(case_id: uuid.UUID):
    before = refs(case_id)

    # The event's number is taken already, as it is where somebody was faster: no key may be violated.
    rows = Rows()
    rows.add(MOVE_CASE, move(case_id, seen_rev=0))
    rows.add(ADD_TIMER, timer(case_id, "new:1"))
    rows.add(CLEAR_TIMER, *({"of_case": case_id, "of_ref": ref} for ref in before))
    rows.add(ADD_EVENT, an_event(case_id, seq=1))
    with pytest.raises(CaseChangedMeanwhile), transaction() as session:
        rows.run(session.connection())

    assert refs(case_id) == before
    rows = Rows()
    rows.add(MOVE_CASE, move(case_id, seen_rev=1))
    rows.add(ADD_TIMER, timer(case_id, "new:1"), timer(case_id, "new:2"))
    rows.add(CLEAR_TIMER, *({"of_case": case_id, "of_ref": ref} for ref in before))
    rows.add(ADD_EVENT, an_event(case_id, seq=2))
    with transaction() as session:
        rows.run(session.connection())
    assert case_of(case_id).rev == 2
    assert refs(case_id) == dict.fromkeys(before, "cleared") | {"new:1": "set", "new:2": "set"}
    # What a row leaves out is what its model says, here as elsewhere.
    added = db.session.scalars(select(Timer).where(Timer.ref == "new:2")).one()
    assert (added.attempts, added.last_error, added.retry_at) == (0, "", None)


def test_more_rows_than_a_step_has_are_written_all_the_same(case_id: uuid.UUID):
    rows = Rows()
    rows.add(MOVE_CASE, move(case_id, seen_rev=1))
    rows.add(ADD_TIMER, *(timer(case_id, f"new:{number}") for number in range(MOST_IN_ONE)))

    with transaction() as session:
        rows.run(session.connection())

    assert sum(ref.startswith("new:") for ref in refs(case_id)) == MOST_IN_ONE


def test_a_completion_on_postgresql_writes_by_one_statement_and_one_commit(postgres_core: Flask):
    looping_procedure()
    [one] = officers(1)
    [task] = tasks_of(own_case("loop", one))
    actor = person(one.username)
    db.session.remove()

    with statements() as sent, commits() as ended:
        complete_task(task_id=task, answers={"action": "again"}, by=actor, now=NOON)

    assert len(ended) == 1
    assert sum(statement.startswith("WITH") for statement in sent) == 1
    assert sum(statement.startswith(("INSERT", "UPDATE", "DELETE")) for statement in sent) == 0


def test_statements_stay_prepared_when_what_was_read_is_done_with(postgres_core: Flask):
    connection = db.session.connection()
    query = select(func.count()).select_from(Case)
    for _ in range(8):  # psycopg prepares what comes for the sixth time
        connection = db.session.connection()
        connection.execute(query)
        db.session.rollback()

    prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%case_file%'")
    assert db.session.execute(prepared).scalar_one() == 1


def test_after_a_refused_statement_a_connection_is_as_good_as_before(postgres_core: Flask):
    db.session.execute(text("CREATE TEMPORARY TABLE scratch (number integer)"))
    with pytest.raises(ProgrammingError):
        db.session.execute(text("SELECT no_such_column FROM scratch"))
    db.session.rollback()

    assert db.session.execute(text("SELECT 1")).scalar_one() == 1
    assert db.session.execute(text("SELECT to_regclass('scratch')")).scalar_one() is None


def test_many_due_timers_fire_in_few_commits_in_their_order_and_leave_whole_cases(either_core: Flask):
    looping_procedure()
    some = [(one, year) for one in officers(10) for year in (2022, 2023, 2024)]
    cases = [
        own_case("loop", one, year=year, at=NOON + timedelta(minutes=number))
        for number, (one, year) in enumerate(some)
    ]
    db.session.remove()

    with commits() as ended:
        assert fire_due(LATER) == 30

    assert len(ended) == -(-30 // TOGETHER)
    fired = select(Event.stream_id).where(Event.type == "timer_fired").order_by(Event.position)
    assert list(db.session.execute(fired).scalars()) == [str(case) for case in cases]
    assert nothing_is_wrong()
