"""The row of a human task that opens: whose it is, when it is due, and why then."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from service.clock import local_day
from service.database import AnyRow
from service.engine.step import OpenedTask
from service.models import TaskState
from service.processes.facts import Deadlines


def task_row(
    case: AnyRow, opened: OpenedTask, at: datetime, deadlines: Deadlines, returned: bool
) -> dict[str, Any]:
    """The columns of a task that opens at `at`; `returned` when a former level sent the dossier back."""
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
        "note": "",
        "returned": returned,
        "received_at": at,
        "due_on": due_on,
        "due_reason": reason,
        "attention_at": at,
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
