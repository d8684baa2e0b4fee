"""Evidence files and official documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO, cast
from urllib.parse import quote
from uuid import UUID

from flask import Response, request
from flask_babel import gettext as _

from service.api.blueprint import ApiBlueprint
from service.api.fields import unwanted_character
from service.api.json_body import WrongMediaType
from service.api.schemas import IdOutput, NumberInput
from service.api.schemas_cases import DocumentList, FileList, FileOutput
from service.api.shown import shown_document
from service.cases import papers, queries
from service.documents.operations import number_document
from service.documents.queries import kept_from
from service.dossiers import storage
from service.dossiers.operations import add_evidence, record_download
from service.dossiers.queries import file_with_bytes, read_file
from service.errors import BadInput
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.extensions import settings
from service.http.idempotency import idempotent
from service.rounds.queries import documents_for_case

bp = ApiBlueprint("files", "Tệp minh chứng và văn bản của hồ sơ.")

# A download may be anything that somebody uploaded: it must never run as a page of ours.
DOWNLOAD_POLICY = "default-src 'none'; sandbox"

_UPLOAD = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                    "criterion": {
                        "type": "string",
                        "description": "The criterion it proves; none for the dossier as a whole.",
                        "examples": ["2.6"],
                    },
                    "replaces": {
                        "type": "string",
                        "format": "uuid",
                        "description": "A file of this step whose place, and criterion, it takes; "
                        "both are kept.",
                    },
                },
            }
        }
    },
}


@bp.get("/cases/<uuid:case_id>/files")
@policy(LOGGED_IN)
@bp.response(200, FileList)
def list_files(case_id: UUID) -> Any:
    """Files of a case, oldest first."""
    case = queries.read_case(case_id, current_viewer())
    return {"items": papers.files_of(case.id, current_viewer())}


@bp.post("/tasks/<uuid:task_id>/files")
@policy(LOGGED_IN)
@idempotent
@bp.response(201, FileOutput)
@bp.doc(requestBody=_UPLOAD)
def upload_file(task_id: UUID) -> Any:
    """Hand in a file for an open task, as multipart/form-data.

    Accepted: PDF, PNG, JPEG, WebP and Office documents without macros, recognised by their content.
    """
    if request.mimetype != "multipart/form-data":
        raise WrongMediaType(_("Tệp phải gửi dạng multipart/form-data, trường “file”."))
    file = request.files.get("file")
    if file is None:
        raise BadInput(fields={"file": [_("Thiếu tệp (trường “file”).")]})
    replaces = _replaced()
    criterion = request.form.get("criterion") or None
    if criterion is not None and (len(criterion) > 10 or unwanted_character(criterion)):
        raise BadInput(fields={"criterion": [_("Mã tiêu chí không hợp lệ, ví dụ 2.6.")]})
    file_id = add_evidence(
        task_id=task_id,
        criterion=criterion,
        name=file.filename or "",
        stream=cast("BinaryIO", file.stream),
        root=settings().files_dir,
        largest=settings().largest_file,
        by=current_viewer(),
        now=now(),
        replaces=replaces,
    )
    return read_file(file_id, current_viewer()), 201, {"Location": f"/api/v1/files/{file_id}"}


@bp.get("/files/<uuid:file_id>")
@policy(LOGGED_IN)
@bp.doc(
    responses={
        200: {
            "description": "The file, as an attachment.",
            "content": {
                "application/octet-stream": {
                    "schema": {"type": "string", "contentMediaType": "application/octet-stream"}
                }
            },
        }
    }
)
def download_file(file_id: UUID) -> Response:
    """Download a file. Every download is recorded."""
    viewer = current_viewer()
    file = file_with_bytes(file_id, viewer)
    name, media_type, size, sha256 = file.name, file.media_type, file.size, file.sha256
    content = storage.read(settings().files_dir, sha256)
    record_download(file=file, by=viewer, now=now())
    return sent_as_attachment(content, name, media_type, size)


def sent_as_attachment(content: Iterable[bytes], name: str, media_type: str, size: int) -> Response:
    response = Response(content, mimetype=media_type)
    response.headers["Content-Length"] = str(size)
    ascii_name = (
        name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "'").replace("\\", "_")
    )
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = DOWNLOAD_POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _replaced() -> UUID | None:
    if not (text := request.form.get("replaces", "")):
        return None
    try:
        return UUID(text)
    except ValueError:
        raise BadInput(fields={"replaces": [_("Phải là mã UUID.")]}) from None


@bp.get("/cases/<uuid:case_id>/documents")
@policy(LOGGED_IN)
@bp.response(200, DocumentList)
def list_documents(case_id: UUID) -> Any:
    """Signed documents of a case, and those of rounds that reached it."""
    viewer = current_viewer()
    case = queries.read_case(case_id, viewer)
    documents = [*papers.documents_of(case.id), *documents_for_case(case.id)]
    kept = kept_from(viewer, case.id)
    return {"items": [shown_document(document, copy=document.id not in kept) for document in documents]}


@bp.post("/documents/<uuid:document_id>/number")
@policy(LOGGED_IN)
@bp.arguments(NumberInput)
@idempotent
@bp.response(200, IdOutput)
def give_number(body: dict[str, Any], document_id: UUID) -> Any:
    """*Cấp số*: record number and date of a signed document, once."""
    number_document(document_id=document_id, **body, by=current_viewer(), now=now())
    return {"id": document_id}
