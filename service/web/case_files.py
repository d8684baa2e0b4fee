"""The files of a dossier as lines: at which level each was handed in, by whom, which version it is."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from service.database import db
from service.identity.queries import names_of
from service.models import EvidenceFile, Task
from service.web import words


@dataclass(frozen=True)
class FileLine:
    """`version` counts from 1; `replaced` by a newer one, kept all the same."""

    file: EvidenceFile
    level: str
    by: str
    version: int
    replaced: bool


def lines(files: Sequence[EvidenceFile]) -> list[FileLine]:
    """In the order of the annex, files of the dossier as a whole first; older versions below newer ones."""
    known = {file.id: file for file in files}
    gone = {file.replaces_id for file in files if file.replaces_id}
    levels = _levels({file.task_id for file in files})
    names = names_of({file.uploaded_by for file in files})
    made = [
        FileLine(
            file,
            levels.get(file.task_id, ""),
            names.get(file.uploaded_by, ""),
            _version(file, known),
            file.id in gone,
        )
        for file in files
    ]
    return sorted(made, key=lambda line: (_place(line.file.criterion), line.replaced))


def _version(file: EvidenceFile, known: dict[uuid.UUID, EvidenceFile]) -> int:
    version = 1
    while file.replaces_id in known:
        version, file = version + 1, known[file.replaces_id]
    return version


def _levels(tasks: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    rows = db.session.execute(select(Task.id, Task.element, Task.name).where(Task.id.in_(sorted(tasks))))
    return {row.id: words.LEVELS.get(row.element, row.name) for row in rows}


def _place(criterion: str | None) -> tuple[int, ...]:
    """1.2 before 1.10; what belongs to no criterion first."""
    return tuple(int(part) for part in criterion.split(".")) if criterion else ()
