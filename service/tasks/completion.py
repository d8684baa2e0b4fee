"""The one way through: an act completes a task and the case moves, in one transaction.

Used by the person who signs (`tasks.operations`) and by rounds, which complete many cases' tasks.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any, TypeAlias

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from forms import Form
from service.audit.alarms import record_stuck
from service.audit.operations import Actor
from service.clock import local_day
from service.database import STARTED_OVER, AnyRow, db, read_anew, transaction
from service.engine import runtime
from service.engine.errors import EngineError
from service.engine.errors import TaskNotOpen as EngineTaskNotOpen
from service.engine.step import OpenedTask, Step
from service.errors import CaseChangedMeanwhile, CaseStuck, DraftChanged, NotFound, TaskNotOpen
from service.identity.queries import load_viewer
from service.identity.viewer import Seat, Viewer
from service.models import Case, Draft, Task
from service.paper_dates import refuse_wrong_issued_day
from service.processes.draft_fields import writers_of
from service.processes.facts import Deadlines, file_facts
from service.processes.queries import Procedure, procedure
from service.processes.separation import refuse_second_level
from service.processes.statements import ADD_DOCUMENT, CASE_COLUMNS
from service.processes.steps import (
    NewSubmission,
    apply_step,
    context_for,
    new_salt,
    status_after,
    submission_content,
)
from service.tasks.answers import checked_answers, results_of, routing_of
from service.tasks.between_levels import said_too_little
from service.wording import _

log = structlog.get_logger(__name__)
# So often a step is computed before anything is locked; who still meets others then waits in line.
ATTEMPTS = 4
LONGEST_PAUSE_SECONDS = 0.05
NOBODY_SIGNS = "none"
LONGEST_NUMBER = 60  # as the column

# The columns of a task that acting on it needs, read together with its case and draft in one statement.
_TASK = [
    column.label(f"task_{column.key}")
    for column in (
        Task.id,
        Task.ref,
        Task.element,
        Task.name,
        Task.group,
        Task.unit_id,
        Task.signer,
        Task.completed_by_round,
        Task.state,
        Task.stage,
        Task.owner_id,
        Task.prepared_by,
    )
]
_DRAFT = (
    Draft.answers.label("draft_answers"),
    Draft.rev.label("draft_rev"),
    Draft.changed_at.label("draft_changed_at"),
)
# One statement for everybody: SQLAlchemy works out a result's columns once per statement, and for so many
# columns that takes longer than the query. Hence `viewer.sees`, which says the same as `visible_cases`.
_OPEN_TASK = (
    select(*CASE_COLUMNS, *_TASK, *_DRAFT)
    .join(Task, Task.case_id == Case.id)
    .outerjoin(Draft, Draft.task_id == Task.id)
    .where(Task.id == bindparam("of_task"))
)
_LOCK_CASE = (
    select(Case.id)
    .join(Task, Task.case_id == Case.id)
    .where(Task.id == bindparam("of_task"))
    .with_for_update(of=Case, key_share=True)
)
_DRAFT_REV = select(Draft.rev).where(Draft.task_id == bindparam("of_task"))


# Who may complete: answers the seat they act from, or raises NotAllowed / TaskTaken.
Check: TypeAlias = Callable[[AnyRow, Viewer, Procedure], Seat | None]


@dataclass(frozen=True)
class Signature:
    """How the signer signs: the seat's capacity unless stated; number and date may be filled in later.

    Number and date are those of the document that is signed, of which the officer may have written them into
    the form (`Form.of_document`); `number` None takes both from there.
    """

    number: str | None = None
    issued_on: date | None = None
    capacity: str | None = None


@dataclass(frozen=True)
class Moved:
    """Where an act has brought its case: `status` open | finished | stuck, and the tasks that it opened."""

    case_id: uuid.UUID
    code: str
    status: str
    outcome: str | None
    opened: tuple[OpenedTask, ...]


def open_task(connection: Connection, task_id: uuid.UUID, viewer: Viewer | None) -> AnyRow:
    """Task, case and draft in one statement; raises NotFound, also where `viewer` may not see the case.

    The row has the case's columns plus `task_…`, `draft_answers`, `draft_rev` and `draft_changed_at`.
    """
    row = connection.execute(_OPEN_TASK, {"of_task": task_id}).one_or_none()
    if row is None:
        raise NotFound()
    place = row.task_group, row.task_unit_id
    if viewer is not None and not viewer.sees(row.commune_id, row.district_id, place):
        raise NotFound()
    return row


def require_open(row: AnyRow) -> None:
    if row.task_state not in ("ready", "reserved"):
        raise TaskNotOpen()


def complete(
    *,
    task_id: uuid.UUID,
    answers: Mapping[str, Any] | None,
    by: Viewer,
    now: datetime,
    signature: Signature | None = None,
    check: Check,
    in_same_transaction: Callable[[Session], None] | None = None,
    trusted: bool = False,
    prepared_by: uuid.UUID | None = None,
    seen_rev: int | None = None,
) -> Moved:
    """Complete a task with `answers` (or with its draft when None) and move its case.

    `check(row, viewer, bundle) -> Seat` says who may; it runs on what is read before computing and again on
    the same rows inside the transaction. `in_same_transaction(session)` lets a caller write its own rows too.
    `trusted` answers were validated when the act was given (a round's, which `prepared_by` drafted).
    `seen_rev` is the draft's rev that was shown to who acts: DraftChanged when it is another by now.
    Somebody else's commit in between is retried while this task is still open; TaskNotOpen when it is not.
    """

    def once() -> Moved:
        return _complete_once(
            task_id,
            answers,
            by,
            now,
            signature,
            check,
            in_same_transaction,
            trusted=trusted,
            prepared_by=prepared_by,
            seen_rev=seen_rev,
        )

    info = db.session().info
    if info.get("writing"):
        # The outer transaction's snapshot is its owner's: only the owner can start over, and says so.
        return _in_line(task_id, once) if info.get(STARTED_OVER) else once()
    for _attempt in range(ATTEMPTS):
        try:
            return once()
        except CaseChangedMeanwhile:
            # Jitter: clients that collided once must not collide in step again.
            time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311
    return _in_line(task_id, once)


def _in_line(task_id: uuid.UUID, once: Callable[[], Moved]) -> Moved:
    """Behind everybody who is at this case: nobody comes in between, so it goes through at once.

    Of any number who complete sibling tasks each succeeds.
    """
    with transaction() as session:
        session.connection().execute(_LOCK_CASE, {"of_task": task_id})
        return once()


def _complete_once(
    task_id: uuid.UUID,
    answers: Mapping[str, Any] | None,
    by: Viewer,
    now: datetime,
    signature: Signature | None,
    check: Check,
    in_same_transaction: Callable[[Session], None] | None,
    *,
    trusted: bool,
    prepared_by: uuid.UUID | None,
    seen_rev: int | None,
) -> Moved:
    session = db.session()
    if not session.info.get("writing"):
        read_anew(session)  # the present, not the snapshot of an earlier attempt
    connection = session.connection()
    row = open_task(connection, task_id, None if trusted else by)
    require_open(row)
    bundle = procedure(row.process_version_id)
    seat = check(row, by, bundle)
    if seen_rev is not None and seen_rev != (row.draft_rev or 0):
        raise DraftChanged()
    given = answers if answers is not None else (row.draft_answers or {})
    if signature is not None:
        refuse_wrong_issued_day(signature.issued_on, now)
        signature, given = one_number(signature, given, bundle.form_of(row.task_element))
    # Whoever signs a draft signs its officer's work; an act given directly is the signer's own.
    author = row.task_prepared_by if answers is None else prepared_by
    submission, routing = make_submission(connection, row, bundle, given, by.id, trusted, author, now)
    step, deadlines = compute(connection, row, bundle, submission, routing, now)
    with transaction() as writing:
        connection = writing.connection()
        if not trusted:
            # Rights may have gone between reading and now.
            fresh = load_viewer(by.id, now, connection)
            seat = check(row, fresh, bundle)
            refuse_second_level(row.acts, bundle, row.task_group, by.id)
        apply_step(
            connection,
            row,
            bundle,
            step,
            kind="task_completed",
            data={
                "task": row.task_ref,
                "element": row.task_element,
                "action": submission.action,
                "prepared_by": str(submission.prepared_by) if submission.prepared_by else None,
                **_helpers(submission),
            },
            by=by.actor(seat),
            now=now,
            deadlines=deadlines,
            submission=submission,
        )
        if answers is None or seen_rev is not None:
            _refuse_newer_draft(connection, row)
        if signature is not None and seat is not None and row.task_signer != NOBODY_SIGNS:
            _write_document(connection, row, bundle, submission.action, seat, by, signature, now)
        if in_same_transaction is not None:
            in_same_transaction(writing)
    return Moved(row.id, row.code, status_after(step), step.outcome, step.opened)


def _helpers(submission: NewSubmission) -> dict[str, list[str]]:
    """For the log, which says nothing of helpers where there were none."""
    return {"helped_by": sorted(map(str, submission.helped_by))} if submission.helped_by else {}


def _refuse_newer_draft(connection: Connection, row: AnyRow) -> None:
    """Saving a draft does not count in the case's revision, so its own is compared.

    Only once the task is closed: whoever saves from then on waits for the task's row and finds it closed.
    """
    rev = connection.execute(_DRAFT_REV, {"of_task": row.task_id}).scalar_one_or_none()
    if rev != row.draft_rev:
        raise CaseChangedMeanwhile()


def one_number(
    signature: Signature, answers: Mapping[str, Any], form: Form | None
) -> tuple[Signature, Mapping[str, Any]]:
    """The document has one number and one date: the signer's where they are said, else those of the form.

    What is signed then says the same in both places. A return is another document than the form asks about.
    """
    keys = form.of_document if form is not None and answers.get("action") != "return" else {}
    if signature.number is None:
        text = answers.get(keys.get("date", ""))
        return replace(
            signature,
            number=str(answers.get(keys.get("number", "")) or "")[:LONGEST_NUMBER],
            issued_on=signature.issued_on or _day(text),
        ), answers
    day = signature.issued_on.isoformat() if signature.issued_on is not None else None
    said = {"number": signature.number or None, "date": day}
    return signature, {**answers, **{key: said[part] for part, key in keys.items()}}


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def make_submission(
    connection: Connection,
    row: AnyRow,
    bundle: Procedure,
    answers: Mapping[str, Any],
    signed_by: uuid.UUID,
    trusted: bool,
    prepared_by: uuid.UUID | None,
    now: datetime,
) -> tuple[NewSubmission, dict[str, Any]]:
    """The submission row-to-be and its routing values; raises BadInput naming the fields."""
    form = bundle.form_of(row.task_element)
    action = str(answers.get("action", "complete"))
    if trusted or form is None:
        clean = dict(answers)
    else:
        others = partial(said_too_little, connection, row, bundle)
        clean = checked_answers(form, bundle, row.year, answers, today=local_day(now), more=others)
    routing = routing_of(None if trusted else form, clean)
    results = results_of(bundle, row.year, clean)
    evidence = form.evidence_ids(clean) if form is not None else ()
    content = submission_content(
        clean,
        results=results,
        files=file_facts(connection, row.id, evidence) if evidence else None,
        catalogue_hash=bundle.catalogue.content_hash,
        form_hash=form.content_hash if form is not None else "",
    )
    submission = NewSubmission(
        task_id=row.task_id,
        ref=row.task_ref,
        element=row.task_element,
        action=action,
        content=content,
        prepared_by=prepared_by,
        signed_by=signed_by,
        salt=new_salt(),
        helped_by=writers_of(row.draft_changed_at) - {prepared_by, signed_by},
    )
    return submission, routing


def compute(
    connection: Connection,
    row: AnyRow,
    bundle: Procedure,
    submission: NewSubmission,
    routing: Mapping[str, Any],
    now: datetime,
) -> tuple[Step, Deadlines]:
    """The engine's step, outside the write lock; its errors in the domain's words."""
    context, deadlines = context_for(
        connection,
        row,
        bundle,
        [row.task_element],
        max(now, row.last_event_at),
        {submission.element: submission.content},
    )
    try:
        return runtime.complete(bundle.definition, row.state, row.task_ref, routing, context), deadlines
    except EngineTaskNotOpen as error:
        raise TaskNotOpen() from error
    except EngineError as error:
        _keep_failure(row, submission.signed_by, error, now)
        raise CaseStuck(
            _("Hồ sơ %(code)s không đi tiếp được: %(error)s", code=row.code, error=error),
            element=error.element,
        ) from error


def _keep_failure(row: AnyRow, user_id: uuid.UUID, error: EngineError, now: datetime) -> None:
    """The act is refused, but administrators must hear of it. An outer transaction is about to be undone."""
    log.error("case cannot go on", case=row.code, element=error.element, error=str(error))
    if not db.session().info.get("writing"):
        with transaction() as session:
            record_stuck(session.connection(), row.id, error.element, str(error), by=Actor(user_id), at=now)


def _write_document(
    connection: Connection,
    row: AnyRow,
    bundle: Procedure,
    action: str,
    seat: Seat,
    by: Viewer,
    signature: Signature,
    now: datetime,
) -> None:
    title = bundle.document_title(row.task_element, action)
    rev = row.rev + 1
    connection.execute(
        ADD_DOCUMENT,
        {
            "id": uuid.uuid5(row.id, f"document:{rev}"),
            "case_id": row.id,
            "submission_id": uuid.uuid5(row.id, f"submission:{rev}"),
            "unit_id": seat.unit_id,
            "title": title,
            "number": signature.number or "",
            "issued_on": signature.issued_on,
            "signer_id": by.id,
            "signer_name": by.name,
            "signer_title": seat.title,
            "capacity": seat.capacity if signature.capacity is None else signature.capacity,
            "signed_at": max(now, row.last_event_at),
        },
    )
