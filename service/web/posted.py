"""What came with a task's form: typed answers, files, and the draft's revision that one started from."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from flask import flash, request
from flask_babel import gettext as _

from service.clock import local_day
from service.dossiers.drafts import with_new_version
from service.dossiers.operations import add_evidence
from service.dossiers.queries import same_content
from service.errors import NotFound, TaskNotOpen
from service.http.access import current_viewer, now
from service.http.extensions import settings
from service.models import Task
from service.processes.queries import procedure
from service.web import words
from service.web.forms_rendering import answers_from, uploads_in, with_file

# `replace.<file id>`: the version that takes this file's place.
REPLACE = "replace."


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
    """Take the files that came with the form into the dossier, and note them in the answers.

    What the dossier has already is used again, and said so; a new version takes its elder's place.
    """
    form = procedure(task.case.process_version_id).form_of(task.element)
    for one in uploads_in(form, request.files) if form else ():
        with_file(answers, one, str(_there_already(task, one.file) or _store(task, one.criterion, one.file)))
    for name, file in request.files.items(multi=True):
        old = name.removeprefix(REPLACE)
        if file.filename and old != name:
            try:
                new = _store(task, None, file, replaces=uuid.UUID(old))
            except ValueError as error:
                raise NotFound() from error
            changed = with_new_version(answers, old, str(new))
            answers.clear()
            answers.update(changed)


def _there_already(task: Task, file: Any) -> uuid.UUID | None:
    sha256 = hashlib.file_digest(file.stream, "sha256").hexdigest()
    file.stream.seek(0)
    there = same_content(task.case_id, sha256, current_viewer())
    if there is None:
        return None
    flash(
        _(
            "Tệp “%(filename)s” đã có trong hồ sơ với tên “%(name)s”, tải lên ngày %(uploaded_at)s; đã dùng "
            "lại tệp đó, không lưu thêm bản nữa.",
            filename=file.filename,
            name=there.name,
            uploaded_at=words.day(local_day(there.uploaded_at)),
        ),
        "info",
    )
    return there.id


def _store(task: Task, criterion: str | None, file: Any, replaces: uuid.UUID | None = None) -> uuid.UUID:
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
        replaces=replaces,
    )


def seen_rev() -> int:
    text = request.form.get("rev", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
