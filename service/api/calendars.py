"""/calendar and /deadlines: working days, and what each step's deadline is by year and district."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, fields

from service.api.blueprint import ApiBlueprint
from service.api.fields import Day, Input, Text, Whole
from service.api.schemas import told
from service.calendars.queries import list_days, list_years, load_calendar
from service.calendars.spans import unit_of_period
from service.calendars.working_days import UnknownYear
from service.deadlines.queries import list_deadlines
from service.errors import BadInput, NotFound
from service.http.access import LOGGED_IN, policy

bp = ApiBlueprint("calendar", "Lịch ngày làm việc và thời hạn các bước.")

MOST_COUNTED = 1000


class CalendarDayOutput(Schema):
    """A day that is not as its weekday says."""

    day = fields.Date(metadata=told("", "2024-04-29"))
    is_working = fields.Boolean(metadata=told("True: a Saturday or Sunday that is worked."))
    name = fields.String(metadata=told("", "Ngày nghỉ (thay cho ngày 04/05/2024)"))
    source = fields.String(metadata=told("By which law, announcement or decision."))
    is_own = fields.Boolean(metadata=told("The province's own decision."))


class CalendarYearOutput(Schema):
    year = fields.Integer(metadata=told("", 2024))
    source = fields.String()
    imported_at = fields.AwareDateTime()
    days = fields.List(fields.Nested(CalendarDayOutput))


class WorkingDayQuery(Input):
    start = Day(required=True, metadata=told("Counting begins with the day after.", "2024-02-07"))
    count = Whole(required=True, most=MOST_COUNTED, in_query=True, metadata=told("How many working days.", 1))


class WorkingDayOutput(Schema):
    day = fields.Date(metadata=told("The last of them; `start` itself for 0.", "2024-02-15"))


class DeadlineQuery(Input):
    procedure = Text(longest=100, load_default="", metadata=told("Only this procedure.", "recognition"))
    year = Whole(
        least=1900, most=9999, in_query=True, load_default=None, metadata=told("Only this year.", 2023)
    )
    district = Text(
        longest=100, load_default="", metadata=told("Only this district's own (its code).", "thi-xa-bim-son")
    )


class DeadlineOutput(Schema):
    """Either `last_day`, which never moves, or `period` from the receipt of the dossier."""

    procedure = fields.String()
    year = fields.Integer()
    district = fields.String(metadata=told("Code; empty for all districts.", "thi-xa-bim-son"))
    element = fields.String(metadata=told("Step of the procedure.", "self_assess"))
    last_day = fields.Date(allow_none=True, metadata=told("", "2023-12-03"))
    period = fields.Integer(allow_none=True)
    period_unit = fields.String(allow_none=True, metadata=told("days | working_days", "working_days"))
    wording = fields.String(metadata=told("As the source says it.", "trước ngày 04/12/2023"))
    source = fields.String()


class DeadlineList(Schema):
    items = fields.List(fields.Nested(DeadlineOutput))


@bp.get("/calendar/<int(min=1, max=9999):year>")
@policy(LOGGED_IN)
@bp.response(200, CalendarYearOutput)
def read_calendar(year: int) -> Any:
    """The days off and worked weekends of a year; other days are as their weekday says."""
    known = next((row for row in list_years() if row.year == year), None)
    if known is None:
        raise NotFound(_("Chưa có lịch ngày làm việc năm %(year)s.", year=year))
    return {
        "year": year,
        "source": known.source,
        "imported_at": known.imported_at,
        "days": list_days(year),
    }


@bp.get("/calendar/working-days-after")
@policy(LOGGED_IN)
@bp.arguments(WorkingDayQuery, location="query")
@bp.response(200, WorkingDayOutput)
def count_working_days(query: dict[str, Any]) -> Any:
    """So many working days after a day."""
    start: date = query["start"]
    try:
        return {"day": load_calendar().working_days_after(start, query["count"])}
    except UnknownYear as error:
        raise BadInput(str(error), fields={"start": [str(error)]}) from error
    except OverflowError as error:
        raise BadInput(fields={"start": [_("Ngày ngoài phạm vi.")]}) from error


@bp.get("/deadlines")
@policy(LOGGED_IN)
@bp.arguments(DeadlineQuery, location="query")
@bp.response(200, DeadlineList)
def read_deadlines(query: dict[str, Any]) -> Any:
    """Deadlines by procedure, year, district and step; a district's own prevails over the one for all."""
    rows = list_deadlines(
        procedure=query["procedure"], year=query["year"], district=query["district"] or None
    )
    return {
        "items": [
            {
                "procedure": row.key.procedure,
                "year": row.key.year,
                "district": row.key.district,
                "element": row.key.element,
                "last_day": row.last_day,
                "period": row.period.count if row.period is not None else None,
                "period_unit": unit_of_period(row.period) if row.period is not None else None,
                "wording": row.wording,
                "source": row.source,
            }
            for row in rows
        ]
    }
