"""The files of a dossier as lines: at which level each was handed in, by whom, which version it is."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from service.cases.papers import annex_place
from service.database import db
from service.identity.queries import names_of
from service.models import EvidenceFile, Task
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
    """What the file was handed in for; until then, what it was uploaded for."""
    return attached.get(str(file.id)) or ([file.criterion] if file.criterion else [])


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
