"""Damage done behind the application's back is found by `db check`, in a sentence that names the case."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from service.audit import check
from service.audit.canonical import canonical, chain_hash
from service.audit.check import check_everything, check_files
from service.cases.operations import withdraw_case
from service.database import db, transaction
from service.demo.story import play
from service.models import (
    Case,
    Counter,
    Event,
    EvidenceFile,
    Message,
    OutboxRow,
    Round,
    RoundAct,
    RoundDelivery,
    StreamHead,
    Task,
    Timer,
)
from tests.builders import NOON, an_open_case, open_task, person
from tests.integration.conftest import MEGABYTE
from tests.integration.service.scenes import (
    a_case_of,
    all_met,
    looping_procedure,
    open_tasks,
    statements,
    step_done,
)


class Undo(Exception):  # noqa: N818 nothing went wrong
    pass


def after(damage: Callable[[Session], object]) -> list[str]:
    """What is found once `damage` is done, which is then taken back."""
    db.session.rollback()
    found: list[str] = []
    with pytest.raises(Undo), transaction() as session:  # noqa: PT012
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("PRAGMA defer_foreign_keys = ON"))
            for name in session.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).scalars():
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            session.execute(text("SET session_replication_role = replica"))
        damage(session)
        session.expire_all()
        found.extend(check_everything())
        raise Undo
    return found


def state_of(session: Session, case_id: uuid.UUID, change: Callable[[Any], object]) -> None:
    """Change the engine's state of a case as somebody with an editor might."""
    document = orjson.loads(session.execute(select(Case.state).where(Case.id == case_id)).scalar_one())
    change(document)
    state = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    session.execute(update(Case).where(Case.id == case_id).values(state=state))


def last_step_told_anew(session: Session, case_id: uuid.UUID, change: Callable[[Any], object]) -> None:
    """Tell the last event of a case otherwise, and forge its hash too."""
    events = select(Event).where(Event.stream == "case", Event.stream_id == str(case_id)).order_by(Event.seq)
    *_, before, last = session.execute(events).scalars()
    body = orjson.loads(last.body)
    change(body["data"])
    forged = {"body": canonical(body), "hash": chain_hash(before.hash, canonical(body))}
    session.execute(update(Event).where(Event.position == last.position).values(**forged))
    session.execute(update(Case).where(Case.id == case_id).values(last_hash=forged["hash"]))


def test_each_kind_of_damage_to_a_running_case_is_told_with_its_code(either_core: Flask):
    case_id = an_open_case()
    step_done(case_id, "self_assess", all_met("self_assess"))
    looping = a_case_of(looping_procedure())
    assert list(check_everything()) == []

    appraising = (Task.case_id == case_id) & (Task.element == "district_appraise")
    assessing = (Task.case_id == case_id) & (Task.element == "self_assess")
    timer = {"due_at": NOON + timedelta(days=99)}
    damages: dict[str, tuple[Callable[[Session], object], str]] = {
        "state of another format": (
            lambda s: state_of(s, case_id, lambda d: d.update(format=9)),
            "trạng thái của bộ máy quy trình không đọc được",
        ),
        "state that is no JSON": (
            lambda s: s.execute(update(Case).where(Case.id == case_id).values(state=b"{")),
            "trạng thái của bộ máy quy trình không đọc được",
        ),
        "another token": (
            lambda s: state_of(s, case_id, lambda d: d["tokens"].clear()),
            "việc đang mở trong trạng thái",
        ),
        "another routing value": (
            lambda s: state_of(s, case_id, lambda d: d["variables"].update(eligible="yes")),
            "biến định tuyến trong trạng thái",
        ),
        "a task closed": (
            lambda s: s.execute(update(Task).where(appraising).values(state="completed")),
            "việc district_appraise:1 là đã xong trong danh sách việc, nhưng là đang mở theo nhật ký",
        ),
        "a finished task reopened": (
            lambda s: s.execute(update(Task).where(assessing).values(state="ready")),
            "việc self_assess:1 là đang mở trong danh sách việc, nhưng là đã xong theo nhật ký",
        ),
        "a case behind its log": (
            lambda s: s.execute(update(Case).where(Case.id == case_id).values(rev=1)),
            "số lần thay đổi 1 không khớp với nhật ký",
        ),
        "an event missing": (
            lambda s: s.execute(
                delete(Event).where(Event.stream == "case", Event.stream_id == str(case_id), Event.seq == 2)
            ),
            "thiếu sự kiện số 2",
        ),
        "a way that the diagram does not have": (
            lambda s: last_step_told_anew(s, case_id, lambda data: data["path"].pop()),
            "sự kiện 4: sơ đồ không cho phép bước này",
        ),
        "who acted forgotten": (
            lambda s: s.execute(update(Case).where(Case.id == case_id).values(acts={})),
            "danh sách người đã xử lý",
        ),
    }  # fmt: skip
    for what, (damage, sentence) in damages.items():
        found = after(damage)
        assert any(line.startswith("Hồ sơ CN-2023-000001: ") and sentence in line for line in found), (
            what,
            found,
        )
    of_loop = Timer.case_id == looping
    for what, damage, sentence in (
        (
            "a timer moved",
            lambda s: s.execute(update(Timer).where(of_loop).values(**timer)),
            "hẹn giờ late:1 là đang đặt (27/02/2024",
        ),
        (
            "a timer cleared",
            lambda s: s.execute(update(Timer).where(of_loop).values(state="cleared")),
            "đã bỏ",
        ),
        ("a timer gone", lambda s: s.execute(delete(Timer).where(of_loop)), "hẹn giờ late:1 là không có"),
    ):
        found = after(damage)
        assert any(line.startswith("Hồ sơ CN-2023-000002: ") and sentence in line for line in found), (
            what,
            found,
        )


def test_damage_to_rounds_deliveries_numbers_and_files_is_told(core: Flask, tmp_path: Path):
    play(tmp_path / "files", 5 * MEGABYTE)
    assert list(check_everything()) == list(check_files(tmp_path / "files")) == []

    row = {
        "kind": "round_act",
        "payload": {},
        "available_at": NOON,
        "created_at": NOON,
        "attempts": 0,
        "last_error": "",
    }
    message = {
        "kind": "message",
        "name": "m",
        "source": "s",
        "position": 1,
        "to": {},
        "payload": {},
        "created_at": NOON,
        "expires_at": NOON,
    }
    decision = select(RoundAct.id).where(RoundAct.kind == "decision").scalar_subquery()
    for what, damage, sentence in (
        (
            "a delivery lost",
            lambda s: s.execute(delete(RoundDelivery).where(RoundDelivery.act_id == decision)),
            "không nhận được văn bản (decision)",
        ),
        (
            "an act rewritten",
            lambda s: s.execute(
                update(RoundAct).where(RoundAct.kind == "decision").values(content={"cases": {}})
            ),
            "văn bản (decision) không khớp với nội dung đã ký",
        ),
        (
            "a round set back",
            lambda s: s.execute(update(Round).values(state="gathering")),
            "trạng thái gathering",
        ),
        (
            "a delivery for nobody",
            lambda s: s.execute(insert(OutboxRow).values(**row, case_id=uuid.uuid4(), state="waiting")),
            "hồ sơ của nó không còn",
        ),
        (
            "an unknown word in the outbox",
            lambda s: s.execute(insert(OutboxRow).values(**row, case_id=None, state="later")),
            "trạng thái later",
        ),
        (
            "a message delivered to nobody",
            lambda s: s.execute(insert(Message).values(**message, id=uuid.uuid4(), state="delivered")),
            "trạng thái delivered",
        ),
        ("numbers given twice", lambda s: s.execute(update(Counter).values(last=1)), "số đã cấp đến 1"),
        (
            "the end of a stream",
            lambda s: s.execute(update(StreamHead).where(StreamHead.stream == "process").values(seq=9)),
            "không kết thúc ở sự kiện cuối đã ghi",
        ),
        ("a head gone", lambda s: s.execute(delete(StreamHead)), "không kết thúc ở sự kiện cuối đã ghi"),
        ("a case gone", lambda s: s.execute(delete(Case)), "có nhật ký nhưng không còn hồ sơ"),
        (
            "evidence exchanged",
            lambda s: s.execute(update(EvidenceFile).values(sha256="0" * 64)),
            "không còn như khi nộp",
        ),
    ):
        found = after(damage)
        assert any(sentence in line for line in found), (what, found)

    stored = next(path for path in (tmp_path / "files").rglob("*") if path.is_file())
    stored.write_bytes(b"other")
    assert any("đã bị thay đổi trong kho lưu trữ" in line for line in check_files(tmp_path / "files"))
    stored.unlink()
    assert any("không còn trong kho lưu trữ" in line for line in check_files(tmp_path / "files"))


def test_a_version_that_cannot_be_compiled_is_a_finding_and_no_crash(core: Flask):
    from service.processes import queries

    case_id = an_open_case()
    queries._cache.clear()

    found = after(lambda s: s.execute(text("UPDATE process_version SET diagram = CAST('<x/>' AS BLOB)")))

    queries._cache.clear()
    assert any("không dùng được" in line and "CN-2023-000001" in line for line in found), found
    assert case_id


def test_the_statements_of_a_check_do_not_grow_with_the_cases(core: Flask, monkeypatch: pytest.MonkeyPatch):
    counted = []
    for commune in ("xa-thi-du", "phuong-minh-hoa", "phuong-ngoc-trao"):
        an_open_case(commune)
        with statements() as sent:
            assert list(check_everything()) == []
        counted.append(len(sent))
        db.session.rollback()
    monkeypatch.setattr(check, "CASES_AT_ONCE", 1)
    with statements() as sent:
        assert list(check_everything()) == []

    assert counted[0] == counted[2]
    assert len(sent) <= counted[0] + 2 * 9  # a batch more costs nine statements


def test_withdrawn_cases_and_finished_ones_agree_too(either_core: Flask):
    case_id = an_open_case()
    open_task(case_id, "self_assess")
    withdraw_case(case_id=case_id, reason="Chưa đủ điều kiện", by=person("xa-thidu-lanhdao"), now=NOON)

    assert open_tasks(case_id) == {}
    assert list(check_everything()) == []
