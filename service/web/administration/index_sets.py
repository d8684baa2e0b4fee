"""*Bộ chỉ số*: the list; one added, changed or removed while no case was appraised by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from service.administration.history import list_changes
from service.administration.index_sets import (
    IndexSetValues,
    add_index_set,
    change_index_set,
    checked,
    list_index_sets,
    remove_index_set,
)
from service.administration.sentences import GROUPS
from service.administration.typed import a_day, perhaps_a_day
from service.errors import DomainError, NotFound
from service.http.access import current_viewer, now, policy
from service.web import pages
from service.web.administration.room import (
    ADMINISTRATOR,
    AUDITOR,
    LEADER,
    keeps_assignments,
    must_read_assignments,
    page,
    sent,
    tried,
)
from service.wording import marked


@pages.get("/quan-tri/bo-chi-so", endpoint="index_set_list")
@policy(ADMINISTRATOR, AUDITOR, LEADER)
def show_index_sets() -> Any:
    must_read_assignments()
    return _page()


@pages.post("/quan-tri/bo-chi-so/moi", endpoint="index_set_add")
@policy(ADMINISTRATOR, LEADER)
def add() -> Any:
    must_read_assignments()
    return _done(
        lambda: add_index_set(code=sent("code"), values=_values(), by=current_viewer(), now=now()),
        _("Đã thêm bộ chỉ số."),
        _page,
    )


@pages.get("/quan-tri/bo-chi-so/<code>", endpoint="index_set_page")
@policy(ADMINISTRATOR, LEADER)
def show_one(code: str) -> Any:
    must_read_assignments()
    return _form(code)


@pages.post("/quan-tri/bo-chi-so/<code>", endpoint="index_set_change")
@policy(ADMINISTRATOR, LEADER)
def change(code: str) -> Any:
    must_read_assignments()
    return _done(
        lambda: change_index_set(code=code, values=_values(), by=current_viewer(), now=now()),
        _("Đã sửa bộ chỉ số."),
        lambda error: _form(code, error),
    )


@pages.post("/quan-tri/bo-chi-so/<code>/xoa", endpoint="index_set_remove")
@policy(ADMINISTRATOR, LEADER)
def remove(code: str) -> Any:
    must_read_assignments()
    return _done(
        lambda: remove_index_set(code=code, by=current_viewer(), now=now()), _("Đã xóa bộ chỉ số."), _page
    )


def _values() -> IndexSetValues:
    cells = {name: sent(name) for name in ("name", "maximum", "document")}
    return checked(
        cells,
        a_day(sent("first"), "first", _("ngày có hiệu lực")),
        perhaps_a_day(sent("last"), "last", _("ngày hết hiệu lực")),
    )


def _done(act: Callable[[], Any], done: str, again: Callable[[DomainError], str]) -> Any:
    refusal = tried(act, again)
    if refusal is not None:
        return refusal
    flash(done, "success")
    return redirect(url_for("pages.index_set_list"), 303)


def _page(error: DomainError | None = None) -> str:
    return page(
        "index_sets.html",
        error,
        rows=list_index_sets(),
        changes=list_changes(kinds=list(GROUPS[marked("Bộ chỉ số")]), size=5)[0],
        may_act=keeps_assignments(),
    )


def _form(code: str, error: DomainError | None = None) -> str:
    one = next((row for row in list_index_sets() if row.code == code), None)
    if one is None or not keeps_assignments():
        raise NotFound()
    return page("index_set.html", error, one=one)
