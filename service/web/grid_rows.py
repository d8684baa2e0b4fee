"""Whose the rows of a task's criteria table are, as its page tells: to those who prepare or lead it, only."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from forms import Form
from service.errors import NotLoggedIn
from service.identity.queries import load_viewer, names_of
from service.identity.viewer import Viewer
from service.models import Task
from service.processes.row_owners import row_owners
from service.tasks.colleagues import leading_seat
from service.tasks.guarding import PREPARING
from service.tasks.rows import has_table, may_arrange_rows


@dataclass(frozen=True)
class RowOwner:
    """Who was given a row; `gone` where they prepare nothing here any more: it is the holder's again."""

    id: uuid.UUID
    name: str
    mine: bool
    gone: bool


@dataclass(frozen=True)
class GridRows:
    """`owners` by criterion; `mine`: what this person may fill in because it was given to them."""

    owners: Mapping[str, RowOwner] = field(default_factory=dict)
    mine: frozenset[str] = frozenset()
    holds: bool = False
    may_arrange: bool = False

    def is_mine(self, criterion: str) -> bool:
        """Given to this person; for who holds the task also all that is nobody else's."""
        owner = self.owners.get(criterion)
        if owner is None or owner.gone:
            return self.holds
        return owner.mine

    @property
    def by_person(self) -> list[tuple[RowOwner, int]]:
        """Each colleague with how many rows they were given, by their first row."""
        counts = Counter(owner.id for owner in self.owners.values())
        return [(owner, counts[owner.id]) for owner in {one.id: one for one in self.owners.values()}.values()]


def grid_rows(task: Task, viewer: Viewer, form: Form | None, now: datetime) -> GridRows:
    """Nothing for those who have no part in preparing this task, and once it is closed."""
    prepares = viewer.seat_for_preparing(task.group, task.unit_id) is not None
    if not task.is_open or not has_table(form):
        return GridRows()
    if not prepares and leading_seat(viewer, task.group, task.unit_id) is None:
        return GridRows()
    given = row_owners(task.id)
    names = names_of(set(given.values()))
    gone = {user for user in set(given.values()) if not _prepares(user, task, viewer, now)}
    owners = {
        criterion: RowOwner(user, names.get(user, ""), user == viewer.id, user in gone)
        for criterion, user in given.items()
    }
    return GridRows(
        owners,
        frozenset(criterion for criterion, user in given.items() if user == viewer.id and prepares),
        holds=prepares and task.stage == PREPARING and task.owner_id == viewer.id,
        may_arrange=may_arrange_rows(task, viewer, form),
    )


def _prepares(user_id: uuid.UUID, task: Task, viewer: Viewer, now: datetime) -> bool:
    try:
        person = viewer if user_id == viewer.id else load_viewer(user_id, now)
    except NotLoggedIn:
        return False
    return person.seat_for_preparing(task.group, task.unit_id) is not None
