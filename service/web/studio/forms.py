"""The forms of a draft: which there are, which steps ask by them, and what is done with a whole form."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from forms import FormProblem
from service.errors import BadInput, DomainError
from service.http.access import current_viewer, now, policy
from service.models import DraftState, ProcessDraft
from service.studio.form_texts import checked_key, compiled, largest_kilobytes, title_of
from service.studio.form_uses import Use, uses_of_forms
from service.studio.forms import add_form, existing, import_forms, remove_form, rename_form
from service.studio.queries import read_draft
from service.web import pages
from service.web.studio.drafts import OWNERS, seen_rev

MOST_FILES = 200


@dataclass(frozen=True)
class ListedForm:
    key: str
    title: str
    fields: int
    problems: tuple[FormProblem, ...]
    uses: list[Use]


@pages.get("/quy-trinh/ban-thao/<uuid:draft_id>/bieu-mau", endpoint="draft_forms")
@policy(OWNERS)
def show(draft_id: uuid.UUID) -> Any:
    return _page(draft_id)


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/bieu-mau")
@policy(OWNERS)
def new_draft_form(draft_id: uuid.UUID) -> Any:
    """A form that asks nothing yet, or a copy of one of the draft's."""
    key = request.form.get("key", "").strip()
    try:
        add_form(
            draft_id=draft_id,
            rev=seen_rev(),
            key=key,
            title=request.form.get("title", ""),
            copy_of=request.form.get("copy_of") or None,
            by=current_viewer(),
            now=now(),
        )
    except DomainError as error:
        return _page(draft_id, error), error.status
    return to_form(draft_id, key)


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/bieu-mau/nhap")
@policy(OWNERS)
def import_draft_forms(draft_id: uuid.UUID) -> Any:
    """Take in .form files; `key` names the form that a single file is to become."""
    try:
        files = _uploaded()
        import_forms(draft_id=draft_id, rev=seen_rev(), files=files, by=current_viewer(), now=now())
    except DomainError as error:
        return _page(draft_id, error), error.status
    return to_form(draft_id, next(iter(files))) if len(files) == 1 else to_forms(draft_id)


@pages.get("/quy-trinh/ban-thao/<uuid:draft_id>/bieu-mau/<key>/tep")
@policy(OWNERS)
def draft_form_file(draft_id: uuid.UUID, key: str) -> Any:
    """The form as stored."""
    response = Response(existing(read_draft(draft_id), key), mimetype="application/json")
    name = "".join(one if (one.isascii() and one.isalnum()) or one in "-_" else "_" for one in key)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.form"'
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/bieu-mau/doi-ma")
@policy(OWNERS)
def rename_draft_form(draft_id: uuid.UUID) -> Any:
    key, new_key = request.form.get("key", ""), request.form.get("new_key", "").strip()
    try:
        rename_form(
            draft_id=draft_id, rev=seen_rev(), key=key, new_key=new_key, by=current_viewer(), now=now()
        )
    except DomainError as error:
        return _page(draft_id, error), error.status
    return to_forms(draft_id)


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/bieu-mau/xoa")
@policy(OWNERS)
def remove_draft_form(draft_id: uuid.UUID) -> Any:
    key = request.form.get("key", "")
    try:
        remove_form(draft_id=draft_id, rev=seen_rev(), key=key, by=current_viewer(), now=now())
    except DomainError as error:
        return _page(draft_id, error), error.status
    return to_forms(draft_id)


def to_forms(draft_id: uuid.UUID) -> Any:
    return redirect(url_for("pages.draft_forms", draft_id=draft_id), 303)


def to_form(draft_id: uuid.UUID, key: str) -> Any:
    return redirect(url_for("pages.draft_form_page", draft_id=draft_id, key=key), 303)


def _page(draft_id: uuid.UUID, error: DomainError | None = None) -> str:
    draft = read_draft(draft_id)
    uses = uses_of_forms(draft.diagram)
    return render_template(
        "studio/forms.html",
        draft=draft,
        forms=[_listed(draft, key, uses) for key in sorted(draft.forms)],
        missing=[use for use in uses if use.form not in draft.forms],
        creatable=creatable,
        editable=draft.state == DraftState.DRAFT,
        most_kilobytes=largest_kilobytes(),
        error=error,
        typed=request.form if error else {},
    )


def _listed(draft: ProcessDraft, key: str, uses: list[Use]) -> ListedForm:
    form, problems = compiled(draft.forms[key], key)
    return ListedForm(
        key,
        title_of(draft.forms[key]),
        len(form.fields) if form else 0,
        problems,
        [use for use in uses if use.form == key],
    )


def creatable(key: str) -> bool:
    """Whether a form may have this key."""
    try:
        return bool(checked_key(key))
    except BadInput:
        return False


def _uploaded() -> dict[str, bytes]:
    """{form key: bytes}; the key is the file's name, as in the folder of forms."""
    files = [file for file in request.files.getlist("forms") if file.filename][:MOST_FILES]
    if not files:
        raise BadInput(_("Chọn một tệp .form."))
    found: dict[str, bytes] = {}
    for file in files:
        name = PurePath((file.filename or "").replace("\\", "/"))
        if name.suffix not in (".form", ".json"):
            raise BadInput(_("%(name)s không phải tệp .form.", name=name.name[:100]))
        if name.stem in found:
            raise BadInput(_("Hai tệp cùng tên %(name)s. Hãy đổi tên một tệp.", name=name.name[:100]))
        found[name.stem] = _content(file, name.name[:100])
    wanted = request.form.get("key", "")
    return {wanted: next(iter(found.values()))} if wanted and len(found) == 1 else found


def _content(file: FileStorage, name: str) -> bytes:
    most = largest_kilobytes()
    content = file.stream.read(most * 1000 + 1)
    if len(content) > most * 1000:
        raise BadInput(_("%(name)s lớn quá %(most)s KB, không phải một biểu mẫu.", name=name, most=most))
    return content
