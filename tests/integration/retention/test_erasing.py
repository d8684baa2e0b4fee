"""What is erased is gone, and what it was is proved: by chain, fold, verification and exports."""

from __future__ import annotations

import shutil
import uuid
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import orjson
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DatabaseError

from service.app import create_core
from service.audit.check import check_everything, check_files
from service.audit.findings import Trust
from service.audit.folding import fold
from service.audit.operations import SYSTEM
from service.audit.verifying import verify_case
from service.database import db, transaction
from service.demo.story import play
from service.exports.operations import FORMATS, export_case
from service.models import Comment, Draft, Event, EventPrivatePart, RecordKind, Submission, Task
from service.replay.contents import altered_contents
from service.replay.history import read_history
from service.replay.reexecution import Verdict, reexecute
from tests.builders import case_of
from tests.integration.audit.logs import keep_and_sign
from tests.integration.conftest import MEGABYTE, settings_for, within
from tests.integration.retention.scenes import (
    LATER,
    an_ended_case,
    erased,
    ten_years_for,
    the_recognised_case,
)
from verifier.congnhan_verify import main as verify_bundle

KINDS = [kind.value for kind in RecordKind]


def events_of(case_id: uuid.UUID) -> list[bytes]:
    return list(
        db.session.execute(
            select(Event.body)
            .where(Event.stream == "case", Event.stream_id == str(case_id))
            .order_by(Event.seq)
        ).scalars()
    )


def test_everything_of_a_decided_case_is_erased_and_the_log_stays_whole(core: Flask, tmp_path: Path):
    files = tmp_path / "files"
    play(files, 5 * MEGABYTE)
    case_id = the_recognised_case()
    ten_years_for()
    before = events_of(case_id)
    handed_over = db.session.execute(
        select(func.count()).select_from(Submission).where(Submission.case_id == case_id)
    ).scalar_one()

    done = erased(case_id, files=files)

    assert (done.cases, done.held) == (1, 0)
    after = events_of(case_id)
    assert after[: len(before)] == before
    told = [orjson.loads(body) for body in after[len(before) :]]
    assert [body["type"] for body in told] == ["content_erased"]
    assert sum(item["what"] == "submission" for item in told[0]["data"]["items"]) == handed_over
    assert told[0]["data"]["proposed_by"] != told[0]["data"]["approved_by"]
    assert _words_left(case_id) == []
    assert list(check_everything()) == []
    assert list(check_files(files)) == []
    assert list(altered_contents(files)) == []
    keep_and_sign()
    assert verify_case(case_id, Trust(witness=None, current=None)).findings == []
    history = read_history(case_id)
    folded = fold(event.body for event in history.events)
    assert (folded.outcome, folded.status) == ("commune_recognised", "finished")
    replayed = reexecute(history)
    assert replayed.verdict is Verdict.NOT_EXECUTABLE
    first = next(event.seq for event in history.events if event.body["type"] == "task_completed")
    assert replayed.seq == first
    assert "đã xóa khi hết thời hạn lưu trữ, ngày 02/01/2034, theo 10 năm" in replayed.why


def _words_left(case_id: uuid.UUID) -> list[object]:
    """What of a case can still be read that people typed."""
    streams = Event.stream.in_(("case", "access")) & (Event.stream_id == str(case_id))
    found: list[object] = list(
        db.session.execute(
            select(EventPrivatePart.content)
            .join(Event, Event.position == EventPrivatePart.position)
            .where(streams, EventPrivatePart.content != b"")
        ).scalars()
    )
    contents = db.session.execute(select(Submission.content).where(Submission.case_id == case_id)).scalars()
    for content in contents:
        document = orjson.loads(content)
        found += [key for key in document["answers"] if key != "round_act"]
        found += [key for key in document if key not in ("answers", "erased")]
    found += db.session.execute(select(Comment.body).where(Comment.case_id == case_id)).scalars()
    found += [
        one
        for one in db.session.execute(
            select(Draft.answers).join(Task, Task.id == Draft.task_id).where(Task.case_id == case_id)
        ).scalars()
        if one
    ]
    return found


@settings(
    max_examples=5, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(chosen=st.sets(st.sampled_from(KINDS), min_size=1))
def test_after_any_set_of_erasures_all_that_reads_the_case_goes_on(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, chosen: set[str]
):
    folder = tmp_path_factory.mktemp("any")
    shutil.copy(sqlite_template, folder / "congnhan.db")
    for _ in within(create_core(settings_for(f"sqlite:///{folder / 'congnhan.db'}", folder))):
        case_id = an_ended_case()
        ten_years_for(*sorted(chosen))
        state = bytes(case_of(case_id).state)

        erased(case_id, files=folder / "files")

        assert list(check_everything()) == []
        assert bytes(case_of(case_id).state) == state
        verdict = reexecute(read_history(case_id)).verdict
        assert verdict is (Verdict.NOT_EXECUTABLE if "submission" in chosen else Verdict.MATCHES)
        for kind in FORMATS:
            keep_and_sign()
            export_case(
                target := BytesIO(),
                case_id,
                kind,
                viewer=None,
                minimised=False,
                witness=None,
                stored=folder / "files",
                by=SYSTEM,
                now=LATER,
            )
            if kind == "bundle":
                (folder / "bundle.zip").write_bytes(target.getvalue())
                with pytest.raises(SystemExit) as ended:
                    verify_bundle([str(folder / "bundle.zip")])
                assert ended.value.code == 0
                names = ZipFile(target).namelist()
                assert any(name.startswith("submissions/") for name in names) is ("submission" not in chosen)


def test_erasing_without_a_slip_is_refused_by_the_database(either_core: Flask):
    case_id = an_ended_case()
    attempts = [
        update(Submission).where(Submission.case_id == case_id).values(content=b"", salt=b""),
        text("DELETE FROM submission"),
        text("DELETE FROM event_private_part"),
        update(EventPrivatePart).values(content=b"", salt=b""),
    ]

    for attempt in attempts:
        with pytest.raises(DatabaseError, match="append-only"), transaction() as session:
            session.execute(attempt)


def test_on_both_databases_all_is_erased_and_whole(either_core: Flask, tmp_path: Path):
    case_id = an_ended_case()
    ten_years_for()

    done = erased(case_id, files=tmp_path / "files")

    assert done.cases == 1
    assert _words_left(case_id) == []
    assert list(check_everything()) == []
