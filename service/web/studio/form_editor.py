"""One form of a draft in the editor: its page, and what the editor saves and asks while somebody edits."""

from __future__ import annotations

import uuid
from typing import Any

from flask import jsonify, render_template
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from forms import Form, FormProblem
from forms.components import walk
from service.errors import BadInput, DomainError, NotFound
from service.http.access import current_viewer, now, policy
from service.models import DraftState
from service.studio.checking import problems_of, publishable
from service.studio.form_said import KINDS
from service.studio.form_texts import (
    compiled,
    form_hash,
    largest_kilobytes,
    readable_text,
    shown_key,
    title_of,
)
from service.studio.form_uses import uses_of_forms
from service.studio.forms import save_form
from service.studio.queries import read_draft
from service.web import pages, words
from service.web.studio.drafts import OWNERS
from service.web.studio.form_preview import drawn, preview_of
from service.web.studio.forms import creatable
from service.web.studio.sent import json_body, refused

MOST_TYPED = 2_000


@pages.get("/quy-trinh/ban-thao/<uuid:draft_id>/bieu-mau/<key>", endpoint="draft_form_page")
@policy(OWNERS)
def show(draft_id: uuid.UUID, key: str) -> Any:
    """The editor; where the draft has no such form yet, an offer to make it."""
    draft = read_draft(draft_id)
    editable = draft.state == DraftState.DRAFT
    uses = [use for use in uses_of_forms(draft.diagram) if use.form == key]
    text = draft.forms.get(key)
    if text is None:
        if not (editable and creatable(key)):
            raise NotFound(_("Bản thảo không có biểu mẫu %(key)s.", key=shown_key(key)))
        return render_template("studio/form_missing.html", draft=draft, key=key, uses=uses), 404
    form, problems = compiled(text, key)
    return render_template(
        "studio/form.html",
        draft=draft,
        key=key,
        title=title_of(text),
        text=text,
        readable=_is_readable(text, key),
        based=form_hash(text),
        editable=editable,
        uses=uses,
        form=form,
        components=list(walk(form.components, into_lists=True)) if form else [],
        kinds=KINDS,
        problems=problems,
        page=preview_of(form, MultiDict()) if form else None,
        most_kilobytes=largest_kilobytes(),
    )


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/bieu-mau/<key>/luu")
@policy(OWNERS)
def save_form_now(draft_id: uuid.UUID, key: str) -> Any:
    """Keep what is edited; answers JSON for the editor's script."""
    try:
        body = json_body()
        text, rev, based = _text(body), body.get("rev"), body.get("based")
        if not isinstance(rev, int) or isinstance(rev, bool) or not isinstance(based, str):
            raise BadInput(_("Thiếu lần lưu (rev) mà biểu mẫu này dựa vào. Hãy tải lại trang."))
        saved = save_form(
            draft_id=draft_id, rev=rev, key=key, based=based, text=text, by=current_viewer(), now=now()
        )
    except DomainError as error:
        return refused(error)
    problems = problems_of(read_draft(draft_id), now=now())
    return jsonify(
        rev=saved.rev,
        based=form_hash(text),
        saved=_("Đã lưu lúc %(at)s", at=words.clock_time(saved.at)),
        publishable=publishable(problems),
        problems=[problem.as_json() for problem in problems if problem.name != key],
    )


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/bieu-mau/<key>/xem")
@policy(OWNERS)
def preview_form_now(draft_id: uuid.UUID, key: str) -> Any:
    """What is wrong with what the editor shows, and how it looks with what was typed into its preview."""
    read_draft(draft_id)
    try:
        body = json_body()
        text = _text(body)
        readable_text(text.encode(), key)
        form, problems = compiled(text, key)
        html = drawn(preview_of(form, _typed(body), tried=body.get("try") is True) if form else None)
    except DomainError as error:
        return refused(error)
    return jsonify(html=html, actions=_actions(form), problems=[_problem(one) for one in problems])


def _is_readable(text: str, key: str) -> bool:
    """Whether the editor can take it up; what came in with a drawing is checked by the gate only."""
    try:
        return bool(readable_text(text.encode(), key))
    except BadInput:
        return False


def _actions(form: Form | None) -> list[list[str]]:
    return [[one.name, one.label] for one in form.actions] if form else []


def _problem(one: FormProblem) -> dict[str, Any]:
    return {"path": list(one.path), "message": one.sentence, "remedy": one.remedy}


def _text(body: dict[str, Any]) -> str:
    text = body.get("form")
    if not isinstance(text, str):
        raise BadInput(_("Thiếu biểu mẫu. Hãy tải lại trang."))
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise BadInput(_("Biểu mẫu có ký tự không hợp lệ.")) from error
    if size > largest_kilobytes() * 1000:
        raise BadInput(
            _("Biểu mẫu lớn quá %(most)s KB. Hãy chia thành nhiều bước.", most=largest_kilobytes())
        )
    return text


def _typed(body: dict[str, Any]) -> MultiDict[str, str]:
    """What stands in the preview's controls: [[name, value], …]."""
    pairs = body.get("typed", [])
    if not isinstance(pairs, list) or len(pairs) > MOST_TYPED:
        raise BadInput(_("Nội dung gửi lên không đúng. Hãy tải lại trang."))
    found: MultiDict[str, str] = MultiDict()
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair)):
            raise BadInput(_("Nội dung gửi lên không đúng. Hãy tải lại trang."))
        found.add(pair[0], pair[1])
    return found
