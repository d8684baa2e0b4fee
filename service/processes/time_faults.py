"""What a diagram asks of time and the service could not give: a calendar, a deadline, odd reminders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import select

from service.calendars.queries import missing_years
from service.calendars.reminders import faults_of
from service.database import db
from service.engine.errors import Problem
from service.engine.expressions import Expression
from service.engine.outline import Outline
from service.models import Deadline

MOST_NAMED = 8


def time_faults(outline: Outline, day: date) -> Iterator[Problem]:
    """Problems of a version published on `day`: this year must be known, the next one had better be."""
    for task in outline.tasks.values():
        for _, message, remedy in faults_of(task.properties):
            yield Problem(task.id, task.name, "known-reminders", "error", message, remedy)
    yield from _deadlines(outline)
    counting = outline.counting_working_days()
    if not counting:
        return
    missing = missing_years(day)
    element, name = counting[0], outline.label(counting[0])
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


def _deadlines(outline: Outline) -> Iterator[Problem]:
    """Of `deadline("<step>")`: a step that there is not, or that nobody has entered a deadline for."""
    asked = dict.fromkeys(_asked(outline))
    if not asked:
        return
    entered = set(
        db.session.scalars(select(Deadline.element).where(Deadline.procedure == outline.key).distinct())
    )
    for element, step in asked:
        name = outline.label(element)
        if step not in outline.elements:
            steps = ", ".join(list(outline.tasks)[:MOST_NAMED])
            yield Problem(
                element,
                name,
                "known-deadline",
                "error",
                f"Hàm deadline hỏi thời hạn của “{step}”, nhưng quy trình không có bước nào mang mã đó.",
                f"Ghi mã của một bước trong sơ đồ, ví dụ: {steps}." if steps else "Ghi mã của một bước.",
            )
        elif step not in entered:
            yield Problem(
                element,
                name,
                "known-deadline",
                "warning",
                f"Chưa nhập thời hạn nào cho bước “{outline.label(step)}”.",
                "Nhập thời hạn của bước này ở trang Thời hạn các bước trước khi mở hồ sơ.",
            )


def _asked(outline: Outline) -> Iterator[tuple[str, str]]:
    """(element, step whose deadline its time or what it sends asks for), in the order of the file."""
    asking: dict[str, list[Expression]] = {element: [*times] for element, times in outline.times().items()}
    for element, thrown in outline.throws.items():
        asking.setdefault(element, []).extend(thrown.expressions())
    for element, expressions in asking.items():
        for expression in expressions:
            for use in expression.functions:
                if use.name == "deadline" and use.arguments and isinstance(use.arguments[0], str):
                    yield element, use.arguments[0]
