"""What stands beside a diagram held against it: forms, groups, times, the law, people; all at once.

Each check says what holds whatever else is wrong. What would only follow from a problem that is told already
is left out: whoever mends that one would find the other gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from service.engine.errors import Problem
from service.engine.outline import Outline
from service.engine.placeholders import leaves_ways, uncertain
from service.processes.able import nobody_left
from service.processes.duties import duties_left_out
from service.processes.groups import groups_on
from service.processes.misfits import misfits
from service.processes.time_faults import time_faults
from service.processes.unasked import unasked
from service.processes.unserved import unserved
from service.processes.ways import Ways

LONGEST_KEY, LONGEST_NAME = 36, 200
# {rule: rules that say the same of the same element, or from which it follows}
_FOLLOWS = {
    "known-group": {"group"},
    "known-job": {"topic"},
    "known-rule": {"topic"},
    "reserved-message": {"message"},
}
# Said of steps by their ids: nobody knows which are missing as long as some have none, or the same one.
_BY_ID = frozenset({"legal-duty", "known-deadline"})
_WHOSE = frozenset({"group", "known-group", "known-signer", "signer-of-group"})


@dataclass(frozen=True)
class Beside:
    """`texts` are forms by key, `given` the keys of all, readable or not; `told` what was found before."""

    outline: Outline
    texts: dict[str, str]
    given: frozenset[str]
    told: tuple[Problem, ...]

    def problems(self, effective_on: date, in_force: date, today: date) -> list[Problem]:
        """Of a version in effect from `effective_on`, whose first cases open on `in_force`."""
        groups = {key: group.name for key, group in groups_on(in_force).items()}
        ways = self._ways()
        found = [
            *_too_long(self.outline),
            *unserved(self.outline, self.texts, groups),
            *time_faults(self.outline, today),
            *misfits(self.outline, self.texts, ways),
            *unasked(self.outline, self.texts, ways),
            *duties_left_out(self.outline, ways, effective_on),
        ]
        found = [problem for problem in found if not self._follows(problem)]
        return [*found, *self._people(found, in_force)]

    def _ways(self) -> Ways | None:
        """None where the drawing is not whole: what stands before a step may be what is still to be drawn."""
        diagram = self.outline.diagram
        return Ways(diagram) if all(leaves_ways(problem, diagram) for problem in self.told) else None

    def _follows(self, problem: Problem) -> bool:
        if problem.rule in _BY_ID and uncertain(self.outline.diagram):
            return True
        if problem.rule == "known-form":
            task = self.outline.tasks[problem.element]
            return task.form_key in self.given
        return follows(problem, self.told)

    def _people(self, found: list[Problem], day: date) -> Iterator[Problem]:
        """A step given to the wrong group is told so, not that nobody of that group can do it."""
        wrong = {one.element for one in (*self.told, *found) if one.rule in _WHOSE}
        tasks = [task for task in self.outline.tasks.values() if task.id not in wrong]
        yield from nobody_left(self.outline.key, tasks, day)


def follows(problem: Problem, told: Iterable[Problem]) -> bool:
    """Whether `problem` says again what is `told` of the same element."""
    before = _FOLLOWS.get(problem.rule, set())
    return any(one.rule in before and one.element == problem.element for one in told)


def _too_long(outline: Outline) -> Iterator[Problem]:
    """The key names the procedure's stream of the log, which holds no longer names."""
    for what, word, most in (
        (outline.key, "Mã quy trình (id của process)", LONGEST_KEY),
        (outline.name, "Tên quy trình", LONGEST_NAME),
    ):
        if len(what) > most:
            yield Problem("", what, "short-name", "error", f"{word} dài hơn {most} ký tự.", "Rút ngắn lại.")
