"""Webhooks for administrators: which other systems are told, and trying one out."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.audit.operations import Actor
from service.errors import BadInput, DomainError
from service.http.access import current_viewer, now, policy
from service.http.extensions import settings
from service.models import Role
from service.notifications.delivering import try_webhook
from service.notifications.events import EventKind
from service.notifications.webhook_sending import Sender
from service.notifications.webhooks import (
    add_webhook,
    finish_rotation,
    list_webhooks,
    remove_webhook,
    rotate_secret,
    switch_on,
)
from service.web import pages
from service.wording import Words, marked

ADMINISTRATOR = f"role:{Role.ADMINISTRATOR}"
KIND_WORDS = Words(
    {
        EventKind.TASK_OPENED: marked("Việc mới"),
        EventKind.TASK_OVERDUE: marked("Việc quá hạn"),
        EventKind.CASE_FINISHED: marked("Hồ sơ kết thúc"),
    }
)


@pages.get("/thong-bao/webhook")
@policy(ADMINISTRATOR)
def webhook_page() -> Any:
    return _page()


@pages.post("/thong-bao/webhook")
@policy(ADMINISTRATOR)
def webhook_add() -> Any:
    name, url = request.form.get("name", "")[:200], request.form.get("url", "")[:1000]
    try:
        secret = add_webhook(
            name=name,
            url=url,
            kinds=request.form.getlist("kinds"),
            allowed_hosts=settings().webhook_hosts,
            by=_actor(),
            now=now(),
        )
    except BadInput as error:
        return _page(errors=error.fields or {"name": [str(error)]}), 422
    return _page(secret=secret, secret_of=name)


@pages.post("/thong-bao/webhook/<name>/<act>")
@policy(ADMINISTRATOR)
def webhook_act(name: str, act: str) -> Any:
    """`act`: thu | doi-khoa | xong-doi-khoa | bat | go."""
    if act == "doi-khoa":
        return _page(secret=rotate_secret(name=name, by=_actor(), now=now()), secret_of=name)
    if act == "thu":
        _try_out(name)
    elif act == "xong-doi-khoa":
        finish_rotation(name=name, by=_actor(), now=now())
        flash(_("Khóa cũ không còn dùng để ký."), "success")
    elif act == "bat":
        switch_on(name=name, by=_actor(), now=now())
        flash(_("Webhook %(name)s lại được báo từ bây giờ.", name=name), "success")
    elif act == "go":
        remove_webhook(name=name, by=_actor(), now=now())
        flash(_("Đã gỡ webhook %(name)s.", name=name), "success")
    else:
        raise BadInput(_("Không có thao tác này với webhook."))
    return redirect(url_for("pages.webhook_page"), 303)


def _try_out(name: str) -> None:
    try:
        answer = try_webhook(name, sender=Sender(settings().webhook_hosts), now=now())
    except DomainError as error:
        flash(_("Gửi thử không được: %(error)s", error=error), "error")
        return
    flash(
        _("Bên nhận trả lời %(status)s.", status=answer.status), "success" if answer.is_success else "error"
    )


def _page(secret: str = "", secret_of: str = "", errors: dict[str, list[str]] | None = None) -> str:
    return render_template(
        "notifications/webhooks.html",
        webhooks=list_webhooks(),
        kind_words=KIND_WORDS,
        hosts=settings().webhook_hosts,
        secret=secret,
        secret_of=secret_of,
        errors=errors or {},
    )


def _actor() -> Actor:
    return Actor(current_viewer().id)
