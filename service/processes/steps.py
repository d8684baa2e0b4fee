"""Turning an engine step into rows: the one place where a case moves.

A step is computed outside the write lock and applied by `apply_step` in the caller's transaction, guarded by
the case's revision: state, tasks, timers, submission and event, or none of them.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.engine import Connection

from service.audit.canonical import canonical, salted_digest
from service.audit.operations import (
    ADD_EVENT,
    Actor,
    digests_of,
    event_row,
    insert_event,
    private_parts,
)
from service.database import AnyRow
from service.engine.codec import ENGINE_SEMANTICS
from service.engine.definition import Definition
from service.engine.step import Step, StepContext
from service.errors import CaseChangedMeanwhile
from service.models import Case, TaskState
from service.processes.facts import Deadlines, current_submissions, deadlines_of
from service.processes.outbox_rows import job_key, outbox_rows
from service.processes.queries import Procedure
from service.processes.record import awaited, jsonable, step_record
from service.processes.rules import RULES, RULES_SEMANTICS, Facts
from service.processes.statements import (
    ADD_OUTBOX_ROW,
    ADD_SUBMISSION,
    ADD_TASK,
    ADD_TIMER,
    CLEAR_TIMER,
    CLOSE_TASK,
    DROP_JOB,
    MOVE_CASE,
    MOVE_HEAD,
    MOVE_TIMER,
    READ_CASE,
    READ_HEAD,
    WITHDRAW_TASK,
)
from service.processes.task_rows import task_row, with_rows
from service.processes.writing import Rows

DEADLINE = "deadline:"


def read_case(connection: Connection, case_id: uuid.UUID) -> AnyRow | None:
    """The columns a step needs, fresh from the database."""
    return connection.execute(READ_CASE, {"of_case": case_id}).one_or_none()


@dataclass(frozen=True)
class NewSubmission:
    """What the completed task hands over. `content` is canonical JSON (see submission_content)."""

    task_id: uuid.UUID
    ref: str
    element: str
    action: str
    content: bytes
    prepared_by: uuid.UUID | None
    signed_by: uuid.UUID
    salt: bytes
    # Colleagues whose words stand in some of its fields.
    helped_by: frozenset[uuid.UUID] = frozenset()

    @property
    def digest(self) -> str:
        return salted_digest(self.salt, self.content)


def acts_after(
    acts: Mapping[str, list[str]], submission: NewSubmission | None, act: str = "", by: Actor | None = None
) -> Mapping[str, list[str]]:
    """Who has acted where once this is stored: {step or act by message: [user ids, sorted]}."""
    if submission is not None:
        where = submission.element
        named = {submission.prepared_by, submission.signed_by, *submission.helped_by}
        users = {str(user) for user in named if user is not None}
    elif act and by is not None:
        where, users = act, {str(by.user_id)}
    else:
        return acts
    return {**acts, where: sorted(users.union(acts.get(where, ())))}


def submission_content(
    answers: Mapping[str, Any],
    *,
    results: Mapping[str, Mapping[str, str]] | None = None,
    files: Mapping[str, Mapping[str, Any]] | None = None,
    catalogue_hash: str = "",
    form_hash: str = "",
) -> bytes:
    """The bytes of a submission: answers, the verdicts as they stood, and every file by its hash."""
    document: dict[str, Any] = {"answers": answers, "form": form_hash}
    if results is not None:
        document |= {"results": results, "catalogue": catalogue_hash}
    if files:
        document["files"] = files
    return canonical(document)


def context_for(
    connection: Connection,
    case: AnyRow | Case,
    procedure: Procedure,
    elements: Iterable[str | None],
    now: datetime,
    pending: Mapping[str, bytes] | None = None,
) -> tuple[StepContext, Deadlines]:
    """What a step that leaves `elements` (None: the start) may read; nothing is loaded that it cannot reach.

    `pending` adds the submission that this very step will store.
    """
    submissions, named = facts_needed(procedure.definition, elements)
    deadlines = deadlines_of(connection, case, now, named=named)
    found: dict[str, dict[str, Any]] = {}
    if submissions:
        found = current_submissions(connection, case.id)
        found |= {name: orjson.loads(content) for name, content in (pending or {}).items()}
    return step_context(procedure, case.year, found, deadlines, now), deadlines


def facts_needed(definition: Definition, elements: Iterable[str | None]) -> tuple[bool, bool]:
    """Whether a step that leaves `elements` may read submissions, and whether it may ask for a deadline."""
    needed = {fact for element in elements for fact in definition.facts_after(element)}
    submissions = {fact for fact in needed if not fact.startswith(DEADLINE)}
    return bool(submissions), bool(needed - submissions)


def step_context(
    procedure: Procedure,
    year: int,
    submissions: Mapping[str, Mapping[str, Any]],
    deadlines: Deadlines,
    now: datetime,
    tables: dict[int, Any] | None = None,
) -> StepContext:
    """What rules and expressions read, of cases and of what is only played. `tables`: see `rules.Facts`."""
    facts = Facts(year=year, catalogue=procedure.catalogue, submissions=submissions)
    facts.tables = tables
    return StepContext(now=now, facts=facts, rules=RULES, calendar=deadlines)


def apply_step(
    connection: Connection,
    case: AnyRow,
    procedure: Procedure,
    step: Step,
    *,
    kind: str,
    data: Mapping[str, Any],
    by: Actor,
    now: datetime,
    deadlines: Deadlines,
    submission: NewSubmission | None = None,
    private: Mapping[str, bytes] | None = None,
    act: str = "",
) -> None:
    """Write everything that `step` means for `case`, as read before; raises CaseChangedMeanwhile.

    Must run inside `transaction()`. The time recorded never goes back within a case. `private` is what
    people typed (see audit.PrivatePart); `act` the message by which `by` acted (see processes.acts).
    """
    parts = private_parts(private)
    writes = Writes()
    event = writes.add_step(
        case,
        procedure,
        step,
        kind=kind,
        data=data,
        by=by,
        now=now,
        deadlines=deadlines,
        submission=submission,
        digests=digests_of(parts),
        act=act,
    )
    if not parts:
        writes.add(ADD_EVENT, event)
    writes.run(connection)
    if parts:
        insert_event(connection, event, parts)


class Writes(Rows):
    """What steps write. Those of several cases, which each say what, go to the database together."""

    def add_step(
        self,
        case: AnyRow,
        procedure: Procedure,
        step: Step,
        *,
        kind: str,
        data: Mapping[str, Any],
        by: Actor,
        now: datetime,
        deadlines: Deadlines,
        submission: NewSubmission | None = None,
        digests: Mapping[str, str] | None = None,
        act: str = "",
    ) -> dict[str, Any]:
        """All that `step` means for `case` but its event, whose row is given back (see apply_step)."""
        at = max(now, case.last_event_at)
        rev = case.rev + 1
        returned = submission is not None and submission.action == "return"
        agencies = procedure.agencies
        tasks = [task_row(case, opened, at, deadlines, returned, agencies) for opened in step.opened]
        event = event_row(
            stream="case",
            stream_id=str(case.id),
            seq=rev,
            previous=case.last_hash,
            kind=kind,
            data={**data, **({"act": act} if act else {}), **with_rows(step_record(step), tasks)},
            actor=by,
            at=at,
            versions=versions_of(procedure),
            digests={**(digests or {}), **({"submission": submission.digest} if submission else {})},
        )
        self.add(
            MOVE_CASE,
            {
                "of_case": case.id,
                "seen_rev": case.rev,
                "rev": rev,
                "state": step.state,
                "status": status_after(step),
                "outcome": step.outcome,
                "active": step.active,
                "awaited": awaited(step),
                "variables": jsonable(step.variables),
                "acts": acts_after(case.acts, submission, act, by),
                "finished_at": at if step.finished else None,
                "last_event_at": at,
                "last_hash": event["hash"],
            },
        )
        if submission is not None:
            self._add_submission(case.id, submission, rev, at)
        self.add(
            WITHDRAW_TASK,
            *(
                {"of_case": case.id, "of_ref": ref, "state": TaskState.EXITED.value, "completed_at": at}
                for ref in step.withdrawn
            ),
        )
        self.add(ADD_TASK, *tasks)
        self._add_timers(case.id, step, at)
        self.add(DROP_JOB, *({"of_dedup_key": job_key(case.id, ref)} for ref in step.jobs_withdrawn))
        self.add(ADD_OUTBOX_ROW, *outbox_rows(case.id, step, at))
        return event

    def _add_submission(self, case_id: uuid.UUID, submission: NewSubmission, rev: int, at: datetime) -> None:
        self.add(
            ADD_SUBMISSION,
            {
                "id": uuid.uuid5(case_id, f"submission:{rev}"),
                "case_id": case_id,
                "task_id": submission.task_id,
                "seq": rev,
                "element": submission.element,
                "action": submission.action,
                "content": submission.content,
                "salt": submission.salt,
                "digest": submission.digest,
                "prepared_by": submission.prepared_by,
                "signed_by": submission.signed_by,
                "signed_at": at,
            },
        )
        self.add(
            CLOSE_TASK,
            {
                "of_task": submission.task_id,
                "state": TaskState.COMPLETED.value,
                "completed_at": at,
                "completed_by": submission.signed_by,
            },
        )

    def _add_timers(self, case_id: uuid.UUID, step: Step, at: datetime) -> None:
        self.add(
            MOVE_TIMER,
            *(
                {"of_case": case_id, "of_ref": timer.ref, "due_at": timer.due_at}
                for timer in step.timers_moved
            ),
        )
        self.add(CLEAR_TIMER, *({"of_case": case_id, "of_ref": ref} for ref in step.timers_cleared))
        self.add(
            ADD_TIMER,
            *(
                {
                    "id": uuid.uuid5(case_id, f"timer:{timer.ref}"),
                    "case_id": case_id,
                    "ref": timer.ref,
                    "element": timer.element,
                    "due_at": timer.due_at,
                    "state": "set",
                    "set_at": at,
                }
                for timer in step.timers_set
            ),
        )


def versions_of(procedure: Procedure) -> dict[str, Any]:
    """By what a step was computed: the version of the procedure (its hash), of the engine, of the rules."""
    return {"process": procedure.content_hash, "engine": ENGINE_SEMANTICS, "rules": RULES_SEMANTICS}


def status_after(step: Step) -> str:
    """What the case is once `step` is stored: finished | stuck | open."""
    return "finished" if step.finished else "stuck" if step.stuck else "open"


def append_case_event(
    connection: Connection,
    case_id: uuid.UUID,
    kind: str,
    data: Mapping[str, Any],
    *,
    by: Actor,
    now: datetime,
    private: Mapping[str, bytes] | None = None,
) -> None:
    """An event of the case that does not move its tokens; it counts as a command all the same."""
    parts = private_parts(private)
    case = connection.execute(READ_HEAD, {"of_case": case_id}).one()
    at = max(now, case.last_event_at)
    event = event_row(
        stream="case",
        stream_id=str(case.id),
        seq=case.rev + 1,
        previous=case.last_hash,
        kind=kind,
        data=data,
        actor=by,
        at=at,
        digests=digests_of(parts),
    )
    moved = connection.execute(
        MOVE_HEAD,
        {
            "of_case": case.id,
            "seen_rev": case.rev,
            "rev": case.rev + 1,
            "last_hash": event["hash"],
            "last_event_at": at,
        },
    )
    if moved.rowcount != 1:
        raise CaseChangedMeanwhile()
    insert_event(connection, event, parts)


def new_salt() -> bytes:
    return os.urandom(16)
