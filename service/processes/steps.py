"""Turning an engine step into rows: the one place where a case moves.

A step is computed outside the write lock and applied by `apply_step` in the caller's transaction, guarded by
the case's revision: state, tasks, timers, submission and event, or none of them.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from service.audit.canonical import canonical, salted_digest
from service.audit.operations import Actor, event_row
from service.clock import local_day
from service.database import AnyRow
from service.engine.codec import ENGINE_SEMANTICS
from service.engine.step import OpenedTask, Step, StepContext
from service.errors import CaseChangedMeanwhile
from service.models import Case, Event, OutboxRow, Submission, Task, TaskState, Timer
from service.processes.facts import NO_DEADLINES, Deadlines, current_submissions, load_deadlines
from service.processes.queries import Procedure
from service.processes.rules import RULES

DEADLINE = "deadline:"
CASE_COLUMNS = (
    Case.id,
    Case.code,
    Case.procedure,
    Case.process_version_id,
    Case.commune_id,
    Case.district_id,
    Case.department_id,
    Case.province_id,
    Case.year,
    Case.rev,
    Case.state,
    Case.status,
    Case.last_event_at,
    Case.last_hash,
)


def read_case(connection: Connection, case_id: uuid.UUID) -> AnyRow | None:
    """The columns a step needs, fresh from the database."""
    return connection.execute(select(*CASE_COLUMNS).where(Case.id == case_id)).one_or_none()


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

    @property
    def digest(self) -> str:
        return salted_digest(self.salt, self.content)


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
    needed = {fact for element in elements for fact in procedure.definition.facts_after(element)}
    submissions = {fact for fact in needed if not fact.startswith(DEADLINE)}
    deadlines = (
        load_deadlines(connection, case.procedure, case.year, case.district_id)
        if needed - submissions
        else NO_DEADLINES
    )
    facts: dict[str, Any] = {"year": case.year, "catalogue": procedure.catalogue, "submissions": {}}
    if submissions:
        facts["submissions"] = current_submissions(connection, case.id)
        for name, content in (pending or {}).items():
            facts["submissions"][name] = orjson.loads(content)
    return StepContext(now=now, facts=facts, rules=RULES, calendar=deadlines), deadlines


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
    outbox: list[dict[str, Any]] | None = None,
) -> None:
    """Write everything that `step` means for `case`, as read before; raises CaseChangedMeanwhile.

    Must run inside `transaction()`. The time recorded never goes back within a case.
    """
    at = max(now, case.last_event_at)
    rev = case.rev + 1
    event = event_row(
        stream="case",
        stream_id=str(case.id),
        seq=rev,
        previous=case.last_hash,
        kind=kind,
        data={**data, **step_record(step)},
        actor=by,
        at=at,
        versions={"process": procedure.content_hash, "engine": ENGINE_SEMANTICS},
        digests={"submission": submission.digest} if submission else None,
    )
    moved = connection.execute(
        update(Case)
        .where(Case.id == case.id, Case.rev == case.rev)
        .values(
            rev=rev,
            state=step.state,
            status="finished" if step.finished else "stuck" if step.stuck else "open",
            outcome=step.outcome,
            active=list(step.active),
            awaited=list(step.messages_awaited),
            variables=jsonable(step.variables),
            finished_at=at if step.finished else None,
            last_event_at=at,
            last_hash=event["hash"],
        )
    )
    if moved.rowcount != 1:
        raise CaseChangedMeanwhile()
    if submission is not None:
        connection.execute(
            insert(Submission).values(
                id=uuid.uuid5(case.id, f"submission:{rev}"),
                case_id=case.id,
                task_id=submission.task_id,
                seq=rev,
                element=submission.element,
                action=submission.action,
                content=submission.content,
                salt=submission.salt,
                digest=submission.digest,
                prepared_by=submission.prepared_by,
                signed_by=submission.signed_by,
                signed_at=at,
            )
        )
    _write_tasks(connection, case, step, at, deadlines, submission, data)
    _write_timers(connection, case.id, step)
    connection.execute(insert(Event), [event])
    rows = [
        {
            "kind": "job",
            "payload": {"ref": job.ref, "topic": job.topic},
            "dedup_key": f"job:{case.id}:{job.ref}",
        }
        for job in step.jobs_opened
    ] + (outbox or [])
    if rows:
        connection.execute(
            insert(OutboxRow),
            [
                {"case_id": case.id, "available_at": at, "created_at": at, "dedup_key": None} | row
                for row in rows
            ],
        )


def append_case_event(
    connection: Connection,
    case_id: uuid.UUID,
    kind: str,
    data: Mapping[str, Any],
    *,
    by: Actor,
    now: datetime,
) -> None:
    """An event of the case that does not move its tokens; it counts as a command all the same."""
    case = connection.execute(
        select(Case.id, Case.rev, Case.last_hash, Case.last_event_at)
        .where(Case.id == case_id)
        .with_for_update()
    ).one()
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
    )
    moved = connection.execute(
        update(Case)
        .where(Case.id == case.id, Case.rev == case.rev)
        .values(rev=case.rev + 1, last_hash=event["hash"], last_event_at=at)
    )
    if moved.rowcount != 1:
        raise CaseChangedMeanwhile()
    connection.execute(insert(Event), [event])


def _write_tasks(
    connection: Connection,
    case: AnyRow,
    step: Step,
    at: datetime,
    deadlines: Deadlines,
    submission: NewSubmission | None,
    data: Mapping[str, Any],
) -> None:
    if submission is not None:
        closed = connection.execute(
            update(Task)
            .where(
                Task.id == submission.task_id,
                Task.state.in_((TaskState.READY.value, TaskState.RESERVED.value)),
            )
            .values(state=TaskState.COMPLETED.value, completed_at=at, completed_by=submission.signed_by)
        )
        if closed.rowcount != 1:
            raise CaseChangedMeanwhile()
    if step.withdrawn:
        connection.execute(
            update(Task)
            .where(Task.case_id == case.id, Task.ref.in_(step.withdrawn))
            .values(state=TaskState.EXITED.value, completed_at=at)
        )
    if step.opened:
        returned = submission is not None and submission.action == "return"
        note = str(data.get("reason", "")) if returned else ""
        connection.execute(
            insert(Task), [_task_row(case, opened, at, deadlines, returned, note) for opened in step.opened]
        )


def _task_row(
    case: AnyRow, opened: OpenedTask, at: datetime, deadlines: Deadlines, returned: bool, note: str
) -> dict[str, Any]:
    group = opened.groups[0] if opened.groups else ""
    due_on, reason = _due(opened, deadlines)
    return {
        "id": uuid.uuid5(case.id, opened.ref),
        "case_id": case.id,
        "ref": opened.ref,
        "element": opened.element,
        "occurrence": opened.occurrence,
        "name": opened.name,
        "group": group,
        "unit_id": unit_of(case, group),
        "form_key": opened.form_key or None,
        "signer": opened.properties.get("signer", "none"),
        "completed_by_round": opened.properties.get("completedBy") == "round",
        "state": TaskState.READY.value,
        "stage": "preparing",
        "note": note,
        "returned": returned,
        "received_at": at,
        "due_on": due_on,
        "due_reason": reason,
    }


def _due(opened: OpenedTask, deadlines: Deadlines) -> tuple[date | None, str]:
    """The last day of the task and why: the words of the source, or that the return set it."""
    if opened.due is None:
        return None, ""
    day = local_day(opened.due) if isinstance(opened.due, datetime) else opened.due
    known = deadlines.by_step.get(opened.element)
    if known and known.last_day == day:
        return day, f"{known.wording} ({known.source})"
    return day, "Thời hạn ghi khi trả lại hồ sơ"


def unit_of(case: Any, group: str) -> uuid.UUID | None:
    """Whose task it is: the commune, *this* district, the department, the province.

    A province member's task carries the district; the dated assignment says who that is today.
    """
    return {
        "commune": case.commune_id,
        "district": case.district_id,
        "province_member": case.district_id,
        "department": case.department_id,
        "chairman": case.province_id,
    }.get(group)


def _write_timers(connection: Connection, case_id: uuid.UUID, step: Step) -> None:
    if step.timers_cleared:
        connection.execute(
            update(Timer)
            .where(Timer.case_id == case_id, Timer.ref.in_(step.timers_cleared), Timer.state == "set")
            .values(state="cleared")
        )
    if step.timers_set:
        connection.execute(
            insert(Timer),
            [
                {
                    "id": uuid.uuid5(case_id, f"timer:{timer.ref}"),
                    "case_id": case_id,
                    "ref": timer.ref,
                    "element": timer.element,
                    "due_at": timer.due_at,
                    "state": "set",
                }
                for timer in step.timers_set
            ],
        )


def step_record(step: Step) -> dict[str, Any]:
    """The recorded outcome of a step, enough to fold the case without engine or evaluation."""
    return {
        "path": list(step.path),
        "active": list(step.active),
        "opened": [
            {"ref": task.ref, "element": task.element, "due": jsonable(task.due)} for task in step.opened
        ],
        "withdrawn": list(step.withdrawn),
        "timers_set": [
            {"ref": timer.ref, "element": timer.element, "due_at": jsonable(timer.due_at)}
            for timer in step.timers_set
        ],
        "timers_cleared": list(step.timers_cleared),
        "awaited": list(step.messages_awaited),
        "jobs": [{"ref": job.ref, "topic": job.topic} for job in step.jobs_opened],
        "decisions": [
            {
                "element": decision.element,
                "kind": decision.kind,
                "chosen": decision.chosen,
                "expression": decision.expression,
                "inputs": jsonable(decision.inputs),
                "result": jsonable(decision.result),
                "explanation": decision.explanation,
            }
            for decision in step.decisions
        ],
        "variables": jsonable(step.variables),
        "finished": step.finished,
        "outcome": step.outcome,
        "stuck": step.stuck,
    }


def jsonable(value: Any) -> Any:
    """Plain JSON without floats: decimals and dates as strings."""
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [jsonable(item) for item in items]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be recorded")


def new_salt() -> bytes:
    return os.urandom(16)
