"""The API door, `/api/v1`: parse, call, present. See docs/api.md."""

from __future__ import annotations

from flask import Flask

from service.api import (
    calendars,
    cases,
    comments,
    evaluation,
    files,
    handling,  # noqa: F401  adds itself to the tasks' blueprint
    me,
    messages,
    notifications,
    openapi,
    operations,
    processes,
    rounds,
    rows,  # noqa: F401  as well
    signed_copies,  # noqa: F401  adds itself to the files' blueprint
    tasks,
)
from service.api.blueprint import ProblemApi
from service.api.errors import answer_unrouted

VERSION = "1.0"


def register_api(app: Flask) -> None:
    """Bind every blueprint of the API, its errors and its OpenAPI document to `app`."""
    app.config |= {
        "API_TITLE": "Công nhận",
        "API_VERSION": VERSION,
        "OPENAPI_VERSION": "3.1.0",
        # We serve the document and its page ourselves: with a policy, and without outside assets.
        "OPENAPI_URL_PREFIX": None,
    }
    api = ProblemApi(app, spec_kwargs=openapi.SPEC)
    for module in (
        me,
        tasks,
        notifications,
        cases,
        comments,
        files,
        rounds,
        messages,
        processes,
        evaluation,
        calendars,
        operations,
    ):
        api.register_blueprint(module.bp)
    openapi.register(app, api.spec)
    answer_unrouted(app)
