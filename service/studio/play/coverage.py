"""All scenarios of a procedure on one draft: which come out as expected, and what none of them passes."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import TypeAlias

import orjson

from service.engine.diagram import Diagram
from service.engine.errors import InvalidDiagram
from service.engine.reading import read_diagram
from service.errors import BadInput, DomainError
from service.models import ProcessScenario
from service.processes.queries import Procedure
from service.studio.play.acts import Act, CourseRefused, read_course
from service.studio.play.expectations import Difference, difference
from service.studio.play.ground import Ground, Source, compiled, ground_for
from service.studio.play.playing import play_on

MOST_KEPT = 256


@dataclass(frozen=True)
class Ran:
    """A scenario played on a draft; `differs` None where all is as expected."""

    scenario: ProcessScenario
    differs: Difference | None
    passed: frozenset[str]


@dataclass(frozen=True)
class Report:
    """`problem` says why the draft cannot be played at all; there is nothing else then."""

    runs: tuple[Ran, ...] = ()
    problem: str = ""
    flows: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()

    @property
    def right(self) -> int:
        return sum(run.differs is None for run in self.runs)

    @property
    def passed(self) -> frozenset[str]:
        return frozenset(one for run in self.runs for one in run.passed)

    @property
    def flows_passed(self) -> int:
        return sum(flow in self.passed for flow in self.flows)

    @property
    def elements_passed(self) -> int:
        return sum(element in self.passed for element in self.elements)

    @property
    def never_passed(self) -> list[str]:
        return [one for one in (*self.elements, *self.flows) if one not in self.passed]


def run_scenarios(draft: Source, scenarios: Sequence[ProcessScenario], *, day: date) -> Report:
    """Play all of them on the draft as it is stored. Writes nothing."""
    try:
        bundle = compiled(draft, day)
    except DomainError as refused:
        return Report(problem=str(refused))
    grounds: dict[tuple[int, str], Ground] = {}
    runs = tuple(_run(bundle, grounds, scenario) for scenario in scenarios)
    drawn = _drawn(draft)
    flows = tuple(flow.id for flow in drawn.flows) if drawn else ()
    return Report(runs, flows=flows, elements=tuple(drawn.nodes) if drawn else ())


def _drawn(draft: Source) -> Diagram | None:
    """What is drawn in the draft itself, without the procedures that it calls."""
    try:
        return read_diagram(draft.diagram)
    except InvalidDiagram:
        return None


def _run(bundle: Procedure, grounds: dict[tuple[int, str], Ground], scenario: ProcessScenario) -> Ran:
    try:
        acts = read_course(scenario.course)
        where = acts[0].year, acts[0].district
        if where not in grounds:
            grounds[where] = ground_for(bundle, acts[0])
    except CourseRefused as refused:
        return Ran(scenario, Difference(refused.number, str(refused)), frozenset())
    except (BadInput, IndexError) as refused:
        return Ran(scenario, Difference(1, str(refused)), frozenset())
    differs, passed = _remembered(grounds[where], scenario, acts)
    return Ran(scenario, differs, passed)


_Result: TypeAlias = tuple[Difference | None, frozenset[str]]
_lock = Lock()
_kept: OrderedDict[tuple[str, str], _Result] = OrderedDict()


def _remembered(ground: Ground, scenario: ProcessScenario, acts: Iterable[Act]) -> _Result:
    """A course on the same ground comes out the same: a draft's page need not play all of them each time."""
    whole = orjson.dumps([scenario.course, scenario.expected])
    key = ground.stamp, hashlib.sha256(whole).hexdigest()
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    played, refused = play_on(ground, tuple(acts))
    result = difference(scenario.expected, played, refused, ground.bundle.definition), played.passed
    with _lock:
        _kept[key] = result
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return result
