"""Reading evidence files, for those who may see their case."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from service.database import db
from service.errors import NotFound
from service.identity.queries import visible_cases
from service.identity.viewer import Viewer
from service.models import Case, EvidenceFile, Task
from service.processes.independence import hidden_steps


def read_file(file_id: uuid.UUID, viewer: Viewer) -> EvidenceFile:
    """A file of a case that the viewer may see; raises NotFound. A content hash opens nothing."""
    row = db.session.execute(
        select(EvidenceFile, Task.element)
        .join(Case, Case.id == EvidenceFile.case_id)
        .join(Task, Task.id == EvidenceFile.task_id)
        .where(EvidenceFile.id == file_id, visible_cases(viewer))
    ).one_or_none()
    if row is None:
        raise NotFound()
    found, element = row
    if element in hidden_steps(found.case_id, viewer):
        raise NotFound()
    return found
