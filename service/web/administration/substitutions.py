"""*Xử lý thay*: the list, the choice of who is absent, the form, the early end."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from service.administration.absences import (
    STATES,
    colleagues,
    holder,
    holders,
    list_substitutions,
    may_arrange,
)
from service.administration.history import changes_about
from service.administration.prolonging import prolong_substitution
from service.administration.rights import may_read_all
from service.administration.sentences import GROUPS
from service.administration.substitutions import arrange_substitution, end_substitution
from service.administration.typed import a_day
from service.errors import DomainError, NotFound
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.web import pages, today, words
from service.web.administration.room import asked, is_administrator, page, sent, tried
from service.wording import Words, marked

TABS = Words(
    {"current": marked("Đang xử lý thay"), "coming": marked("Sắp tới"), "past": marked("Đã kết thúc")}
)


@pages.get("/quan-tri/xu-ly-thay", endpoint="substitution_list")
@policy(LOGGED_IN)
def show() -> Any:
    return _list()


@pages.get("/quan-tri/xu-ly-thay/moi", endpoint="substitution_new")
@policy(LOGGED_IN)
def choose_or_fill_in() -> Any:
    """Without the one who is absent: whom to choose from; with them: the form."""
    if not may_arrange(current_viewer()):
        raise NotFound()
    if chosen := asked("vang"):
        return _form(chosen)
    search = asked("q")
    return page("substitution_choose.html", holders=holders(current_viewer(), search=search), search=search)


@pages.post("/quan-tri/xu-ly-thay/moi", endpoint="substitution_arrange")
@policy(LOGGED_IN)
def arrange() -> Any:
    absent = sent("appointment")

    def act() -> None:
        arrange_substitution(
            appointment_id=_id(absent),
            substitute=sent("other").strip() or sent("substitute"),
            first=a_day(sent("first"), "first", _("ngày đầu")),
            last=a_day(sent("last"), "last", _("ngày cuối")),
            legal_basis=sent("legal_basis"),
            by=current_viewer(),
            now=now(),
        )

    refused = tried(act, lambda error: _form(absent, error))
    if refused is not None:
        return refused
    flash(_("Đã giao xử lý thay. Người vắng mặt vẫn giữ nguyên quyền của mình."), "success")
    return redirect(url_for("pages.substitution_list"), 303)


@pages.post("/quan-tri/xu-ly-thay/<uuid:substitution_id>/ket-thuc", endpoint="substitution_end")
@policy(LOGGED_IN)
def end(substitution_id: uuid.UUID) -> Any:
    def act() -> None:
        last = end_substitution(substitution_id=substitution_id, by=current_viewer(), now=now())
        ended = _("Đã kết thúc: ngày cuối xử lý thay là hôm nay, %(last)s.", last=words.day(last))
        flash(ended if last else _("Đã hủy; việc xử lý thay này không bắt đầu."), "success")

    refused = tried(act, _list)
    return refused if refused is not None else redirect(url_for("pages.substitution_list"), 303)


@pages.post("/quan-tri/xu-ly-thay/<uuid:substitution_id>/tiep", endpoint="substitution_prolong")
@policy(LOGGED_IN)
def go_on(substitution_id: uuid.UUID) -> Any:
    def act() -> None:
        last = a_day(sent("until"), "until", _("ngày cuối mới"))
        prolong_substitution(substitution_id=substitution_id, last=last, by=current_viewer(), now=now())
        flash(_("Xử lý thay tiếp đến hết %(day)s.", day=words.day(last)), "success")

    refused = tried(act, _list)
    return refused if refused is not None else redirect(url_for("pages.substitution_list"), 303)


def _list(error: DomainError | None = None) -> str:
    viewer = current_viewer()
    state = asked("muc") if asked("muc") in STATES else "current"
    rows, following = list_substitutions(viewer, state=state, cursor=asked("sau"))
    return page(
        "substitutions.html",
        error,
        rows=rows,
        following=following,
        is_later_page=bool(asked("sau")),
        state=state,
        tabs=TABS,
        may_arrange=may_arrange(viewer),
        reads_all=may_read_all(viewer),
    )


def _form(absent: str, error: DomainError | None = None) -> str:
    one = holder(current_viewer(), _id(absent))
    changes = changes_about({one.position_id}, list(GROUPS[marked("Xử lý thay")]), 5)
    return page(
        "substitution_form.html",
        error,
        one=one,
        colleagues=colleagues(one, today()),
        anybody=is_administrator(),
        changes=changes,
        first=request.form.get("first") or today().isoformat(),
    )


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotFound(_("Không rõ ai vắng mặt. Hãy chọn lại từ danh sách.")) from error
