"""Evidence: files handed in for a criterion while a task is open."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import insert, select

from evaluation.errors import EvaluationError
from service.audit.operations import Actor, record_access
from service.database import db, transaction
from service.dossiers.media_types import media_type_of
from service.dossiers.storage import StoredBytes, path_of, store
from service.errors import BadInput, NotAllowed, NotFound, TaskNotOpen
from service.identity.queries import load_viewer, visible_cases
from service.identity.viewer import Viewer
from service.models import Case, EvidenceFile, Task
from service.processes.queries import procedure

LONGEST_NAME = 200


def add_evidence(
    *,
    task_id: uuid.UUID,
    criterion: str | None,
    name: str,
    stream: BinaryIO,
    root: Path,
    largest: int,
    by: Viewer,
    now: datetime,
) -> uuid.UUID:
    """Store an upload for an open task that `by` prepares; returns the file's id.

    `criterion` None is a file of the dossier as a whole. Raises UnsupportedFile, TooLarge, NotAllowed.
    """
    name = clean_name(name)
    # Refuse before taking in the bytes; the same is asked again when they are recorded.
    task, _ = _preparing(task_id, load_viewer(by.id, now))
    if criterion is not None:
        try:
            criterion = procedure(task.case.process_version_id).catalogue.criterion(criterion).id
        except EvaluationError as error:
            raise BadInput(error.message, fields={"criterion": [error.message]}) from error
    stored = store(root, stream, largest, partial(_require_accepted, name))
    media_type = media_type_of(name, stored.head, path_of(root, stored.sha256))
    file_id = uuid.uuid4()
    with transaction() as session:
        connection = session.connection()
        task, _ = _preparing(task_id, load_viewer(by.id, now, connection))
        connection.execute(
            insert(EvidenceFile).values(
                id=file_id,
                case_id=task.case_id,
                task_id=task_id,
                criterion=criterion,
                name=name,
                media_type=media_type,
                size=stored.size,
                sha256=stored.sha256,
                uploaded_by=by.id,
                uploaded_at=now,
            )
        )
        record_access(
            connection,
            "file_added",
            {"file": str(file_id), "sha256": stored.sha256, "size": stored.size, "criterion": criterion},
            case_id=task.case_id,
            by=Actor(by.id),
            at=now,
        )
    return file_id


def _require_accepted(name: str, stored: StoredBytes, path: Path) -> None:
    if stored.size == 0:
        raise BadInput(f"Tệp “{name}” rỗng.", fields={"file": ["Tệp rỗng."]})
    media_type_of(name, stored.head, path)


def _preparing(task_id: uuid.UUID, viewer: Viewer) -> tuple[Task, Viewer]:
    task = db.session.scalars(
        select(Task)
        .join(Case, Case.id == Task.case_id)
        .where(Task.id == task_id, visible_cases(viewer))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if task is None:
        raise NotFound()
    if not task.is_open:
        raise TaskNotOpen()
    if viewer.seat_for_preparing(task.group, task.unit_id) is None:
        raise NotAllowed("Chỉ chuyên viên của đơn vị được giao bước này mới đính kèm được tệp.")
    return task, viewer


def record_download(*, file: EvidenceFile, by: Viewer, now: datetime) -> None:
    """Downloads are logged; the log comes first, so that what was handed out is always recorded."""
    with transaction() as session:
        record_access(
            session.connection(),
            "file_downloaded",
            {"file": str(file.id), "sha256": file.sha256},
            case_id=file.case_id,
            by=Actor(by.id),
            at=now,
        )


def clean_name(name: str) -> str:
    """A file's own name: no folders, no control or direction-changing characters, NFC, at most 200 long."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")).strip(
        " ."
    )
    if not name:
        raise BadInput("Tệp không có tên.", fields={"file": ["Tệp không có tên."]})
    if len(name) > LONGEST_NAME:
        stem, dot, suffix = name.rpartition(".")
        room = LONGEST_NAME - len(dot + suffix)
        name = stem[:room] + dot + suffix if dot and room > 0 else name[:LONGEST_NAME]
    return name
