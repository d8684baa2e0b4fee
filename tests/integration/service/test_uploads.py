"""Files that come in parts: continued after any interruption, evidence only when whole, else gone."""

from __future__ import annotations

import io
import os
import time
import uuid
from datetime import timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import func, select

from service.audit.check import check_files
from service.database import db
from service.dossiers import parts
from service.dossiers.finishing import Finished, finish_upload
from service.dossiers.housekeeping import sweep_files, sweep_uploads
from service.dossiers.operations import add_evidence
from service.dossiers.queries import read_file
from service.dossiers.storage import path_of
from service.dossiers.uploads import PART, Place, append_part, cancel_upload, received, start_upload
from service.errors import (
    BadInput,
    FileAlreadyThere,
    NotAllowed,
    NotFound,
    OffsetMismatch,
    StorageFull,
    TaskNotOpen,
    TooLarge,
    UnsupportedFile,
    WrongState,
)
from service.models import EvidenceFile, Upload
from tests.builders import NOON, an_open_case, do_step, open_task, person
from tests.integration.service.scenes import at_once, nothing_is_wrong

OFFICER, COLLEAGUE, STRANGER = "xa-thidu-chuyenvien", "xa-thidu-lanhdao", "xa-minhhoa-chuyenvien"
LARGEST = 2 * 1024 * 1024
# Two parts and a bit.
SCAN = b"%PDF-1.7\n" + bytes(range(256)) * 4100


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "files"


def started(task_id: uuid.UUID, root: Path, size: int = len(SCAN), name: str = "quét.pdf") -> uuid.UUID:
    return start_upload(
        task_id=task_id,
        place=Place(criterion="2.6"),
        name=name,
        size=size,
        root=root,
        largest=LARGEST,
        by=person(OFFICER),
        now=NOON,
    )


def sent(upload_id: uuid.UUID, root: Path, offset: int, data: bytes, by: str = OFFICER) -> int:
    return append_part(upload_id=upload_id, offset=offset, data=data, root=root, by=person(by), now=NOON)


def all_sent(upload_id: uuid.UUID, root: Path, content: bytes = SCAN) -> uuid.UUID:
    for offset in range(0, len(content), PART):
        sent(upload_id, root, offset, content[offset : offset + PART])
    return upload_id


def finished(upload_id: uuid.UUID, root: Path, again: bool = False) -> Finished:
    return finish_upload(
        upload_id=upload_id, root=root, largest=LARGEST, by=person(OFFICER), now=NOON, again=again
    )


def so_far(upload_id: uuid.UUID, root: Path, by: str = OFFICER) -> int:
    return received(upload_id=upload_id, root=root, by=person(by), now=NOON)


def count(model: type) -> int:
    db.session.rollback()
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()


def test_an_interrupted_upload_goes_on_where_it_stopped_and_becomes_one_file(
    either_core: Flask, root: Path
) -> None:
    upload = started(open_task(an_open_case(), "self_assess"), root)
    sent(upload, root, 0, SCAN[:PART])

    with pytest.raises(OffsetMismatch) as too_far:
        sent(upload, root, 2 * PART, SCAN[2 * PART :])
    with pytest.raises(OffsetMismatch) as once_more:
        sent(upload, root, 0, SCAN[:PART])
    with pytest.raises(OffsetMismatch):
        finished(upload, root)
    assert (too_far.value.details, once_more.value.details) == ({"received": PART}, {"received": PART})
    assert (so_far(upload, root), count(EvidenceFile)) == (PART, 0)
    sent(upload, root, PART, SCAN[PART : 2 * PART])
    sent(upload, root, 2 * PART, SCAN[2 * PART :])
    made = finished(upload, root)
    assert finished(upload, root) == made  # the answer was lost, the question is asked again

    file = read_file(made.file_id, person(OFFICER))
    assert (file.name, file.size, file.criterion) == ("quét.pdf", len(SCAN), "2.6")
    assert path_of(root, file.sha256).read_bytes() == SCAN
    assert (count(EvidenceFile), count(Upload), parts.upload_ids(root)) == (1, 0, [])
    assert list(check_files(root)) == []
    assert nothing_is_wrong()


def test_what_disk_and_database_know_differently_is_sent_again(core: Flask, root: Path) -> None:
    upload = started(open_task(an_open_case(), "self_assess"), root)
    sent(upload, root, 0, SCAN[:PART])

    with parts.growing(root, upload) as file:
        parts.write_at(file, PART, b"bytes of a crash before the row knew")
    assert so_far(upload, root) == PART
    parts.remove(root, upload)
    assert so_far(upload, root) == 0

    file_id = finished(all_sent(upload, root), root).file_id
    assert path_of(root, read_file(file_id, person(OFFICER)).sha256).read_bytes() == SCAN


def test_two_tabs_at_once_make_one_file_of_the_right_bytes(either_core: Flask, root: Path) -> None:
    task_id = open_task(an_open_case(), "self_assess")
    upload = started(task_id, root)

    first = at_once(either_core, [partial(sent, upload, root, 0, SCAN[:PART])] * 2)
    assert sorted(type(one).__name__ for one in first) == ["OffsetMismatch", "int"]
    sent(upload, root, PART, SCAN[PART : 2 * PART])
    sent(upload, root, 2 * PART, SCAN[2 * PART :])
    ends = at_once(either_core, [partial(finished, upload, root)] * 2)

    assert ends == [Finished(upload)] * 2
    assert count(EvidenceFile) == 1
    assert nothing_is_wrong()


def test_what_cannot_become_a_file_is_refused_as_early_as_it_shows(core: Flask, root: Path) -> None:
    task_id = open_task(an_open_case(), "self_assess")
    for name, size, error in (
        ("trang.html", 10, UnsupportedFile),
        ("a.pdf", 0, BadInput),
        ("a.pdf", LARGEST + 1, TooLarge),
    ):
        with pytest.raises(error):
            started(task_id, root, size, name)
    assert (count(Upload), root.exists()) == (0, False)

    for name, head in (("a.pdf", b"MZ" + b"\0" * 98), ("a.webp", b"RIFF\0\0\0\0WAVE" + b"\0" * 88)):
        with pytest.raises(UnsupportedFile):
            sent(started(task_id, root, 100, name), root, 0, head)
    short = started(task_id, root, 20, "a.docx")
    with pytest.raises(TooLarge):
        sent(short, root, 0, b"x" * 21)
    with pytest.raises(TooLarge):
        sent(started(task_id, root, LARGEST), root, 0, b"%PDF-" + b"x" * PART)
    sent(short, root, 0, b"x" * 20)
    with pytest.raises(UnsupportedFile):
        finished(short, root)
    assert short not in parts.upload_ids(root)  # no use in sending it once more
    with pytest.raises(NotFound):
        finished(short, root)

    with patch("service.dossiers.uploads.shutil.disk_usage") as disk:
        disk.return_value.free = 2 * len(SCAN) - 1
        with pytest.raises(StorageFull):
            started(task_id, root)
    for _ in range(19):  # what was refused for its content is gone, one is there
        started(task_id, root)
    with pytest.raises(WrongState, match="20 tệp tải dở"):
        started(task_id, root)


def test_only_the_sender_goes_on_and_only_while_the_task_is_open(core: Flask, root: Path) -> None:
    case_id = an_open_case()
    task_id = open_task(case_id, "self_assess")
    upload = all_sent(started(task_id, root), root)

    for who in (COLLEAGUE, STRANGER):
        with pytest.raises(NotFound):
            so_far(upload, root, by=who)
        with pytest.raises(NotFound):
            sent(upload, root, len(SCAN), b"x", by=who)
        with pytest.raises(NotFound):
            cancel_upload(upload_id=upload, root=root, by=person(who), now=NOON)
    with pytest.raises(NotAllowed):
        start_upload(
            task_id=task_id,
            place=Place(),
            name="a.pdf",
            size=1,
            root=root,
            largest=LARGEST,
            by=person(COLLEAGUE),
            now=NOON,
        )
    do_step(case_id, "self_assess")
    with pytest.raises(TaskNotOpen):
        finished(upload, root)

    cancel_upload(upload_id=upload, root=root, by=person(OFFICER), now=NOON)
    assert (count(Upload), parts.upload_ids(root)) == (0, [])


def test_bytes_that_the_dossier_has_are_told_before_they_are_taken_twice(core: Flask, root: Path) -> None:
    task_id = open_task(an_open_case(), "self_assess")
    first = add_evidence(
        task_id=task_id,
        criterion=None,
        name="báo cáo.pdf",
        stream=io.BytesIO(SCAN),
        root=root,
        largest=LARGEST,
        by=person(OFFICER),
        now=NOON,
    )
    upload = all_sent(started(task_id, root), root)

    with pytest.raises(FileAlreadyThere, match=r"“báo cáo\.pdf”, tải lên ngày 20/11/2023") as told:
        finished(upload, root)
    assert (told.value.details, count(EvidenceFile)) == ({"file": str(first)}, 1)

    finished(upload, root, again=True)
    assert count(EvidenceFile) == 2


def test_what_nobody_finishes_is_gone_after_a_day_and_nothing_else(core: Flask, root: Path) -> None:
    task_id = open_task(an_open_case(), "self_assess")
    abandoned, fresh, orphan = started(task_id, root), started(task_id, root), uuid.uuid4()
    sent(abandoned, root, 0, SCAN[:PART])
    with parts.growing(root, orphan):
        pass
    long_ago = time.time() - timedelta(hours=25).total_seconds()
    for one in (abandoned, orphan):
        os.utime(parts.part_path(root, one), (long_ago, long_ago))

    sweep_files(root)
    assert len(parts.upload_ids(root)) == 3
    assert sweep_uploads(root) == 2

    assert parts.upload_ids(root) == [fresh]
    assert (so_far(fresh, root), count(Upload)) == (0, 1)
    with pytest.raises(NotFound):
        sent(abandoned, root, PART, SCAN[PART : 2 * PART])
