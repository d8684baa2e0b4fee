"""/documents/…/signed-copy: the signed paper as it comes back from the document system, and its download."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, request
from flask_babel import gettext as _

from service.api.fields import unwanted_character
from service.api.files import bp, sent_as_attachment
from service.api.json_body import WrongMediaType
from service.api.schemas import DocumentOutput
from service.api.shown import shown_document
from service.documents.queries import read_document
from service.documents.signed_copies import hand_out_signed_copy
from service.dossiers import storage
from service.errors import BadInput
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.extensions import settings
from service.http.idempotency import idempotent
from service.http.signed_papers import take_in_signed_copy

LONGEST_NUMBER = 60
_COPY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "contentMediaType": "application/pdf"},
                    "number": {
                        "type": "string",
                        "maxLength": LONGEST_NUMBER,
                        "description": "Number and symbol on the paper; needed where the document has none.",
                        "examples": ["145/BC-UBND"],
                    },
                    "issued_on": {
                        "type": "string",
                        "format": "date",
                        "description": "The paper's date; needed together with `number`.",
                        "examples": ["2023-12-01"],
                    },
                },
            }
        }
    },
}


@bp.post("/documents/<uuid:document_id>/signed-copy")
@policy(LOGGED_IN)
@idempotent
@bp.response(201, DocumentOutput)
@bp.doc(requestBody=_COPY)
def file_signed_copy(document_id: UUID) -> Any:
    """File the signed PDF of a document, as multipart/form-data; another takes its place, on record.

    By who looks after the document (*văn thư*). A document without a number gets it by the same act.
    """
    if request.mimetype != "multipart/form-data":
        raise WrongMediaType(_("Tệp phải gửi dạng multipart/form-data, trường “file”."))
    file = request.files.get("file")
    if file is None:
        raise BadInput(fields={"file": [_("Thiếu tệp (trường “file”).")]})
    take_in_signed_copy(
        file,
        document_id=document_id,
        number=_number(),
        issued_on=_issued_on(),
        by=current_viewer(),
        now=now(),
    )
    where = {"Location": f"/api/v1/documents/{document_id}/signed-copy"}
    return shown_document(read_document(document_id, current_viewer())), 201, where


@bp.get("/documents/<uuid:document_id>/signed-copy")
@policy(LOGGED_IN)
@bp.doc(
    responses={
        200: {
            "description": "The PDF, as an attachment.",
            "content": {
                "application/pdf": {"schema": {"type": "string", "contentMediaType": "application/pdf"}}
            },
        }
    }
)
def download_signed_copy(document_id: UUID) -> Response:
    """Download the signed PDF of a document. Every download is recorded."""
    copy = hand_out_signed_copy(document_id=document_id, by=current_viewer(), now=now())
    content = storage.read(settings().files_dir, copy.sha256)
    return sent_as_attachment(content, copy.name, "application/pdf", copy.size)


def _number() -> str:
    number = request.form.get("number", "")
    if len(number) > LONGEST_NUMBER or unwanted_character(number):
        raise BadInput(
            fields={"number": [_("Số, ký hiệu dài nhất %(longest)s ký tự.", longest=LONGEST_NUMBER)]}
        )
    return number


def _issued_on() -> date | None:
    if not (text := request.form.get("issued_on", "")):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        sentence = _("Phải là ngày dạng năm-tháng-ngày, ví dụ 2023-12-05.")
        raise BadInput(fields={"issued_on": [sentence]}) from None
