"""The verdict beside a result while it is typed, by the evaluation that decides at submission."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template, request

from evaluation.errors import EvaluationError
from service.errors import BadInput
from service.http.access import LOGGED_IN, current_viewer, policy
from service.processes.queries import procedure
from service.tasks.queries import read_task
from service.web import pages
from service.web.criteria_grid import judge


@pages.get("/viec/<uuid:task_id>/ket-luan/<criterion_id>")
@policy(LOGGED_IN)
def verdict(task_id: uuid.UUID, criterion_id: str) -> Any:
    """The row's cell for what stands in the row now; nothing is stored."""
    task = read_task(task_id, current_viewer())
    bundle = procedure(task.case.process_version_id)
    try:
        criterion = bundle.catalogue.criterion(criterion_id)
    except EvaluationError as error:
        raise BadInput(str(error)) from error
    base = f"criteria.{criterion.id}"
    entry = {name: request.args.get(f"{base}.{name}", "")[:5000] for name in ("raw", "decision", "reason")}
    name, why = judge(criterion, entry, task.case.year)
    return render_template("_verdict.html", verdict=name, why=why)
