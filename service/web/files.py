"""Evidence files: a page of each with what it is, its bytes to look at or to save; both are logged first."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from flask import Response, make_response, redirect, render_template, url_for

from service.cases.levels import hidden_levels
from service.cases.queries import read_case
from service.dossiers.operations import record_download
from service.dossiers.queries import file_with_bytes, read_file
from service.dossiers.storage import read
from service.errors import NotFound
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.extensions import settings
from service.http.security import FILE_POLICY, PDF_POLICY, PICTURE_POLICY, WITH_A_FRAME
from service.web import pages
from service.web.case_files import attached_now, criteria_of
from service.web.file_stories import file_story, is_shown_inline

PDF = "application/pdf"


@pages.get("/tep/<uuid:file_id>")
@policy(LOGGED_IN)
def download(file_id: uuid.UUID) -> Any:
    """The bytes, to be saved."""
    return _bytes(file_id, shown=False)


@pages.get("/tep/<uuid:file_id>/noi-dung")
@policy(LOGGED_IN)
def file_content(file_id: uuid.UUID) -> Any:
    """The bytes, to be looked at: only PDF and pictures, as that kind and no other."""
    if not is_shown_inline(file_with_bytes(file_id, current_viewer())):
        return redirect(url_for("pages.download", file_id=file_id))
    return _bytes(file_id, shown=True)


@pages.get("/tep/<uuid:file_id>/xem")
@policy(LOGGED_IN)
def file_page(file_id: uuid.UUID) -> Any:
    """What the file is, how it looks, and its other versions."""
    viewer = current_viewer()
    file = read_file(file_id, viewer)
    story = file_story(file)
    if story is None:
        raise NotFound()
    case = read_case(file.case_id, viewer)
    criteria = criteria_of(file, attached_now(case.id, viewer, hide=hidden_levels(case, viewer)))
    response = make_response(
        render_template("file.html", file=file, story=story, case=case, criteria=criteria)
    )
    response.headers["Content-Security-Policy"] = WITH_A_FRAME
    return response


def _bytes(file_id: uuid.UUID, *, shown: bool) -> Response:
    viewer = current_viewer()
    file = file_with_bytes(file_id, viewer)
    chunks = read(settings().files_dir, file.sha256)
    name, media_type, size = file.name, file.media_type, file.size
    record_download(file=file, by=viewer, now=now(), shown=shown)
    response = Response(chunks, mimetype=media_type)
    plain = name.encode("ascii", "ignore").decode().replace('"', "").replace("\\", "") or "tep"
    kind = "inline" if shown else "attachment"
    response.headers["Content-Disposition"] = f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Length"] = str(size)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Content-Security-Policy"] = FILE_POLICY
    if shown:
        response.headers["Content-Security-Policy"] = PDF_POLICY if media_type == PDF else PICTURE_POLICY
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
