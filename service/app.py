"""Wiring: settings, database, security, doors."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

import service.models  # noqa: F401  the tables must be known to migrations
from service.config import Settings, from_environment
from service.connections import engine_options
from service.database import db
from service.http.access import by_token, enforce
from service.http.characters import refuse_null_characters
from service.http.compression import compress_answers
from service.http.extensions import csrf, limiter
from service.http.security import CONTENT_SECURITY_POLICY
from service.http.tracing import trace_requests

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MIGRATIONS = Path(__file__).parent / "migrations"
LARGEST_FORM = 2 * 1024 * 1024


def create_app(settings: Settings | None = None) -> Flask:
    """The application with its doors, for these settings (the environment's by default)."""
    app = create_core(settings)
    _observe(app)
    csrf.init_app(app)
    limiter.init_app(app)
    _see_through_proxies(app)
    _protect(app)
    compress_answers(app)
    _register_doors(app)
    trace_requests(app)
    return app


def create_core(settings: Settings | None = None) -> Flask:
    """The application without doors: settings and database, for commands and workers."""
    settings = settings or from_environment()
    app = Flask(
        "service", static_folder=str(Path(__file__).parent / "web" / "static"), static_url_path="/static"
    )
    app.config |= {
        "SECRET_KEY": settings.secret_key or secrets.token_hex(32),
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        # Parameters hold what people typed: errors are logged, and must not carry them along.
        "SQLALCHEMY_ENGINE_OPTIONS": {
            **engine_options(
                settings.database_url,
                pool=settings.connections,
                wait_seconds=settings.database_wait_seconds,
            ),
            "hide_parameters": True,
        },
        "SETTINGS": settings,
        "MAX_CONTENT_LENGTH": settings.largest_file + LARGEST_FORM,
        "MAX_FORM_MEMORY_SIZE": LARGEST_FORM,
        "MAX_FORM_PARTS": 5000,
        "SESSION_COOKIE_NAME": "congnhan",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=settings.session_hours),
        "SEND_FILE_MAX_AGE_DEFAULT": 3600,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a form left open over lunch must still submit
        "WTF_CSRF_CHECK_DEFAULT": False,  # asked for below, where we know whether a bearer token came
        "RATELIMIT_ENABLED": True,
        "RATELIMIT_HEADERS_ENABLED": False,  # its Retry-After would be on every answer; both doors set theirs
    }
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True)
    return app


def _observe(app: Flask) -> None:
    """Counts and lines of requests: first in and last out, so before every other hook.

    Imported late: `congnhan serve` says before where several processes count together.
    """
    from service.http.metrics import observe

    observe(app)


def _register_doors(app: Flask) -> None:
    from service.api import register_api
    from service.http.health import register_health
    from service.http.metrics import register_metrics
    from service.web import register_web

    register_health(app)
    register_metrics(app)
    register_api(app)
    register_web(app)


def _see_through_proxies(app: Flask) -> None:
    """Behind proxies of our own, take the client's address from them: else everybody shares one rate limit.

    The number is exact, since an address further left in the header is the client's own claim. Name and
    scheme are not taken over: a proxy that does not set those headers would let the client choose them.
    Proxies of ours are near: who comes from a public address has gone round them and is believed nothing.
    """
    if not (hops := app.config["SETTINGS"].trusted_proxies):
        return
    directly = app.wsgi_app
    seen_through = ProxyFix(directly, x_for=hops, x_proto=0, x_host=0)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        proxied = _is_near(environ.get("REMOTE_ADDR", ""))
        return (seen_through if proxied else directly)(environ, start_response)

    app.wsgi_app = answer  # type: ignore[method-assign,assignment]


def _is_near(address: str) -> bool:
    try:
        return ip_address(address).is_private
    except ValueError:
        return address == ""  # a Unix socket


def _protect(app: Flask) -> None:
    @app.before_request
    def check_access() -> None:
        if request.endpoint is None or request.endpoint == "static":
            return
        if request.method not in ("GET", "HEAD", "OPTIONS") and not by_token():
            csrf.protect()
        enforce(app.view_functions[request.endpoint])
        refuse_null_characters(request)

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        if app.config["SETTINGS"].secure_cookies:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        g.pop("viewer", None)
