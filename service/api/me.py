"""/me: who you are here, and how much waits for you."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from service.api.blueprint import ApiBlueprint
from service.api.schemas import Reference, told
from service.clock import local_day
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.tasks.worklist import count_tabs

bp = ApiBlueprint("me", "Người dùng hiện tại.")


class UnitOutput(Reference):
    kind = fields.String(metadata=told("commune | district | department | province"))


class SeatOutput(Schema):
    """A position held today."""

    role = fields.String(
        metadata=told(
            "officer | leader | member | chairman | clerk | process_owner | auditor | administrator",
            "officer",
        )
    )
    title = fields.String()
    unit = fields.Nested(UnitOutput)
    districts = fields.List(
        fields.UUID(), metadata=told("Members of the committee: districts in their care.")
    )


class WorklistCounts(Schema):
    open = fields.Integer()
    due_soon = fields.Integer()
    overdue = fields.Integer()
    returned = fields.Integer()
    follow_up = fields.Integer(metadata=told("Whose day to be looked at again has come."))
    done = fields.Integer()


class MeOutput(Schema):
    id = fields.UUID()
    username = fields.String()
    name = fields.String()
    now = fields.AwareDateTime(metadata=told("The service's clock; in a demonstration it may be set."))
    seats = fields.List(fields.Nested(SeatOutput))
    worklist = fields.Nested(WorklistCounts)


@bp.get("/me")
@policy(LOGGED_IN)
@bp.response(200, MeOutput)
def who_am_i() -> Any:
    """Who you are, which seats you hold today, and how many tasks wait."""
    viewer = current_viewer()
    return {
        "id": viewer.id,
        "username": viewer.username,
        "name": viewer.name,
        "now": now(),
        "seats": [
            {
                "role": str(seat.role),
                "title": seat.title,
                "unit": {"id": seat.unit_id, "name": seat.unit_name, "kind": seat.unit_kind},
                "districts": sorted(seat.districts, key=lambda district: district.hex),
            }
            for seat in viewer.seats
        ],
        "worklist": count_tabs(viewer, local_day(now())),
    }
