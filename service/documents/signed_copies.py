"""*Bản đã ký quay về*: the signed paper as it comes back from the document system, beside its document.

The bytes are stored by whoever calls, under their SHA-256; here it is recorded whose they are. A document has
one signed copy: another takes its place by an act that the log keeps with both hashes.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import update

from service.audit.operations import record_access, record_administration
from service.database import transaction
from service.documents.operations import checked_number, clerks_document, give_number, record_of_document
from service.documents.queries import read_document
from service.errors import BadInput, WrongState
from service.identity.queries import load_viewer
from service.identity.viewer import Viewer
from service.models import Document
from service.paper_dates import refuse_wrong_issued_day
from service.wording import _


@dataclass(frozen=True)
class SignedCopy:
    """A PDF that lies in storage: its own name, bytes, SHA-256."""

    name: str
    size: int
    sha256: str


def require_clerk(*, document_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    """For asking before the bytes are taken in; raises NotFound, NotAllowed."""
    clerks_document(document_id, load_viewer(by.id, now))


def file_signed_copy(
    *,
    document_id: uuid.UUID,
    copy: SignedCopy,
    number: str = "",
    issued_on: date | None = None,
    by: Viewer,
    now: datetime,
) -> None:
    """Keep `copy` as the signed paper of the document. One without a number gets it by the same act.

    Raises NotFound, NotAllowed, BadInput without number and date where they are missing, WrongState when the
    same bytes are there already or somebody else filed a copy at the same time.
    """
    with transaction() as session:
        viewer = load_viewer(by.id, now, session.connection())
        document, seat = clerks_document(document_id, viewer)
        if not document.number:
            number = checked_number(number)
            if issued_on is None:
                raise BadInput(
                    _("Bản đã ký có số và ngày: hãy ghi ngày văn bản."),
                    fields={"issued_on": [_("Hãy ghi ngày văn bản.")]},
                )
            refuse_wrong_issued_day(issued_on, now)
            give_number(document, number, issued_on, viewer.actor(seat), now)
        before = document.file_sha256
        if before == copy.sha256:
            raise WrongState(_("Tệp này đã được lưu làm bản đã ký của văn bản."))
        changed = session.execute(
            update(Document)
            .where(Document.id == document_id, Document.file_sha256 == before)
            .values(
                file_name=copy.name,
                file_size=copy.size,
                file_sha256=copy.sha256,
                filed_by=viewer.id,
                filed_at=now,
            )
        )
        if changed.rowcount != 1:  # type: ignore[attr-defined]
            raise WrongState(_("Bản đã ký vừa được người khác nộp. Hãy tải lại trang để xem."))
        record_of_document(
            document,
            "signed_copy_filed",
            {"sha256": copy.sha256, "size": copy.size, "replaces": before or None},
            viewer.actor(seat),
            now,
            private={"name": copy.name.encode()},
        )


def hand_out_signed_copy(*, document_id: uuid.UUID, by: Viewer, now: datetime) -> SignedCopy:
    """The signed copy, for download: that it was handed out is recorded first. Raises NotFound."""
    with transaction() as session:
        viewer = load_viewer(by.id, now, session.connection())
        document = read_document(document_id, viewer)
        copy = SignedCopy(document.file_name, document.file_size or 0, document.file_sha256)
        data = {"document": str(document_id), "sha256": copy.sha256}
        if document.case_id is not None:
            record_access(
                session.connection(),
                "signed_copy_downloaded",
                data,
                case_id=document.case_id,
                by=viewer.actor(),
                at=now,
            )
        else:  # a round's document belongs to many cases
            record_administration(
                session.connection(), "signed_copy_downloaded", data, by=viewer.actor(), at=now
            )
    return copy
