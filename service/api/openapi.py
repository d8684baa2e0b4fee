"""The OpenAPI 3.1 document and its page: made once from the routes, served without outside assets."""

from __future__ import annotations

import re
from typing import Any

from apispec import APISpec
from flask import Blueprint, Flask, Response, current_app, json

from service.api.docs_page import groups_of
from service.api.errors import MEDIA_TYPE, handle_errors_of
from service.api.schemas import PROBLEM_STATUSES, Problem
from service.http.access import PUBLIC, policy

DESCRIPTION = (
    "The recognition procedure for programs. Errors are `application/problem+json` with a stable `code`; "
    "sentences are Vietnamese. Send `Idempotency-Key` with a POST that must not happen twice. Decimals are "
    "text, days are `2023-12-05`, times are UTC. What may not be seen answers 404."
)

SPEC: dict[str, Any] = {
    "info": {"description": DESCRIPTION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
    "servers": [{"url": "/"}],
    "security": [{"token": []}, {"session": [], "csrf": []}],
}
SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "`congnhan token --user NAME` prints one."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "congnhan",
        "description": "The browser's session.",
    },
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken", "description": "For writes by cookie."},
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and request get the first answer again; another request gets 422.",
    "schema": {"type": "string", "maxLength": 200},
    "example": "c1f6a1c2-0b1e-4a53-9c61-2f6f0d0a7c11",
}
_EVERYWHERE = (401, 403, 429, 503)
_WITH_BODY = (400, 413, 415)
_WRITING = (409, 422)
_KEY = "congnhan_openapi"

bp = Blueprint("api_document", __name__, url_prefix="/api/v1", template_folder="templates")
handle_errors_of(bp)


@bp.get("/openapi.json")
@policy(PUBLIC)
def document() -> Response:
    return Response(json.dumps(current_app.extensions[_KEY]), mimetype="application/json")


@bp.get("/docs")
@policy(PUBLIC)
def docs() -> str:
    found = current_app.extensions[_KEY]
    # Not render_template: the web door's context processors belong to its pages, and ask the database.
    page = current_app.jinja_env.get_template("api/docs.html")
    return page.render(info=found["info"], groups=groups_of(found))


def register(app: Flask, spec: APISpec) -> None:
    app.extensions[_KEY] = complete(app, spec)
    app.register_blueprint(bp)


def complete(app: Flask, spec: APISpec) -> dict[str, Any]:
    """The document with what holds for every operation: names, problems, idempotency, security."""
    for name, scheme in SECURITY.items():
        spec.components.security_scheme(name, scheme)
    spec.components.schema("Problem", schema=Problem)
    found: dict[str, Any] = json.loads(json.dumps(spec.to_dict()))
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    found["components"]["responses"] = {
        f"Problem{status}": {"description": description, "content": problem}
        for status, description in PROBLEM_STATUSES.items()
    }
    found["components"]["schemas"].pop("Error", None)
    found["components"].pop("headers", None)
    names = _operation_names(app)
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            if method != "parameters":
                operation["operationId"] = names[path, method]
                _complete(operation, method, in_path="{" in path)
    return found


def _complete(operation: dict[str, Any], method: str, *, in_path: bool) -> None:
    statuses = set(_EVERYWHERE)
    if in_path:
        statuses.add(404)
    if method != "get":
        statuses |= {*_WRITING}
    if "requestBody" in operation:
        statuses |= {*_WITH_BODY}
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", ())):
        statuses.add(422)
    if method == "post":
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    kept = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
    problems = {
        str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)
    }
    operation["responses"] = kept | problems


def _operation_names(app: Flask) -> dict[tuple[str, str], str]:
    """{(path, method): name of the view}, so that generated clients get readable names."""
    return {
        (re.sub(r"<(?:[^<>]*:)?([^<>:]+)>", r"{\1}", rule.rule), method.lower()): rule.endpoint.split(".")[-1]
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or ())
    }
