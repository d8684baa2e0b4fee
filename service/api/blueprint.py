"""The blueprint that every noun of the API uses: bounded JSON in, problems in Vietnamese, one rate limit."""

from __future__ import annotations

from typing import Any, NoReturn

from flask import Request, current_app
from flask_limiter.util import get_remote_address
from flask_smorest import Api, Blueprint
from marshmallow import RAISE, ValidationError
from webargs.flaskparser import FlaskParser

from service.api.errors import handle_errors_of
from service.api.json_body import read_json
from service.database import db
from service.errors import BadInput, DomainError, fields_of
from service.http.access import viewer_or_none
from service.http.extensions import limiter

# Ample for people and for programs that mean well; see "API_RATE_LIMIT" in the application's config.
RATE_LIMIT = "1200 per minute"


class BoundedParser(FlaskParser):
    """Bounded JSON, and no unknown query parameters: a mistyped filter would filter nothing."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE}  # noqa: RUF012 - as webargs has it

    def load_json(self, req: Request, schema: Any) -> Any:  # noqa: ARG002 - as webargs calls it
        return read_json(req)

    def handle_error(self, error: ValidationError, *_args: Any, **_kwargs: Any) -> NoReturn:
        found: dict[str, list[str]] = {}
        for messages in error.normalized_messages().values():
            found |= fields_of(messages) if isinstance(messages, dict) else {"": list(messages)}
        raise BadInput(
            fields={name.removesuffix("_schema").rstrip("."): told for name, told in found.items()}
        )


class ApiBlueprint(Blueprint):
    ARGUMENTS_PARSER = BoundedParser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, __name__, url_prefix="/api/v1", description=description)
        handle_errors_of(self)
        limiter.shared_limit(_rate_limit, scope="api", key_func=_who)(self)


class ProblemApi(Api):
    """Errors belong to the blueprints; an application-wide handler would answer the web door in JSON."""

    def _register_error_handlers(self) -> None:
        pass


def _rate_limit() -> str:
    return str(current_app.config.get("API_RATE_LIMIT", RATE_LIMIT))


def _who() -> str:
    """One person's requests count together, wherever they come from; strangers count by address."""
    try:
        viewer = viewer_or_none()
    except DomainError:
        # Where the connection was lost, what is asked next must begin with another one.
        db.session.rollback()
        viewer = None
    return f"user:{viewer.id}" if viewer else f"address:{get_remote_address()}"
