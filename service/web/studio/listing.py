"""*Quy trình*: the procedures with their versions in time, the drafts under way, and how drafts begin."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.errors import BadInput, DomainError, NotFound
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.models import Role
from service.studio.operations import draft_from_files, draft_from_version
from service.studio.queries import STATES, list_drafts, time_lines
from service.web import pages, today
from service.web.studio.drafts import LOOKS, OWNERS
from service.web.studio.sent import LARGEST_DIAGRAM
from service.wording import Words, marked

STANDINGS: Words[str] = Words(
    {
        "in_force": marked("Đang có hiệu lực"),
        "coming": marked("Sẽ có hiệu lực"),
        "former": marked("Đã được thay thế"),
    }
)
MOST_FORMS = 200


@pages.get("/quy-trinh", endpoint="process_list")
@policy(LOGGED_IN)
def show() -> Any:
    return _page()


@pages.post("/quy-trinh/<key>/ban-thao")
@policy(OWNERS)
def new_draft(key: str) -> Any:
    """A draft of a published version, the one in force or an old one taken up again."""
    wanted = request.form.get("phien-ban", "")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 6):
        raise NotFound(_("Không có phiên bản này."))
    draft_id = draft_from_version(key=key, version=int(wanted), by=current_viewer(), now=now())
    return redirect(url_for("pages.draft_page", draft_id=draft_id), 303)


@pages.post("/quy-trinh/ban-thao")
@policy(OWNERS)
def import_draft() -> Any:
    """A draft of a .bpmn file and its forms, as they come from another tool or from git."""
    try:
        draft_id = draft_from_files(
            diagram=_uploaded_diagram(), forms=_uploaded_forms(), by=current_viewer(), now=now()
        )
    except BadInput as error:
        return _page(error), error.status
    return redirect(url_for("pages.draft_page", draft_id=draft_id), 303)


def _page(error: DomainError | None = None) -> str:
    owner = current_viewer().has(Role.PROCESS_OWNER)
    return render_template(
        "studio/list.html",
        lines=time_lines(today()),
        standings=STANDINGS,
        owner=owner,
        drafts=list_drafts() if owner else [],
        closed=list_drafts(closed=True, most=20) if owner else [],
        states=STATES,
        looks=LOOKS,
        error=error,
    )


def _uploaded_diagram() -> bytes:
    file = request.files.get("diagram")
    if file is None or not file.filename:
        raise BadInput(_("Chọn một tệp .bpmn."))
    content = file.stream.read(LARGEST_DIAGRAM + 1)
    if len(content) > LARGEST_DIAGRAM:
        raise BadInput(_("Sơ đồ lớn hơn 10 MB. Hãy tách thành nhiều quy trình."))
    return content


def _uploaded_forms() -> dict[str, bytes]:
    """{form key: bytes}; the key is the file's name, as in the folder of forms."""
    found: dict[str, bytes] = {}
    for file in request.files.getlist("forms")[:MOST_FORMS]:
        name = PurePath((file.filename or "").replace("\\", "/"))
        if not name.name:
            continue
        if name.suffix != ".form":
            raise BadInput(_("%(name)s không phải tệp .form.", name=name.name[:100]))
        found[name.stem] = file.stream.read(LARGEST_DIAGRAM)
    return found
