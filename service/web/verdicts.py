"""The verdict beside a result while it is typed, by the evaluation that decides at submission."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import render_template, request

from evaluation.errors import EvaluationError
from service.errors import BadInput
from service.http.access import LOGGED_IN, current_viewer, policy
from service.processes.queries import procedure
from service.tasks.queries import read_task
from service.web import pages
from service.web.criteria_grid import judge
from service.web.review_hints import index_warning

JUDGED = ("raw", "decision", "reason")


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
    name, why = judge(criterion, _typed(criterion.id, request.args), task.case.year)
    return render_template("_verdict.html", verdict=name, why=why)


@pages.post("/viec/<uuid:task_id>/ket-luan")
@policy(LOGGED_IN)
def verdicts(task_id: uuid.UUID) -> Any:
    """The cells of all rows that were sent, after many changed at once; nothing is stored."""
    task = read_task(task_id, current_viewer())
    criteria = procedure(task.case.process_version_id).catalogue.year(task.case.year).assessed
    judged = {
        criterion.id: judge(criterion, _typed(criterion.id, request.form), task.case.year)
        for criterion in criteria
        if f"criteria.{criterion.id}.raw" in request.form
    }
    return render_template("_verdicts.html", judged=judged)


@pages.get("/viec/<uuid:task_id>/chi-so")
@policy(LOGGED_IN)
def index_hint(task_id: uuid.UUID) -> Any:
    """What is to be said of the index that is being typed; nothing is stored."""
    read_task(task_id, current_viewer())
    typed = {name: request.args.get(name, "")[:40] for name in ("index_score", "index_maximum")}
    return render_template("_index_warning.html", warning=index_warning(typed))


def _typed(criterion: str, sent: Mapping[str, str]) -> dict[str, str]:
    return {name: sent.get(f"criteria.{criterion}.{name}", "")[:5000] for name in JUDGED}
