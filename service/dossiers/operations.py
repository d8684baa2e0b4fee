"""Evidence: files handed in for a criterion while a task is open."""

from __future__ import annotations

import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from evaluation.errors import EvaluationError
from service.audit.operations import Actor, record_access
from service.database import AnyRow, db, transaction
from service.dossiers.media_types import media_type_of
from service.dossiers.storage import StoredBytes, path_of, store
from service.errors import BadInput, NotAllowed, NotFound, TaskNotOpen, TaskTaken, WrongState
from service.identity.queries import load_viewer, visible_cases
from service.identity.viewer import Seat, Viewer
from service.models import Case, EvidenceFile, Task
from service.processes.independence import steps_with_hidden_files
from service.processes.queries import procedure
from service.processes.row_owners import rows_of
from service.wording import _

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
    replaces: uuid.UUID | None = None,
) -> uuid.UUID:
    """Store an upload for an open task that `by` prepares; returns the file's id.

    `criterion` None is a file of the dossier as a whole. With `replaces` the file takes the place, and the
    criterion, of one that this step handed in; both are kept. The draft is the caller's to save.
    Raises UnsupportedFile, TooLarge, NotAllowed.
    """
    name = clean_name(name)
    # Refuse before taking in the bytes; the same is asked again when they are recorded.
    task, _seat = preparing(task_id, load_viewer(by.id, now))
    criterion = known_criterion(task, criterion)
    stored = store(root, stream, largest, partial(require_accepted, name))
    media_type = media_type_of(name, stored.head, path_of(root, stored.sha256))
    file_id = uuid.uuid4()
    with transaction() as session:
        connection = session.connection()
        viewer = load_viewer(by.id, now, connection)
        task, seat = preparing(task_id, viewer)
        actor = viewer.actor(seat)
        file = NewFile(file_id, criterion, name, media_type, stored.size, stored.sha256, replaces)
        record_file(connection, task, file, viewer, actor, now)
    return file_id


@dataclass(frozen=True)
class NewFile:
    """What is to be recorded of a file whose bytes are stored."""

    id: uuid.UUID
    criterion: str | None
    name: str
    media_type: str
    size: int
    sha256: str
    replaces: uuid.UUID | None = None


def record_file(
    connection: Connection, task: Task, file: NewFile, viewer: Viewer, actor: Actor, now: datetime
) -> None:
    """The row and its place in the access log; writers of one dossier's log stand in line from here on."""
    data = {"file": str(file.id), "sha256": file.sha256, "size": file.size, "criterion": file.criterion}
    if file.replaces is not None:
        data["replaces"] = str(file.replaces)
    record_access(connection, "file_added", data, case_id=task.case_id, by=actor, at=now)
    # Only now: of two who replace one file at once, the second must see the first one's.
    criterion = file.criterion
    if file.replaces is not None:
        criterion = replaceable(connection, task, file, viewer).criterion
    connection.execute(
        insert(EvidenceFile).values(
            id=file.id,
            case_id=task.case_id,
            task_id=task.id,
            criterion=criterion,
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            sha256=file.sha256,
            uploaded_by=viewer.id,
            uploaded_at=now,
            replaces_id=file.replaces,
        )
    )


def replaceable(connection: Connection, task: Task, new: NewFile, viewer: Viewer) -> AnyRow:
    """The file that `new` may take the place of; raises NotFound, NotAllowed, WrongState, BadInput."""
    old = connection.execute(
        select(EvidenceFile.criterion, EvidenceFile.sha256, EvidenceFile.name, Task.element, Task.unit_id)
        .join(Task, Task.id == EvidenceFile.task_id)
        .where(EvidenceFile.id == new.replaces, EvidenceFile.case_id == task.case_id)
    ).one_or_none()
    if old is None or old.element in steps_with_hidden_files(task.case_id, viewer):
        raise NotFound()
    require_replacing(task, viewer, old.criterion)
    if (old.element, old.unit_id) != (task.element, task.unit_id):
        raise NotAllowed(
            _(
                "Tệp “%(name)s” do bước khác đính kèm; bước này không thay được. Hãy tải tệp mới.",
                name=old.name,
            )
        )
    if old.sha256 == new.sha256:
        raise BadInput(_("Bản mới giống hệt “%(name)s” đang có, không cần thay.", name=old.name))
    newer = connection.execute(
        select(EvidenceFile.name).where(EvidenceFile.replaces_id == new.replaces)
    ).first()
    if newer is not None:
        raise WrongState(
            _(
                "Tệp “%(name)s” đã được thay bằng “%(newer)s”. Hãy tải lại trang để xem.",
                name=old.name,
                newer=newer.name,
            )
        )
    return old


def require_replacing(task: Task, viewer: Viewer, criterion: str | None) -> None:
    """To replace a file is to change the draft: only while it is being prepared, by whoever holds it.

    A colleague who was given the file's criterion does so in their own rows.
    """
    if task.stage != "preparing":
        raise WrongState(_("Việc này đã trình ký; lãnh đạo phải trả lại trước khi thay tệp."))
    if own_rows_only(task, viewer) is not None and criterion not in rows_of(task.id, viewer.id):
        raise TaskTaken()


def own_rows_only(task: Task, viewer: Viewer) -> frozenset[str] | None:
    """The rows that somebody who does not hold the task was given; None for who may change all of it."""
    return None if task.owner_id in (None, viewer.id) else rows_of(task.id, viewer.id)


def known_criterion(task: Task, criterion: str | None) -> str | None:
    """The criterion's id as the catalogue writes it; raises BadInput for one that it does not have."""
    if criterion is None:
        return None
    try:
        return procedure(task.case.process_version_id).catalogue.criterion(criterion).id
    except EvaluationError as error:
        raise BadInput(error.message, fields={"criterion": [error.message]}) from error


def require_accepted(name: str, stored: StoredBytes, path: Path) -> None:
    if stored.size == 0:
        raise BadInput(_("Tệp “%(name)s” rỗng.", name=name), fields={"file": [_("Tệp rỗng.")]})
    media_type_of(name, stored.head, path)


def preparing(task_id: uuid.UUID, viewer: Viewer) -> tuple[Task, Seat]:
    """The open task and the seat from which this person may attach files to it."""
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
    seat = viewer.seat_for_preparing(task.group, task.unit_id)
    if seat is None:
        raise NotAllowed(_("Chỉ chuyên viên của đơn vị được giao bước này mới đính kèm được tệp."))
    return task, seat


def record_download(*, file: EvidenceFile, by: Viewer, now: datetime, shown: bool = False) -> None:
    """Downloads are logged; the log comes first, so that what was handed out is always recorded.

    `shown`: it was looked at in the browser, not saved.
    """
    with transaction() as session:
        record_access(
            session.connection(),
            "file_shown" if shown else "file_downloaded",
            {"file": str(file.id), "sha256": file.sha256},
            case_id=file.case_id,
            by=by.actor(),
            at=now,
        )


def clean_name(name: str) -> str:
    """A file's own name: no folders, no control or direction-changing characters, NFC, at most 200 long."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")).strip(
        " ."
    )
    if not name:
        raise BadInput(_("Tệp không có tên."), fields={"file": [_("Tệp không có tên.")]})
    if len(name) > LONGEST_NAME:
        stem, dot, suffix = name.rpartition(".")
        room = LONGEST_NAME - len(dot + suffix)
        name = stem[:room] + dot + suffix if dot and room > 0 else name[:LONGEST_NAME]
    return name
