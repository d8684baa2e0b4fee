"""One draft: its page, its diagram, and what the modeler saves and asks while somebody draws."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.engine.diagram import HUMAN_TASKS, Node
from service.engine.errors import InvalidDiagram
from service.engine.reading import read_diagram
from service.errors import BadInput, DomainError
from service.http.access import current_viewer, now, policy
from service.models import DraftState, Role
from service.studio.checking import problems_of, publishable
from service.studio.comments import with_comments
from service.studio.guards import why_not_own
from service.studio.operations import save_draft
from service.studio.queries import STATES, newest_version, read_draft, version_of
from service.studio.record import course_of
from service.studio.rights import owner_seat
from service.studio.scenarios import report_of
from service.web import pages, today, words
from service.web.studio.sent import diagram_in, json_body, refused
from service.web.studio.words import KINDS_OF_RIGHT, WAYS

OWNERS = f"role:{Role.PROCESS_OWNER}"
LOOKS = {
    DraftState.DRAFT: "draft",
    DraftState.SUBMITTED: "waiting",
    DraftState.APPROVED: "signed",
    DraftState.PUBLISHED: "signed",
    DraftState.WITHDRAWN: "withdrawn",
}


@pages.get("/quy-trinh/ban-thao/<uuid:draft_id>", endpoint="draft_page")
@policy(OWNERS)
def show(draft_id: uuid.UUID) -> Any:
    draft = read_draft(draft_id)
    problems = problems_of(draft, now=now())
    viewer, newest = current_viewer(), newest_version(draft.key)
    return render_template(
        "studio/draft.html",
        base=version_of(draft.based_on),
        newest=newest,
        version=version_of(draft.version_id),
        steps=_steps(draft.diagram),
        course=course_of(draft.id, draft.key),
        why_not=why_not_own(draft, viewer, owner_seat(viewer)),
        ways=WAYS,
        kinds=KINDS_OF_RIGHT,
        draft=draft,
        state=STATES[draft.state],
        look=LOOKS[DraftState(draft.state)],
        state_name=draft.state,
        editable=draft.state == DraftState.DRAFT,
        problems=problems,
        publishable=publishable(problems),
        scenarios=report_of(draft, today()),
    )


@pages.get("/quy-trinh/ban-thao/<uuid:draft_id>/so-do.bpmn")
@policy(OWNERS)
def draft_diagram(draft_id: uuid.UUID) -> Any:
    """The drawing as stored, byte for byte."""
    draft = read_draft(draft_id)
    response = Response(draft.diagram, mimetype="application/xml")
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(draft.diagram_hash)
    if request.args.get("tai-ve") == "1":
        response.headers["Content-Disposition"] = f'attachment; filename="{_file_name(draft.key)}.bpmn"'
        return response
    return response.make_conditional(request)


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/luu")
@policy(OWNERS)
def save_draft_now(draft_id: uuid.UUID) -> Any:
    """Keep what the modeler drew; answers JSON for its script (see frontend/src/studio)."""
    try:
        body = json_body()
        # A file that was brought in replaces the drawing, and so do its comments.
        imported = body.get("imported")
        remarked = diagram_in({"diagram": imported}) if imported else read_draft(draft_id).diagram
        diagram, rev = with_comments(diagram_in(body), remarked), body.get("rev")
        if not isinstance(rev, int) or isinstance(rev, bool):
            raise BadInput(_("Thiếu lần lưu (rev) mà bản vẽ này dựa vào. Hãy tải lại trang."))
        based = body.get("based")
        saved = save_draft(
            draft_id=draft_id,
            rev=rev,
            diagram=diagram,
            based=based if isinstance(based, str) else "",
            by=current_viewer(),
            now=now(),
        )
    except DomainError as error:
        return refused(error)
    at = words.clock_time(saved.at)
    return jsonify(
        rev=saved.rev,
        based=hashlib.sha256(diagram).hexdigest(),
        saved=_("Đã lưu lúc %(at)s", at=at),
        **_checked(draft_id, diagram),
    )


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/kiem-tra")
@policy(OWNERS)
def check_draft_now(draft_id: uuid.UUID) -> Any:
    """What the gate says of what the modeler shows, which need not be saved."""
    try:
        return jsonify(**_checked(draft_id, diagram_in(json_body())))
    except DomainError as error:
        return refused(error)


def seen_rev() -> int:
    """The draft's revision that the form was filled in upon."""
    text = request.form.get("rev", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def to_draft(draft_id: uuid.UUID) -> Any:
    return redirect(url_for("pages.draft_page", draft_id=draft_id), 303)


def _steps(diagram: bytes) -> list[Node]:
    """The steps of people, to be read where no modeler runs; none of what is no drawing."""
    try:
        nodes = read_diagram(diagram).nodes.values()
    except InvalidDiagram:
        return []
    return [node for node in nodes if node.kind in HUMAN_TASKS]


def _checked(draft_id: uuid.UUID, diagram: bytes) -> dict[str, Any]:
    problems = problems_of(read_draft(draft_id), diagram=diagram, now=now())
    return {"publishable": publishable(problems), "problems": [problem.as_json() for problem in problems]}


def _file_name(key: str) -> str:
    """A key is an XML id: letters of any alphabet; a header takes ASCII."""
    return "".join(letter if letter.isascii() and letter not in '"\\/' else "_" for letter in key)
