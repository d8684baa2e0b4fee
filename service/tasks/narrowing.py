"""What is asked of the worklist, as conditions on tasks; what is the case's is asked of the cases first."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, select

from service.identity.viewer import Viewer
from service.models import Case, RowAssignment, Task
from service.tasks.facets import Extent, communes
from service.tasks.places import IS_DONE, IS_OPEN, IS_SENT_BACK, Places, in_cases
from service.tasks.pressing import USUAL
from service.tasks.received import handed_to
from service.tasks.searching import matches
from service.tasks.wanted import Wanted

DUE_SOON = timedelta(days=7)


def asked(
    viewer: Viewer, wanted: Wanted, day: date, places: Places, extent: Extent | None
) -> list[ColumnElement[bool]]:
    conditions = [in_tab(wanted.tab, day)]
    of_case = []
    if wanted.year is not None:
        of_case.append(Case.year == wanted.year)
    if wanted.district_id is not None:
        of_case.append(Case.district_id == wanted.district_id)
    if of_case:
        conditions.append(in_cases([unit for unit, _ in communes(viewer, extent)], *of_case))
    if wanted.element:
        conditions.append(Task.element == wanted.element)
    if wanted.holder == "mine":
        conditions.append(Task.owner_id == viewer.id)
    elif wanted.holder == "unassigned":
        conditions += [Task.owner_id.is_(None), Task.completed_by_round.is_(False)]
    elif wanted.holder == "handed":
        conditions.append(Task.id.in_(sorted(handed_to(viewer), key=lambda task: task.hex)))
    elif wanted.holder == "rows":
        mine = select(RowAssignment.task_id).where(RowAssignment.user_id == viewer.id)
        conditions += [Task.id.in_(mine), Task.stage == "preparing"]
    conditions += [has_flag(flag, day) for flag in sorted(wanted.flags)]
    search = matches(wanted.search, viewer, places, (*conditions,), extent, done=wanted.tab == "done")
    return conditions if search is None else [*conditions, search]


def in_tab(tab: str, day: date) -> ColumnElement[bool]:
    return {
        "open": IS_OPEN,
        "due_soon": and_(IS_OPEN, Task.due_on >= day, Task.due_on <= day + DUE_SOON),
        "overdue": and_(IS_OPEN, Task.due_on < day),
        "returned": and_(IS_OPEN, IS_SENT_BACK),
        "follow_up": and_(IS_OPEN, Task.follow_up_on <= day),
        "done": IS_DONE,
    }[tab]


def has_flag(flag: str, day: date) -> ColumnElement[bool]:
    return {
        "returned": IS_SENT_BACK,
        "signing": Task.stage == "signing",
        "urgent": Task.priority < USUAL,
        "follow_up": Task.follow_up_on <= day,
    }[flag]
