"""Small procedures to publish, and looks at the whole database, for tests of the service's promises."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import event, select

from service.audit.check import check_everything
from service.cases.operations import open_case
from service.database import Base, db, transaction
from service.models import Appointment, Case, OutboxRow, Position, Task, User
from service.models.cases import OPEN_STATES
from service.processes.publishing import publish_version
from service.replay.as_it_was import AsItWas
from service.replay.history import read_history
from service.replay.reexecution import Verdict, reexecute
from service.tasks.operations import complete_task, return_case, sign_task
from tests.builders import NOON, an_open_case, hand_up, open_task, person, story_answers, unit_id
from tests.unit.engine.drawing import Drawing


class Fault(Exception):  # noqa: N818 it is no error of ours
    """What a test puts in the way; nothing in the service knows it."""


def looping_procedure(due: str = "P30D") -> str:
    """One task of the commune that comes again until it is *done*; a timer beside it asks for a reminder."""
    drawing = Drawing("loop")
    drawing.start()
    drawing.task("work")
    drawing.boundary("late", "work", drawing.timer("timeDuration", due), interrupting=False)
    drawing.node("endEvent", "reminded")
    drawing.xor("enough", default="again")
    drawing.end()
    drawing.chain("opened", "work", "enough")
    drawing.flow("enough", "work", identifier="again")
    drawing.flow("enough", "done", 'work.action = "done"')
    drawing.flow("late", "reminded")
    return published(drawing)


def parallel_procedure(branches: int) -> str:
    """That many tasks of the commune, all open at once."""
    drawing = Drawing("fan")
    drawing.start()
    drawing.parallel("split")
    drawing.parallel("join")
    drawing.end()
    drawing.flow("opened", "split")
    for number in range(branches):
        drawing.task(f"work_{number}")
        drawing.chain("split", f"work_{number}", "join")
    drawing.flow("join", "done")
    return published(drawing)


def published(drawing: Drawing) -> str:
    publish_version(
        diagram=drawing.xml(),
        forms={},
        catalogue="qd-1829",
        legal_basis="thử nghiệm",
        effective_on=date(2022, 1, 1),
        now=NOON,
    )
    return drawing.process


def a_case_of(procedure: str, commune: str = "xa-thi-du", year: int = 2023) -> uuid.UUID:
    """A case opened by xã Thí Dụ's officer, who may also do the generic procedures' tasks."""
    return open_case(
        commune_id=unit_id(commune),
        year=year,
        by=person("xa-thidu-chuyenvien"),
        now=NOON,
        procedure_key=procedure,
    )


def open_tasks(case_id: uuid.UUID) -> dict[str, uuid.UUID]:
    """{step: task id} of a case's open tasks."""
    db.session.rollback()
    rows = db.session.execute(
        select(Task.element, Task.id).where(Task.case_id == case_id, Task.state.in_(OPEN_STATES))
    )
    return {row.element: row.id for row in rows}


def everything_stored() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, to see that nothing has changed."""
    db.session.rollback()
    return {
        table.name: sorted((tuple(row) for row in db.session.execute(select(table))), key=repr)
        for table in Base.metadata.sorted_tables
    }


def nothing_is_wrong() -> bool:
    """Chains whole, rows in agreement with the log, every step computed to the same; tells what is not.

    What retention erased cannot be computed any more, and nothing else is excused by that.
    """
    db.session.rollback()
    problems = list(check_everything())
    assert problems == []
    looks: dict[tuple[str, int], AsItWas] = {}
    for case_id in db.session.execute(select(Case.id)).scalars().all():
        history = read_history(case_id)
        key = history.case.procedure, history.case.year
        found = reexecute(history, look=looks.setdefault(key, AsItWas(*key)))
        erased = history.erased.submissions and found.verdict is Verdict.NOT_EXECUTABLE
        assert found.verdict is Verdict.MATCHES or erased, found
    return True


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL statements sent meanwhile, without the BEGINs."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@contextmanager
def commits() -> Iterator[list[str]]:
    """One entry for every COMMIT that ended a transaction which wrote something."""
    ended: list[str] = []
    wrote: dict[int, bool] = {}

    def look(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if re.search(r"\b(INSERT INTO|UPDATE|DELETE FROM)\b", statement):
            wrote[id(connection.connection.dbapi_connection)] = True

    def note(connection: Any) -> None:
        if wrote.pop(id(connection.connection.dbapi_connection), False):
            ended.append("COMMIT")

    event.listen(db.engine, "before_cursor_execute", look)
    event.listen(db.engine, "commit", note)
    try:
        yield ended
    finally:
        event.remove(db.engine, "before_cursor_execute", look)
        event.remove(db.engine, "commit", note)


@contextmanager
def a_fault_at(number: int) -> Iterator[list[bool]]:
    """The statement of this number (0 is the first), or the commit after the last one, does not happen."""
    seen, happened = [0], [False]

    def strike() -> None:
        if seen[0] == number and not happened[0]:
            happened[0] = True
            raise Fault
        seen[0] += 1

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        strike()

    def on_commit(_connection: Any) -> None:
        strike()

    event.listen(db.engine, "before_cursor_execute", on_statement)
    event.listen(db.engine, "commit", on_commit)
    try:
        yield happened
    finally:
        event.remove(db.engine, "before_cursor_execute", on_statement)
        event.remove(db.engine, "commit", on_commit)


@contextmanager
def before_writing(do: Callable[[], None], times: int = 1) -> Iterator[None]:
    """`do` happens between the reading of a completion and its write transaction, the first `times` times."""
    left = [times]

    def transaction_after_that() -> Any:
        if left[0]:
            left[0] -= 1
            do()
        return transaction()

    with patch("service.tasks.completion.transaction", transaction_after_that):
        yield


def elsewhere(app: Flask, work: Callable[[], Any]) -> Any:
    """Run `work` as another process would: in a thread with an application context of its own."""

    def run() -> Any:
        with app.app_context():
            try:
                return work()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=60)


def at_once(app: Flask, works: list[Callable[[], Any]]) -> list[Any]:
    """Each work in a thread of its own, started together; answers or the exceptions they raised, in order."""
    from threading import Barrier

    barrier = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        with app.app_context():
            try:
                barrier.wait(30)
                return work()
            except Exception as error:  # noqa: BLE001 the test looks at it
                return error
            finally:
                db.session.remove()

    db.session.rollback()
    with ThreadPoolExecutor(len(works)) as pool:
        return [done.result(timeout=90) for done in [pool.submit(run, work) for work in works]]


def give_seat(username: str, position_code: str, valid_from: date = date(2023, 1, 1)) -> None:
    """The person holds this position as well."""
    from service.identity.operations import appoint

    appoint(username=username, position_code=position_code, valid_from=valid_from, now=NOON)


def position_of(username: str) -> str:
    """The code of the position that a demo account holds."""
    db.session.rollback()
    return db.session.execute(
        select(Position.code)
        .join(Appointment, Appointment.position_id == Position.id)
        .join(User, User.id == Appointment.user_id)
        .where(User.username == username)
    ).scalar_one()


def end_appointments(username: str, on: date) -> None:
    """The person's appointments end with this day."""
    from sqlalchemy import update

    with transaction() as session:
        user = session.execute(select(User.id).where(User.username == username)).scalar_one()
        session.execute(update(Appointment).where(Appointment.user_id == user).values(valid_to=on))


def outbox_rows() -> list[OutboxRow]:
    db.session.rollback()
    return list(
        db.session.scalars(select(OutboxRow).order_by(OutboxRow.id).execution_options(populate_existing=True))
    )


def round_acts() -> list[OutboxRow]:
    """Acts of rounds on their way to their cases, without what tells people of them."""
    return [row for row in outbox_rows() if row.kind == "round_act"]


def status_of(case_id: uuid.UUID) -> tuple[str, str | None]:
    db.session.rollback()
    row = db.session.execute(select(Case.status, Case.outcome).where(Case.id == case_id)).one()
    return row.status, row.outcome


def at(day: str, hour: int = 12) -> datetime:
    """Noon in Thanh Hóa on an ISO day."""
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=NOON.tzinfo)


PEOPLE = {
    "self_assess": ("xa-thidu-chuyenvien", "xa-thidu-lanhdao"),
    "district_appraise": ("huyen-bimson-chuyenvien", "huyen-bimson-lanhdao"),
    "member_opinion": ("", "thanhvien-bimson"),
    "district_consolidate": ("huyen-bimson-chuyenvien", "huyen-bimson-lanhdao"),
    "department_verify": ("so-tttt-chuyenvien", "so-tttt-giamdoc"),
    "reconciliation_meeting": ("so-tttt-chuyenvien", "so-tttt-giamdoc"),
}


def step_done(case_id: uuid.UUID, element: str, answers: dict[str, Any], when: datetime = NOON) -> None:
    """The step's people give these answers."""
    officer, signer = PEOPLE[element]
    if not officer:
        complete_task(task_id=open_task(case_id, element), answers=answers, by=person(signer), now=when)
        return
    task_id = hand_up(case_id, element, officer, answers, when)
    sign_task(task_id=task_id, by=person(signer), now=when)


def given_back(case_id: uuid.UUID, element: str, when: datetime = NOON, **answers: Any) -> None:
    """The step's signer returns the case, by default for criterion 2.6 until 05/12/2023."""
    stated = {
        "reason": "Thiếu minh chứng",
        "criteria_reasons": {"2.6": "Thiếu bảng kê"},
        "due_on": "2023-12-05",
    }
    return_case(
        task_id=open_task(case_id, element),
        answers={**stated, **answers},
        by=person(PEOPLE[element][1], when),
        now=when,
    )


def all_met(element: str, **criteria: dict[str, Any]) -> dict[str, Any]:
    """Answers by which every criterion is met (phường Minh Họa's), with changes by criterion id."""
    answers = story_answers(element, "minh-hoa")
    if criteria and element == "member_opinion":
        del answers["overall"]  # the criteria speak for themselves
    for key, change in criteria.items():
        answers["criteria"][key] = {**answers["criteria"].get(key, EMPTY), **change}
    return answers


EMPTY = {"raw": "", "decision": None, "reason": "", "difficulty": "", "evidence": []}
ALL_STEPS = tuple(PEOPLE)


def a_case_with_all_met(until: str, **changed: dict[str, dict[str, Any]]) -> uuid.UUID:
    """Xã Thí Dụ's case with every criterion met, up to `until`; `changed`: {step: {criterion: change}}."""
    case_id = an_open_case()
    for element in ALL_STEPS:
        if element == until or element not in open_tasks(case_id):
            break
        step_done(case_id, element, all_met(element, **changed.get(element, {})))
    return case_id
