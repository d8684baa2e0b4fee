"""Free search in the worklist, without diacritics: commune, code, step, and the words of the task itself."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, and_, false, or_, true

from service.identity.viewer import Viewer
from service.tasks.contents import contents_with
from service.tasks.facets import Facets
from service.tasks.places import CASE, TASK, Places, in_cases, is_among, is_one_of, stands_in
from service.vietnamese import searchable, without_controls

MOST_WORDS = 8
SHORTEST_WORD = 2
SHORTEST_IN_CONTENT = 3


def matches(
    search: str,
    viewer: Viewer,
    places: Places,
    conditions: Sequence[ColumnElement[bool]],
    facets: Facets,
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
    places_named = {unit: searchable(name) for unit, name in facets.communes}
    steps_named = {element: searchable(name) for element, name in facets.steps.items()}
    asked = [_names_have(word, places_named, steps_named) for word in words]
    named = [condition for condition in asked if condition is not None]
    wanted = searchable(text)
    if not named or len(wanted) < SHORTEST_IN_CONTENT:
        return and_(true(), *named)
    found = contents_with(wanted, viewer, places, conditions, done=done, open_tasks=facets.extent.open)
    return or_(and_(*named), is_one_of(TASK.id, found)) if found else and_(*named)


def _names_have(
    word: str, communes: Mapping[uuid.UUID, str], steps: Mapping[str, str]
) -> ColumnElement[bool] | None:
    """Units and steps are few, so their names are matched in Python, where diacritics can be taken off.

    None for a word that all of them have: it asks nothing. One without a digit or a dash is no
    part of a code that anybody would search for.
    """
    wanted = searchable(word)
    units = [unit for unit, name in communes.items() if wanted in name]
    elements = sorted(element for element, name in steps.items() if wanted in name)
    if (communes and len(units) == len(communes)) or (steps and len(elements) == len(steps)):
        return None
    of_step = [TASK.element.in_(elements)] if elements else []
    if any(character.isdigit() or character == "-" for character in word):
        code = stands_in(CASE.code, word.upper())
        return or_(in_cases(communes, or_(is_among(CASE.commune_id, units), code)), *of_step)
    of_units = [in_cases(units)] if units else []
    return or_(false(), *of_units, *of_step)
