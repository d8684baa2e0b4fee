"""What is asked of the worklist, as conditions on tasks; what is the case's is asked of the cases first."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, select

from service.database import table_of
from service.identity.viewer import Viewer
from service.models import RowAssignment
from service.tasks.facets import Facets
from service.tasks.places import CASE, IS_DONE, IS_OPEN, IS_SENT_BACK, TASK, Places, in_cases, is_among
from service.tasks.pressing import USUAL
from service.tasks.received import handed_to
from service.tasks.searching import matches
from service.tasks.wanted import Wanted

DUE_SOON = timedelta(days=7)
_GIVEN = table_of(RowAssignment).c


def asked(
    viewer: Viewer, wanted: Wanted, day: date, places: Places, facets: Facets
) -> list[ColumnElement[bool]]:
    conditions = [in_tab(wanted.tab, day)]
    of_case = []
    if wanted.year is not None:
        of_case.append(CASE.year == wanted.year)
    if wanted.district_id is not None:
        of_case.append(CASE.district_id == wanted.district_id)
    if of_case:
        conditions.append(in_cases([unit for unit, _ in facets.communes], *of_case))
    if wanted.element:
        conditions.append(TASK.element == wanted.element)
    if wanted.holder == "mine":
        conditions.append(TASK.owner_id == viewer.id)
    elif wanted.holder == "unassigned":
        conditions += [TASK.owner_id.is_(None), TASK.completed_by_round.is_(False)]
    elif wanted.holder == "handed":
        conditions.append(is_among(TASK.id, handed_to(viewer)))
    elif wanted.holder == "rows":
        mine = select(_GIVEN.task_id).where(_GIVEN.user_id == viewer.id)
        conditions += [TASK.id.in_(mine), TASK.stage == "preparing"]
    conditions += [has_flag(flag, day) for flag in sorted(wanted.flags)]
    search = matches(wanted.search, viewer, places, (*conditions,), facets, done=wanted.tab == "done")
    return conditions if search is None else [*conditions, search]


def in_tab(tab: str, day: date) -> ColumnElement[bool]:
    return {
        "open": IS_OPEN,
        "due_soon": and_(IS_OPEN, TASK.due_on >= day, TASK.due_on <= day + DUE_SOON),
        "overdue": and_(IS_OPEN, TASK.due_on < day),
        "returned": and_(IS_OPEN, IS_SENT_BACK),
        "follow_up": and_(IS_OPEN, TASK.follow_up_on <= day),
        "done": IS_DONE,
    }[tab]


def has_flag(flag: str, day: date) -> ColumnElement[bool]:
    return {
        "returned": IS_SENT_BACK,
        "signing": TASK.stage == "signing",
        "urgent": TASK.priority < USUAL,
        "follow_up": TASK.follow_up_on <= day,
    }[flag]
