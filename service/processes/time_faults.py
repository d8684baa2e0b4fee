"""What a diagram asks of time and the service could not give: days without a calendar, odd reminders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from service.calendars.queries import missing_years
from service.calendars.reminders import faults_of
from service.engine.definition import Definition
from service.engine.errors import Problem


def time_faults(definition: Definition, day: date) -> Iterator[Problem]:
    """Problems of a version published on `day`: this year must be known, the next one had better be."""
    for task in definition.tasks.values():
        for _, message, remedy in faults_of(task.properties):
            yield Problem(task.id, task.name, "known-reminders", "error", message, remedy)
    if not definition.uses_working_days:
        return
    missing = missing_years(day)
    element = min(definition.working_day_elements, default="")
    name = definition.elements[element].name if element else ""
    if day.year in missing:
        yield Problem(
            element,
            name,
            "known-calendar",
            "error",
            f"Quy trình tính theo ngày làm việc, nhưng hệ thống chưa có lịch ngày làm việc năm {day.year}.",
            f"Nhập lịch (congnhan calendar import --years {day.year}-{day.year + 1}) rồi ban hành lại.",
        )
    elif missing:
        yield Problem(
            element,
            name,
            "known-calendar",
            "warning",
            f"Chưa có lịch ngày làm việc năm {missing[0]}; thời hạn kéo sang năm đó sẽ chưa tính được.",
            f"Nhập lịch năm {missing[0]} trước khi năm {day.year} kết thúc.",
        )
