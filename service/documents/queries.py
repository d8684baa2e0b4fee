"""Reading signed documents."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from service.database import db
from service.models import Document


def document_of_submission(submission_id: uuid.UUID) -> Document | None:
    """The document by which a submission was signed; None where nobody signs."""
    return db.session.scalars(select(Document).where(Document.submission_id == submission_id)).one_or_none()
