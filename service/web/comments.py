"""*Trao đổi* of a case: saying something, and taking back what one said. htmx gets the tab alone."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from service.cases.queries import read_case
from service.comments.operations import add_comment, withdraw_comment
from service.errors import BadInput
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.web import pages, words
from service.web.case_page import case_tab
from service.web.errors import wants_fragment

TAB = "trao-doi"


@pages.post("/ho-so/<uuid:case_id>/trao-doi")
@policy(LOGGED_IN)
def say(case_id: uuid.UUID) -> Any:
    """`?chi-tieu=` is what the page was narrowed to and stays; the form says what the comment is about."""
    viewer = current_viewer()
    typed = {name: request.form.get(name, "") for name in ("body", "criterion")}
    typed["audience"] = request.form.get("audience", "case")
    read_case(case_id, viewer)
    try:
        comment_id = add_comment(case_id=case_id, **typed, by=viewer, now=now())
    except BadInput as error:
        page = case_tab(read_case(case_id, viewer), viewer, TAB, typed=typed, errors=error.fields)
        return page, error.status
    if wants_fragment():
        done = _("Đã gửi lúc %(now)s.", now=words.clock_time(now()))
        return case_tab(read_case(case_id, viewer), viewer, TAB, done=done)
    return redirect(_tab(case_id, f"trao-doi-{comment_id}"), 303)


@pages.post("/ho-so/<uuid:case_id>/trao-doi/<uuid:comment_id>/rut")
@policy(LOGGED_IN)
def take_back(case_id: uuid.UUID, comment_id: uuid.UUID) -> Any:
    viewer = current_viewer()
    read_case(case_id, viewer)
    withdraw_comment(case_id=case_id, comment_id=comment_id, by=viewer, now=now())
    if wants_fragment():
        return case_tab(read_case(case_id, viewer), viewer, TAB, done=_("Đã rút nội dung."))
    flash(_("Đã rút nội dung."), "success")
    return redirect(_tab(case_id, f"trao-doi-{comment_id}"), 303)


def _tab(case_id: uuid.UUID, anchor: str) -> str:
    narrowed = request.args.get("chi-tieu") or None
    where: dict[str, Any] = {"case_id": case_id, "tab": TAB, "chi-tieu": narrowed}
    return url_for("pages.case_page", _anchor=anchor, **where)
