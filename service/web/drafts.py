"""What the task's page does by itself while somebody types: saves the draft."""

from __future__ import annotations

import uuid
from typing import Any

from flask import jsonify
from flask_babel import gettext as _

from service.errors import BadInput, DomainError
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.processes.queries import procedure
from service.tasks.operations import save_draft
from service.tasks.queries import read_task
from service.web import pages, words
from service.web.posted import seen_rev, typed_answers


@pages.post("/viec/<uuid:task_id>/nhap")
@policy(LOGGED_IN)
def autosave(task_id: uuid.UUID) -> Any:
    """What the page saves by itself every few seconds; answers JSON for the page's script."""
    task = read_task(task_id, current_viewer())
    answers = typed_answers(task)
    bundle = procedure(task.case.process_version_id)
    form = bundle.form_of(task.element)
    try:
        rev = save_draft(
            task_id=task_id, answers=answers, seen_rev=seen_rev(), by=current_viewer(), now=now()
        )
    except DomainError as error:
        fields = error.fields if isinstance(error, BadInput) else {}
        first = next((messages[0] for messages in fields.values()), str(error))
        return jsonify({"code": error.code, "sentence": first}), error.status
    visible = sorted(form.visible(answers)) if form else []
    return jsonify(
        {"rev": rev, "saved": _("Đã lưu lúc %(now)s", now=words.clock_time(now())), "visible": visible}
    )
