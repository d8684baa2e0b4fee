"""The files of a dossier as lines: at which level each was handed in, by whom, which version it is."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from service.cases.papers import annex_place, attached_to, attachments, merged
from service.database import db
from service.identity.queries import names_of
from service.identity.viewer import Viewer
from service.models import EvidenceFile, Task
from service.models.cases import OPEN_STATES
from service.tasks.queries import read_draft
from service.web import words


@dataclass(frozen=True)
class FileLine:
    """`version` counts from 1; `replaced` by a newer one, kept all the same. No `criteria`: for the whole."""

    file: EvidenceFile
    criteria: Sequence[str]
    level: str
    by: str
    version: int
    replaced: bool


def criteria_of(file: EvidenceFile, attached: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """What the file is attached to; where nobody says, what it was uploaded for."""
    return attached.get(str(file.id)) or ([file.criterion] if file.criterion else [])


def attached_now(case_id: uuid.UUID, viewer: Viewer, *, hide: frozenset[str]) -> dict[str, list[str]]:
    """{file's id: criteria} as handed in and, for those who may read a draft, as it has them meanwhile."""
    handed_in = attached_to(case_id, hide=hide)
    opened = select(Task).where(Task.case_id == case_id, Task.state.in_(OPEN_STATES)).order_by(Task.id)
    drafts = [read_draft(task, viewer) for task in db.session.scalars(opened)]
    meanwhile = [attachments({"answers": draft.answers}) for draft in drafts if draft is not None]
    return merged([{one: set(criteria) for one, criteria in handed_in.items()}, *meanwhile])


def lines(files: Sequence[EvidenceFile], attached: Mapping[str, Sequence[str]]) -> list[FileLine]:
    """In the order of the annex, files of the dossier as a whole first; older versions below newer ones."""
    known = {file.id: file for file in files}
    gone = {file.replaces_id for file in files if file.replaces_id}
    levels = _levels({file.task_id for file in files})
    names = names_of({file.uploaded_by for file in files})
    made = [
        FileLine(
            file,
            criteria_of(file, attached),
            levels.get(file.task_id, ""),
            names.get(file.uploaded_by, ""),
            _version(file, known),
            file.id in gone,
        )
        for file in files
    ]
    return sorted(made, key=lambda line: ([annex_place(one) for one in line.criteria], line.replaced))


def _version(file: EvidenceFile, known: dict[uuid.UUID, EvidenceFile]) -> int:
    version = 1
    while file.replaces_id in known:
        version, file = version + 1, known[file.replaces_id]
    return version


def _levels(tasks: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    rows = db.session.execute(select(Task.id, Task.element, Task.name).where(Task.id.in_(sorted(tasks))))
    return {row.id: words.LEVELS.get(row.element, row.name) for row in rows}
