"""A case to take away: its history on paper, as event logs, or with all its proofs."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from io import BytesIO
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from flask import Response, request

from service.audit.witnessing import witness_key
from service.errors import NotFound
from service.exports.operations import BUNDLE, FORMATS, export_case, may_export
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.extensions import settings
from service.http.security import FILE_POLICY
from service.identity.viewer import Viewer
from service.web import pages
from service.wording import Words, marked

# In the order of the buttons.
NAMES: Mapping[str, str] = Words(
    {
        "pdf": marked("Lịch sử hồ sơ (PDF)"),
        "csv": marked("Bảng sự kiện (CSV)"),
        "xes": marked("Nhật ký XES"),
        "ocel": marked("Nhật ký OCEL 2.0"),
        "bundle": marked("Gói kèm bằng chứng (ZIP)"),
    }
)
_CHUNK = 64 * 1024


def export_choices(viewer: Viewer) -> dict[str, str]:
    """{format: its name} of what this viewer may take of a case that they see."""
    return {kind: name for kind, name in NAMES.items() if may_export(kind, viewer)}


@pages.get("/ho-so/<uuid:case_id>/xuat/<export_format>")
@policy(LOGGED_IN)
def case_export(case_id: uuid.UUID, export_format: str) -> Any:
    """The case in one format, as an attachment; that it was taken is recorded first."""
    if export_format not in FORMATS:
        raise NotFound()
    # A bundle may hold hundreds of megabytes of evidence.
    target = cast("BinaryIO", TemporaryFile() if export_format == BUNDLE else BytesIO())  # noqa: SIM115
    try:
        name = _written(target, case_id, export_format)
    except BaseException:
        target.close()
        raise
    size = target.tell()
    target.seek(0)
    response = Response(_chunks(target), mimetype=FORMATS[export_format].media_type)
    response.call_on_close(target.close)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Length"] = str(size)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _written(target: BinaryIO, case_id: uuid.UUID, export_format: str) -> str:
    viewer, configured = current_viewer(), settings()
    return export_case(
        target,
        case_id,
        export_format,
        viewer=viewer,
        minimised=request.args.get("luoc") == "1",
        witness=witness_key(configured),
        stored=configured.files_dir,
        by=viewer.actor(),
        now=now(),
    )


def _chunks(content: BinaryIO) -> Iterator[bytes]:
    yield from iter(lambda: content.read(_CHUNK), b"")
