"""Worklist filters kept under a name: saved from the list as it stands, renamed, deleted."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from service.errors import BadInput
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.tasks.filters import delete_filter, rename_filter, save_filter
from service.web import pages
from service.web.handling import place
from service.web.worklist_address import query_of, wanted_in


@pages.post("/viec/bo-loc")
@policy(LOGGED_IN)
def keep_filter() -> Any:
    """The filter is in the address; only its name is typed."""
    name = request.form.get("name", "")
    try:
        save_filter(name=name, query=query_of(wanted_in(request.args)), by=current_viewer(), now=now())
    except BadInput as refusal:
        return _back(str(refusal), "warning")
    return _back(_("Đã lưu bộ lọc “%(name)s”.", name=" ".join(name.split())))


@pages.post("/viec/bo-loc/<uuid:filter_id>/doi-ten")
@policy(LOGGED_IN)
def name_filter(filter_id: uuid.UUID) -> Any:
    try:
        rename_filter(filter_id=filter_id, name=request.form.get("name", ""), by=current_viewer(), now=now())
    except BadInput as refusal:
        return _back(str(refusal), "warning")
    return _back(_("Đã đổi tên bộ lọc."))


@pages.post("/viec/bo-loc/<uuid:filter_id>/xoa")
@policy(LOGGED_IN)
def drop_filter(filter_id: uuid.UUID) -> Any:
    delete_filter(filter_id=filter_id, by=current_viewer(), now=now())
    return _back(_("Đã xóa bộ lọc."))


def _back(sentence: str, look: str = "success") -> Any:
    flash(sentence, look)
    return redirect(url_for("pages.worklist", **place()), 303)
