"""Reading signed documents."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from service.database import db
from service.documents.operations import looks_after
from service.errors import NotFound
from service.identity.queries import visible_cases
from service.identity.viewer import Viewer
from service.models import Case, Document, RoundAct, RoundDelivery, Submission
from service.processes.independence import hidden_steps


def document_of_submission(submission_id: uuid.UUID) -> Document | None:
    """The document by which a submission was signed; None where nobody signs."""
    return db.session.scalars(select(Document).where(Document.submission_id == submission_id)).one_or_none()


def read_document(document_id: uuid.UUID, viewer: Viewer) -> Document:
    """A document whose signed copy is there and may be read by the viewer; raises NotFound.

    What a round signed is for those who see all cases, and for those of the cases that it reached. The
    member's opinion stays from Sở as its values do.
    """
    document = db.session.scalars(
        select(Document).where(Document.id == document_id).execution_options(populate_existing=True)
    ).one_or_none()
    if document is None or not document.file_sha256 or not _seen(document, viewer):
        raise NotFound()
    return document


def _seen(document: Document, viewer: Viewer) -> bool:
    if document.case_id is None and viewer.sees_all_cases:
        return True
    query = select(Case.id).where(visible_cases(viewer))
    if document.case_id is None:
        query = query.join(RoundDelivery, RoundDelivery.case_id == Case.id).where(
            RoundDelivery.act_id == document.round_act_id, RoundDelivery.state == "delivered"
        )
    else:
        query = query.where(Case.id == document.case_id)
    found = db.session.execute(query.limit(1)).first() is not None
    return found and (document.case_id is None or document.id not in kept_from(viewer, document.case_id))


def kept_from(viewer: Viewer, case_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """The case's documents whose signed copies this person must not read yet (independence)."""
    hidden = sorted(hidden_steps(case_id, viewer))
    if not hidden:
        return frozenset()
    return frozenset(
        db.session.execute(
            select(Document.id)
            .join(Submission, Submission.id == Document.submission_id)
            .where(Document.case_id == case_id, Submission.element.in_(hidden))
        ).scalars()
    )


def in_my_care(documents: Iterable[Document], viewer: Viewer) -> frozenset[uuid.UUID]:
    """Those whose number and signed copy this person looks after."""
    return frozenset(
        document.id
        for document in documents
        if (seat := viewer.seat_for_numbering(document.unit_id)) and looks_after(document, seat, viewer)
    )


def case_of_document(document_id: uuid.UUID) -> uuid.UUID | None:
    """The case that a document belongs to; None for one of a round."""
    return db.session.execute(select(Document.case_id).where(Document.id == document_id)).scalar_one_or_none()


def round_of_document(document_id: uuid.UUID) -> uuid.UUID:
    """The round whose act a document was signed for; raises NotFound for any other."""
    found = db.session.execute(
        select(RoundAct.round_id)
        .join(Document, Document.round_act_id == RoundAct.id)
        .where(Document.id == document_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found
