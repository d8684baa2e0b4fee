"""W3C Trace Context: one id from the request through its jobs to the events they record.

The current trace lives in a context variable: doors set it per request, workers per job from the outbox row.
Format: https://www.w3.org/TR/trace-context/ (version 00).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CURRENT: ContextVar[str] = ContextVar("traceparent", default="")
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<span>(?!0{16})[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})",
    re.ASCII,
)


def traceparent() -> str:
    """The current `00-<trace>-<span>-<flags>`; "" outside any trace."""
    return _CURRENT.get()


def trace_id() -> str:
    """The 32 hexadecimal digits of the current trace; "" outside any."""
    found = _TRACEPARENT.fullmatch(_CURRENT.get())
    return found["trace"] if found else ""


@contextmanager
def tracing(parent: str = "") -> Iterator[str]:
    """Continue `parent` with a span of our own; a trace of our own where it is missing or malformed."""
    known = _TRACEPARENT.fullmatch(parent)
    trace = known["trace"] if known else secrets.token_hex(16)
    flags = known["flags"] if known else "01"
    current = f"00-{trace}-{secrets.token_hex(8)}-{flags}"
    token = _CURRENT.set(current)
    try:
        yield current
    finally:
        _CURRENT.reset(token)
