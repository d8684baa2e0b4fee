"""How a whole upload becomes a file of the dossier, by all checks that any file passes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import delete, select

from service.clock import local_day
from service.database import db, transaction
from service.dossiers import parts
from service.dossiers.drafts import point_draft_at
from service.dossiers.media_types import media_type_of
from service.dossiers.operations import (
    NewFile,
    own_rows_only,
    preparing,
    record_file,
    require_accepted,
)
from service.dossiers.queries import same_content
from service.dossiers.storage import path_of, store
from service.dossiers.unfinished import CANCELLED, forget, row_of, unfinished
from service.errors import BadInput, FileAlreadyThere, NotFound, OffsetMismatch, TooLarge
from service.identity.queries import load_viewer
from service.identity.viewer import Viewer
from service.models import Draft, EvidenceFile, Upload
from service.wording import _


@dataclass(frozen=True)
class Finished:
    """The file that an upload became, and the draft's rev once it names the new version (None: untouched)."""

    file_id: uuid.UUID
    rev: int | None = None


def finish_upload(
    *,
    upload_id: uuid.UUID,
    root: Path,
    largest: int,
    by: Viewer,
    now: datetime,
    again: bool = False,
    seen_rev: int | None = None,
) -> Finished:
    """Make a whole upload a file of the dossier; its id is the upload's.

    Asked once more, because the answer was lost on the way, it answers the same. Raises FileAlreadyThere
    (`file`: its id) where the dossier has these bytes, unless `again` says to take them all the same; for a
    new version DraftChanged as `point_draft_at`. What is refused for its content is dropped.
    """
    if (known := _finished_before(upload_id, by)) is not None:
        return known
    try:
        rev = _finish(upload_id, root, largest, by, now, again, seen_rev)
    except NotFound:
        # Another tab may have been faster while this one waited for the bytes.
        if (known := _finished_before(upload_id, by)) is None:
            raise
        return known
    return Finished(upload_id, rev)


def _finish(
    upload_id: uuid.UUID,
    root: Path,
    largest: int,
    by: Viewer,
    now: datetime,
    again: bool,
    seen_rev: int | None,
) -> int | None:
    with unfinished(upload_id, root, by, now) as (upload, file):
        kept = min(upload.received, parts.size_of(file))
        if kept != upload.size:
            raise OffsetMismatch(_("Tệp chưa được gửi hết. Hãy gửi tiếp phần còn lại."), received=kept)
        file.seek(0)
        file.truncate(upload.size)
        try:
            stored = store(root, file, largest, partial(require_accepted, upload.name))
        except (BadInput, TooLarge):
            forget(upload_id, root)
            raise
        new = NewFile(
            id=upload_id,
            criterion=upload.criterion,
            name=upload.name,
            media_type=media_type_of(upload.name, stored.head, path_of(root, stored.sha256)),
            size=stored.size,
            sha256=stored.sha256,
            replaces=upload.replaces_id,
        )
        rev = _make_file(upload, new, again, seen_rev, by, now)
        parts.remove(root, upload_id)
    return rev


def _make_file(
    upload: Upload, new: NewFile, again: bool, seen_rev: int | None, by: Viewer, now: datetime
) -> int | None:
    task_id, rev = upload.task_id, None
    with transaction() as session:
        connection = session.connection()
        viewer = load_viewer(by.id, now, connection)
        task, seat = preparing(task_id, viewer)
        if session.execute(delete(Upload).where(Upload.id == new.id)).rowcount != 1:  # type: ignore[attr-defined]
            raise NotFound(_(CANCELLED))
        record_file(connection, task, new, viewer, viewer.actor(seat), now)
        if new.replaces is None and not again:
            _refuse_twice(task.case_id, new, viewer)
        if new.replaces is not None:
            rev = point_draft_at(
                connection,
                task_id=task_id,
                old=new.replaces,
                new=new.id,
                seen_rev=seen_rev,
                by=by.id,
                now=now,
                only_rows=own_rows_only(task, viewer),
            )
    return rev


def _refuse_twice(case_id: uuid.UUID, new: NewFile, viewer: Viewer) -> None:
    """Behind the log's lock: of two who bring the same bytes at once, the second is told of the first's."""
    there = same_content(case_id, new.sha256, viewer, besides=new.id)
    if there is not None:
        when = f"{local_day(there.uploaded_at):%d/%m/%Y}"
        raise FileAlreadyThere(
            _("Tệp này đã có trong hồ sơ: “%(name)s”, tải lên ngày %(when)s.", name=there.name, when=when),
            file=str(there.id),
        )


def _finished_before(upload_id: uuid.UUID, by: Viewer) -> Finished | None:
    if row_of(upload_id, by) is not None:
        return None
    made = select(EvidenceFile.task_id, EvidenceFile.uploaded_at, EvidenceFile.replaces_id).where(
        EvidenceFile.id == upload_id, EvidenceFile.uploaded_by == by.id
    )
    file = db.session.execute(made).one_or_none()
    if file is None:
        return None
    if file.replaces_id is None:
        return Finished(upload_id)
    # The rev that it gave the draft, unless the draft has been saved since.
    draft = select(Draft.rev).where(
        Draft.task_id == file.task_id, Draft.saved_by == by.id, Draft.saved_at == file.uploaded_at
    )
    return Finished(upload_id, db.session.execute(draft).scalar_one_or_none())
