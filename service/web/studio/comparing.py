"""*So sánh*: a draft and a version, or two versions, on one diagram and in a list."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _

from service.engine.errors import InvalidDiagram
from service.errors import BadInput, NotFound
from service.http.access import LOGGED_IN, policy
from service.models import ProcessDraft, ProcessVersion
from service.processes.groups import groups_on
from service.processes.queries import read_version
from service.studio.comparing import ADDED, CHANGED, HOW, MOVED, REMOVED, Change, Drawing, compare
from service.studio.forms_compared import compare_forms
from service.studio.merging import merged
from service.studio.queries import names_of_procedures, newest_version, read_draft, time_lines, version_of
from service.studio.said import said_of
from service.web import pages, today
from service.web.studio.drafts import OWNERS


@dataclass(frozen=True)
class Pair:
    before: ProcessVersion
    after: ProcessVersion | ProcessDraft

    def drawings(self) -> tuple[Drawing, Drawing]:
        """Raises BadInput where one of them is no drawing of one process."""
        try:
            return _drawing(self.before), _drawing(self.after)
        except InvalidDiagram as refused:
            raise BadInput(
                _("Chưa so sánh được: %(why)s Hãy sửa sơ đồ rồi so sánh lại.", why=str(refused))
            ) from refused


def _drawing(one: ProcessVersion | ProcessDraft) -> Drawing:
    """In the words of its own forms, and of the groups and procedures that there are."""
    groups = {key: group.name for key, group in groups_on(today()).items()}
    return Drawing(one.diagram, lambda diagram: said_of(diagram, one.forms, groups, names_of_procedures()))


@pages.get("/quy-trinh/ban-thao/<uuid:draft_id>/so-sanh", endpoint="draft_comparison")
@policy(OWNERS)
def show_of_draft(draft_id: uuid.UUID) -> Any:
    pair = _pair_of_draft(draft_id)
    picture = url_for("pages.draft_comparison_diagram", draft_id=draft_id, voi=pair.before.version)
    return _page(pair, picture)


@pages.get("/quy-trinh/ban-thao/<uuid:draft_id>/so-sanh.bpmn", endpoint="draft_comparison_diagram")
@policy(OWNERS)
def diagram_of_draft(draft_id: uuid.UUID) -> Response:
    return _picture(_pair_of_draft(draft_id))


@pages.get("/quy-trinh/<key>/so-sanh", endpoint="version_comparison")
@policy(LOGGED_IN)
def show(key: str) -> Any:
    pair = _pair_of_versions(key)
    assert isinstance(pair.after, ProcessVersion)
    picture = url_for(
        "pages.version_comparison_diagram", key=key, tu=pair.before.version, den=pair.after.version
    )
    return _page(pair, picture)


@pages.get("/quy-trinh/<key>/so-sanh.bpmn", endpoint="version_comparison_diagram")
@policy(LOGGED_IN)
def diagram_of_versions(key: str) -> Response:
    return _picture(_pair_of_versions(key))


def _page(pair: Pair, picture: str) -> str:
    before, after = pair.drawings()
    changes = compare(before, after)
    forms = compare_forms(pair.before.forms, pair.after.forms)
    counts = {how: sum(one.how == how for one in (*changes, *forms)) for how in HOW}
    return render_template(
        "studio/compare.html",
        before=pair.before,
        after=pair.after,
        is_draft=isinstance(pair.after, ProcessDraft),
        versions=[one.version for one in time_lines(today()).get(pair.after.key, [])],
        picture=picture,
        changes=sorted(changes, key=lambda one: (ADDED, REMOVED, CHANGED, MOVED).index(one.how)),
        forms=forms,
        how=HOW,
        counts=counts,
        marks=_marks(changes),
    )


def _marks(changes: list[Change]) -> str:
    """What the diagram's script shows on the elements: {element: [how, word]}."""
    return json.dumps({one.element: [one.how, HOW[one.how]] for one in changes}, ensure_ascii=False)


def _picture(pair: Pair) -> Response:
    response = Response(merged(*pair.drawings()), mimetype="application/xml")
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _pair_of_draft(draft_id: uuid.UUID) -> Pair:
    draft = read_draft(draft_id)
    number = _number("voi")
    if number is not None:
        return Pair(read_version(draft.key, number), draft)
    base = version_of(draft.based_on) or newest_version(draft.key)
    if base is None:
        raise NotFound(_("Quy trình này chưa có phiên bản nào để so sánh."))
    return Pair(base, draft)


def _pair_of_versions(key: str) -> Pair:
    newest = newest_version(key)
    if newest is None:
        raise NotFound(_("Không có quy trình này."))
    after = _number("den") or newest.version
    before = _number("tu") or max(1, after - 1)
    return Pair(read_version(key, before), read_version(key, after))


def _number(name: str) -> int | None:
    """A version's number of the address; None where none is asked for. Raises NotFound."""
    text = request.args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise NotFound(_("Không có phiên bản này."))
    return int(text)
