"""What the log keeps of a step: its outcome in plain JSON, enough to fold the case without the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from service.engine.step import Scalar, Step

SIGNAL = "signal:"
DECIMAL = "decimal"


def step_record(step: Step) -> dict[str, Any]:
    """The recorded outcome of a step, enough to fold the case without engine or evaluation."""
    return {
        "path": list(step.path),
        "active": list(step.active),
        "opened": [
            {"ref": task.ref, "element": task.element, "due": jsonable(task.due)} for task in step.opened
        ],
        "withdrawn": list(step.withdrawn),
        "timers_set": [
            {"ref": timer.ref, "element": timer.element, "due_at": jsonable(timer.due_at)}
            for timer in step.timers_set
        ],
        "timers_cleared": list(step.timers_cleared),
        "timers_moved": [
            {"ref": timer.ref, "element": timer.element, "due_at": jsonable(timer.due_at)}
            for timer in step.timers_moved
        ],
        "awaited": awaited(step),
        "thrown": [
            {
                "ref": thrown.ref,
                "kind": thrown.kind,
                "name": thrown.name,
                "payload": jsonable(thrown.payload),
                "to": jsonable(thrown.to),
                "expires": thrown.expires,
            }
            for thrown in step.thrown
        ],
        "jobs": [{"ref": job.ref, "topic": job.topic} for job in step.jobs_opened],
        "jobs_withdrawn": list(step.jobs_withdrawn),
        "decisions": [
            {
                "element": decision.element,
                "kind": decision.kind,
                "chosen": decision.chosen,
                "expression": decision.expression,
                "inputs": jsonable(decision.inputs),
                "result": jsonable(decision.result),
                "explanation": decision.explanation,
            }
            for decision in step.decisions
        ],
        "variables": jsonable(step.variables),
        "finished": step.finished,
        "outcome": step.outcome,
        "stuck": step.stuck,
    }


def awaited(step: Step) -> list[str]:
    """What may reach the case from outside afterwards: names of messages, and `signal:<name>`."""
    return [*step.messages_awaited, *(f"{SIGNAL}{name}" for name in step.signals_awaited)]


def packed(payload: Mapping[str, Scalar]) -> dict[str, Any]:
    """Scalars as JSON, decimals marked: `messages.payloads.unpacked` makes the same of it again."""
    return {
        key: {DECIMAL: format(value, "f")} if isinstance(value, Decimal) else value
        for key, value in payload.items()
    }


def kept(values: Mapping[str, Scalar]) -> bytes:
    """What came in from outside, as it is kept beside an event; `values` as `packed` makes them."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True).encode()


def jsonable(value: Any) -> Any:
    """Plain JSON without floats: decimals and dates as strings."""
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [jsonable(item) for item in items]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be recorded")
