"""What a course is expected to come to, and in words where it comes to something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, TypeAlias

from service.engine.definition import Definition
from service.studio.play.acts import CourseRefused
from service.studio.play.played import Played
from service.wording import _

FLOW = "sequenceFlow"
# [element, what it was called then]
_Named: TypeAlias = Sequence[str]


@dataclass(frozen=True)
class Difference:
    """After which act of the course, from 1, and the sentence that says what is otherwise."""

    number: int
    sentence: str


def expectation_of(played: Played, definition: Definition) -> dict[str, Any]:
    """Act by act the elements that were passed, in order, and where the tokens stood then."""
    return {
        "moves": [
            {"path": _named(move.path, definition), "active": _named(move.active, definition)}
            for move in played.moves
        ],
        "outcome": played.outcome,
    }


def difference(
    expected: Mapping[str, Any], played: Played, refused: CourseRefused | None, definition: Definition
) -> Difference | None:
    """The first thing that is otherwise; None where all is as expected."""
    for move, wanted in zip(played.moves, expected["moves"], strict=False):
        passed = [one for one in move.path if definition.elements[one].type != FLOW]
        was = [*wanted["path"], ["", ""], *wanted["active"]]
        got = [*passed, "", *move.active]
        for before, now in zip_longest(was, got):
            if before is None or before[0] != now:
                here = _place(before, wanted["active"], definition)
                there = _place(
                    None if now is None else (now, now), _named(move.active, definition), definition
                )
                return Difference(move.number, _otherwise(move.number, move.name, here, there))
    if refused is not None:
        return Difference(refused.number, _("Không làm được nữa: %(why)s", why=str(refused)))
    return None


def _otherwise(number: int, name: str, expected: str, got: str) -> str:
    step = _("bước %(number)s", number=number) + (f" (“{name}”)" if name else "")
    return _("Sau %(step)s: mong đợi %(expected)s, nay %(got)s.", step=step, expected=expected, got=got)


def _place(named: _Named | None, waiting: Sequence[_Named], definition: Definition) -> str:
    """An element that was passed, or the steps at which the case then waits, by their names of today.

    What is in the draft no longer goes by its name of then.
    """

    def called(element: str, kept: str) -> str:
        known = definition.elements.get(element)
        return (known.name or element) if known else kept

    if named is not None and named[0]:
        return _("tới “%(name)s”", name=called(*named))
    steps = [one for one in waiting if one[0] in definition.tasks] or list(waiting)
    if named is None or not steps:
        return _("không đi tiếp")
    return _("chờ ở %(names)s", names=", ".join(f"“{called(*one)}”" for one in steps))


def _named(elements: Sequence[str], definition: Definition) -> list[list[str]]:
    known = definition.elements
    return [[one, known[one].name or one] for one in elements if known[one].type != FLOW]
