"""Free search in the worklist, without diacritics: commune, code, step, and the words of the task itself."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, and_, or_, true

from service.identity.viewer import Viewer
from service.models import Case, Task
from service.tasks.contents import contents_with
from service.tasks.facets import Extent, communes, steps
from service.tasks.places import Places, in_cases, is_among
from service.vietnamese import searchable, without_controls

MOST_WORDS = 8
SHORTEST_WORD = 2
SHORTEST_IN_CONTENT = 3


def matches(
    search: str,
    viewer: Viewer,
    places: Places,
    conditions: Sequence[ColumnElement[bool]],
    extent: Extent | None,
    *,
    done: bool,
) -> ColumnElement[bool] | None:
    """The condition on Task; None where nothing is searched for.

    Each word must be found in the commune's name, the code or the step; or all of them together in what was
    typed into the task. `conditions` narrow down whose content is read.
    """
    text = without_controls(search)
    words = text.split()[:MOST_WORDS]
    if not words:
        return None
    if any(len(word) < SHORTEST_WORD for word in words):
        words = [text]  # single letters stand in every name
    places_named = {unit: searchable(name) for unit, name in communes(viewer, extent)}
    steps_named = {element: searchable(name) for element, name in steps(viewer, extent).items()}
    named = and_(true(), *(_names_have(word, places_named, steps_named) for word in words))
    wanted = searchable(text)
    if len(wanted) < SHORTEST_IN_CONTENT:
        return named
    found = contents_with(wanted, viewer, places, conditions, done=done)
    return or_(named, Task.id.in_(sorted(found, key=lambda task: task.hex))) if found else named


def _names_have(
    word: str, communes: Mapping[uuid.UUID, str], steps: Mapping[str, str]
) -> ColumnElement[bool]:
    """Units and steps are few, so their names are matched in Python, where diacritics can be taken off.

    A word that all of them have asks nothing; one without a digit or a dash is no part of a code that anybody
    would search for.
    """
    wanted = searchable(word)
    units = [unit for unit, name in communes.items() if wanted in name]
    elements = sorted(element for element, name in steps.items() if wanted in name)
    if (communes and len(units) == len(communes)) or (steps and len(elements) == len(steps)):
        return true()
    of_step = Task.element.in_(elements)
    if any(character.isdigit() or character == "-" for character in word):
        code = Case.code.contains(word.upper(), autoescape=True)
        return or_(in_cases(communes, or_(is_among(Case.commune_id, units), code)), of_step)
    return or_(in_cases(units), of_step) if units else of_step
