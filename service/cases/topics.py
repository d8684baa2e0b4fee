"""What kind of thing an event of a case is, for those who look for one kind in *quá trình xử lý*. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.processes.facts import RETURNED

STEP, RETURN, WORK, DOCUMENT, DEADLINE, SYSTEM = "step", "return", "work", "document", "deadline", "system"
TOPICS = (STEP, RETURN, WORK, DOCUMENT, DEADLINE, SYSTEM)
_OF_TYPE: Mapping[str, str] = {
    "case_opened": STEP,
    "task_completed": STEP,
    "case_withdrawn": STEP,
    "commune_dissolved": STEP,
    "opinion_waived": STEP,
    "case_set_aside": STEP,
    "returned_to_officer": RETURN,
    "document_numbered": DOCUMENT,
    "signed_copy_filed": DOCUMENT,
    "timer_fired": DEADLINE,
    "due_dates_recomputed": DEADLINE,
    "content_erased": DOCUMENT,
    "message_caught": SYSTEM,
    "signal_caught": SYSTEM,
    "job_completed": SYSTEM,
    "job_failed": SYSTEM,
}


def topic_of(kind: str, data: Mapping[str, Any]) -> str:
    """One of TOPICS. What is not listed is work on a task: taken, handed over, handed up."""
    if kind == "task_completed" and data.get("action") == RETURNED:
        return RETURN
    return _OF_TYPE.get(kind, WORK)
