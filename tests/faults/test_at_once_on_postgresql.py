"""Many at once on PostgreSQL: one succeeds where one may, all where all may, and nobody is told nonsense."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, func, select, update
from sqlalchemy.engine import Connection

from service.app import create_app
from service.clock import set_demo_clock
from service.database import db, transaction
from service.http.extensions import limiter
from service.identity.operations import give_role
from service.jobs.outbox import MOST_ATTEMPTS, drain
from service.jobs.timers import fire_due
from service.models import Event, OutboxRow, Task, Timer
from tests.builders import NOON
from tests.faults.population import (
    Officer,
    noting_procedure,
    officers,
    own_case,
    tasks_of,
    writing_procedure,
)
from tests.faults.races import ask_in_process, race
from tests.integration.conftest import settings_for, within
from tests.integration.service.scenes import (
    looping_procedure,
    nothing_is_wrong,
    parallel_procedure,
    published,
)
from tests.unit.engine.drawing import Drawing

AGAIN = {"answers": {"action": "again"}}
CLIENTS, TASKS, SIBLINGS = 16, 20, 16
LATER = NOON + timedelta(days=31)


@pytest.fixture
def served(filled_postgres_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application with its doors on PostgreSQL, its clock at noon of 20/11/2023."""
    for app in within(create_app(settings_for(filled_postgres_url, tmp_path))):
        limiter.reset()
        set_demo_clock(NOON)
        yield app
        limiter.reset()


def colleagues(count: int) -> list[Officer]:
    """That many officers of one and the same commune."""
    people = officers(count)
    for one in people[1:]:
        give_role(username=one.username, role="officer", unit_code=people[0].commune, now=NOON)
    return people


def loops(people: list[Officer], count: int) -> list[uuid.UUID]:
    """Tasks of that many looping cases of the first one's commune."""
    found: list[uuid.UUID] = []
    for number in range((count + 3) // 4):
        drawing = Drawing(f"race_{number}")
        drawing.chain(drawing.start(), drawing.task("work"), drawing.end())
        key = published(drawing)
        found += [
            task for year in (2022, 2023, 2024, 2025) for task in tasks_of(own_case(key, people[0], year))
        ]
    return found[:count]


def test_of_many_who_complete_the_same_tasks_exactly_one_succeeds_at_each(served: Flask):
    people = colleagues(CLIENTS)
    tasks = loops(people, TASKS)

    outcome = race(ask_in_process(served), [(one.token, tasks) for one in people])

    assert outcome.successes == dict.fromkeys(tasks, 1)
    assert outcome.unclean == {}
    assert sum(outcome.told.values()) == CLIENTS * TASKS
    assert nothing_is_wrong()


def test_all_who_complete_sibling_tasks_of_one_case_succeed(served: Flask):
    people = colleagues(SIBLINGS)
    tasks = tasks_of(own_case(parallel_procedure(SIBLINGS), people[0]))

    outcome = race(
        ask_in_process(served), [(one.token, [task]) for one, task in zip(people, tasks, strict=True)]
    )

    assert outcome.told == {(200, ""): SIBLINGS}
    assert nothing_is_wrong()


def side_by_side(app: Flask, works: list[Callable[[], int]], until: Callable[[], bool]) -> list[int]:
    """Each work again and again in a thread of its own, as schedulers do, until there is nothing left."""
    done, problems = [0] * len(works), []
    end = time.monotonic() + 120

    def run(number: int, work: Callable[[], int]) -> None:
        with app.app_context():
            try:
                while not until() and time.monotonic() < end:
                    done[number] += work()
                    db.session.rollback()
            except Exception as error:  # noqa: BLE001 the test looks at it
                problems.append(repr(error))
            finally:
                db.session.remove()

    db.session.rollback()
    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(150)
    assert problems == []
    return done


def count_events(kind: str) -> int:
    db.session.rollback()
    return db.session.execute(select(func.count()).where(Event.type == kind)).scalar_one()


def test_four_dispatchers_and_four_schedulers_at_once_do_everything_exactly_once(served: Flask):
    looping_procedure()
    writing_procedure()
    noting_procedure()
    people = officers(8)
    send = ask_in_process(served)
    for one in people:
        own_case("loop", one)
        own_case("noting", one)
        [task] = tasks_of(own_case("writing", one))
        assert send(one.token, f"/tasks/{task}/complete", AGAIN, "")[0] == 200

    def nothing_left() -> bool:
        db.session.rollback()
        waiting = select(OutboxRow.id).where(OutboxRow.state == "waiting").limit(1)
        due = select(Timer.id).where(Timer.state == "set", Timer.due_at <= LATER).limit(1)
        return db.session.execute(waiting).first() is None and db.session.execute(due).first() is None

    dispatched = side_by_side(served, [lambda: drain(NOON)] * 4 + [lambda: fire_due(LATER)] * 4, nothing_left)

    assert sum(dispatched[4:]) == len(people) == count_events("timer_fired")
    assert count_events("message_caught") == len(people)
    assert nothing_left()
    assert nothing_is_wrong()


def test_a_poisoned_job_holds_up_its_own_case_only_and_ends_where_it_is_seen(served: Flask):
    writing_procedure()
    noting_procedure()
    healthy, ill = officers(2)
    send = ask_in_process(served)
    for one in (ill, healthy):
        own_case("noting", one)
        [task] = tasks_of(own_case("writing", one))
        assert send(one.token, f"/tasks/{task}/complete", AGAIN, "")[0] == 200
    poisoned = own_case("writing", ill)
    with transaction() as session:
        session.execute(
            update(OutboxRow).where(OutboxRow.case_id == poisoned).values(payload={"to": "đầu độc"})
        )

    moment = NOON
    for _ in range(MOST_ATTEMPTS + 1):
        drain(moment)
        moment += timedelta(hours=1)

    db.session.rollback()
    row = db.session.execute(
        select(OutboxRow.state, OutboxRow.attempts, OutboxRow.last_error).where(OutboxRow.case_id == poisoned)
    ).one()
    assert (row.state, row.attempts) == ("dead", MOST_ATTEMPTS)
    assert row.last_error
    assert count_events("message_caught") == 1


def test_an_exhausted_pool_says_busy_and_when_to_come_again_and_is_never_wrong(
    filled_postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    small = settings_for(filled_postgres_url, tmp_path, database_pool=2, database_wait_seconds=0.2)
    for app in within(create_app(small)):
        limiter.reset()
        set_demo_clock(NOON)
        [one] = officers(1)
        looping_procedure()
        [task] = tasks_of(own_case("loop", one))
        ask = ask_in_process(app)
        db.session.remove()
        held = [db.engine.connect() for _ in range(2)]

        status, headers, body = ask(one.token, f"/tasks/{task}/complete", AGAIN, "")

        for connection in held:
            connection.close()
        assert (status, body["code"]) == (503, "busy")
        assert int(headers["Retry-After"]) > 0
        assert tasks_of(own_case("loop", one)) == [task]
        db.session.remove()
        again = ask(one.token, f"/tasks/{task}/complete", AGAIN, "")
        assert again[0] == 200
        assert nothing_is_wrong()
        limiter.reset()


def test_a_client_killed_before_its_answer_repeats_with_its_key_and_gets_its_own_success(served: Flask):
    [one] = officers(1)
    looping_procedure()
    [task] = tasks_of(own_case("loop", one))
    ask, key = ask_in_process(served), str(uuid.uuid4())
    body = AGAIN
    lost = ask(one.token, f"/tasks/{task}/complete", body, key)  # it never reads this

    again = ask(one.token, f"/tasks/{task}/complete", body, key)

    assert (again[0], again[1]["Idempotency-Replayed"]) == (200, "true")
    assert again[2] == lost[2]
    assert ask(one.token, f"/tasks/{task}/complete", body, str(uuid.uuid4()))[0] == 409
    closed = select(func.count()).where(Task.state == "completed")
    assert db.session.execute(closed).scalar_one() == 1


def test_a_clock_set_forward_and_back_fires_once_and_delivers_all_the_same(served: Flask):
    looping_procedure()
    writing_procedure()
    noting_procedure()
    [one] = officers(1)
    own_case("noting", one)
    looping, ask = own_case("loop", one), ask_in_process(served)
    [task] = tasks_of(own_case("writing", one))
    set_demo_clock(LATER + timedelta(days=300))  # ahead by a year: what is written now carries that time
    assert ask(one.token, f"/tasks/{task}/complete", AGAIN, "")[0] == 200
    assert fire_due(LATER) == 1

    set_demo_clock(NOON)  # and back
    drain(NOON)
    drain(NOON)

    assert fire_due(NOON) == 0
    [task] = tasks_of(looping)
    assert ask(one.token, f"/tasks/{task}/complete", AGAIN, "")[0] == 200
    assert count_events("timer_fired") == 1
    assert count_events("message_caught") == 1
    of_case = select(Event.recorded_at).where(Event.stream_id == str(looping)).order_by(Event.seq)
    times = list(db.session.execute(of_case).scalars())
    assert times == sorted(times)
    assert nothing_is_wrong()


@pytest.mark.parametrize("statement", range(8))
def test_a_connection_cut_at_any_statement_of_a_request_is_mended_or_told_as_a_shortage(
    served: Flask, statement: int
):
    looping_procedure()
    [one] = officers(1)
    [task] = tasks_of(own_case("loop", one))
    ask, key = ask_in_process(served), str(uuid.uuid4())
    db.session.remove()
    with connection_cut_at(statement) as cut:
        status, headers, body = ask(one.token, f"/tasks/{task}/complete", AGAIN, key)

    assert cut, "the request has fewer statements than this"
    assert status in (200, 503), body
    assert status == 200 or int(headers["Retry-After"]) > 0
    again = ask(one.token, f"/tasks/{task}/complete", AGAIN, key)
    assert (again[0], again[2]["task_id"]) == (200, str(task))
    assert count_events("task_completed") == 1
    assert nothing_is_wrong()


@contextmanager
def connection_cut_at(number: int) -> Iterator[list[int]]:
    """The server ends the connection just before this statement; answers the process ids that it ended."""
    seen, cut = [0], list[int]()

    def before(connection: Connection, *_: object) -> None:
        seen[0] += 1
        if seen[0] == number + 1:
            driver = connection.connection.driver_connection
            assert driver is not None
            with psycopg.connect(driver.info.dsn, autocommit=True) as other:
                pid = driver.info.backend_pid
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
                cut.append(pid)

    event.listen(db.engine, "before_cursor_execute", before)
    try:
        yield cut
    finally:
        event.remove(db.engine, "before_cursor_execute", before)
