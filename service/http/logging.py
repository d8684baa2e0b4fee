"""One way of logging for everything that runs here: our own lines, gunicorn's, RQ's, SQLAlchemy's, Alembic's.

JSON for machines, key=value for people (`./dev run`), to standard error, each line with its trace id. What
opens a door or names a person never gets there: secrets are recognised by their field and by their look.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from service.config import Settings
from service.trace import trace_id

HIDDEN = "[…]"
SECRET_FIELD = re.compile(
    r"passw|mat_khau|secret|token|cookie|authorization|csrf|credential|api_?key|recipient|private", re.I
)
SECRET_LOOKS = (
    # user:password@ in an address
    (re.compile(r"(?<=://)([^\s:/@]*):[^\s@/]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{4,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\bcn_[A-Za-z0-9_-]{8,}"), HIDDEN),
    (re.compile(r"\bAGE-SECRET-KEY-[A-Z0-9]+", re.I), HIDDEN),
    (
        re.compile(r"(?i)\b(set-cookie|cookie|authorization|x-csrftoken)\b(['\"]?\s*[:=]\s*)[^\n]+"),
        rf"\1\2{HIDDEN}",
    ),
    (
        re.compile(
            r"(?i)\b(\w*(?:password|passwd|secret|token|api_?key))(['\"]?\s*[:=]\s*)(['\"]?)[^\s'\",&}]+"
        ),
        rf"\1\2\3{HIDDEN}",
    ),
    # What was typed into an address after "?", and the values that a database error quotes.
    (re.compile(r"(?<=[\w/])\?[\w.%-]+=[^\s\"']*"), f"?{HIDDEN}"),
    (re.compile(r"(?m)(?:^|(?<=\\n))(DETAIL|CONTEXT):.*?(?=\\n|$)"), rf"\1: {HIDDEN}"),
    (re.compile(r"\[parameters: .*\]"), f"[parameters: {HIDDEN}]"),
)
# Loggers of others that say at "info" what nobody needs to know.
QUIET = (
    "rq",
    "alembic",
    "sqlalchemy",
    "urllib3",
    "flask_limiter",
    "werkzeug",
    "SpiffWorkflow",
    "spiff",
    "spiff.engine",
)
_OURS = "_congnhan"


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Send every logger of this process to `stream` (standard error by default), as `settings` say."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(
            fmt="iso" if settings.logs_json else "%H:%M:%S", utc=settings.logs_json
        ),
        _add_trace,
        # Without local variables: they are where the personal data is.
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _json() if settings.logs_json else _for_people(),
            ],
        )
    )
    setattr(handler, _OURS, True)
    root = logging.getLogger()
    for former in [known for known in root.handlers if getattr(known, _OURS, False)]:
        root.removeHandler(former)
    root.addHandler(handler)
    level = logging.getLevelNamesMapping()[settings.log_threshold.upper()]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank what is a secret by its field's name or by its look, at any depth."""
    for name, value in event.items():
        event[name] = HIDDEN if SECRET_FIELD.search(name) else without_secrets(value)
    return event


def without_secrets(value: Any) -> Any:
    if isinstance(value, str):
        for look, instead in SECRET_LOOKS:
            value = look.sub(instead, value)
        return value
    if isinstance(value, Mapping):
        return {
            key: HIDDEN if SECRET_FIELD.search(str(key)) else without_secrets(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [without_secrets(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return without_secrets(str(value))


def _add_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if current := trace_id():
        event.setdefault("trace", current)
    return event


def _json() -> Processor:
    return structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=False)


def _for_people() -> Processor:
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
