"""What lies beside the log: whoever alters it, with database, files and hashes in hand, is named."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import ColumnElement, delete, select, text, update
from sqlalchemy.orm import Session

from service.app import create_core
from service.audit.canonical import salted_digest
from service.database import db, transaction
from service.demo.story import play
from service.models import Case, Document, Event, EventPrivatePart, EvidenceFile, ProcessVersion, Submission
from service.processes.publishing import content_hash_of
from service.replay.contents import altered_contents
from tests.builders import NOON, a_case_at
from tests.integration.conftest import MEGABYTE, settings_for, within
from tests.integration.service.test_log import without_triggers

Told = tuple[str, str]


@pytest.fixture(scope="module")
def played(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the story as it ends, with its files, without the triggers against changes."""
    folder = tmp_path_factory.mktemp("played")
    shutil.copy(sqlite_template, folder / "congnhan.db")
    with contextmanager(within)(create_core(settings_for(f"sqlite:///{folder}/congnhan.db", folder))):
        play(folder / "files", 5 * MEGABYTE)
        with transaction() as session:
            names = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars()
            for name in names.all():
                session.execute(text(f"DROP TRIGGER {name}"))
    return folder


@pytest.fixture
def files(played: Path, tmp_path: Path) -> Iterator[Path]:
    shutil.copytree(played, tmp_path / "all")
    url = f"sqlite:///{tmp_path}/all/congnhan.db"
    with contextmanager(within)(create_core(settings_for(url, tmp_path / "all"))):
        yield tmp_path / "all" / "files"


def found(files: Path, case_id: uuid.UUID | None = None) -> list[tuple[str, str, str]]:
    db.session.rollback()
    return list(altered_contents(files, case_id))


def recognised() -> Case:
    return db.session.scalars(select(Case).where(Case.outcome == "commune_recognised")).one()


def better_value(session: Session) -> None:
    row = session.scalars(
        select(Submission).where(Submission.element == "department_verify").order_by(Submission.id)
    ).first()
    assert row is not None
    content = row.content.replace(b"54,4%", b"99,9%") + b" "
    values = {"content": content, "digest": salted_digest(row.salt, content)}
    session.execute(update(Submission).where(Submission.id == row.id).values(**values))


def taken_away(session: Session, which: ColumnElement[bool]) -> None:
    """With the papers that say whose they are."""
    session.execute(delete(Document).where(Document.submission_id.in_(select(Submission.id).where(which))))
    session.execute(delete(Submission).where(which))


def another_diagram(session: Session) -> None:
    """With its own hashes computed anew, as the publisher would."""
    version = session.scalars(select(ProcessVersion).where(ProcessVersion.key == "recognition")).first()
    assert version is not None
    version.diagram = version.diagram.replace(b"UBND", b"Ubnd")
    version.diagram_hash = hashlib.sha256(version.diagram).hexdigest()
    version.content_hash = content_hash_of(version)


def a_form_only(session: Session) -> None:
    version = session.scalars(select(ProcessVersion).where(ProcessVersion.key == "recognition")).first()
    assert version is not None
    key = sorted(version.forms)[0]
    version.forms = {**version.forms, key: version.forms[key] + " "}


MINUTES = Document.number == "07/BB-HN (minh họa)"
ATTACKS: dict[str, tuple[Callable[[Session], object], Told]] = {
    "a submission and its digest": (better_value, ("submission", "nội dung nộp đã bị thay đổi")),
    "a submission that is none any more": (
        lambda s: s.execute(update(Submission).values(content=b"\xff khac")),
        ("submission", "nội dung nộp đã bị thay đổi"),
    ),
    "a submission taken away": (
        lambda s: taken_away(s, Submission.element == "member_opinion"),
        ("submission", "nội dung nộp không còn, dù không có quyết định xóa"),
    ),
    "what somebody typed": (
        lambda s: s.execute(update(EventPrivatePart).values(content=b"khac")),
        ("private", "đã bị thay đổi"),
    ),
    "what somebody typed taken away": (
        lambda s: s.execute(delete(EventPrivatePart)),
        ("private", "không còn, dù không có quyết định xóa"),
    ),
    "another hash for a file": (
        lambda s: s.execute(update(EvidenceFile).values(sha256="0" * 64)),
        ("file", "không còn trong kho lưu trữ"),
    ),
    "a file said to be erased": (
        lambda s: s.execute(update(EvidenceFile).values(erased_at=NOON)),
        ("file", "ghi là đã xóa, dù không có quyết định xóa"),
    ),
    "the name of a file": (
        lambda s: s.execute(update(EvidenceFile).values(name="khac.pdf")),
        ("file", "đã nộp nay ghi khác trong danh sách tệp"),
    ),
    "the number of a paper": (
        lambda s: s.execute(update(Document).where(MINUTES).values(number="77/KHAC")),
        ("document", "số 77/KHAC, ngày 2023-12-21 khác với lúc ghi: số 07/BB-HN (minh họa), ngày 2023-12-21"),
    ),
    "a diagram and its hashes": (another_diagram, ("definition", "mã băm khác với lần ban hành đã ghi")),
    "a form": (
        a_form_only,
        ("definition", "sơ đồ, biểu mẫu hoặc bộ tiêu chí không phải bản đã ban hành"),
    ),
}


def test_nothing_is_said_of_what_nobody_touched(files: Path):
    assert found(files) == []
    assert found(files, recognised().id) == []


@pytest.mark.parametrize("name", ATTACKS)
def test_each_alteration_is_named(files: Path, name: str):
    attack, (kind, sentence) = ATTACKS[name]
    assert db.session.scalars(select(EventPrivatePart)).first() is not None

    with transaction() as session:
        attack(session)

    told = found(files)
    assert {one for one, _, _ in told} == {kind}
    assert any(sentence in said for _, _, said in told), told


def test_bytes_exchanged_or_taken_from_the_store_are_named_with_their_file(files: Path):
    file = db.session.scalars(select(EvidenceFile).order_by(EvidenceFile.name)).first()
    assert file is not None
    stored = files / file.sha256[:2] / file.sha256
    stored.write_bytes(b"%PDF-1.7 khac")
    told = found(files)
    assert ("file", f"tệp “{file.name}”", "đã bị thay đổi trong kho lưu trữ") in [
        (kind, place.rpartition(", ")[2], said) for kind, place, said in told
    ]
    stored.unlink()
    assert {said for _, _, said in found(files)} == {"không còn trong kho lưu trữ"}


def test_of_one_case_only_its_own_is_told(files: Path):
    case = recognised()
    with transaction() as session:
        taken_away(session, Submission.case_id != case.id)

    assert found(files, case.id) == []
    other = db.session.scalars(select(Case).where(Case.id != case.id, Case.outcome.is_not(None))).first()
    assert other is not None
    told = found(files, other.id)
    assert told
    assert all(place.startswith(f"hồ sơ {other.code}, sự kiện ") for _, place, _ in told)


def test_a_body_that_is_none_any_more_is_the_chains_business(files: Path):
    with transaction() as session:
        session.execute(update(Event).where(Event.stream == "case").values(body=b'"digests":{"'))

    assert {kind for kind, _, _ in found(files)} <= {"submission"}


def test_on_either_database(either_core: Flask, tmp_path: Path):
    case_id = a_case_at("district_appraise")
    assert found(tmp_path) == []

    if db.engine.dialect.name == "sqlite":
        without_triggers()
    with transaction() as session:
        if db.engine.dialect.name == "postgresql":
            session.execute(text("SET session_replication_role = replica"))
        session.execute(update(Submission).where(Submission.case_id == case_id).values(content=b"{}"))

    assert [kind for kind, _, _ in found(tmp_path)] == ["submission"]
