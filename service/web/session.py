"""Logging in and out, and one's own password."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address

from service.config import DEMO_PASSWORD
from service.errors import BadInput, DomainError, NotAllowed, WrongCredentials
from service.http.access import LOGGED_IN, PUBLIC, current_viewer, now, policy, viewer_or_none
from service.http.extensions import limiter, settings
from service.identity.operations import change_password as change_own_password
from service.identity.operations import log_in as start_session
from service.identity.operations import log_out as end_session
from service.identity.queries import demo_accounts
from service.web import pages
from service.web.addresses import local_address

# The order in which a case meets them.
DEMO_ORDER = ("officer", "leader", "member", "chairman", "clerk", "process_owner", "auditor", "administrator")


@pages.get("/")
@policy(PUBLIC)
def home() -> Any:
    return redirect(url_for("pages.worklist" if viewer_or_none() else "pages.log_in"))


@pages.get("/dang-nhap")
@policy(PUBLIC)
def log_in() -> Any:
    if viewer_or_none():
        return redirect(local_address(request.args.get("next", "")))
    return _login_page(username=request.args.get("ten", ""))


def _name_and_address() -> str:
    return f"{get_remote_address()} {request.form.get('username', '').strip().lower()[:60]}"


def _refused(response: Response) -> bool:
    """Only failures count: a whole office may share one address and log in at eight o'clock."""
    return response.status_code != 303


@pages.post("/dang-nhap")
@policy(PUBLIC)
@limiter.limit("10/minute", key_func=_name_and_address, deduct_when=_refused)
@limiter.limit("60/minute", deduct_when=_refused)
def log_in_now() -> Any:
    username = request.form.get("username", "")[:60]
    try:
        _user_id, secret = start_session(
            username=username,
            password=request.form.get("password", "")[:1000],
            now=now(),
            hours=settings().session_hours,
            former=session.get("sid"),
            user_agent=request.user_agent.string,
            allow_demo=settings().demo and settings().is_loopback,
        )
    except (WrongCredentials, NotAllowed) as error:
        return _login_page(username=username, error=str(error)), error.status
    # A new session, so that a cookie planted before the login is worth nothing after it.
    session.clear()
    session["sid"] = secret
    session.permanent = True
    return redirect(local_address(request.form.get("next", "")), 303)


@pages.post("/dang-xuat")
@policy(PUBLIC)
def log_out() -> Any:
    if secret := session.get("sid"):
        end_session(secret=secret, now=now())
    session.clear()
    flash(_("Ông/bà đã đăng xuất."), "success")
    return redirect(url_for("pages.log_in"), 303)


@pages.get("/doi-mat-khau")
@policy(LOGGED_IN)
def change_password() -> Any:
    return render_template("change_password.html", errors={})


@pages.post("/doi-mat-khau")
@policy(LOGGED_IN)
@limiter.limit("10/minute")
def change_password_now() -> Any:
    errors: dict[str, list[str]] = {}
    if request.form.get("new_password") != request.form.get("again"):
        errors["again"] = [_("Hai lần nhập mật khẩu mới không giống nhau.")]
    else:
        try:
            change_own_password(
                user_id=current_viewer().id,
                current=request.form.get("current", "")[:1000],
                new=request.form.get("new_password", "")[:1000],
                now=now(),
            )
        except DomainError as error:
            errors = dict(error.fields) if isinstance(error, BadInput) else {"current": [str(error)]}
            errors = errors or {"new_password": [str(error)]}
    if errors:
        return render_template("change_password.html", errors=errors), 422
    session.clear()
    flash(_("Đã đổi mật khẩu. Hãy đăng nhập lại bằng mật khẩu mới."), "success")
    return redirect(url_for("pages.log_in"), 303)


# The one page that somebody who must change their password can open.
change_password.open_before_password_change = True  # type: ignore[attr-defined]
change_password_now.open_before_password_change = True  # type: ignore[attr-defined]


def _login_page(username: str = "", error: str = "") -> str:
    accounts = demo_accounts(now()) if settings().demo and settings().is_loopback else []
    accounts = sorted(accounts, key=lambda account: DEMO_ORDER.index(account.role))
    back = request.values.get("next", "")
    return render_template(
        "login.html",
        username=username,
        error=error,
        accounts=accounts,
        next=back,
        demo_password=DEMO_PASSWORD,
    )
