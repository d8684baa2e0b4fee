"""The row of a human task that opens: whose it is, when it is due, and why then."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from service.clock import local_day
from service.database import AnyRow
from service.engine.step import OpenedTask
from service.models import TaskState
from service.processes.facts import Deadlines

NONE: Mapping[str, uuid.UUID] = MappingProxyType({})


def task_row(
    case: AnyRow,
    opened: OpenedTask,
    at: datetime,
    deadlines: Deadlines,
    returned: bool,
    agencies: Mapping[str, uuid.UUID] = NONE,
) -> dict[str, Any]:
    """The columns of a task that opens at `at`; `returned` when a former level sent the dossier back."""
    group = opened.groups[0] if opened.groups else ""
    return {
        "id": uuid.uuid5(case.id, opened.ref),
        "case_id": case.id,
        "ref": opened.ref,
        "element": opened.element,
        "occurrence": opened.occurrence,
        "name": opened.name,
        "group": group,
        "unit_id": unit_of(case, group, agencies),
        "form_key": opened.form_key or None,
        "signer": opened.properties.get("signer", "none"),
        "completed_by_round": opened.properties.get("completedBy") == "round",
        "state": TaskState.READY.value,
        "stage": "preparing",
        "note": "",
        "returned": returned,
        "received_at": at,
        **due_columns(opened.element, opened.due, deadlines, returned=returned),
        "attention_at": at,
    }


def with_rows(record: dict[str, Any], rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The record of a step (see processes.record) with whose each opened task is, and why due when it is."""
    by_ref = {row["ref"]: row for row in rows}
    opened = [
        {
            **task,
            "group": (row := by_ref[task["ref"]])["group"],
            "unit": str(row["unit_id"]) if row["unit_id"] is not None else None,
            "why": row["due_reason"],
        }
        for task in record["opened"]
    ]
    return {**record, "opened": opened}


def due_columns(
    element: str, due: date | datetime | None, deadlines: Deadlines, *, returned: bool
) -> dict[str, Any]:
    """`due_on`, `due_reason` and `due_why` of a task whose expression gave `due`."""
    if due is None:
        return {"due_on": None, "due_reason": "", "due_why": ""}
    day = local_day(due) if isinstance(due, datetime) else due
    derivation = deadlines.derivation(element, day, returned=returned)
    return {"due_on": day, "due_reason": derivation.reason, "due_why": derivation.why}


def unit_of(case: Any, group: str, agencies: Mapping[str, uuid.UUID] = NONE) -> uuid.UUID | None:
    """Whose task it is: the commune, *this* district, the department, the province, or an agency by name.

    A province member's task carries the district; the dated assignment says who that is today.
    """
    return {
        "commune": case.commune_id,
        "district": case.district_id,
        "province_member": case.district_id,
        "department": case.department_id,
        "chairman": case.province_id,
    }.get(group) or agencies.get(group)
