"""Who is asking, and the policy that every route must declare."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from flask import g, request, session
from flask_babel import gettext as _

from service import clock
from service.errors import NotAllowed, NotLoggedIn
from service.identity.queries import viewer_of_session, viewer_of_token
from service.identity.viewer import Viewer
from service.models import Role

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
LOGGED_IN = "logged-in"
POLICIES = frozenset({PUBLIC, LOGGED_IN, *(f"role:{role}" for role in Role)})


def policy(*names: str) -> Callable[[View], View]:
    """Declare who may call a route: PUBLIC, LOGGED_IN (anybody; the data decides), or "role:…" (any of them).

    A route without a declared policy is refused for everybody and fails the tests.
    """
    if unknown := set(names) - POLICIES:
        raise ValueError(f"unknown policies {sorted(unknown)}")

    def declare(view: View) -> View:
        view.policies = frozenset(names)  # type: ignore[attr-defined]
        return view

    return declare


def enforce(view: Any) -> None:
    """Refuse the current request unless `view`'s policy lets it through; sets g.viewer."""
    policies: frozenset[str] = getattr(view, "policies", frozenset())
    if PUBLIC in policies:
        return
    viewer = current_viewer()
    if viewer.must_change_password and not getattr(view, "open_before_password_change", False):
        raise NotAllowed(_("Hãy đổi mật khẩu trước khi tiếp tục."), must_change_password=True)
    if LOGGED_IN in policies:
        return
    if not any(viewer.has(Role(name.removeprefix("role:"))) for name in policies if name.startswith("role:")):
        raise NotAllowed()


def now() -> datetime:
    """The time of this request, the same at every call."""
    if "now" not in g:
        g.now = clock.now()
    return g.now  # type: ignore[no-any-return]


def current_viewer() -> Viewer:
    """The person behind the cookie or bearer token; raises NotLoggedIn."""
    if "viewer" not in g:
        g.viewer = _identify()
    if g.viewer is None:
        raise NotLoggedIn()
    return g.viewer  # type: ignore[no-any-return]


def viewer_or_none() -> Viewer | None:
    try:
        return current_viewer()
    except NotLoggedIn:
        return None


def _identify() -> Viewer | None:
    header = request.headers.get("Authorization", "")
    if header:
        kind, _space, secret = header.partition(" ")
        if kind.lower() != "bearer" or not secret:
            raise NotLoggedIn(_("Tiêu đề Authorization phải có dạng: Bearer <mã>."))
        scope = "read" if request.method in ("GET", "HEAD", "OPTIONS") else "write"
        return _seated(viewer_of_token(secret.strip(), scope, g.get("now")))
    # The cookie opens the API to the browser too, but only with the form's CSRF token (see service.app).
    cookie = session.get("sid")
    return _seated(viewer_of_session(cookie, g.get("now"))) if cookie else None


def _seated(found: tuple[Viewer, datetime] | None) -> Viewer | None:
    """The time by which the person was told is the request's."""
    if found is None:
        return None
    viewer, g.now = found
    return _on_this_machine_if_demo(viewer)


def _on_this_machine_if_demo(viewer: Viewer) -> Viewer:
    """The demo's published passwords must never open an installation to others, by cookie or by token."""
    if viewer.is_demo and not from_this_machine():
        raise NotLoggedIn(_("Tài khoản trình diễn chỉ dùng được trên chính máy chạy hệ thống."))
    return viewer


def by_token() -> bool:
    return request.headers.get("Authorization", "").lower().startswith("bearer ")


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
PROXY_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


def from_this_machine() -> bool:
    """Whether the request was made on this very machine: to a loopback name, through no proxy."""
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    return (
        request.remote_addr in LOOPBACK
        and host.strip("[]") in LOOPBACK
        and not any(header in request.headers for header in PROXY_HEADERS)
    )
