"""Evidence files go out as attachments only, and every download is logged first."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from flask import Response

from service.dossiers.operations import record_download
from service.dossiers.queries import read_file
from service.dossiers.storage import read
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.extensions import settings
from service.web import pages


@pages.get("/tep/<uuid:file_id>")
@policy(LOGGED_IN)
def download(file_id: uuid.UUID) -> Any:
    viewer = current_viewer()
    file = read_file(file_id, viewer)
    chunks = read(settings().files_dir, file.sha256)
    name, media_type, size = file.name, file.media_type, file.size
    record_download(file=file, by=viewer, now=now())
    response = Response(chunks, mimetype=media_type)
    plain = name.encode("ascii", "ignore").decode().replace('"', "").replace("\\", "") or "tep"
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    )
    response.headers["Content-Length"] = str(size)
    # Whatever the bytes turn out to be, a browser that shows them all the same runs nothing.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
