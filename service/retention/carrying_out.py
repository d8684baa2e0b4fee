"""Approved lists are carried out: a transaction for each case, which tells in its chain what it erases.

Killed at any moment, the next run goes on with the cases that wait. Bytes of files go after the commit; those
that a crash leaves are swept with everything that nobody names (`dossiers.housekeeping`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.engine import Connection

from service.audit.erased import ERASED, MESSAGE, PERIOD, PRIVATE, SUBMISSION
from service.audit.operations import SYSTEM, record_administration
from service.database import AnyRow, db, table_of, transaction
from service.dossiers.housekeeping import remove_unnamed
from service.errors import CaseChangedMeanwhile
from service.models import (
    Case,
    Comment,
    Draft,
    Erasure,
    ErasureCase,
    ErasureSlip,
    ErasureState,
    Event,
    EventPrivatePart,
    EvidenceFile,
    Message,
    Notification,
    OutboxRow,
    Submission,
    Task,
)
from service.processes.steps import append_case_event
from service.retention.gathering import Target, Thing, has_words, redacted, sent_words, things
from service.retention.holds import await_turn, is_held
from service.wording import recorded

_SLIP, _CASE = table_of(ErasureSlip), table_of(Case)
ERASED_FILE = recorded("(tệp đã xóa theo quy định lưu trữ)")
_TRIES = 3


@dataclass
class Progress:
    """Of one run: cases erased, cases that a hold keeps, things erased, files' bytes removed."""

    cases: int = 0
    held: int = 0
    things: int = 0
    files: int = 0


def carry_out(root: Path, now: datetime, *, keep_on: Callable[[], bool] = lambda: True) -> Progress:
    """Do what approved lists leave to be done while `keep_on()`; `root` is where files lie."""
    done = Progress()
    for erasure_id in _approved():
        for case_id in _waiting(erasure_id):
            if not keep_on():
                return done
            gone = _try_case(erasure_id, case_id, now, done)
            done.files += remove_unnamed(root, gone)
        finish(erasure_id=erasure_id, now=now)
    return done


def _approved() -> Sequence[uuid.UUID]:
    found = db.session.execute(
        select(Erasure.id).where(Erasure.state == ErasureState.APPROVED.value).order_by(Erasure.decided_at)
    ).scalars()
    ids = list(found)
    db.session.rollback()
    return ids


def _waiting(erasure_id: uuid.UUID) -> Sequence[uuid.UUID]:
    rows = db.session.execute(
        select(ErasureCase.case_id)
        .distinct()
        .where(ErasureCase.erasure_id == erasure_id, ErasureCase.state == "waiting")
        .order_by(ErasureCase.case_id)
    ).scalars()
    ids = list(rows)
    db.session.rollback()
    return ids


def _try_case(erasure_id: uuid.UUID, case_id: uuid.UUID, now: datetime, done: Progress) -> set[str]:
    for _ in range(_TRIES):
        try:
            erased = erase_case(erasure_id=erasure_id, case_id=case_id, now=now)
        except CaseChangedMeanwhile:
            continue  # somebody acted on it at this moment
        if erased is None:
            done.held += 1
            return set()
        done.cases += 1
        done.things += len(erased)
        return {str(one.told["sha256"]) for one in erased if one.what == "evidence"}
    return set()  # it waits for the next run


def erase_case(*, erasure_id: uuid.UUID, case_id: uuid.UUID, now: datetime) -> list[Thing] | None:
    """What the list says of one case, told in its chain first; None where a hold keeps it."""
    with transaction() as session:
        connection = session.connection()
        await_turn(connection)
        erasure = session.get_one(Erasure, erasure_id, populate_existing=True)
        lines = session.scalars(
            select(ErasureCase)
            .where(
                ErasureCase.erasure_id == erasure_id,
                ErasureCase.case_id == case_id,
                ErasureCase.state == "waiting",
            )
            .order_by(ErasureCase.kind)
            .execution_options(populate_existing=True)
        ).all()
        if erasure.state != ErasureState.APPROVED.value or not lines:
            return []
        held = connection.execute(select(_CASE.c.id).where(_CASE.c.id == case_id, is_held())).first()
        for line in lines:
            line.state, line.done_at = ("held", None) if held else ("done", now)
        if held:
            return None
        found: list[Thing] = []
        for line in lines:
            of_line = _things(connection, erasure, line)
            line.items = sum(int(one.told.get("count", 1)) for one in of_line)
            found += of_line
        if found:
            event = _tell(connection, erasure, lines, found, now)
            for line in lines:
                line.event_seq = event.seq
            session.flush()
            _erase(connection, erasure, case_id, event.position, found, now)
        return found


def _things(connection: Connection, erasure: Erasure, line: ErasureCase) -> list[Thing]:
    if erasure.why == PERIOD:
        return things(connection, line.case_id, line.kind)
    return redacted(connection, line.case_id, Target(**erasure.target))


def _tell(
    connection: Connection,
    erasure: Erasure,
    lines: Sequence[ErasureCase],
    found: Sequence[Thing],
    now: datetime,
) -> AnyRow:
    case_id = lines[0].case_id
    data = {
        "erasure": str(erasure.id),
        "why": erasure.why,
        "reason": erasure.reason,
        "bases": {line.kind: line.legal_basis for line in lines},
        "proposed_by": str(erasure.proposed_by),
        "approved_by": str(erasure.decided_by),
        "items": [dict(one.told) for one in found],
    }
    append_case_event(connection, case_id, ERASED, data, by=SYSTEM, now=now)
    return connection.execute(
        select(Event.position, Event.seq)
        .where(Event.stream == "case", Event.stream_id == str(case_id))
        .order_by(Event.seq.desc())
        .limit(1)
    ).one()


def _erase(
    connection: Connection,
    erasure: Erasure,
    case_id: uuid.UUID,
    position: int,
    found: Iterable[Thing],
    now: datetime,
) -> None:
    for one in found:
        if one.what in (SUBMISSION, PRIVATE):
            if one.what == PRIVATE:
                _forget_note(connection, case_id, one)
            _by_slip(connection, erasure.id, case_id, position, one)
        elif one.what == "evidence":
            connection.execute(
                update(EvidenceFile)
                .where(EvidenceFile.id == one.subject)
                .values(erased_at=now, name=ERASED_FILE)
            )
        elif one.what == MESSAGE:
            connection.execute(update(Message).where(Message.id == one.subject).values(payload={}))
        else:
            connection.execute(_COUNTED[one.what](case_id))


_COUNTED: dict[str, Callable[[uuid.UUID], Any]] = {
    "note": lambda case_id: update(Task).where(Task.case_id == case_id, Task.note != "").values(note=""),
    "comment": lambda case_id: delete(Comment).where(Comment.case_id == case_id),
    "draft": lambda case_id: (
        update(Draft)
        .where(Draft.task_id.in_(select(Task.id).where(Task.case_id == case_id)), has_words(Draft.answers))
        .values(answers={}, changed_at={})
        .execution_options(synchronize_session=False)
    ),
    "notification": lambda case_id: delete(Notification).where(Notification.case_id == case_id),
    "sent": lambda case_id: (
        update(OutboxRow)
        .where(*sent_words(case_id))
        .values(payload={}, last_error="")
        .execution_options(synchronize_session=False)
    ),
}


def _forget_note(connection: Connection, case_id: uuid.UUID, part: Thing) -> None:
    """The worklist repeats why a leader gave something back."""
    position, name = part.subject
    words = connection.execute(
        select(EventPrivatePart.content).where(
            EventPrivatePart.position == position, EventPrivatePart.name == name
        )
    ).scalar()
    if words:
        note = bytes(words).decode(errors="replace")
        connection.execute(update(Task).where(Task.case_id == case_id, Task.note == note).values(note=""))


def _by_slip(
    connection: Connection, erasure_id: uuid.UUID, case_id: uuid.UUID, position: int, one: Thing
) -> None:
    """Triggers let recorded rows change by such a slip only; it is gone before anybody else could see it."""
    slip = uuid.uuid4()
    part = one.subject if one.what == PRIVATE else (None, "")
    connection.execute(
        insert(_SLIP).values(
            id=slip,
            erasure_id=erasure_id,
            case_id=case_id,
            event_position=position,
            what=one.what,
            subject=one.subject if one.what == SUBMISSION else None,
            position=part[0],
            name=part[1],
            content=one.content,
            salt=one.salt,
        )
    )
    if connection.dialect.name != "sqlite":  # with the rights of the tables' owner
        function = "erase_submission" if one.what == SUBMISSION else "erase_private_part"
        connection.execute(text(f"SELECT {function}(:slip)"), {"slip": slip})
    elif one.what == SUBMISSION:
        row = table_of(Submission)
        connection.execute(
            update(row).where(row.c.id == one.subject).values(content=one.content, salt=one.salt)
        )
    else:
        row = table_of(EventPrivatePart)
        connection.execute(
            update(row)
            .where(row.c.position == part[0], row.c.name == part[1])
            .values(content=one.content, salt=one.salt)
        )
    connection.execute(delete(_SLIP).where(_SLIP.c.id == slip))


def finish(*, erasure_id: uuid.UUID, now: datetime) -> bool:
    """Close a list of which nothing waits any more, and say so in the administration stream."""
    with transaction() as session:
        connection = session.connection()
        await_turn(connection)
        erasure = session.get_one(Erasure, erasure_id, populate_existing=True)
        counts = {
            row.state: row
            for row in connection.execute(
                select(
                    ErasureCase.state,
                    func.count(ErasureCase.case_id.distinct()).label("cases"),
                    func.coalesce(func.sum(ErasureCase.items), 0).label("things"),
                )
                .where(ErasureCase.erasure_id == erasure_id)
                .group_by(ErasureCase.state)
            )
        }
        if erasure.state != ErasureState.APPROVED.value or "waiting" in counts:
            return False
        erasure.state, erasure.finished_at = ErasureState.DONE.value, now
        told = connection.execute(
            select(Case.code, ErasureCase.event_seq)
            .distinct()
            .join(Case, Case.id == ErasureCase.case_id)
            .where(ErasureCase.erasure_id == erasure_id, ErasureCase.event_seq.is_not(None))
            .order_by(Case.code)
        ).all()
        data = {
            "erasure": str(erasure_id),
            "why": erasure.why,
            "proposed_by": str(erasure.proposed_by),
            "approved_by": str(erasure.decided_by),
            "cases": counts["done"].cases if "done" in counts else 0,
            "held": counts["held"].cases if "held" in counts else 0,
            "things": int(counts["done"].things) if "done" in counts else 0,
            "told_in": [[row.code, row.event_seq] for row in told],
        }
        record_administration(connection, "content_erased", data, by=SYSTEM, at=now)
        return True
