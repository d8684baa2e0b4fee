"""Courses held beside each other: two cases step by step, or one and the shortest way to where it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from service.audit.folding import FoldedTask, fold
from service.clock import local_day
from service.engine.definition import Definition
from service.engine.nets import tokens_in
from service.engine.shortest import shortest_way
from service.models import Case
from service.processes.queries import Procedure
from service.replay.history import History
from service.wording import _


@dataclass(frozen=True)
class Visit:
    """One time that a case was at a human step; `until` None while it is. `late`: days after the due day."""

    received: int
    since: datetime
    until: datetime | None
    due_on: date | None
    late: int
    withdrawn: bool


@dataclass(frozen=True)
class Course:
    """The visits of a case to each human step. `case` None: a way that no case took, each step `once`."""

    procedure: Procedure
    visits: Mapping[str, Sequence[Visit]]
    case: Case | None = None
    outcome: str | None = None
    open_steps: frozenset[str] = frozenset()
    once: Sequence[str] = ()

    def times(self, step: str) -> int:
        """How often the case was at the step, or would be."""
        return len(self.visits.get(step, ())) if self.case is not None else self.once.count(step)


@dataclass(frozen=True)
class Line:
    """A step in both courses, and what differs there in sentences; none where nothing does."""

    step: str
    name: str
    left: Sequence[Visit]
    right: Sequence[Visit]
    right_times: int
    differences: list[str] = field(default_factory=list)


def course_of(history: History, case: Case) -> Course:
    """Of a case, from its log alone."""
    folded = fold(event.body for event in history.events)
    last = history.events[-1].at
    visits: dict[str, list[Visit]] = {}
    for task in sorted(folded.tasks.values(), key=lambda one: (one.received, one.ref)):
        visits.setdefault(task.element, []).append(_visit(task, last))
    return Course(
        history.procedure,
        visits,
        case,
        folded.outcome,
        frozenset(task.element for task in folded.open_tasks()),
    )


def _visit(task: FoldedTask, last: datetime) -> Visit:
    until = datetime.fromisoformat(task.ended_at) if task.ended_at else None
    due = task.due_day
    late = (local_day(until or last) - due).days if due is not None else 0
    return Visit(
        task.received,
        datetime.fromisoformat(task.received_at),
        until,
        due,
        max(late, 0),
        task.state == "exited",
    )


def intended(course: Course) -> Course:
    """The way with the fewest steps to the same end, or to where the case stands; empty if none is found."""
    definition = course.procedure.definition
    if course.outcome is not None:
        way = shortest_way(definition, lambda _marking, passed: course.outcome in passed)
    else:
        way = shortest_way(
            definition,
            lambda marking, _passed: _tasks_at(definition, marking) == course.open_steps,
        )
    steps = [step for step in way or () if step in definition.tasks]
    if course.outcome is None:
        steps += sorted(course.open_steps)
    return Course(course.procedure, {}, once=steps)


def _tasks_at(definition: Definition, marking: tuple[object, ...]) -> frozenset[str]:
    return frozenset(token.at for token in tokens_in(marking) if token.at in definition.tasks)  # type: ignore[arg-type]


def compared(left: Course, right: Course) -> list[Line]:
    """A line for each human step of either, in the order of the diagrams."""
    order = [*left.procedure.definition.tasks, *right.procedure.definition.tasks]
    steps = [step for step in dict.fromkeys(order) if left.times(step) or right.times(step)]
    return [_line(step, left, right) for step in steps]


def _line(step: str, left: Course, right: Course) -> Line:
    bundle = left.procedure if step in left.procedure.definition.tasks else right.procedure
    mine, theirs = left.visits.get(step, ()), right.visits.get(step, ())
    return Line(
        step,
        bundle.element_name(step),
        mine,
        theirs,
        right.times(step),
        _told(left, right, step),
    )


def _told(left: Course, right: Course, step: str) -> list[str]:
    found = []
    here, there = left.times(step), right.times(step)
    if here and not there:
        found.append(_("Chỉ hồ sơ này qua bước này."))
    elif there and not here:
        found.append(_("Hồ sơ này không qua bước này."))
    elif here != there:
        found.append(_("%(here)s lượt, bên kia %(there)s lượt.", here=here, there=there))
    late = max((visit.late for visit in left.visits.get(step, ())), default=0)
    other = max((visit.late for visit in right.visits.get(step, ())), default=0)
    if late and not other:
        found.append(_("Hồ sơ này quá hạn %(days)s ngày.", days=late))
    elif other and not late:
        found.append(_("Bên kia quá hạn %(days)s ngày.", days=other))
    elif late != other:
        found.append(_("Quá hạn %(late)s ngày, bên kia %(other)s ngày.", late=late, other=other))
    return found
