"""Where the cases of one version stand: how many at each step, how long steps take, which ways cases go."""

from __future__ import annotations

import statistics
import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Text, and_, cast, func, select, true

from service.database import db
from service.engine.diagram import Diagram
from service.engine.reading import read_diagram
from service.identity.queries import visible_cases
from service.identity.viewer import Viewer
from service.models import Case, Event, ProcessVersion, Role, Task
from service.models.cases import OPEN_STATES, TaskState
from service.processes.queries import procedure

# The courses of so many cases, the newest, are read one by one; standing cases are counted all.
MOST_READ = 1_000
_AT_ONCE = 200
_PARTING = frozenset({"exclusiveGateway", "inclusiveGateway", "eventBasedGateway"})


@dataclass(frozen=True)
class Stop:
    """A step where cases are or were: `here` cases now, `late` of them beyond the step's due date.

    `done` times it was completed in the courses that were read, in `typical` (median) and at most `longest`.
    """

    element: str
    name: str
    here: int
    late: int
    done: int
    typical: timedelta | None
    longest: timedelta | None


@dataclass(frozen=True)
class Way:
    """A flow out of a fork, and how many `times` it was taken."""

    flow: str
    name: str
    times: int


@dataclass(frozen=True)
class Fork:
    """Where cases part, `passed` so many times; `ways` are all its flows, also those that nobody went."""

    name: str
    lane: str
    passed: int
    ways: Sequence[Way]


@dataclass(frozen=True)
class Whereabouts:
    """`read` is how many cases `Stop.done` and `forks` are counted over: all `cases`, or the newest."""

    cases: int
    running: int
    ended: Mapping[str, int]
    stops: Sequence[Stop]
    forks: Sequence[Fork]
    read: int


def whereabouts(viewer: Viewer, version: ProcessVersion, *, year: int | None, today: date) -> Whereabouts:
    """Counted over the cases that the viewer sees; a process owner, who sees none, is told of all."""
    chosen = _chosen(viewer, version.id, year)
    states = db.session.execute(
        select(Case.status, Case.outcome, func.count()).where(chosen).group_by(Case.status, Case.outcome)
    ).all()
    newest = list(
        db.session.execute(
            select(Case.id).where(chosen).order_by(Case.opened_at.desc(), Case.id).limit(MOST_READ)
        ).scalars()
    )
    return Whereabouts(
        cases=sum(count for _status, _outcome, count in states),
        running=sum(count for status, _outcome, count in states if status != "finished"),
        ended={outcome or "": count for status, outcome, count in states if status == "finished"},
        stops=_stops(version, chosen, newest, today),
        forks=_forks(version, newest),
        read=len(newest),
    )


def counts_all(viewer: Viewer) -> bool:
    """Whether the counts are of every case; a number tells a process owner nothing of any one of them."""
    return viewer.sees_all_cases or viewer.has(Role.PROCESS_OWNER)


def standing_at(element: str, *, late_on: date | None = None) -> ColumnElement[bool]:
    """The condition that a running case has a token there, or an open task of the step late on that day."""
    if late_on is not None:
        return Case.id.in_(
            select(Task.case_id).where(
                Task.element == element, Task.state.in_(OPEN_STATES), Task.due_on < late_on
            )
        )
    held = cast(Case.active, Text).contains(f'"{element}"', autoescape=True)
    return and_(Case.status != "finished", held)


def _chosen(viewer: Viewer, version_id: uuid.UUID, year: int | None) -> ColumnElement[bool]:
    of_viewer = true() if counts_all(viewer) else visible_cases(viewer)
    of_year = true() if year is None else Case.year == year
    return and_(of_viewer, Case.process_version_id == version_id, of_year)


def _stops(
    version: ProcessVersion, chosen: ColumnElement[bool], newest: Sequence[uuid.UUID], today: date
) -> list[Stop]:
    bundle = procedure(version.id)
    here = _standing(chosen, bundle.definition.tasks)
    late = _late(chosen, today)
    spent = _spent(newest)
    waiting = [element for element in here if element not in bundle.definition.tasks]
    return [
        Stop(
            element=element,
            name=bundle.element_name(element),
            here=here[element],
            late=late.get(element, 0),
            done=len(spent.get(element, ())),
            typical=_median(spent[element]) if element in spent else None,
            longest=max(spent[element]) if element in spent else None,
        )
        for element in [*bundle.definition.tasks, *waiting]
    ]


def _standing(chosen: ColumnElement[bool], steps: Collection[str]) -> Counter[str]:
    """How many running cases stand at each element: at a step of people, else where else they wait.

    Grouped, for most cases stand alike.
    """
    active = cast(Case.active, Text).label("active")
    rows = db.session.execute(
        select(active, func.count()).where(chosen, Case.status != "finished").group_by(active)
    )
    here: Counter[str] = Counter()
    for held, count in rows:
        places = set(orjson.loads(held))
        for element in places.intersection(steps) or places:
            here[element] += count
    return here


def _late(chosen: ColumnElement[bool], today: date) -> dict[str, int]:
    """How many cases have an open task of each step whose last day is over."""
    rows = db.session.execute(
        select(Task.element, func.count(Task.case_id.distinct()))
        .join(Case, Case.id == Task.case_id)
        .where(chosen, Task.state.in_(OPEN_STATES), Task.due_on < today)
        .group_by(Task.element)
    )
    return dict(rows.all())


def _median(spans: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=statistics.median(span.total_seconds() for span in spans))


def _spent(cases: Sequence[uuid.UUID]) -> dict[str, list[timedelta]]:
    spent: dict[str, list[timedelta]] = {}
    for some in _portions(cases):
        rows = db.session.execute(
            select(Task.element, Task.received_at, Task.completed_at).where(
                Task.case_id.in_(some), Task.state == TaskState.COMPLETED.value
            )
        )
        for element, received_at, completed_at in rows:
            if completed_at is not None:
                spent.setdefault(element, []).append(completed_at - received_at)
    return spent


def _forks(version: ProcessVersion, cases: Sequence[uuid.UUID]) -> list[Fork]:
    """The forks that a case has passed, in the order of the drawing."""
    diagram = read_diagram(version.diagram)
    passed = _passed(cases)
    forks = []
    for node in diagram.nodes.values():
        out = diagram.outgoing.get(node.id, [])
        if node.kind not in _PARTING or len(out) < 2:
            continue
        # Of an inclusive gateway one passing may take several ways.
        times = passed[node.id] if node.kind == "inclusiveGateway" else sum(passed[flow.id] for flow in out)
        ways = [Way(flow.id, flow.name or _name(diagram, flow.target), passed[flow.id]) for flow in out]
        if times:
            forks.append(Fork(node.name or node.id, node.lane, times, ways))
    return forks


def _name(diagram: Diagram, element: str) -> str:
    node = diagram.nodes.get(element)
    return node.name or element if node else element


def _passed(cases: Sequence[uuid.UUID]) -> Counter[str]:
    """How often each element was completed and each flow taken, told by the log."""
    passed: Counter[str] = Counter()
    for some in _portions([str(case) for case in cases]):
        bodies = db.session.execute(
            select(Event.body).where(Event.stream == "case", Event.stream_id.in_(some))
        ).scalars()
        for body in bodies:
            data: dict[str, Any] = orjson.loads(body)["data"]
            passed.update(data.get("path", ()))
    return passed


def _portions(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
