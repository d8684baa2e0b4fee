"""What came with a task's form: typed answers, files, and the draft's revision that one started from."""

from __future__ import annotations

import uuid
from typing import Any

from flask import request

from service.dossiers.operations import add_evidence
from service.errors import TaskNotOpen
from service.http.access import current_viewer, now
from service.http.extensions import settings
from service.models import Task
from service.processes.queries import procedure
from service.web.forms_rendering import answers_from, uploads_in, with_file


def typed_answers(task: Task) -> dict[str, Any]:
    bundle = procedure(task.case.process_version_id)
    form = bundle.form_of(task.element)
    if form is None:
        return {"action": request.form.get("action", "complete")}
    ids = [criterion.id for criterion in bundle.catalogue.year(task.case.year).assessed]
    answers = answers_from(form, request.form, ids)
    answers["action"] = answers["action"] or form.actions[0].name
    return answers


def store_uploads(task: Task, answers: dict[str, Any]) -> None:
    form = procedure(task.case.process_version_id).form_of(task.element)
    for one in uploads_in(form, request.files) if form else ():
        with_file(answers, one, str(store_file(task, one.criterion, one.file)))


def store_file(task: Task, criterion: str | None, file: Any) -> uuid.UUID:
    if not task.is_open:
        raise TaskNotOpen()
    return add_evidence(
        task_id=task.id,
        criterion=criterion,
        name=file.filename or "",
        stream=file.stream,
        root=settings().files_dir,
        largest=settings().largest_file,
        by=current_viewer(),
        now=now(),
    )


def seen_rev() -> int:
    text = request.form.get("rev", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
