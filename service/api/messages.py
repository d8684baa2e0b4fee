"""/messages: what is sent between cases or from outside, and what became of it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from service.api.blueprint import ApiBlueprint
from service.api.fields import Choice, Input, Object, Part, Text, Whole
from service.api.schemas import LARGEST_PAGE, told
from service.http.access import current_viewer, now, policy
from service.http.idempotency import idempotent
from service.messages.operations import KEPT_DAYS, LONGEST_KEPT_DAYS, Address, send
from service.messages.queries import list_messages, progress_of
from service.models import Role

bp = ApiBlueprint("messages", "Thông điệp và tín hiệu giữa các hồ sơ.")

SEND = (f"role:{Role.ADMINISTRATOR}", f"role:{Role.PROCESS_OWNER}")
READ = (*SEND, f"role:{Role.AUDITOR}")


class AddressInput(Input):
    """A case by its code, or the case of a procedure for a commune and a year."""

    case = Text(longest=20, load_default="", metadata=told("Code of the case.", "CN-2023-000001"))
    procedure = Text(longest=100, load_default="", metadata=told("Process id.", "recognition"))
    commune = Text(longest=60, load_default="", metadata=told("Code of the commune.", "xa-thi-du"))
    year = Whole(least=1900, most=9999, load_default=None, allow_none=True)


class SendInput(Input):
    kind = Choice("message", "signal", load_default="message", metadata=told("A signal has no receiver."))
    name = Text(longest=100, required=True, metadata=told("As the receiver's diagram names it."))
    to = Part(AddressInput, load_default=None, allow_none=True)
    payload = Object(load_default=dict, metadata=told("Text, whole numbers, true, false or null by key."))
    kept_days = Whole(
        least=1, most=LONGEST_KEPT_DAYS, load_default=KEPT_DAYS, metadata=told("Then it expires.", KEPT_DAYS)
    )


class SourceOutput(Schema):
    source = fields.String(metadata=told("Under which to ask what became of it."))


class SentOutput(Schema):
    id = fields.UUID()
    kind = fields.String(metadata=told("message | signal"))
    name = fields.String()
    source = fields.String()
    sender = fields.String(metadata=told('Code of the sending case; "" for a person\'s.'))
    receiver = fields.String(metadata=told('Code of the receiving case; "" while there is none.'))
    to = fields.Dict(metadata=told("The address as sent."))
    state = fields.String(metadata=told("waiting | delivered | expired"))
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    delivered_at = fields.AwareDateTime(allow_none=True)
    why = fields.String(metadata=told("Why it expired, or could not be delivered yet."))


class SentList(Schema):
    items = fields.List(fields.Nested(SentOutput))


class ListQuery(Input):
    state = Choice("", "waiting", "delivered", "expired", load_default="")
    name = Text(longest=100, load_default="")
    source = Text(longest=300, load_default="")
    size = Whole(
        least=1, most=LARGEST_PAGE, in_query=True, load_default=50, metadata=told("At most so many.")
    )


class ProgressQuery(Input):
    source = Text(longest=300, required=True, metadata=told("As the sending returned it."))


class SendingProgress(Schema):
    waiting = fields.Integer()
    delivered = fields.Integer()
    expired = fields.Integer()
    posted = fields.Boolean(metadata=told("False while further receivers may follow."))


@bp.get("/messages")
@policy(*READ)
@bp.arguments(ListQuery, location="query")
@bp.response(200, SentList)
def list_sent(query: dict[str, Any]) -> Any:
    """The newest messages and signals, one line for each receiver."""
    viewer = current_viewer()
    return {
        "items": list_messages(
            viewer, state=query["state"], name=query["name"], source=query["source"], most=query["size"]
        )
    }


@bp.post("/messages")
@policy(*SEND)
@bp.arguments(SendInput)
@idempotent
@bp.response(202, SourceOutput)
def send_message(body: dict[str, Any]) -> Any:
    """Send a message to a case, or a signal to every case that listens."""
    to = Address(**body["to"]) if body["to"] is not None else None
    source = send(
        kind=body["kind"],
        name=body["name"],
        to=to,
        payload=body["payload"],
        kept_days=body["kept_days"],
        by=current_viewer(),
        now=now(),
    )
    return {"source": source}


@bp.get("/messages/progress")
@policy(*READ)
@bp.arguments(ProgressQuery, location="query")
@bp.response(200, SendingProgress)
def read_progress(query: dict[str, Any]) -> Any:
    """How many receivers a sending has reached."""
    return progress_of(current_viewer(), query["source"])
