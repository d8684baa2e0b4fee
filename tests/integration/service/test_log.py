"""The log is append-only, chained and salted; whoever changes anything behind its back is found out."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from pathlib import Path

import orjson
import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DatabaseError

from service.audit.check import check_everything
from service.audit.operations import Actor, record_access, record_administration
from service.audit.queries import broken_links, case_events
from service.cases.operations import withdraw_case
from service.cases.queries import read_case
from service.cases.timeline import timeline
from service.database import db, transaction
from service.identity.operations import add_user
from service.models import Case, Event, EventPrivatePart, Submission, Task
from service.tasks.operations import claim_task, complete_task, send_back_to_officer
from tests.builders import NOON, a_case_at, an_open_case, hand_up, open_task, person, story_answers
from tests.integration.retention.scenes import erased, ten_years_for
from tests.integration.service.scenes import (
    a_case_of,
    at_once,
    given_back,
    looping_procedure,
    nothing_is_wrong,
)

APPEND_ONLY = ("event", "submission", "process_version")
REASON = "Ông Nguyễn Văn A, số 012345, chưa nộp"


def test_after_the_ordinary_acts_nothing_is_wrong(either_core: Flask):
    case_id = a_case_at("member_opinion")

    given_back(case_id, "member_opinion")

    assert nothing_is_wrong()


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "REPLACE", "TRUNCATE"])
def test_the_database_itself_refuses_to_change_what_was_recorded(sqlite_core: Flask, table: str, verb: str):
    a_case_at("district_appraise")
    key = {"event": "position"}.get(table, "id")
    statement = {
        "UPDATE": f"UPDATE {table} SET {key} = {key}",
        "DELETE": f"DELETE FROM {table}",
        "REPLACE": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        "TRUNCATE": f"DELETE FROM {table} WHERE 1 = 1",  # SQLite's way
    }[verb]

    with pytest.raises(DatabaseError, match="append-only"), transaction() as session:
        session.execute(text(statement))

    assert nothing_is_wrong()


def test_postgresql_refuses_to_change_what_was_recorded(postgres_core: Flask):
    a_case_at("district_appraise")

    for table in APPEND_ONLY:
        key = {"event": "position"}.get(table, "id")
        for statement in (
            f"UPDATE {table} SET {key} = {key}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
            (
                f"INSERT INTO {table} SELECT * FROM {table} "
                f"ON CONFLICT ({key}) DO UPDATE SET {key} = excluded.{key}"
            ),
        ):
            with pytest.raises(DatabaseError, match="append-only"), transaction() as session:
                session.execute(text(statement))

    assert nothing_is_wrong()


def without_triggers() -> None:
    """What somebody with the database file could do."""
    with transaction() as session:
        names = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars()
        for name in list(names):
            session.execute(text(f"DROP TRIGGER {name}"))


def problems() -> list[str]:
    db.session.rollback()
    return list(check_everything())


def test_every_kind_of_tampering_is_found(sqlite_core: Flask):
    case_id = a_case_at("district_appraise")
    withdraw_case(case_id=case_id, reason=REASON, by=person("xa-thidu-lanhdao"), now=NOON)
    without_triggers()
    of_case = (Event.stream == "case", Event.stream_id == str(case_id))
    code = read_case(case_id, person("kiemtra")).code
    last = db.session.execute(select(func.max(Event.seq)).where(*of_case)).scalar_one()
    tampering = {
        "an event's body": update(Event)
        .where(*of_case, Event.seq == 1)
        .values(body=func.replace(Event.body, b"opened", b"closed")),
        "an event's hash": update(Event).where(*of_case, Event.seq == 2).values(hash=bytes(32)),
        "an event's type": update(Event).where(*of_case, Event.seq == 2).values(type="case_withdrawn"),
        "an event's actor": update(Event).where(*of_case, Event.seq == 2).values(actor_id=uuid.uuid4()),
        "an event's time": update(Event)
        .where(*of_case, Event.seq == 2)
        .values(recorded_at=NOON + timedelta(days=1)),
        "an event in the middle": delete(Event).where(*of_case, Event.seq == 2),
        "the last event": delete(Event).where(*of_case, Event.seq == last),
        "all events of the case": delete(Event).where(*of_case),
        "what was submitted": update(Submission).values(content=b"{}"),
        "what was submitted, with its digest": update(Submission).values(content=b"{}", digest="0" * 64),
        "that anything was submitted": delete(Submission),
        "who signed": update(Submission).values(signed_by=person("xa-minhhoa-lanhdao").id),
        "where the case stands": update(Case).values(active=["chairman_decide"]),
        "how the case ended": update(Case).values(outcome="commune_recognised"),
        "that the case ended": update(Case).values(status="open"),
        "what routes the case": update(Case).values(variables={"eligible": "yes"}),
        "how often the case changed": update(Case).values(rev=99),
        "which tasks are open": update(Task).values(state="ready"),
        "a reason that somebody typed": update(EventPrivatePart)
        .where(EventPrivatePart.name == "reason")
        .values(content=b"Khac"),
        "the end of another stream": delete(Event).where(
            Event.stream == "administration",
            Event.seq
            == select(func.max(Event.seq)).where(Event.stream == "administration").scalar_subquery(),
        ),
        "the whole of another stream": delete(Event).where(Event.stream == "process"),
    }
    assert problems() == []

    for what, statement in tampering.items():
        with pytest.raises(Undo), transaction() as session:  # noqa: PT012
            session.execute(text("PRAGMA defer_foreign_keys = ON"))
            session.execute(statement.execution_options(synchronize_session=False))
            session.expire_all()
            found = list(check_everything())
            raise Undo
        assert found, f"nobody noticed that somebody changed {what}"
    assert problems() == []
    assert code


class Undo(Exception):  # noqa: N818 nothing went wrong
    pass


def test_retention_may_erase_a_private_part_and_the_chain_stays_whole(either_core: Flask, tmp_path: Path):
    case_id = an_open_case()
    withdraw_case(case_id=case_id, reason=REASON, by=person("xa-thidu-lanhdao"), now=NOON)
    ten_years_for("private")

    erased(case_id, files=tmp_path)

    assert nothing_is_wrong()
    told = timeline(read_case(case_id, person("kiemtra")))[-2].sentence
    assert told == "Xã rút hồ sơ: (nội dung đã xóa khi hết thời hạn lưu trữ)"


def test_what_people_typed_stands_beside_the_log_and_not_in_it(core: Flask):
    case_id = a_case_at("district_appraise")
    given_back(case_id, "district_appraise", reason=REASON)
    task_id = hand_up(case_id, "self_assess", "xa-thidu-chuyenvien", story_answers("self_assess"))
    send_back_to_officer(task_id=task_id, reason=REASON, by=person("xa-thidu-lanhdao"), now=NOON)
    withdraw_case(case_id=case_id, reason=REASON, by=person("xa-thidu-lanhdao"), now=NOON)
    add_user(username="nguyen.van.a", display_name="Nguyễn Văn A", password="mat-khau-dai-1", now=NOON)

    bodies = [bytes(body) for body in db.session.execute(select(Event.body)).scalars()]

    assert not [body for body in bodies if "Nguyễn".encode() in body or b"nguyen.van.a" in body]
    lines = timeline(read_case(case_id, person("xa-thidu-lanhdao")))
    told = [line.sentence + " ".join(line.details) for line in lines]
    assert len([line for line in told if REASON in line]) == 3


def test_equal_reasons_have_unequal_digests(core: Flask):
    digests = []
    for commune, leader in (("xa-thi-du", "xa-thidu-lanhdao"), ("phuong-minh-hoa", "xa-minhhoa-lanhdao")):
        case_id = an_open_case(commune)
        withdraw_case(case_id=case_id, reason=REASON, by=person(leader), now=NOON)
        digests.append(case_events(case_id)[-1].digests["reason"])

    assert digests[0] != digests[1]


def test_recorded_time_never_goes_back_when_the_clock_does(either_core: Flask):
    case_id, officer = a_case_of(looping_procedure()), person("xa-thidu-chuyenvien")
    for hours in (5, -30, 1, -2):
        complete_task(
            task_id=open_task(case_id, "work"),
            answers={"action": "again"},
            by=officer,
            now=NOON + timedelta(hours=hours),
        )
    claim_task(task_id=open_task(case_id, "work"), by=officer, now=NOON - timedelta(days=9))

    times = [event.at for event in case_events(case_id)]

    assert times == sorted(times)
    assert times[-1] == NOON + timedelta(hours=5)
    assert nothing_is_wrong()


def test_an_event_says_who_from_which_seat_on_which_version(core: Flask):
    case_id, officer = an_open_case(), person("so-tttt-chuyenvien")

    body = orjson.loads(
        db.session.execute(
            select(Event.body).where(Event.stream_id == str(case_id), Event.seq == 1)
        ).scalar_one()
    )

    assert body["type"] == "case_opened"
    assert body["at"] == "2023-11-20T05:00:00.000000Z"  # noon in Thanh Hóa
    assert body["actor"] == {
        "id": str(officer.id),
        "position": str(officer.seats[0].position_id),
        "acting_for": None,
    }
    assert set(body["versions"]) == {"process", "engine", "rules"}


def test_access_is_a_stream_of_its_own_and_never_touches_the_case(either_core: Flask):
    case_id, reader = an_open_case(), person("kiemtra")
    rev = read_case(case_id, reader).rev

    for number in range(3):
        with transaction() as session:
            record_access(
                session.connection(),
                "case_viewed",
                {"n": number},
                case_id=case_id,
                by=Actor(reader.id),
                at=NOON,
            )

    kept = db.session.execute(
        select(Event.seq, Event.type).where(Event.stream == "access", Event.stream_id == str(case_id))
    ).all()
    assert [tuple(row) for row in kept] == [(1, "case_viewed"), (2, "case_viewed"), (3, "case_viewed")]
    assert read_case(case_id, reader).rev == rev
    assert list(broken_links("access", str(case_id))) == []


def test_first_readers_of_a_dossier_at_once_are_all_recorded(either_core: Flask):
    case_id, reader = an_open_case(), person("kiemtra").id

    def view() -> None:
        with transaction() as session:
            record_access(session.connection(), "case_viewed", {}, case_id=case_id, by=Actor(reader), at=NOON)

    answers = at_once(either_core, [view] * 6)

    assert answers == [None] * 6
    assert nothing_is_wrong()
    count = db.session.execute(
        select(func.count()).where(Event.stream_id == str(case_id), Event.stream == "access")
    )
    assert count.scalar_one() == 6


def test_an_administrators_act_and_its_record_come_together_or_not_at_all(core: Flask):
    before = db.session.execute(select(func.count()).select_from(Event)).scalar_one()

    with pytest.raises(Undo), transaction() as session:  # noqa: PT012
        record_administration(session.connection(), "user_added", {}, by=Actor(None), at=NOON)
        raise Undo

    db.session.rollback()
    assert db.session.execute(select(func.count()).select_from(Event)).scalar_one() == before
    assert nothing_is_wrong()


def test_a_second_event_with_the_same_number_is_impossible(either_core: Flask):
    case_id = an_open_case()
    row = db.session.execute(select(Event).where(Event.stream_id == str(case_id))).scalar_one()
    copy = {
        column.key: getattr(row, column.key) for column in Event.__table__.columns if column.key != "position"
    }
    store = partial(insert(Event).values, **copy)

    with pytest.raises(DatabaseError), transaction() as session:
        session.execute(store())

    assert nothing_is_wrong()
