"""*Tiếp nhận hồ sơ*: each time that a dossier came up from one level to the next, and what came with it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import exists, select

from service.audit.queries import RecordedEvent, case_events
from service.cases.papers import attachments, merged
from service.database import db
from service.identity.queries import names_of
from service.models import Case, Document, EvidenceFile, Submission, Task, Unit
from service.processes.facts import RETURNED
from service.processes.queries import procedure

# A dossier is received by a level above the one that hands it over.
LEVEL_OF_GROUP: Mapping[str, int] = {"commune": 0, "district": 1, "department": 2}


@dataclass(frozen=True)
class Receipt:
    """One dossier received. `seq` is the event by which it was handed over, `number` counts the receiver's.

    `taken_by` is the officer who has the receiving task or prepared its answer, "" while nobody has. `files`
    are those of every level up to this hand-over whose content is not hidden from the reader.
    """

    seq: int
    number: int
    at: datetime
    giver: str
    document: Document | None
    receiver: str
    task: Task
    taken_by: str
    files: Sequence[EvidenceFile]
    # {file's id: the criteria that it was enclosed for}
    attached: Mapping[str, Sequence[str]]
    # The steps whose acts the dossier held then; a later step's act does not outlast a return before it.
    handed: frozenset[str]


def was_received(case_id: uuid.UUID) -> bool:
    """Whether there is any receipt: the commune has handed its dossier over."""
    handed = exists().where(
        Submission.case_id == case_id,
        Submission.action != RETURNED,
        Task.id == Submission.task_id,
        Task.group == "commune",
    )
    return bool(db.session.execute(select(handed)).scalar_one())


def receipts(case: Case, *, hide: frozenset[str] = frozenset()) -> list[Receipt]:
    """Every receipt of the case, oldest first. `hide`: steps whose files must not show yet."""
    tasks = {
        task.id: task
        for task in db.session.scalars(
            select(Task).where(Task.case_id == case.id).execution_options(populate_existing=True)
        )
    }
    handed = db.session.scalars(
        select(Submission)
        .where(Submission.case_id == case.id, Submission.action != RETURNED)
        .order_by(Submission.seq)
    ).all()
    events = {event.seq: event for event in case_events(case.id) if event.type == "task_completed"}
    units = {row.id: row.name for row in db.session.execute(select(Unit.id, Unit.name))}
    takers = {task.id: task.owner_id or task.prepared_by or task.completed_by for task in tasks.values()}
    names = names_of({user for user in takers.values() if user})
    documents = {
        document.submission_id: document
        for document in db.session.scalars(select(Document).where(Document.case_id == case.id))
    }
    order = {step: at for at, step in enumerate(procedure(case.process_version_id).definition.tasks)}
    found, latest = list[Receipt](), dict[str, Mapping[str, Any]]()
    for submission in handed:
        content = orjson.loads(submission.content)
        place = order.get(submission.element, len(order))
        latest = {step: one for step, one in latest.items() if order.get(step, place) < place}
        latest[submission.element] = content
        given = tasks[submission.task_id]
        received = _received(case, events.get(submission.seq), given, tasks)
        if received is None:
            continue
        shown = {step: content for step, content in latest.items() if step not in hide}
        found.append(
            Receipt(
                seq=submission.seq,
                number=1 + sum(one.task.unit_id == received.unit_id for one in found),
                at=received.received_at,
                giver=units.get(given.unit_id, "") if given.unit_id else "",
                document=documents.get(submission.id),
                receiver=units.get(received.unit_id, "") if received.unit_id else "",
                task=received,
                taken_by=names.get(taker, "") if (taker := takers[received.id]) else "",
                files=_files(shown),
                attached=merged(attachments(one) for one in shown.values()),
                handed=frozenset(latest),
            )
        )
    return found


def _received(
    case: Case, event: RecordedEvent | None, given: Task, tasks: Mapping[uuid.UUID, Task]
) -> Task | None:
    """The task that opened by this hand-over at a level above the giver's."""
    for opened in event.data.get("opened", ()) if event else ():
        task = tasks.get(uuid.uuid5(case.id, opened["ref"]))
        if task is not None and LEVEL_OF_GROUP.get(task.group, -1) > LEVEL_OF_GROUP.get(given.group, 9):
            return task
    return None


def _files(handed: Mapping[str, Mapping[str, Any]]) -> Sequence[EvidenceFile]:
    """The files of these contents of submissions."""
    ids = sorted({uuid.UUID(file_id) for one in handed.values() for file_id in one.get("files") or {}})
    return db.session.scalars(
        select(EvidenceFile)
        .where(EvidenceFile.id.in_(ids))
        .order_by(EvidenceFile.uploaded_at, EvidenceFile.id)
    ).all()
