"""Signed documents: *văn thư cấp số*, and the signed paper as it comes back from the document system."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any
from urllib.parse import quote

from flask import Response, flash, redirect, request
from flask_babel import gettext as _

from service.documents.operations import number_document
from service.documents.signed_copies import hand_out_signed_copy, require_clerk
from service.dossiers.storage import read
from service.errors import BadInput
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.extensions import settings
from service.http.signed_papers import take_in_signed_copy
from service.web import pages
from service.web.addresses import local_address

PDF = "application/pdf"


@pages.post("/van-ban/<uuid:document_id>/cap-so")
@policy(LOGGED_IN)
def give_number(document_id: uuid.UUID) -> Any:
    """Văn thư cấp số, from the dossier's list of documents or from a round's page."""
    issued_on = _issued_on()
    if issued_on is None:
        raise BadInput(
            _("Hãy ghi ngày văn bản."), fields={"issued_on": [_("Ngày văn bản chưa đúng, hãy chọn ngày.")]}
        )
    number = request.form.get("number", "")
    number_document(
        document_id=document_id, number=number, issued_on=issued_on, by=current_viewer(), now=now()
    )
    flash(_("Đã cấp số %(number)s.", number=number.strip()), "success")
    return redirect(local_address(request.form.get("back", "")), 303)


@pages.post("/van-ban/<uuid:document_id>/tep")
@policy(LOGGED_IN)
def file_copy(document_id: uuid.UUID) -> Any:
    """The signed PDF that came back; the bytes are taken in only from those who look after the document."""
    viewer = current_viewer()
    given = request.files.get("file")
    if given is None or not given.filename:
        require_clerk(document_id=document_id, by=viewer, now=now())
        raise BadInput(_("Hãy chọn tệp PDF của bản đã ký."), fields={"file": [_("Hãy chọn tệp PDF.")]})
    take_in_signed_copy(
        given,
        document_id=document_id,
        number=request.form.get("number", ""),
        issued_on=_issued_on(),
        by=viewer,
        now=now(),
    )
    flash(_("Đã lưu bản đã ký."), "success")
    return redirect(local_address(request.form.get("back", "")), 303)


@pages.get("/van-ban/<uuid:document_id>/tep")
@policy(LOGGED_IN)
def signed_copy(document_id: uuid.UUID) -> Any:
    """The signed PDF, as an attachment; every download is recorded first."""
    copy = hand_out_signed_copy(document_id=document_id, by=current_viewer(), now=now())
    response = Response(read(settings().files_dir, copy.sha256), mimetype=PDF)
    plain = copy.name.encode("ascii", "ignore").decode().replace('"', "").replace("\\", "") or "van-ban.pdf"
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(copy.name)}"
    )
    response.headers["Content-Length"] = str(copy.size)
    # Whatever the bytes turn out to be, a browser that shows them all the same runs nothing.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _issued_on() -> date | None:
    try:
        return date.fromisoformat(request.form.get("issued_on", ""))
    except ValueError:
        return None
