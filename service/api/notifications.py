"""/notifications: what you have been told, and how you want to hear."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from service.api.blueprint import ApiBlueprint
from service.api.fields import Choice, Flag, Input, Items, Part, Text, Whole
from service.api.schemas import Page, PageQuery, told
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.idempotency import idempotent
from service.models import Notification
from service.notifications import operations, queries
from service.notifications.kinds import Kind, Preference
from service.notifications.mail_addresses import LONGEST

bp = ApiBlueprint("notifications", "Thông báo: việc mới, hồ sơ bị trả lại, nhắc hạn, kết quả.")

_FIELDS = ("id", "kind", "title", "body", "link", "case_id", "task_id", "created_at", "read_at")


class NotificationQuery(PageQuery):
    unread = Flag(load_default=False, metadata=told("Only what you have not read."))


class NotificationOutput(Schema):
    """One thing that you were told."""

    id = fields.Integer()
    kind = fields.String(metadata=told(" | ".join(Kind), "case_returned"))
    title = fields.String(metadata=told("In Vietnamese."))
    body = fields.String()
    link = fields.String(metadata=told("The page it is about, down to the criterion.", "/viec/…#row-2.6"))
    case_id = fields.UUID(allow_none=True)
    task_id = fields.UUID(allow_none=True)
    created_at = fields.AwareDateTime()
    read_at = fields.AwareDateTime(allow_none=True, metadata=told("Null while unread."))


class NotificationList(Page):
    items = fields.List(fields.Nested(NotificationOutput))
    unread = fields.Integer(metadata=told(f"How many are unread, counted up to {queries.MOST_COUNTED}."))


class UpToInput(Input):
    up_to = Whole(
        most=2**53 - 1,
        load_default=None,
        allow_none=True,
        metadata=told("The newest id that you have seen; what came later stays unread."),
    )


class ReadOutput(Schema):
    read = fields.Integer(metadata=told("How many became read."))


class PreferenceInput(Input):
    kind = Choice(*Kind, required=True)
    bell = Flag(required=True, metadata=told("`escalated` always rings."))
    email = Flag(required=True, metadata=told("Counts once an address is given."))


class PreferencesInput(Input):
    email = Text(longest=LONGEST, required=True, metadata=told("Empty for none.", "ten@thanhhoa.gov.vn"))
    kinds = Items(Part(PreferenceInput), load_default=list, metadata=told("Kinds left out stay as they are."))


class PreferenceOutput(Schema):
    kind = fields.String(metadata=told(" | ".join(Kind)))
    bell = fields.Boolean()
    email = fields.Boolean()


class PreferencesOutput(Schema):
    """How you hear of each kind."""

    email = fields.String()
    kinds = fields.List(fields.Nested(PreferenceOutput))


@bp.get("/notifications")
@policy(LOGGED_IN)
@bp.arguments(NotificationQuery, location="query")
@bp.response(200, NotificationList)
def list_notifications(query: dict[str, Any]) -> Any:
    """Your own: unread first, each part newest first."""
    viewer = current_viewer()
    page = queries.list_notifications(
        viewer, cursor=query["cursor"], size=query["size"], unread_only=query["unread"]
    )
    return {
        "items": [_shown(one) for one in page.items],
        "next_cursor": page.next_cursor,
        "unread": queries.unread_count(viewer.id),
    }


@bp.post("/notifications/read-all")
@policy(LOGGED_IN)
@bp.arguments(UpToInput)
@idempotent
@bp.response(200, ReadOutput)
def read_all(body: dict[str, Any]) -> Any:
    """Mark all of yours read, or those up to an id."""
    return {"read": operations.mark_all_read(up_to=body["up_to"], by=current_viewer(), now=now())}


@bp.post("/notifications/<int:notification_id>/read")
@policy(LOGGED_IN)
@idempotent
@bp.response(200, NotificationOutput)
def read_one(notification_id: int) -> Any:
    """Mark one of yours read; again changes nothing."""
    return _shown(operations.mark_read(notification_id=notification_id, by=current_viewer(), now=now()))


@bp.get("/notifications/preferences")
@policy(LOGGED_IN)
@bp.response(200, PreferencesOutput)
def read_preferences() -> Any:
    """Your address and how you hear of each kind."""
    return _preferences()


@bp.put("/notifications/preferences")
@policy(LOGGED_IN)
@bp.arguments(PreferencesInput)
@bp.response(200, PreferencesOutput)
def save_preferences(body: dict[str, Any]) -> Any:
    """Choose how to hear from now on."""
    kinds = [Preference(Kind(one["kind"]), one["bell"], one["email"]) for one in body["kinds"]]
    operations.save_preferences(email=body["email"], kinds=kinds, by=current_viewer(), now=now())
    return _preferences()


def _shown(one: Notification) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _FIELDS}


def _preferences() -> dict[str, Any]:
    wishes = queries.preferences_of(current_viewer().id)
    return {
        "email": wishes.email,
        "kinds": [{"kind": one.kind.value, "bell": one.bell, "email": one.email} for one in wishes.kinds],
    }
