"""An upload on its way, for its sender alone: the row, and the bytes that have come."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import delete, select

from service.database import db, transaction
from service.dossiers import parts
from service.dossiers.operations import preparing
from service.errors import NotFound
from service.identity.queries import load_viewer
from service.identity.viewer import Viewer
from service.models import Upload
from service.wording import _, marked

CANCELLED = marked("Lần tải này không còn. Hãy chọn lại tệp để tải.")


@contextmanager
def unfinished(
    upload_id: uuid.UUID, root: Path, by: Viewer, now: datetime
) -> Iterator[tuple[Upload, BinaryIO]]:
    """The upload of an open task that one may still attach to, and its bytes, for this caller alone."""
    viewer = load_viewer(by.id, now)
    upload = row_of(upload_id, by)
    if upload is None:
        raise NotFound(_(CANCELLED))
    preparing(upload.task_id, viewer)
    db.session.rollback()  # whoever waits for another tab must not keep the database waiting
    with parts.growing(root, upload_id) as file:
        upload = row_of(upload_id, by)
        if upload is None:
            raise NotFound(_(CANCELLED))
        db.session.expunge(upload)
        yield upload, file


def row_of(upload_id: uuid.UUID, by: Viewer) -> Upload | None:
    return db.session.scalars(
        select(Upload)
        .where(Upload.id == upload_id, Upload.started_by == by.id)
        .execution_options(populate_existing=True)
    ).one_or_none()


def forget(upload_id: uuid.UUID, root: Path) -> None:
    with transaction() as session:
        session.execute(delete(Upload).where(Upload.id == upload_id))
    parts.remove(root, upload_id)
