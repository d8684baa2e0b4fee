"""PostgreSQL under people who get in each other's way, and under administrators who pull plugs."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, insert, text, update

from service.app import create_app
from service.database import db, transaction
from service.errors import (
    CaseChangedMeanwhile,
    ConnectionLost,
    Disturbed,
    OutcomeUnknown,
    StorageFull,
    TaskNotOpen,
    TaskTaken,
    Unavailable,
)
from service.models import Setting
from service.tasks.completion import complete
from service.tasks.operations import (
    claim_task,
    complete_task,
    release_task,
    send_back_to_officer,
    sign_task,
    submit_for_signature,
)
from tests.builders import NOON, an_open_case, case_of, hand_up, open_task, person, story_answers
from tests.integration.conftest import settings_for
from tests.integration.service.scenes import (
    a_case_of,
    at_once,
    elsewhere,
    looping_procedure,
    nothing_is_wrong,
    statements,
)
from tests.servers.postgres import PostgresServer

AGAIN = {"action": "again"}
OFFICER, LEADER = "xa-thidu-chuyenvien", "xa-thidu-lanhdao"


@pytest.fixture
def two_settings(postgres_core: Flask) -> None:
    with transaction() as session:
        session.execute(insert(Setting), [{"name": name, "value": "0"} for name in ("left", "right")])


def set_value(name: str) -> None:
    db.session.execute(update(Setting).where(Setting.name == name).values(value="1"))


def test_of_two_who_wait_for_each_other_one_is_told_to_repeat(postgres_core: Flask, two_settings: None):
    barrier = threading.Barrier(2)

    def write(first: str, second: str) -> None:
        with transaction():
            set_value(first)
            barrier.wait(30)
            set_value(second)

    answers = at_once(postgres_core, [partial(write, "left", "right"), partial(write, "right", "left")])

    refused = [answer for answer in answers if answer is not None]
    assert [type(answer) for answer in refused] == [Disturbed]
    assert isinstance(refused[0], CaseChangedMeanwhile)  # so whoever repeats for a changed case repeats this
    assert refused[0].status == 503
    db.session.rollback()
    values = db.session.execute(text("SELECT value FROM setting WHERE name IN ('left', 'right')"))
    assert values.scalars().all() == ["1", "1"]


def raised_once(code: str) -> Callable[[Any], None]:
    """An act's own work that the server breaks off with this code, the first time."""
    left = [True]

    def work(session: Any) -> None:
        if left.pop() if left else False:
            session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$"))

    return work


@pytest.mark.parametrize("code", ["40P01", "40001"])
def test_a_completion_that_the_server_undid_is_repeated_and_happens_once(postgres_core: Flask, code: str):
    case_id = a_case_of(looping_procedure())
    task_id, officer = open_task(case_id, "work"), person(OFFICER)

    complete(
        task_id=task_id,
        answers=AGAIN,
        by=officer,
        now=NOON,
        check=lambda *_: None,
        in_same_transaction=raised_once(code),
        trusted=True,
    )

    assert case_of(case_id).rev == 2
    assert nothing_is_wrong()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("40P01", Disturbed),
        ("40001", Disturbed),
        ("55P03", Unavailable),
        ("57014", Unavailable),
        ("53300", Unavailable),
        ("53200", Unavailable),
        ("53100", StorageFull),
        ("58030", StorageFull),
        ("25006", StorageFull),
        ("57P01", ConnectionLost),
        ("57P03", ConnectionLost),
        ("08006", ConnectionLost),
    ],
)
def test_a_shortage_is_told_in_the_domains_words(
    postgres_core: Flask, code: str, expected: type[Unavailable]
):
    with pytest.raises(Unavailable) as refused, transaction() as session:
        session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$"))

    assert type(refused.value) is expected
    assert refused.value.status == 503


def test_a_mistake_is_no_shortage(postgres_core: Flask):
    with pytest.raises(Exception, match="division by zero") as refused:
        db.session.execute(text("SELECT 1 / 0"))
    db.session.rollback()

    assert not isinstance(refused.value, Unavailable)


def test_a_lock_that_is_not_given_up_is_not_waited_for_for_ever(postgres_core: Flask, two_settings: None):
    def impatient() -> None:
        with transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '100ms'"))
            set_value("left")

    with db.engine.begin() as holder:
        holder.execute(text("SELECT 1 FROM setting WHERE name = 'left' FOR UPDATE"))
        with pytest.raises(Unavailable):
            elsewhere(postgres_core, impatient)


def test_a_statement_that_takes_too_long_is_given_up(postgres_core: Flask):
    with pytest.raises(Unavailable), transaction() as session:  # noqa: PT012
        session.execute(text("SET LOCAL statement_timeout = '50ms'"))
        session.execute(text("SELECT pg_sleep(30)"))


def test_a_database_that_may_only_be_read_says_so(postgres_core: Flask):
    with pytest.raises(StorageFull), transaction() as session:  # noqa: PT012
        session.execute(text("SET TRANSACTION READ ONLY"))
        session.execute(insert(Setting).values(name="x", value="y"))


def kill_backend(admin_url: str, pid: int) -> None:
    """End a session as an administrator would, and see it gone."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        ended = admin.execute("SELECT pg_terminate_backend(%s, 30000)", [pid]).fetchone()
        assert ended == (True,)


@contextmanager
def killed_before(admin_url: str, words: str) -> Iterator[list[int]]:
    """The session that sends a statement with these words dies just before it, the first time."""
    killed: list[int] = []

    def strike(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if words in statement and not killed:
            killed.append(connection.connection.driver_connection.info.backend_pid)
            kill_backend(admin_url, killed[0])

    event.listen(db.engine, "before_cursor_execute", strike)
    try:
        yield killed
    finally:
        event.remove(db.engine, "before_cursor_execute", strike)


@pytest.mark.parametrize("words", ["UPDATE case_file", "INSERT INTO event", "FROM case_file"])
def test_a_session_killed_in_the_middle_costs_nobody_anything(
    postgres_core: Flask, postgres: PostgresServer, words: str
):
    case_id = a_case_of(looping_procedure())
    task_id, officer = open_task(case_id, "work"), person(OFFICER)

    with killed_before(postgres.admin_url, words) as killed:
        try:
            complete_task(task_id=task_id, answers=AGAIN, by=officer, now=NOON)
        except ConnectionLost:
            db.session.rollback()
            complete_task(task_id=task_id, answers=AGAIN, by=officer, now=NOON)

    assert len(killed) == 1
    assert case_of(case_id).rev == 2
    assert nothing_is_wrong()


def test_a_session_killed_at_the_commit_leaves_it_open_what_happened_and_says_so(
    postgres_core: Flask, postgres: PostgresServer
):
    with pytest.raises(OutcomeUnknown, match="chưa biết"), transaction() as session:  # noqa: PT012
        session.execute(insert(Setting).values(name="x", value="y"))
        kill_backend(postgres.admin_url, session.execute(text("SELECT pg_backend_pid()")).scalar_one())

    assert db.session.execute(text("SELECT count(*) FROM setting WHERE name = 'x'")).scalar_one() == 0


def acts() -> dict[str, Callable[[uuid.UUID], Callable[[], object]]]:
    """{name: from an open case, the act} for acts that change a task and record it."""
    officer, leader = partial(person, OFFICER), partial(person, LEADER)

    def claim(case_id: uuid.UUID) -> Callable[[], object]:
        return partial(claim_task, task_id=open_task(case_id, "self_assess"), by=officer(), now=NOON)

    def release(case_id: uuid.UUID) -> Callable[[], object]:
        claim(case_id)()
        return partial(release_task, task_id=open_task(case_id, "self_assess"), by=officer(), now=NOON)

    def submit(case_id: uuid.UUID) -> Callable[[], object]:
        return partial(
            submit_for_signature,
            task_id=open_task(case_id, "self_assess"),
            answers=story_answers("self_assess"),
            by=officer(),
            now=NOON,
        )

    def send_back(case_id: uuid.UUID) -> Callable[[], object]:
        task_id = hand_up(case_id, "self_assess", OFFICER, story_answers("self_assess"))
        return partial(send_back_to_officer, task_id=task_id, reason="Thiếu", by=leader(), now=NOON)

    def sign(case_id: uuid.UUID) -> Callable[[], object]:
        task_id = hand_up(case_id, "self_assess", OFFICER, story_answers("self_assess"))
        return partial(sign_task, task_id=task_id, by=leader(), now=NOON)

    return {"claim": claim, "release": release, "submit": submit, "send_back": send_back, "sign": sign}


@pytest.mark.parametrize("name", sorted(acts()))
def test_every_act_locks_the_case_before_its_tasks(postgres_core: Flask, name: str):
    act = acts()[name](an_open_case())

    with statements() as sent:
        act()

    locks = [
        "case" if "case_file" in lock else "task"
        for statement in sent
        for lock in re.findall(
            r"UPDATE case_file|UPDATE task|FROM case_file.* FOR NO KEY UPDATE", statement, re.DOTALL
        )
    ]
    assert "task" in locks
    assert locks[0] == "case"


def test_who_takes_a_task_while_another_completes_it_meets_no_lock(postgres_core: Flask):
    case_id = a_case_of(looping_procedure())
    for _ in range(5):
        task_id, officer = open_task(case_id, "work"), person(OFFICER)
        answers = at_once(
            postgres_core,
            [
                partial(claim_task, task_id=task_id, by=officer, now=NOON),
                partial(complete_task, task_id=task_id, answers=AGAIN, by=officer, now=NOON),
            ],
        )
        refused = [answer for answer in answers if isinstance(answer, Exception)]
        assert all(isinstance(answer, TaskNotOpen | TaskTaken | CaseChangedMeanwhile) for answer in refused)
        assert not [answer for answer in refused if isinstance(answer, Unavailable)]
    assert nothing_is_wrong()


@contextmanager
def with_one_connection(url: str, folder: Path, wait_seconds: float) -> Iterator[Flask]:
    app = create_app(settings_for(url, folder, database_pool=1, database_wait_seconds=wait_seconds))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_who_finds_no_connection_is_told_to_come_back(filled_postgres_url: str, tmp_path: Path):
    with with_one_connection(filled_postgres_url, tmp_path, 0.2) as app:
        with db.engine.connect():
            with pytest.raises(Unavailable):
                elsewhere(app, partial(claim_task, task_id=uuid.uuid4(), by=None, now=NOON))  # type: ignore[arg-type]
            api = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer cn_{'x' * 40}"})
            page = app.test_client().get("/dang-nhap")
        later = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer cn_{'x' * 40}"})

    assert (api.status_code, api.headers["Retry-After"]) == (503, "5")
    assert api.get_json()["code"] == "busy"
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "Hệ thống đang bận" in page.get_data(as_text=True)
    assert later.status_code == 401


def test_who_finds_no_connection_waits_for_one(filled_postgres_url: str, tmp_path: Path):
    with with_one_connection(filled_postgres_url, tmp_path, 60) as app:
        case_id = a_case_of(looping_procedure())
        task_id, officer = open_task(case_id, "work"), person(OFFICER)
        db.session.remove()
        work = partial(complete_task, task_id=task_id, answers=AGAIN, by=officer, now=NOON)

        answers = at_once(app, [work, work, work])

        done = [answer for answer in answers if not isinstance(answer, Exception)]
        assert len(done) == 1
        assert all(isinstance(a, TaskNotOpen | CaseChangedMeanwhile) for a in answers if a not in done), (
            answers
        )
        assert nothing_is_wrong()


def test_a_server_that_is_not_there_is_an_answer_not_a_crash(tmp_path: Path):
    url = f"postgresql://nobody@/nowhere?host={tmp_path}"
    app = create_app(settings_for(url, tmp_path))
    with app.app_context():
        with pytest.raises(ConnectionLost):
            db.session.execute(text("SELECT 1"))
        db.session.rollback()
        answer = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer cn_{'x' * 40}"})
        page = app.test_client().get("/dang-nhap")
        db.session.remove()
        db.engine.dispose()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert page.status_code == 503
    assert "Hệ thống đang bận" in page.get_data(as_text=True)
