# ruff: noqa: N818 - errors are named as facts
"""Every answer under /api/ that is not a success is an RFC 9457 problem document with a stable code."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import Flask, Response, json, request
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect

from service.api.json_body import NotJson
from service.database import as_shortage, db
from service.errors import CaseChangedMeanwhile, DomainError, NotLoggedIn
from service.http.access import viewer_or_none
from service.http.problems import (
    HTTP_SENTENCES,
    headers_of,
    problem_of,
    problem_of_http,
    problem_of_unexpected,
)

log = logging.getLogger("service.api")
MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/"
# Database errors that say "two of us at once": repeat the request.
_RACES = ("serialization", "deadlock", "in_failed_sql_transaction", "could not serialize")


class CsrfRefused(DomainError):
    code, status = "csrf-refused", 400
    default = "Thiếu hoặc sai mã chống giả mạo (X-CSRFToken). Hãy tải lại trang rồi thử lại."


def handle_errors_of(blueprint: Any) -> None:
    """Blueprint handlers, by status too, so that no page of the web door answers an API request."""
    blueprint.register_error_handler(DomainError, answer)
    blueprint.register_error_handler(Exception, answer_unexpected)
    blueprint.register_error_handler(HTTPException, answer_http)
    for status in HTTP_SENTENCES:
        blueprint.register_error_handler(status, answer_http)


def answer_unrouted(app: Flask) -> None:
    """Unknown addresses and methods belong to no blueprint; answer them before anything else does."""

    @app.before_request
    def refuse_unrouted() -> Response | None:
        error = request.routing_exception
        if error is None or isinstance(error, RequestRedirect) or not request.path.startswith(PREFIX):
            return None
        return answer_http(error)


def problem(document: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    response = Response(json.dumps(document), status=document["status"], mimetype=MEDIA_TYPE)
    response.headers.update(headers or {})
    return response


def answer(error: DomainError) -> Response:
    headers = headers_of(error)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(problem_of(error), headers)


def answer_http(error: HTTPException) -> Response:
    """What the framework refuses, by its status."""
    if isinstance(error, CSRFError):
        # Without any proof of identity the missing token is beside the point.
        return answer(CsrfRefused() if viewer_or_none() else NotLoggedIn())
    if error.code == 400:
        return answer(NotJson("Yêu cầu không hợp lệ."))
    if error.code is None or error.code >= 500:
        return answer_unexpected(error)
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if isinstance(error, RateLimitExceeded):
        headers["Retry-After"] = str(error.limit.limit.get_expiry())
    return problem(problem_of_http(error), headers)


def answer_unexpected(error: Exception) -> Response:
    """Races and shortages in their own words; anything else is our fault, logged under an id."""
    if isinstance(error, SQLAlchemyError):
        db.session.rollback()
        if (known := _known(error)) is not None:
            log.warning("database refused: %s", error)
            return answer(known)
    incident = secrets.token_hex(6)
    # The path only: bodies, query strings and headers may hold what must not lie in a log file.
    log.error("incident %s: %s %s", incident, request.method, request.path, exc_info=error)
    return problem(problem_of_unexpected(incident))


def _known(error: SQLAlchemyError) -> DomainError | None:
    if isinstance(error, StaleDataError | IntegrityError):
        return CaseChangedMeanwhile("Nội dung vừa được người khác thay đổi. Hãy tải lại và thử lại.")
    if isinstance(error, DBAPIError):
        state = f"{type(error.orig).__name__} {error.orig}".lower()
        if any(word in state for word in _RACES):
            return CaseChangedMeanwhile()
    return as_shortage(error)
