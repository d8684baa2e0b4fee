"""/operations: what waits and what failed, for administrators; auditors look on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from service.api.blueprint import ApiBlueprint
from service.api.fields import Input, Text, Whole
from service.api.schemas import Page, told
from service.audit.operations import Actor
from service.deliveries import queries
from service.deliveries.operations import (
    LONGEST_REASON,
    drop_delivery,
    retry_all,
    retry_delivery,
    retry_timer,
)
from service.errors import NotFound
from service.http.access import current_viewer, now, policy
from service.http.idempotency import idempotent
from service.models import Role

bp = ApiBlueprint("operations", "Vận hành: việc chờ, việc lỗi, tiến trình.")

ADMINISTRATOR, AUDITOR = f"role:{Role.ADMINISTRATOR}", f"role:{Role.AUDITOR}"


class KindCountOutput(Schema):
    kind = fields.String(metadata=told("Kind of delivery.", "email"))
    waiting = fields.Integer(metadata=told("Waiting, with those that failed and are tried again."))
    failing = fields.Integer(metadata=told("Failed at least once, tried again."))
    dead = fields.Integer(metadata=told("Given up."))
    oldest = fields.AwareDateTime(metadata=told("When the oldest of them was ordered."))


class TimerOutput(Schema):
    """A timer that is due and could not be fired."""

    id = fields.UUID()
    code = fields.String(metadata=told("Code of its case."))
    element = fields.String()
    due_at = fields.AwareDateTime()
    attempts = fields.Integer()
    retry_at = fields.AwareDateTime(allow_none=True)
    last_error = fields.String()


class ProcessOutput(Schema):
    """A process that said that it lives within the last day."""

    name = fields.String(metadata=told("role@host:process id"))
    role = fields.String(metadata=told("web | worker | scheduler"))
    version = fields.String()
    started_at = fields.AwareDateTime()
    beat_at = fields.AwareDateTime()
    is_alive = fields.Boolean(metadata=told("Whether it said so within the last minute."))


class OperationsOutput(Schema):
    counts = fields.List(fields.Nested(KindCountOutput))
    timers = fields.List(fields.Nested(TimerOutput))
    processes = fields.List(fields.Nested(ProcessOutput))
    messages_waiting = fields.Integer(metadata=told("Messages that no case awaits yet."))
    last_backup_at = fields.AwareDateTime(allow_none=True)


class DeliveryOutput(Schema):
    id = fields.Integer()
    kind = fields.String()
    state = fields.String(metadata=told("dead: given up | waiting: tried again at `available_at`", "dead"))
    code = fields.String(metadata=told('Code of its case; "" where none is concerned.'))
    attempts = fields.Integer()
    created_at = fields.AwareDateTime()
    available_at = fields.AwareDateTime()
    last_error = fields.String()
    trace = fields.String(metadata=told("Trace id of the request that ordered it (W3C Trace Context)."))
    behind = fields.Integer(metadata=told("How many deliveries of its case wait for it."))


class DeliveryPage(Page):
    items = fields.List(fields.Nested(DeliveryOutput))


class FailedQuery(Input):
    cursor = Whole(in_query=True, load_default=0, metadata=told("`next_cursor` of the page before.", 0))
    size = Whole(least=1, most=200, in_query=True, load_default=50, metadata=told("Items per page.", 50))


class DropInput(Input):
    reason = Text(longest=LONGEST_REASON, required=True, metadata=told("Why it is given up for good."))


class CountOutput(Schema):
    count = fields.Integer()


@bp.get("/operations")
@policy(ADMINISTRATOR, AUDITOR)
@bp.response(200, OperationsOutput)
def read_standing() -> Any:
    """What is not done by kind, timers that fail, processes alive."""
    return {
        "counts": queries.counts_by_kind(),
        "timers": queries.failing_timers(),
        "processes": queries.processes(now()),
        "messages_waiting": queries.messages_waiting(),
        "last_backup_at": queries.last_backup_at(),
    }


@bp.get("/operations/deliveries")
@policy(ADMINISTRATOR, AUDITOR)
@bp.arguments(FailedQuery, location="query")
@bp.response(200, DeliveryPage)
def list_failed(query: dict[str, Any]) -> Any:
    """Deliveries that failed, oldest first: given up, or to be tried again."""
    found = queries.failed_deliveries(after=query["cursor"], limit=query["size"] + 1)
    items = found[: query["size"]]
    return {"items": items, "next_cursor": str(items[-1].id) if len(found) > len(items) else None}


@bp.post("/operations/deliveries/retry")
@policy(ADMINISTRATOR)
@idempotent
@bp.response(200, CountOutput)
def retry_dead() -> Any:
    """Try everything again that was given up."""
    return {"count": retry_all(by=_actor(), now=now())}


@bp.post("/operations/deliveries/<int:delivery_id>/retry")
@policy(ADMINISTRATOR)
@idempotent
@bp.response(200, DeliveryOutput)
def retry_one(delivery_id: int) -> Any:
    """Try a failed delivery again at once."""
    retry_delivery(outbox_id=delivery_id, by=_actor(), now=now())
    found = queries.read_delivery(delivery_id)
    if found is None:
        raise NotFound()
    return found


@bp.post("/operations/deliveries/<int:delivery_id>/drop")
@policy(ADMINISTRATOR)
@bp.arguments(DropInput)
@idempotent
@bp.response(204)
def drop_one(body: dict[str, Any], delivery_id: int) -> None:
    """Give a failed delivery up for good; what waits behind it goes on. The reason is recorded."""
    drop_delivery(outbox_id=delivery_id, reason=body["reason"], by=_actor(), now=now())


@bp.post("/operations/timers/<uuid:timer_id>/retry")
@policy(ADMINISTRATOR)
@idempotent
@bp.response(204)
def retry_failing_timer(timer_id: UUID) -> None:
    """Let a timer that failed fire at once."""
    retry_timer(timer_id=timer_id, by=_actor(), now=now())


def _actor() -> Actor:
    return Actor(current_viewer().id)
