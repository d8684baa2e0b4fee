"""Who could see a case, and do what with it, at a moment of its course: by the seats of that day."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, or_, select

from service.audit.folding import Folded, FoldedTask
from service.clock import local_day
from service.database import db
from service.errors import NotLoggedIn
from service.identity.queries import load_viewer
from service.identity.viewer import Viewer
from service.models import Appointment, Case, MemberAssignment, Position, Role, User
from service.processes.independence import hidden_steps
from service.processes.queries import Procedure
from service.replay.history import History


@dataclass(frozen=True)
class Sight:
    """One person: the seats of that day, the steps whose content stayed hidden, those that were theirs."""

    name: str
    seats: Sequence[str]
    hidden: Sequence[str]
    theirs: Sequence[str]


def sights(case: Case, history: History, folded: Folded) -> list[Sight]:
    """Everybody who could see the case after the event at which `folded` stands, by name."""
    at = history.events[folded.seq - 1].at
    found = []
    asked = {uuid.UUID(task.unit) for task in folded.tasks.values() if task.unit}
    for user_id in _around(case, asked, local_day(at)):
        try:
            viewer = load_viewer(user_id, at)
        except NotLoggedIn:
            continue  # switched off since: what they could see then is not known any more
        if not viewer.seats or not _sees(viewer, case, folded.tasks.values()):
            continue
        hidden = hidden_steps(case.id, viewer, folded.seq)
        found.append(
            Sight(
                viewer.name,
                [f"{seat.title}, {seat.unit_name}" for seat in viewer.seats],
                [history.procedure.element_name(step) for step in sorted(hidden)],
                list(dict.fromkeys(_theirs(viewer, folded, history.procedure))),
            )
        )
    return sorted(found, key=lambda one: one.name)


def _sees(viewer: Viewer, case: Case, tasks: Iterable[FoldedTask]) -> bool:
    places = [(task.group, uuid.UUID(task.unit)) for task in tasks if task.group and task.unit]
    return viewer.sees(case.commune_id, case.district_id) or any(place in viewer.agencies for place in places)


def _theirs(viewer: Viewer, folded: Folded, bundle: Procedure) -> Iterable[str]:
    for task in folded.open_tasks():
        if not task.group or not task.unit:
            continue
        unit, signer = uuid.UUID(task.unit), bundle.task(task.element).properties.get("signer", "none")
        if viewer.seat_for_preparing(task.group, unit) or viewer.seat_for_signing(task.group, unit, signer):
            yield bundle.element_name(task.element)


def _around(case: Case, asked: set[uuid.UUID], day: date) -> Sequence[uuid.UUID]:
    """Those who held a seat that day in a unit of the case, over its district, or over all cases."""
    units = asked | ({case.commune_id, case.district_id, case.department_id, case.province_id} - {None})
    care = select(MemberAssignment.position_id).where(
        MemberAssignment.district_id == case.district_id, *_held(MemberAssignment, day)
    )
    return (
        db.session.execute(
            select(User.id)
            .distinct()
            .join(Appointment, Appointment.user_id == User.id)
            .join(Position, Position.id == Appointment.position_id)
            .where(
                or_(
                    Position.unit_id.in_(sorted(units)),
                    Position.role.in_((Role.AUDITOR, Role.CHAIRMAN)),
                    Position.id.in_(care),
                ),
                *_held(Appointment, day),
            )
            .order_by(User.id)
        )
        .scalars()
        .all()
    )


def _held(
    row: type[Appointment] | type[MemberAssignment], day: date
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return row.valid_from <= day, or_(row.valid_to.is_(None), row.valid_to >= day)
