"""Service tasks: the work of their topics is done outside any transaction, its answer moves the case in one.

A process that dies between the two does the work again, under the same key. Work that fails is tried again,
at last left dead: the case waits at the task until an administrator has it tried once more, or until the
diagram's way out (a boundary event) is taken.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select

from service.audit.operations import SYSTEM
from service.database import db, transaction
from service.engine import runtime
from service.engine.errors import EngineError, JobFailed, JobNotOpen
from service.engine.step import StepContext
from service.errors import CaseChangedMeanwhile
from service.jobs.topics import WORK, Done, Job, JobRefused
from service.models import OutboxRow
from service.processes.queries import procedure
from service.processes.record import kept, packed
from service.processes.steps import apply_step, context_for, read_case

log = structlog.get_logger(__name__)
ATTEMPTS = 8
LONGEST_PAUSE_SECONDS = 0.05


def handle_job(*, case_id: uuid.UUID, payload: dict[str, Any], now: datetime, outbox_id: int) -> None:
    """Perform an open job and move its case; nothing where the case has gone on without it.

    Raises what the work raised, to be tried again later; JobRefused where no boundary event deals with it.
    """
    job = _open_job(case_id, payload, outbox_id, now)
    if job is None:
        log.info("job withdrawn", case=str(case_id), job=payload["ref"])
        return
    try:
        answer: Done | JobRefused = WORK[job.topic](job, now)
    except JobRefused as refused:
        answer = refused
    for attempt in range(ATTEMPTS):
        try:
            _answer(job, answer, now)
            return
        except JobNotOpen:
            log.info("job withdrawn meanwhile", case=str(job.case_id), job=job.ref)
            return
        except CaseChangedMeanwhile:
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311


def _open_job(case_id: uuid.UUID, payload: Mapping[str, Any], outbox_id: int, now: datetime) -> Job | None:
    """The job with its properties, unless it is open no longer. No connection is held afterwards."""
    ref, element = payload["ref"], payload["element"]
    db.session.rollback()
    connection = db.session.connection()
    case = read_case(connection, case_id)
    created_at = connection.execute(
        select(OutboxRow.created_at).where(OutboxRow.id == outbox_id)
    ).scalar_one_or_none()
    db.session.rollback()
    if case is None:
        return None
    definition = procedure(case.process_version_id).definition
    try:
        runtime.complete_job(definition, case.state, ref, {}, StepContext(now))
    except JobNotOpen:
        return None
    except EngineError:
        pass  # it is open; whether the case can go on shows with the real answer
    db.session.rollback()
    return Job(
        case_id,
        ref,
        element,
        definition.elements[element].name,
        payload["topic"],
        definition.job_properties[element],
        created_at or now,
    )


def _answer(job: Job, answer: Done | JobRefused, now: datetime) -> None:
    """Move the case by the answer. Raises JobNotOpen, CaseChangedMeanwhile, or the refusal itself."""
    session = db.session()
    session.rollback()  # read the present, not the snapshot of an earlier attempt
    connection = session.connection()
    case = read_case(connection, job.case_id)
    if case is None:
        return
    bundle = procedure(case.process_version_id)
    definition = bundle.definition
    leaving = [job.element] if isinstance(answer, Done) else [*definition.program.errors]
    context, deadlines = context_for(connection, case, bundle, leaving, max(now, case.last_event_at))
    told, private = {"job": job.ref, "element": job.element, "topic": job.topic}, None
    if isinstance(answer, Done):
        step = runtime.complete_job(definition, case.state, job.ref, answer.result, context)
        private = {"result": kept(packed(answer.result))} if answer.result else None
    else:
        try:
            step = runtime.fail_job(definition, case.state, job.ref, answer.code, context)
        except JobFailed:
            raise answer from None  # nobody in the diagram deals with it; the other side may change its mind
        told["code"], private = answer.code, {"error": str(answer)[:2000].encode()}
    with transaction() as writing:
        apply_step(
            writing.connection(),
            case,
            bundle,
            step,
            kind="job_completed" if isinstance(answer, Done) else "job_failed",
            data=told,
            by=SYSTEM,
            now=now,
            deadlines=deadlines,
            private=private,
        )
        if isinstance(answer, Done) and answer.alongside is not None:
            answer.alongside(writing.connection(), case, now)
