"""Evidence: taken in while its step is open, by those who prepare it, for their own case only."""

from __future__ import annotations

import io
import uuid
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from service.database import db
from service.dossiers.operations import add_evidence, record_download
from service.dossiers.queries import read_file
from service.errors import BadInput, NotAllowed, NotFound, TaskNotOpen, TooLarge, UnsupportedFile
from service.models import Event, EvidenceFile
from service.tasks.operations import submit_for_signature
from tests.builders import NOON, an_open_case, do_step, open_task, person, story_answers
from tests.integration.service.scenes import at_once, nothing_is_wrong

PDF = b"%PDF-1.7\n%%EOF\n"
OFFICER = "xa-thidu-chuyenvien"


def uploaded(
    task_id: uuid.UUID, root: Path, name: str = "báo cáo.pdf", content: bytes = PDF, by: str = OFFICER
) -> uuid.UUID:
    return add_evidence(
        task_id=task_id,
        criterion="2.6",
        name=name,
        stream=io.BytesIO(content),
        root=root,
        largest=1000,
        by=person(by),
        now=NOON,
    )


def first_task(commune: str = "xa-thi-du") -> uuid.UUID:
    return open_task(an_open_case(commune), "self_assess")


def count_of_files() -> int:
    db.session.rollback()
    return db.session.execute(select(func.count()).select_from(EvidenceFile)).scalar_one()


def test_evidence_is_kept_with_its_name_type_and_hash_and_recorded(either_core: Flask, tmp_path: Path):
    task_id = first_task()

    file = read_file(uploaded(task_id, tmp_path / "files"), person(OFFICER))

    assert (file.name, file.media_type, file.size) == ("báo cáo.pdf", "application/pdf", len(PDF))
    recorded = db.session.execute(
        select(Event.type).where(Event.stream == "access", Event.stream_id == str(file.case_id))
    )
    assert recorded.scalars().all() == ["file_added"]
    assert nothing_is_wrong()


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("báo cáo.pdf", b"MZ\x90", UnsupportedFile),
        ("trang.html", b"<script>", UnsupportedFile),
        ("báo cáo.pdf", b"", BadInput),
        ("báo cáo.pdf", PDF + b"x" * 1000, TooLarge),
    ],
)
def test_a_refused_upload_leaves_neither_row_nor_file(
    core: Flask, tmp_path: Path, name: str, content: bytes, error: type[Exception]
):
    task_id, root = first_task(), tmp_path / "files"

    with pytest.raises(error):
        uploaded(task_id, root, name, content)

    assert (count_of_files(), [path for path in root.rglob("*") if path.is_file()]) == (0, [])


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("xa-thidu-lanhdao", NotAllowed),
        ("huyen-bimson-chuyenvien", NotAllowed),
        ("so-tttt-chuyenvien", NotAllowed),
        ("kiemtra", NotAllowed),
        ("xa-minhhoa-chuyenvien", NotFound),
        ("huyen-thuongxuan-chuyenvien", NotFound),
    ],
)
def test_only_the_steps_officers_attach_files(core: Flask, tmp_path: Path, who: str, error: type[Exception]):
    task_id, root = first_task(), tmp_path / "files"

    with pytest.raises(error):
        uploaded(task_id, root, by=who)

    assert not root.exists()  # refused before a byte was taken in


def test_a_closed_step_takes_no_more_files(core: Flask, tmp_path: Path):
    case_id = an_open_case()
    task_id = open_task(case_id, "self_assess")
    do_step(case_id, "self_assess")

    with pytest.raises(TaskNotOpen):
        uploaded(task_id, tmp_path / "files")


def test_a_file_of_another_case_cannot_be_given_as_evidence(core: Flask, tmp_path: Path):
    foreign = uploaded(first_task("phuong-minh-hoa"), tmp_path / "files", by="xa-minhhoa-chuyenvien")
    task_id, answers = first_task(), story_answers("self_assess")
    answers["criteria"]["2.6"]["evidence"] = [str(foreign)]

    with pytest.raises(BadInput):
        submitted_and_signed(task_id, answers)


def submitted_and_signed(task_id: uuid.UUID, answers: dict[str, Any]) -> None:
    from service.tasks.operations import sign_task

    submit_for_signature(task_id=task_id, answers=answers, seen_rev=0, by=person(OFFICER), now=NOON)
    sign_task(task_id=task_id, by=person("xa-thidu-lanhdao"), now=NOON)


@pytest.mark.parametrize("evidence", ["x", "../../etc/passwd", "0" * 64])
def test_evidence_that_is_no_file_id_is_refused_by_name(core: Flask, evidence: str):
    task_id, answers = first_task(), story_answers("self_assess")
    answers["criteria"]["2.6"]["evidence"] = [evidence]

    with pytest.raises(BadInput) as refused:
        submitted_and_signed(task_id, answers)

    assert all(field.startswith("criteria.2.6.evidence") for field in refused.value.fields)


def test_own_evidence_is_kept_with_its_hash_in_what_was_submitted(core: Flask, tmp_path: Path):
    task_id, answers = first_task(), story_answers("self_assess")
    file_id = uploaded(task_id, tmp_path / "files")
    answers["criteria"]["2.6"]["evidence"] = [str(file_id)]

    submitted_and_signed(task_id, answers)

    from service.tasks.queries import read_task, submission_of

    content, _ = submission_of(read_task(task_id, person(OFFICER))) or ({}, None)
    assert content["files"][str(file_id)]["name"] == "báo cáo.pdf"


@pytest.mark.parametrize("criterion", ["9.9", "x", ""])
def test_a_criterion_that_does_not_exist_is_refused(core: Flask, tmp_path: Path, criterion: str):
    with pytest.raises(BadInput) as refused:
        add_evidence(
            task_id=first_task(),
            criterion=criterion,
            name="a.pdf",
            stream=io.BytesIO(PDF),
            root=tmp_path / "files",
            largest=1000,
            by=person(OFFICER),
            now=NOON,
        )

    assert list(refused.value.fields) == ["criterion"]


def test_the_same_bytes_uploaded_at_once_are_one_file_and_two_entries(either_core: Flask, tmp_path: Path):
    task_id, root = first_task(), tmp_path / "files"

    answers = at_once(either_core, [partial(uploaded, task_id, root)] * 2)

    assert [type(answer) for answer in answers] == [uuid.UUID, uuid.UUID]
    assert count_of_files() == 2
    assert len([path for path in root.rglob("*") if path.is_file()]) == 1
    assert nothing_is_wrong()


def test_a_download_is_recorded(core: Flask, tmp_path: Path):
    file = read_file(uploaded(first_task(), tmp_path / "files"), person("huyen-bimson-chuyenvien"))

    record_download(file=file, by=person("huyen-bimson-chuyenvien"), now=NOON)

    kinds = db.session.execute(
        select(Event.type).where(Event.stream == "access").order_by(Event.position)
    ).scalars()
    assert kinds.all() == ["file_added", "file_downloaded"]
