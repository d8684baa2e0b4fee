"""Signed documents: *văn thư cấp số*, and the signed paper as it comes back from the document system."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any
from urllib.parse import quote

from flask import Response, flash, redirect, request
from flask_babel import gettext as _

from service.cases.queries import read_case
from service.documents.operations import number_document
from service.documents.queries import case_of_document, round_of_document
from service.documents.signed_copies import hand_out_signed_copy, require_clerk
from service.dossiers.storage import read
from service.errors import BadInput, DomainError, TooLarge, UnsupportedFile, WrongState
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.extensions import settings
from service.http.signed_papers import take_in_signed_copy
from service.web import pages
from service.web.addresses import local_address
from service.web.case_page import case_tab
from service.web.rounds import round_with_fault

PDF = "application/pdf"
# What whoever sent a form can put right there.
MENDED_AT_THE_FORM = (BadInput, UnsupportedFile, TooLarge, WrongState)


@pages.post("/van-ban/<uuid:document_id>/cap-so")
@policy(LOGGED_IN)
def give_number(document_id: uuid.UUID) -> Any:
    """Văn thư cấp số, from the dossier's list of documents or from a round's page."""
    issued_on = _issued_on()
    number = request.form.get("number", "")
    try:
        if issued_on is None:
            raise BadInput(
                _("Hãy ghi ngày văn bản."),
                fields={"issued_on": [_("Ngày văn bản chưa đúng, hãy chọn ngày.")]},
            )
        number_document(
            document_id=document_id, number=number, issued_on=issued_on, by=current_viewer(), now=now()
        )
    except MENDED_AT_THE_FORM as error:
        return _form_again(document_id, error, "number")
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
        refused = BadInput(_("Hãy chọn tệp PDF của bản đã ký."), fields={"file": [_("Hãy chọn tệp PDF.")]})
        return _form_again(document_id, refused, "copy")
    try:
        take_in_signed_copy(
            given,
            document_id=document_id,
            number=request.form.get("number", ""),
            issued_on=_issued_on(),
            by=viewer,
            now=now(),
        )
    except MENDED_AT_THE_FORM as error:
        return _form_again(document_id, error, "copy")
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


def _form_again(document_id: uuid.UUID, error: DomainError, form: str) -> Any:
    """The dossier, or the round, with the sentence at the form and what was typed."""
    viewer, back = current_viewer(), local_address(request.form.get("back", ""))
    require_clerk(document_id=document_id, by=viewer, now=now())
    fault = {"document": document_id, "form": form, "sentence": str(error)}
    case_id = case_of_document(document_id)
    if case_id is not None:
        page = case_tab(read_case(case_id, viewer), viewer, "ho-so", fault=fault, form_back=back)
    else:
        page = round_with_fault(round_of_document(document_id), fault, back)
    return page, error.status
