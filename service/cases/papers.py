"""What lies in a case's dossier: its signed documents and the files handed in."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from service.database import db
from service.identity.viewer import Viewer
from service.models import Document, EvidenceFile, Round, RoundAct, Submission, Task
from service.processes.independence import steps_with_hidden_files


def documents_of(case_id: uuid.UUID) -> Sequence[Document]:
    return db.session.scalars(
        select(Document).where(Document.case_id == case_id).order_by(Document.signed_at, Document.id)
    ).all()


@dataclass(frozen=True)
class SignedPaper:
    """The document of an act, and the round (its id and name) where one paper was signed for many cases."""

    document: Document
    round_id: uuid.UUID | None = None
    round_name: str = ""


def papers_of_acts(case_id: uuid.UUID) -> dict[int, SignedPaper]:
    """{the event's seq: what was signed by it}: papers of the case's own, and those of its rounds."""
    own = db.session.execute(
        select(Submission.seq, Document)
        .join(Document, Document.submission_id == Submission.id)
        .where(Submission.case_id == case_id)
    )
    found = {seq: SignedPaper(document) for seq, document in own}
    by_round = {
        seq: uuid.UUID(act)
        for seq, content in db.session.execute(
            select(Submission.seq, Submission.content)
            .join(Task, Task.id == Submission.task_id)
            .where(Submission.case_id == case_id, Task.completed_by_round)
        )
        if (act := orjson.loads(content)["answers"].get("round_act"))
    }
    rows = db.session.execute(
        select(RoundAct.id, Document, Round.id, Round.name)
        .join(Document, Document.round_act_id == RoundAct.id)
        .join(Round, Round.id == RoundAct.round_id)
        .where(RoundAct.id.in_(sorted(set(by_round.values()))))
    )
    papers = {act: SignedPaper(document, round_id, name) for act, document, round_id, name in rows}
    return found | {seq: papers[act] for seq, act in by_round.items() if act in papers}


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


def attached_to(case_id: uuid.UUID, *, hide: frozenset[str]) -> dict[str, list[str]]:
    """{file's id: the criteria that it was handed in for}, in the order of the annex.

    What a step handed in last about a file counts; `hide`: steps whose content must not show yet.
    """
    rows = db.session.execute(
        select(Submission.element, Submission.content)
        .where(Submission.case_id == case_id, Submission.element.not_in(sorted(hide)))
        .order_by(Submission.seq)
    )
    said: dict[str, dict[str, set[str]]] = {}
    for element, content in rows:
        said.setdefault(element, {}).update(attachments(orjson.loads(content)))
    return merged(said.values())


def attachments(content: Mapping[str, Any]) -> dict[str, set[str]]:
    """{file's id: criteria} of one submission; a file that it holds for no criterion has none."""
    found: dict[str, set[str]] = {file_id: set() for file_id in content.get("files") or {}}
    for criterion, given in (content["answers"].get("criteria") or {}).items():
        for file_id in given.get("evidence") or ():
            found.setdefault(file_id, set()).add(criterion)
    return found


def merged(said: Iterable[Mapping[str, set[str]]]) -> dict[str, list[str]]:
    """What several steps attached the same files to, 1.2 before 1.10."""
    found: dict[str, set[str]] = {}
    for one in said:
        for file_id, criteria in one.items():
            found.setdefault(file_id, set()).update(criteria)
    return {file_id: sorted(criteria, key=annex_place) for file_id, criteria in found.items()}


def annex_place(criterion: str) -> tuple[int, ...]:
    return tuple(int(part) for part in criterion.split("."))
