"""What lies in a case's dossier: its signed documents and the files handed in."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from service.database import db
from service.identity.viewer import Viewer
from service.models import Document, EvidenceFile, Task
from service.processes.independence import steps_with_hidden_files


def documents_of(case_id: uuid.UUID) -> Sequence[Document]:
    return db.session.scalars(
        select(Document).where(Document.case_id == case_id).order_by(Document.signed_at, Document.id)
    ).all()


def files_of(case_id: uuid.UUID, viewer: Viewer) -> Sequence[EvidenceFile]:
    """The case's files, oldest first, without those that the viewer must not see yet."""
    return db.session.scalars(
        select(EvidenceFile)
        .join(Task, Task.id == EvidenceFile.task_id)
        .where(
            EvidenceFile.case_id == case_id,
            Task.element.not_in(sorted(steps_with_hidden_files(case_id, viewer))),
        )
        .order_by(EvidenceFile.uploaded_at, EvidenceFile.id)
    ).all()
