"""Each request belongs to a trace: the caller's (`traceparent`, W3C Trace Context), else one of its own.

The trace is in every log line, in the events that the request records, and in the outbox rows that it leaves,
whose deliveries continue it. The answer names it (`traceresponse`), so that what a person saw can be found.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

from service.trace import tracing

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ASKED = "HTTP_TRACEPARENT"
ANSWERED = "traceresponse"


def trace_requests(app: Flask) -> None:
    """Outermost, so that whatever handles or logs a request is within its trace."""
    app.wsgi_app = Traced(app.wsgi_app)  # type: ignore[method-assign]


class Traced:
    def __init__(self, application: WSGIApplication) -> None:
        self.application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with tracing(environ.get(ASKED, "")) as current:

            def answer(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
                return start_response(status, [*headers, (ANSWERED, current)], *rest)

            return self.application(environ, answer)
