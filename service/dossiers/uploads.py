"""Uploads that survive a bad connection: begun, continued part by part, and only when whole a file.

Like a draft, an upload is nobody's evidence yet: it is its sender's alone, leaves no trace in the log and
goes when it is cancelled or abandoned. What `finishing` makes of it is recorded as any other file.
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, insert, select, update

from service.database import transaction
from service.dossiers import parts
from service.dossiers.media_types import TELLING, require_accepted_name, require_beginning
from service.dossiers.operations import clean_name, known_criterion, preparing, require_replacing
from service.dossiers.queries import read_file
from service.dossiers.unfinished import CANCELLED, forget, row_of, unfinished
from service.errors import (
    BadInput,
    NotFound,
    OffsetMismatch,
    StorageFull,
    TooLarge,
    UnsupportedFile,
    WrongState,
)
from service.identity.queries import load_viewer
from service.identity.viewer import Viewer
from service.models import Task, Upload
from service.processes.queries import procedure
from service.wording import _

PART = 512 * 1024
# More than anybody sends at once; fewer than would fill a disk with what nobody finishes.
MOST_UNFINISHED = 20


@dataclass(frozen=True)
class Place:
    """Where a file goes: a row of the criteria table, a file field, or the place of an older version."""

    criterion: str | None = None
    field: str = ""
    replaces: uuid.UUID | None = None


def start_upload(
    *,
    task_id: uuid.UUID,
    place: Place,
    name: str,
    size: int,
    root: Path,
    largest: int,
    by: Viewer,
    now: datetime,
) -> uuid.UUID:
    """Announce a file of `size` bytes; returns the upload's id. Nothing has been sent by then.

    Raises what `add_evidence` raises as far as it can be told beforehand, StorageFull where it would not fit,
    and WrongState for somebody with too many unfinished uploads.
    """
    name = clean_name(name)
    require_accepted_name(name)
    if size <= 0:
        raise BadInput(_("Tệp “%(name)s” rỗng.", name=name), fields={"file": [_("Tệp rỗng.")]})
    if size > largest:
        raise TooLarge(
            _("Tệp lớn hơn %(largest)s MB. Hãy nén hoặc chia nhỏ tệp.", largest=largest // (1024 * 1024))
        )
    preparing(task_id, load_viewer(by.id, now))
    _require_room(root, size)
    upload_id = uuid.uuid4()
    with parts.growing(root, upload_id), transaction() as session:
        connection = session.connection()
        viewer = load_viewer(by.id, now, connection)
        task, _seat = preparing(task_id, viewer)
        _require_place(task, place, viewer)
        begun = select(func.count()).select_from(Upload).where(Upload.started_by == by.id)
        if connection.execute(begun).scalar_one() >= MOST_UNFINISHED:
            raise WrongState(
                _(
                    "Ông/bà đang có %(most_unfinished)s tệp tải dở. Hãy tải nốt hoặc hủy bớt rồi tải tệp "
                    "này.",
                    most_unfinished=MOST_UNFINISHED,
                )
            )
        connection.execute(
            insert(Upload).values(
                id=upload_id,
                task_id=task_id,
                criterion=known_criterion(task, place.criterion),
                field=place.field,
                replaces_id=place.replaces,
                name=name,
                size=size,
                received=0,
                started_by=by.id,
                started_at=now,
            )
        )
    return upload_id


def received(*, upload_id: uuid.UUID, root: Path, by: Viewer, now: datetime) -> int:
    """How many bytes have come; from there the sender goes on. Raises NotFound for somebody else's."""
    with unfinished(upload_id, root, by, now) as (upload, file):
        return min(upload.received, parts.size_of(file))


def append_part(
    *, upload_id: uuid.UUID, offset: int, data: bytes, root: Path, by: Viewer, now: datetime
) -> int:
    """Add the next bytes; returns how many there are now.

    Raises OffsetMismatch with `received` where `offset` is not where the last part ended, TooLarge beyond a
    part's or the announced size, UnsupportedFile for a wrong beginning, StorageFull.
    """
    if not data or len(data) > PART:
        raise TooLarge(_("Mỗi phần gửi lên dài từ 1 byte đến %(part)s KB.", part=PART // 1024))
    with unfinished(upload_id, root, by, now) as (upload, file):
        # The row may know of bytes that the disk lost, the disk of bytes that no row came to know of.
        kept = min(upload.received, parts.size_of(file))
        if offset != kept:
            raise OffsetMismatch(received=kept)
        there = kept + len(data)
        if there > upload.size:
            raise TooLarge(
                _(
                    "Tệp “%(name)s” dài hơn đã báo trước. Hãy chọn lại tệp rồi tải lại từ đầu.",
                    name=upload.name,
                )
            )
        if offset == 0 and (there >= TELLING or there == upload.size):
            _require_beginning(upload, data, root)
        parts.write_at(file, offset, data)
        with transaction() as session:
            preparing(upload.task_id, load_viewer(by.id, now, session.connection()))
            changed = session.execute(
                update(Upload)
                .where(Upload.id == upload_id, Upload.received == upload.received)
                .values(received=there)
            )
            if changed.rowcount != 1:  # type: ignore[attr-defined]
                raise NotFound(_(CANCELLED))
    return there


def _require_beginning(upload: Upload, data: bytes, root: Path) -> None:
    """What turns out to be another kind of file is dropped: no use in sending the rest."""
    try:
        require_beginning(upload.name, data[:TELLING])
    except UnsupportedFile:
        forget(upload.id, root)
        raise


def cancel_upload(*, upload_id: uuid.UUID, root: Path, by: Viewer, now: datetime) -> None:
    """Forget an unfinished upload and what has come of it; also after its task was closed."""
    load_viewer(by.id, now)
    if row_of(upload_id, by) is None:
        raise NotFound()
    with parts.growing(root, upload_id):
        forget(upload_id, root)


def _require_place(task: Task, place: Place, viewer: Viewer) -> None:
    form = procedure(task.case.process_version_id).form_of(task.element)
    fields = {component.key for component in form.fields if component.type == "filepicker"} if form else set()
    if place.field and place.field not in fields:
        raise BadInput(_("Bước này không có ô tệp ấy."), fields={"field": [_("Không có ô tệp này.")]})
    if place.replaces is not None:
        old = read_file(place.replaces, viewer)
        if old.case_id != task.case_id:
            raise NotFound()
        require_replacing(task, viewer, old.criterion)


def _require_room(root: Path, size: int) -> None:
    """Twice the size: the parts, and the file that is made of them."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(root).free
    except OSError as error:
        raise StorageFull() from error
    if free < 2 * size:
        raise StorageFull()
