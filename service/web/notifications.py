"""The bell: what somebody has been told, opening it at the exact place, and how they want to hear."""

from __future__ import annotations

from typing import Any

import structlog
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError

from service.database import db
from service.errors import BadInput, Unavailable
from service.http.access import LOGGED_IN, current_viewer, now, policy, viewer_or_none
from service.http.extensions import settings
from service.models import Role
from service.notifications.done import ASKED
from service.notifications.kinds import ALWAYS_RING, EXPLANATIONS, LABELS, Kind, Preference
from service.notifications.operations import mark_all_read, mark_read, save_preferences
from service.notifications.queries import (
    MOST_COUNTED,
    closed_tasks,
    list_notifications,
    preferences_of,
    still_visible,
    unread_count,
)
from service.web import pages

log = structlog.get_logger(__name__)
CURSOR = "sau"


@pages.app_context_processor
def bell() -> dict[str, Any]:
    """For the header of every page; asked only where a header is drawn."""
    return {"unread": unread, "most_counted": MOST_COUNTED}


def unread() -> int:
    """How many notifications this person has not read; 0 where nobody knows, so that the page still shows."""
    viewer = viewer_or_none()
    if viewer is None:
        return 0
    try:
        return unread_count(viewer.id)
    except (SQLAlchemyError, Unavailable) as error:
        # The page may itself be telling that the database is away.
        db.session.rollback()
        log.warning("unread notifications not counted", error=repr(error))
        return 0


@pages.get("/thong-bao")
@policy(LOGGED_IN)
def notification_list() -> Any:
    page = list_notifications(current_viewer(), cursor=request.args.get(CURSOR))
    return render_template(
        "notifications/list.html",
        page=page,
        closed=closed_tasks(page),
        asked=ASKED,
        cursor_name=CURSOR,
        newest=max((one.id for one in page.items), default=0),
    )


@pages.get("/thong-bao/chuong")
@policy(LOGGED_IN)
def bell_count() -> Any:
    """The number beside the bell; 204 where it is still the one that the page shows."""
    count = unread_count(current_viewer().id)
    if request.args.get("dang-hien") == str(count):
        return "", 204
    return render_template("notifications/_count.html", count=count)


@pages.get("/thong-bao/<int:notification_id>")
@policy(LOGGED_IN)
def open_notification(notification_id: int) -> Any:
    """Read it and go to what it is about; where that may no longer be seen, say so."""
    viewer = current_viewer()
    opened = mark_read(notification_id=notification_id, by=viewer, now=now())
    if not still_visible(opened, viewer):
        return render_template("notifications/gone.html", one=opened)
    return redirect(opened.link, 303)


@pages.post("/thong-bao/da-doc")
@policy(LOGGED_IN)
def read_all() -> Any:
    up_to = request.form.get("up_to", "")
    known = int(up_to) if up_to.isascii() and up_to.isdigit() and len(up_to) < 19 else None
    count = mark_all_read(up_to=known, by=current_viewer(), now=now())
    flash(
        _("Đã đánh dấu đã đọc %(count)s thông báo.", count=count)
        if count
        else _("Không có thông báo chưa đọc."),
        "success",
    )
    return redirect(url_for("pages.notification_list"), 303)


@pages.get("/thong-bao/cai-dat")
@policy(LOGGED_IN)
def notification_settings() -> Any:
    wishes = preferences_of(current_viewer().id)
    return _settings_page(wishes.email, {one.kind: one for one in wishes.kinds}, {})


@pages.post("/thong-bao/cai-dat")
@policy(LOGGED_IN)
def save_notification_settings() -> Any:
    email = request.form.get("email", "")[:300]
    chosen = {
        kind: Preference(kind, bell=f"bell.{kind}" in request.form, email=f"email.{kind}" in request.form)
        for kind in Kind
    }
    try:
        save_preferences(email=email, kinds=chosen.values(), by=current_viewer(), now=now())
    except BadInput as error:
        return _settings_page(email, chosen, error.fields), 422
    flash(_("Đã lưu cách nhận thông báo."), "success")
    return redirect(url_for("pages.notification_settings"), 303)


def _settings_page(email: str, chosen: dict[Kind, Preference], errors: dict[str, list[str]]) -> str:
    return render_template(
        "notifications/settings.html",
        email=email,
        chosen=chosen,
        errors=errors,
        labels=LABELS,
        explanations=EXPLANATIONS,
        always=ALWAYS_RING,
        mail_is_sent=bool(settings().smtp_url),
        is_administrator=current_viewer().has(Role.ADMINISTRATOR),
    )
