"""The door of the room: what is behind each tab, and what needs somebody's attention today."""

from __future__ import annotations

from typing import Any

from service.administration.absences import list_substitutions
from service.administration.members import list_districts_with_members
from service.administration.rights import may_read_all
from service.http.access import current_viewer, policy
from service.web import pages, today
from service.web.administration.room import (
    ADMINISTRATOR,
    AUDITOR,
    CHAIRMAN,
    LEADER,
    page,
    reads_assignments,
)


@pages.get("/quan-tri")
@policy(ADMINISTRATOR, AUDITOR, LEADER, CHAIRMAN)
def administration() -> Any:
    viewer = current_viewer()
    without = []
    if reads_assignments(viewer):
        without = [one.name for one in list_districts_with_members(today()) if one.lacks_member(today())]
    return page(
        "home.html",
        substitutions=list_substitutions(viewer)[0],
        districts_without_member=without,
        reads_all=may_read_all(viewer),
    )
