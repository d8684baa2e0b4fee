"""Reading evidence files, for those who may see their case."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from service.clock import local_day
from service.database import db
from service.errors import NotFound
from service.identity.queries import names_of, visible_cases
from service.identity.viewer import Viewer
from service.models import Case, EvidenceFile, Task
from service.processes.independence import steps_with_hidden_files
from service.wording import _


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
    if element in steps_with_hidden_files(found.case_id, viewer):
        raise NotFound()
    return found


def file_with_bytes(file_id: uuid.UUID, viewer: Viewer) -> EvidenceFile:
    """As `read_file`, for whoever wants the content. Raises NotFound where retention has erased it."""
    file = read_file(file_id, viewer)
    if file.erased_at is not None:
        day = f"{local_day(file.erased_at):%d/%m/%Y}"
        raise NotFound(
            _(
                "Nội dung tệp đã xóa ngày %(day)s theo quy định lưu trữ; nhật ký của hồ sơ ghi ai quyết định "
                "và mã băm của tệp.",
                day=day,
            )
        )
    return file


@dataclass(frozen=True)
class FileStory:
    """A file among its versions: `older` newest first, `newer` the one that took its place."""

    file: EvidenceFile
    element: str
    unit_id: uuid.UUID | None
    uploader: str
    older: tuple[EvidenceFile, ...]
    newer: EvidenceFile | None


def stories_of(case_id: uuid.UUID, viewer: Viewer) -> dict[uuid.UUID, FileStory]:
    """Every file of the case that this viewer may see, oldest first; three statements for all of them."""
    rows = db.session.execute(
        select(EvidenceFile, Task.element, Task.unit_id)
        .join(Task, Task.id == EvidenceFile.task_id)
        .join(Case, Case.id == EvidenceFile.case_id)
        .where(
            EvidenceFile.case_id == case_id,
            visible_cases(viewer),
            Task.element.not_in(sorted(steps_with_hidden_files(case_id, viewer))),
        )
        .order_by(EvidenceFile.uploaded_at, EvidenceFile.id)
    ).all()
    files = {file.id: file for file, _, _ in rows}
    newer = {file.replaces_id: file for file in files.values() if file.replaces_id}
    names = names_of({file.uploaded_by for file in files.values()})
    return {
        file.id: FileStory(
            file, element, unit, names.get(file.uploaded_by, ""), _before(file, files), newer.get(file.id)
        )
        for file, element, unit in rows
    }


def _before(file: EvidenceFile, files: dict[uuid.UUID, EvidenceFile]) -> tuple[EvidenceFile, ...]:
    found: list[EvidenceFile] = []
    while (former := files.get(file.replaces_id) if file.replaces_id else None) is not None:
        found.append(former)
        file = former
    return tuple(found)


def same_content(
    case_id: uuid.UUID, sha256: str, viewer: Viewer, *, besides: uuid.UUID | None = None
) -> EvidenceFile | None:
    """The file of this case with these bytes, the latest of them; None where the viewer may see none."""
    return db.session.scalars(
        select(EvidenceFile)
        .join(Task, Task.id == EvidenceFile.task_id)
        .where(
            EvidenceFile.case_id == case_id,
            EvidenceFile.sha256 == sha256,
            EvidenceFile.erased_at.is_(None),
            EvidenceFile.id != (besides or uuid.UUID(int=0)),
            Task.element.not_in(sorted(steps_with_hidden_files(case_id, viewer))),
        )
        .order_by(EvidenceFile.uploaded_at.desc(), EvidenceFile.id)
        .limit(1)
    ).first()
