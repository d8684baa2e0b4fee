"""What the task's page does by itself while somebody types: saves what changed, learns what others saved."""

from __future__ import annotations

import uuid
from typing import Any

from flask import jsonify, request
from flask_babel import gettext as _

from service.errors import BadInput, DomainError, NotFound
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.processes.queries import procedure
from service.tasks.draft_reading import changed_since, stamps_of
from service.tasks.operations import save_fields
from service.tasks.queries import read_draft, read_task
from service.web import pages, words
from service.web.field_news import clashes_in_json, news
from service.web.typed_drafts import typed_draft


@pages.post("/viec/<uuid:task_id>/nhap")
@policy(LOGGED_IN)
def autosave(task_id: uuid.UUID) -> Any:
    """What the page saves by itself every few seconds; answers JSON for the page's script.

    `changes` are the fields that others saved since the rev that was sent along, `clashes` those that were
    not saved because somebody else had; both as the page shows them.
    """
    task = read_task(task_id, current_viewer())
    form = procedure(task.case.process_version_id).form_of(task.element)
    typed = typed_draft(task)
    try:
        stored = save_fields(task_id=task_id, typed=typed, leave_clashes=True, by=current_viewer(), now=now())
    except DomainError as error:
        fields = error.fields if isinstance(error, BadInput) else {}
        first = next((messages[0] for messages in fields.values()), str(error))
        return jsonify({"code": error.code, "sentence": first, "fields": sorted(fields)}), error.status
    told: dict[str, Any] = {
        "rev": stored.rev,
        "saved": _("Đã lưu lúc %(now)s", now=words.clock_time(now())),
        "visible": sorted(form.visible(stored.answers)) if form else [],
    }
    others = changed_since(stored.answers, stored.changed_at, typed.seen_rev, stored.rev - 1)
    clashing = {clash.path for clash in stored.clashes}
    if others:
        told["changes"] = news(task, {path: others[path] for path in others.keys() - clashing})
    if stored.clashes:
        told["clashes"] = clashes_in_json(task, stored.clashes)
    return jsonify(told)


@pages.get("/viec/<uuid:task_id>/nhap")
@policy(LOGGED_IN)
def fresh_draft(task_id: uuid.UUID) -> Any:
    """What others saved since `rev`, for a page that is open; 204 where nothing has."""
    viewer = current_viewer()
    task = read_task(task_id, viewer)
    draft = read_draft(task, viewer)
    if draft is None and viewer.seat_for_preparing(task.group, task.unit_id) is None:
        raise NotFound()
    text = request.args.get("rev", "")
    seen = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if draft is None or draft.rev <= seen:
        return "", 204
    others = changed_since(draft.answers, stamps_of(draft), seen, draft.rev)
    form = procedure(task.case.process_version_id).form_of(task.element)
    return jsonify(
        {
            "rev": draft.rev,
            "visible": sorted(form.visible(draft.answers)) if form else [],
            "changes": news(task, others),
        }
    )
