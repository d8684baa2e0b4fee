"""Steps that were late, or still are: by how many working days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from service.calendars.queries import load_calendar
from service.calendars.working_days import UnknownYear, WorkingCalendar
from service.clock import local_day
from service.database import db, table_of
from service.identity.viewer import Viewer
from service.models import Submission, Task
from service.models.cases import OPEN_STATES
from service.questions.answers import PAGE, Answer, Line, page_of
from service.questions.asked import Asked
from service.questions.bodies import raw, stream_name
from service.questions.kinds import moment
from service.questions.scope import CaseFacts, case_facts, is_in_span, only_of_cases
from service.wording import _, marked

COLUMNS = (
    marked("Xã, hồ sơ"),
    marked("Bước"),
    marked("Hạn"),
    marked("Xong lúc"),
    marked("Chậm (ngày làm việc)"),
    marked("Vì sao có hạn này"),
)


@dataclass(frozen=True)
class Late:
    """One task past its due date; `done_at` None while open, `by` None where no calendar is known."""

    case: CaseFacts
    task_id: str
    name: str
    due_on: date
    done_at: datetime | None
    withdrawn: bool
    why: str
    seq: int | None
    by: int | None


def late_steps(
    viewer: Viewer, asked: Asked, *, now: datetime, cursor: str | None = None, size: int | None = PAGE
) -> Answer:
    """The most late first. A step is late from the day after its due date, counted in working days."""
    found = _found(viewer, asked, now)
    page, following = page_of(found, lambda one: (-(one.by or 0), one.case.code, one.task_id), cursor, size)
    open_now = sum(one.done_at is None for one in found)
    unknown = sum(one.by is None for one in found)
    return Answer(
        columns=tuple(_(one) for one in COLUMNS),
        lines=[
            Line(
                (
                    f"{one.case.commune}, {one.case.code}",
                    one.name,
                    f"{one.due_on:%d/%m/%Y}",
                    _done(one),
                    str(one.by) if one.by is not None else _("không rõ"),
                    one.why,
                ),
                one.case.id,
                one.seq,
            )
            for one in page
        ],
        total=len(found),
        summary=_(
            "%(steps)s lần chậm hạn ở %(cases)s hồ sơ; %(open)s việc đến nay vẫn chưa xong.",
            steps=len(found),
            cases=len({one.case.id for one in found}),
            open=open_now,
        )
        if found
        else _("Không có bước nào chậm hạn."),
        next_cursor=following,
        notes=(_("%(count)s lần không tính được số ngày: chưa có lịch làm việc của năm đó.", count=unknown),)
        if unknown
        else (),
    )


def _done(one: Late) -> str:
    if one.done_at is None:
        return _("chưa xong")
    return moment(one.done_at) + (_(" (rút khỏi bước)") if one.withdrawn else "")


def _found(viewer: Viewer, asked: Asked, now: datetime) -> list[Late]:
    cases, calendar, today = case_facts(viewer, asked), load_calendar(), local_day(now)
    task, submission = table_of(Task).c, table_of(Submission).c
    rows = db.session.execute(
        select(
            raw(task.id).label("id"),
            raw(task.case_id).label("case_id"),
            task.element,
            task.name,
            task.state,
            task.due_on,
            task.due_reason,
            task.completed_at,
            submission.seq,
        )
        .select_from(table_of(Task).outerjoin(table_of(Submission), submission.task_id == task.id))
        .where(task.due_on.is_not(None), task.due_on < today, *only_of_cases(task.case_id, viewer, asked))
    ).all()
    found = []
    for row in rows:
        case = cases.get(stream_name(row.case_id))
        last = local_day(row.completed_at) if row.completed_at else today
        if case is None or last <= row.due_on or (asked.step and row.element != asked.step):
            continue
        if row.completed_at is None and row.state not in OPEN_STATES:
            continue
        if not is_in_span(asked, row.completed_at or now):
            continue
        found.append(
            Late(
                case,
                str(row.id),
                row.name,
                row.due_on,
                row.completed_at,
                row.state == "exited",
                row.due_reason,
                row.seq,
                _working_days(calendar, row.due_on, last),
            )
        )
    return found


def _working_days(calendar: WorkingCalendar, due_on: date, last: date) -> int | None:
    try:
        return calendar.working_days_between(due_on, last)
    except UnknownYear:
        return None
