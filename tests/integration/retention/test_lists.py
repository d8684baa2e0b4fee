"""Who proposes does not approve; what is held is neither listed nor erased; a killed run goes on."""

from __future__ import annotations

import io
import os
import uuid
from datetime import date, timedelta
from pathlib import Path

import orjson
import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from service.audit.check import check_everything, check_files
from service.cases.operations import withdraw_case
from service.database import db, transaction
from service.demo.loader import evidence_page
from service.dossiers.housekeeping import KEPT_UNNAMED
from service.dossiers.operations import add_evidence
from service.dossiers.storage import path_of
from service.errors import BadInput, NotAllowed, NotFound, WrongState
from service.identity.viewer import Viewer
from service.models import Erasure, ErasureCase, Event, EvidenceFile, RecordKind, RetentionRule, Submission
from service.replay.history import read_history
from service.replay.reexecution import Verdict, reexecute
from service.retention import carrying_out
from service.retention.carrying_out import carry_out
from service.retention.due import due_day, due_for_erasure, due_for_transfer
from service.retention.gathering import Target
from service.retention.holds import Held, lift_hold, set_hold
from service.retention.lists import decide_erasure, propose_redaction
from service.retention.periods import Period, import_suggested, rules_on, set_period, suggested_periods
from service.retention.redactable import redactable
from service.retention.transfers import ArchiveReceipt, record_transfer, transfer_list
from tests.builders import NOON, an_open_case, case_of, open_task, person
from tests.integration.retention.scenes import (
    DECIDER,
    KEEPER,
    LATER,
    an_ended_case,
    approved,
    erased,
    proposed,
    ten_years_for,
)
from tests.integration.service.scenes import give_seat, position_of

HOLD = {"reason": "Thanh tra", "legal_basis": "Quyết định thanh tra số 1"}


def state_of(erasure_id: uuid.UUID) -> str:
    db.session.rollback()
    return db.session.execute(select(Erasure.state).where(Erasure.id == erasure_id)).scalar_one()


def test_ten_years_from_the_end_of_2023_are_over_on_the_first_day_of_2034(core: Flask):
    case_id = an_ended_case()  # ended on 20/11/2023
    ten_years_for("submission")
    ten_years_for("draft", years=2, counted_from="end")
    last_day = LATER.replace(year=2033, month=12, day=31, hour=23)

    assert [one.kinds for one in due_for_erasure(last_day)] == [{"draft": date(2025, 11, 21)}]
    [due] = due_for_erasure(LATER)
    assert (due.id, due.kinds["submission"]) == (case_id, date(2034, 1, 1))
    assert due_for_erasure(NOON) == []


def test_a_year_after_the_29th_of_february_ends_on_the_28th():
    rule = RetentionRule(kind="draft", years=1, counted_from="end")
    assert due_day(date(2024, 2, 29), rule) == date(2025, 3, 1)


def test_suggested_periods_are_unconfirmed_and_make_nothing_due(core: Flask):
    an_ended_case()

    assert import_suggested(by=None, now=NOON) == len(RecordKind)
    assert import_suggested(by=None, now=NOON) == 0
    assert {one.kind for one in suggested_periods()} == {kind.value for kind in RecordKind}
    assert not any(rule.confirmed for rule in rules_on(NOON.date()).values())
    assert due_for_erasure(LATER.replace(year=2090)) == []


def test_a_period_changes_from_a_day_on_and_what_it_was_stays_known(core: Flask):
    ten_years_for("comment")
    later = Period("comment", None, "year_end", None, "Văn bản 2", confirmed=True)

    set_period(period=later, valid_from=date(2024, 1, 1), by=person(KEEPER), now=NOON)

    assert rules_on(date(2023, 12, 31))["comment"].years == 10
    assert rules_on(date(2024, 1, 1))["comment"].years is None
    body = db.session.execute(
        select(Event.body).where(Event.type == "retention_period_set").order_by(Event.seq.desc()).limit(1)
    ).scalar_one()
    data = orjson.loads(body)["data"]
    assert (data["before"]["years"], data["after"]["years"]) == (10, None)
    with pytest.raises(WrongState, match="Không có gì thay đổi"):
        set_period(period=later, valid_from=date(2025, 1, 1), by=person(KEEPER), now=NOON)
    with pytest.raises(BadInput):
        set_period(period=later, valid_from=date(2023, 1, 1), by=person(KEEPER), now=NOON)
    with pytest.raises(NotAllowed):
        set_period(period=later, valid_from=date(2026, 1, 1), by=person("kiemtra"), now=NOON)


def test_who_proposed_does_not_approve_and_only_deciders_do(core: Flask):
    case_id = an_ended_case()
    ten_years_for()
    erasure_id = proposed(case_id)
    give_seat(KEEPER, position_of(DECIDER))

    for username in (KEEPER, "kiemtra", "xa-thidu-lanhdao", "huyen-bimson-lanhdao"):
        with pytest.raises(NotAllowed):
            decide_erasure(
                erasure_id=erasure_id, approve=True, decision="Được", by=person(username, LATER), now=LATER
            )
    assert state_of(erasure_id) == "proposed"
    decide_erasure(
        erasure_id=erasure_id, approve=False, decision="Chưa", by=person(DECIDER, LATER), now=LATER
    )
    assert state_of(erasure_id) == "refused"
    with pytest.raises(WrongState):
        decide_erasure(
            erasure_id=erasure_id, approve=True, decision="Được", by=person(DECIDER, LATER), now=LATER
        )
    assert [one.id for one in due_for_erasure(LATER)] == [case_id]  # it may be proposed again


def test_the_database_itself_asks_for_two_people(core: Flask, tmp_path: Path):
    ten_years_for()
    erasure_id = approved(an_ended_case())
    with transaction() as session:
        session.execute(update(Erasure).values(decided_by=Erasure.proposed_by))

    with pytest.raises(DatabaseError, match="append-only"):
        carry_out(tmp_path, LATER)
    assert state_of(erasure_id) == "approved"
    assert list(check_everything()) == []


HOLDS = [
    Held(code="CODE"),
    Held(year=2023),
    Held(unit_code="xa-thi-du"),
    Held(unit_code="thi-xa-bim-son", year=2023),
    Held(),
]


@pytest.mark.parametrize("held", HOLDS)
def test_what_is_held_is_not_listed(core: Flask, held: Held):
    case_id = an_ended_case()
    ten_years_for()
    if held.code:
        held = Held(code=case_of(case_id).code)

    hold_id = set_hold(held=held, **HOLD, by=person(KEEPER, LATER), now=LATER)

    assert due_for_erasure(LATER) == []
    with pytest.raises(WrongState):
        proposed(case_id)
    lift_hold(hold_id=hold_id, reason="Xong thanh tra", by=person(KEEPER, LATER), now=LATER)
    assert [one.id for one in due_for_erasure(LATER)] == [case_id]
    with pytest.raises(WrongState):
        lift_hold(hold_id=hold_id, reason="Lần nữa", by=person(KEEPER, LATER), now=LATER)


def test_a_hold_of_another_case_holds_nothing_else(core: Flask):
    case_id = an_ended_case()
    ten_years_for()
    set_hold(held=Held(unit_code="phuong-minh-hoa"), **HOLD, by=None, now=LATER)
    set_hold(held=Held(year=2022), **HOLD, by=None, now=LATER)

    assert [one.id for one in due_for_erasure(LATER)] == [case_id]


def test_a_hold_set_after_approval_keeps_the_case_whole(either_core: Flask, tmp_path: Path):
    case_id = an_ended_case()
    ten_years_for()
    erasure_id = approved(case_id)
    set_hold(held=Held(year=2023), **HOLD, by=None, now=LATER)

    done = carry_out(tmp_path, LATER)

    assert (done.cases, done.held) == (0, 1)
    assert state_of(erasure_id) == "done"
    assert reexecute(read_history(case_id)).verdict is Verdict.MATCHES
    assert "content_erased" not in [event.body["type"] for event in read_history(case_id).events]


def test_a_hold_that_comes_between_two_cases_keeps_the_second(
    core: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    first, second = an_ended_case(), an_open_case("phuong-minh-hoa")
    withdraw_case(case_id=second, reason="Rút", by=person("xa-minhhoa-lanhdao"), now=NOON)
    ten_years_for("private")
    approved(first, second)
    whole = carrying_out.erase_case
    erased_already: list[uuid.UUID] = []

    def then_hold(*, case_id: uuid.UUID, **rest: object) -> object:
        if erased_already:
            set_hold(held=Held(code=case_of(case_id).code), **HOLD, by=None, now=LATER)
        erased_already.append(case_id)
        return whole(case_id=case_id, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(carrying_out, "erase_case", then_hold)
    done = carry_out(tmp_path, LATER)

    assert (done.cases, done.held) == (1, 1)
    states = {
        row.case_id: row.state for row in db.session.execute(select(ErasureCase.case_id, ErasureCase.state))
    }
    assert states == {erased_already[0]: "done", erased_already[1]: "held"}


def test_a_run_that_was_cut_off_goes_on(core: Flask, tmp_path: Path):
    case_id = an_ended_case()
    ten_years_for()
    erasure_id = approved(case_id)

    carry_out(tmp_path, LATER, keep_on=lambda: False)
    assert state_of(erasure_id) == "approved"
    assert carry_out(tmp_path, LATER).cases == 1
    assert carry_out(tmp_path, LATER).cases == 0

    assert state_of(erasure_id) == "done"
    told = [event.body["type"] for event in read_history(case_id).events]
    assert told.count("content_erased") == 1


def test_bytes_go_only_where_no_other_record_has_them(core: Flask, tmp_path: Path):
    files = tmp_path / "files"
    one, other = an_open_case(), an_open_case("phuong-minh-hoa")
    for case_id, commune in ((one, "thidu"), (other, "minhhoa")):
        for words in ("shared by both", f"own of {commune}"):
            add_evidence(
                task_id=open_task(case_id, "self_assess"),
                criterion="1.1",
                name="Danh sách Nguyễn Văn A.pdf",
                stream=io.BytesIO(evidence_page() + f"\n% {words}\n".encode()),
                root=files,
                largest=10_000,
                by=person(f"xa-{commune}-chuyenvien"),
                now=NOON,
            )
    withdraw_case(case_id=one, reason="Rút", by=person("xa-thidu-lanhdao"), now=NOON)
    rows = db.session.execute(select(EvidenceFile.case_id, EvidenceFile.sha256)).all()
    shared = {row.sha256 for row in rows if row.case_id == one} & {
        row.sha256 for row in rows if row.case_id == other
    }
    old = KEPT_UNNAMED.total_seconds() + 60
    for row in rows:
        path = path_of(files, row.sha256)
        before = path.stat().st_mtime - old
        os.utime(path, (before, before))
    ten_years_for("evidence")

    done = erased(one, files=files)

    assert done.files == 1
    for row in rows:
        gone = row.case_id == one and row.sha256 not in shared
        assert path_of(files, row.sha256).is_file() is not gone
    names = db.session.execute(select(EvidenceFile.name).where(EvidenceFile.case_id == one)).scalars()
    assert not [name for name in names if "Nguyễn" in name]
    assert list(check_files(files)) == []
    assert list(check_everything()) == []


def test_one_field_is_left_out_and_what_is_left_stays_readable(core: Flask, tmp_path: Path):
    case_id = an_ended_case()
    code = case_of(case_id).code
    auditor_like = person("so-tttt-giamdoc", LATER)
    _, found = redactable(code, auditor_like)
    field = next(one for one in found if one.target.pointer.endswith("/reason"))
    keeper = _keeper_who_sees()

    erasure_id = propose_redaction(
        case_id=case_id,
        target=field.target,
        reason="Ghi nhầm dữ liệu cá nhân",
        legal_basis="Yêu cầu số 5",
        by=keeper,
        now=LATER,
    )
    decide_erasure(
        erasure_id=erasure_id, approve=True, decision="Đồng ý", by=person(DECIDER, LATER), now=LATER
    )
    assert carry_out(tmp_path, LATER).cases == 1

    contents = db.session.execute(select(Submission.content).where(Submission.case_id == case_id)).scalars()
    left = b"".join(bytes(one) for one in contents).decode()
    assert field.words.rstrip("…") not in left
    assert "(đã lược bỏ)" in left
    assert list(check_everything()) == []
    # Nothing that routes was touched: the same way comes out.
    assert reexecute(read_history(case_id)).verdict is Verdict.MATCHES
    with transaction() as session:
        for name in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(
            update(Submission)
            .where(Submission.case_id == case_id, Submission.seq == field.target.seq)
            .values(content=b'{"answers":{}}')
        )
    assert any("đã bị thay đổi" in problem for problem in check_everything())
    assert "không phải nội dung đã băm" in reexecute(read_history(case_id)).why


def test_where_what_routes_was_left_out_it_is_said_from_which_event_on(core: Flask, tmp_path: Path):
    case_id = an_ended_case()
    seq = next(event.seq for event in read_history(case_id).events if event.body["type"] == "task_completed")
    erasure_id = propose_redaction(
        case_id=case_id,
        target=Target("submission", seq=seq, pointer="/action"),
        reason="Thử",
        legal_basis="Yêu cầu số 6",
        by=_keeper_who_sees(),
        now=LATER,
    )
    decide_erasure(
        erasure_id=erasure_id, approve=True, decision="Đồng ý", by=person(DECIDER, LATER), now=LATER
    )
    carry_out(tmp_path, LATER)

    found = reexecute(read_history(case_id))

    assert (found.verdict, found.seq) == (Verdict.NOT_EXECUTABLE, seq)
    assert found.why == "(nội dung đã lược bỏ ngày 02/01/2034, theo Yêu cầu số 6)"
    assert list(check_everything()) == []


def _keeper_who_sees() -> Viewer:
    give_seat("so-tttt-chuyenvien", position_of(KEEPER))
    return person("so-tttt-chuyenvien", LATER)


def test_a_keeper_who_does_not_see_the_case_asks_for_nothing_of_it(core: Flask):
    case_id = an_ended_case()
    _, found = redactable(case_of(case_id).code, person("so-tttt-giamdoc", LATER))

    with pytest.raises(NotFound):
        redactable(case_of(case_id).code, person(KEEPER, LATER))
    with pytest.raises(NotFound):
        propose_redaction(
            case_id=case_id,
            target=found[0].target,
            reason="x",
            legal_basis="y",
            by=person(KEEPER, LATER),
            now=LATER,
        )


def test_what_went_to_the_archive_is_listed_no_more(core: Flask):
    case_id = an_ended_case()
    period = Period("submission", None, "year_end", 1, "Luật Lưu trữ", confirmed=False)
    set_period(period=period, valid_from=date(2023, 1, 1), by=None, now=NOON)
    in_2024 = NOON + timedelta(days=100)

    assert due_for_transfer(NOON) == []
    due = due_for_transfer(in_2024)
    cells = transfer_list(due, in_2024).lines[0].cells
    assert [one.due_on for one in due] == [date(2024, 12, 31)]
    assert cells[1] == case_of(case_id).code
    assert cells[3:5] == ("20/11/2023", "20/11/2023")
    assert cells[6] == "vĩnh viễn (chờ xác nhận)"
    receipt = ArchiveReceipt("Lưu trữ lịch sử tỉnh", "01/BB", in_2024.date(), "Người nhận")
    record_transfer(case_ids=[case_id], receipt=receipt, by=person(KEEPER, in_2024), now=in_2024)
    assert due_for_transfer(in_2024) == []
    with pytest.raises(WrongState):
        record_transfer(case_ids=[case_id], receipt=receipt, by=person(KEEPER, in_2024), now=in_2024)
