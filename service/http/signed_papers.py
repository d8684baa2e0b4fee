"""A signed PDF as it comes in through either door: stored, then filed beside its document."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO, cast

from werkzeug.datastructures import FileStorage

from service.documents.signed_copies import SignedCopy, file_signed_copy, require_clerk
from service.dossiers.operations import clean_name
from service.dossiers.storage import StoredBytes, store
from service.errors import UnsupportedFile
from service.http.extensions import settings
from service.identity.viewer import Viewer
from service.wording import _


def take_in_signed_copy(
    given: FileStorage,
    *,
    document_id: uuid.UUID,
    number: str,
    issued_on: date | None,
    by: Viewer,
    now: datetime,
) -> None:
    """The bytes are taken in only from those who look after the document.

    Raises UnsupportedFile for what is no PDF, TooLarge, and all that `file_signed_copy` does.
    """
    require_clerk(document_id=document_id, by=by, now=now)
    name = clean_name(given.filename or "")
    root, largest = settings().files_dir, settings().largest_file
    stored = store(root, cast("BinaryIO", given.stream), largest, _require_pdf)
    copy = SignedCopy(name, stored.size, stored.sha256)
    file_signed_copy(document_id=document_id, copy=copy, number=number, issued_on=issued_on, by=by, now=now)


def _require_pdf(stored: StoredBytes, _path: Path) -> None:
    if not stored.head.startswith(b"%PDF-"):
        raise UnsupportedFile(_("Bản đã ký phải là tệp PDF do hệ thống quản lý văn bản xuất ra."))
