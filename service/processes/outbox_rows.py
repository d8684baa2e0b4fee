"""What a step sends out of its case: work for services, messages and signals, and that the case has ended."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from service.engine.step import Step
from service.processes.record import packed
from service.trace import traceparent

JOB, CASE_FINISHED = "job", "case_finished"


def job_key(case_id: uuid.UUID, ref: str) -> str:
    """The dedup key of a job's row; also what an outside system is given to know a repetition by."""
    return f"job:{case_id}:{ref}"


def outbox_rows(case_id: uuid.UUID, step: Step, at: datetime) -> list[dict[str, Any]]:
    """One row for each, in the order of sending; `thrown` rows have the kind `message` or `signal`.

    The dispatcher delivers what a case has sent in that order; jobs stand in no queue (see jobs.outbox).
    """
    rows: list[dict[str, Any]] = [
        {
            "kind": thrown.kind,
            "case_id": case_id,
            "payload": {
                "source": f"{case_id}:{thrown.ref}",
                "name": thrown.name,
                "payload": packed(thrown.payload),
                "to": dict(thrown.to),
                "expires": thrown.expires,
            },
            "dedup_key": f"thrown:{case_id}:{thrown.ref}",
        }
        for thrown in step.thrown
    ]
    rows += [
        {
            "kind": JOB,
            "case_id": case_id,
            "payload": {"ref": job.ref, "element": job.element, "topic": job.topic},
            "dedup_key": job_key(case_id, job.ref),
        }
        for job in step.jobs_opened
    ]
    if step.finished:
        rows.append(
            {
                "kind": CASE_FINISHED,
                "case_id": None,
                "payload": {"case": str(case_id), "outcome": step.outcome},
                "dedup_key": f"{CASE_FINISHED}:{case_id}",
            }
        )
    parent = traceparent() if rows else ""
    return [{**row, "available_at": at, "created_at": at, "traceparent": parent} for row in rows]
