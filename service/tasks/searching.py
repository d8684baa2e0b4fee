"""Free search in the worklist, without diacritics: commune, code, step, and the words of the task itself."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, func, or_, select

from service.database import db
from service.identity.viewer import Viewer
from service.models import Case, Draft, Submission, Task
from service.tasks.facets import Extent, communes, steps
from service.tasks.places import Places, in_cases, is_among
from service.vietnamese import searchable, without_controls

MOST_WORDS = 8
# Whose content is looked through: the newest of so many tasks, so that a search stays a matter of a second.
MOST_CONTENTS = 1_000
SHORTEST_WORD = 2
SHORTEST_IN_CONTENT = 3
_LONGEST_CONTENT = 50_000


def matches(
    search: str,
    viewer: Viewer,
    places: Places,
    conditions: Sequence[ColumnElement[bool]],
    extent: Extent | None,
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
    names = [(unit, searchable(name)) for unit, name in communes(viewer, extent)]
    known = [(element, searchable(name)) for element, name in steps(viewer, extent).items()]
    named = and_(*(_names_have(word, names, known) for word in words))
    found = _contents_with(searchable(text), viewer, places, conditions)
    return or_(named, Task.id.in_(sorted(found, key=lambda task: task.hex))) if found else named


def _names_have(
    word: str, communes: Sequence[tuple[Any, str]], steps: Iterable[tuple[Any, str]]
) -> ColumnElement[bool]:
    """Units and steps are few, so their names are matched in Python, where diacritics can be taken off."""
    wanted = searchable(word)
    named = {unit for unit, name in communes if wanted in name}
    code = func.lower(Case.code).contains(word.lower(), autoescape=True)
    return or_(
        in_cases([unit for unit, _ in communes], or_(is_among(Case.commune_id, named), code)),
        Task.element.in_(sorted({element for element, name in steps if wanted in name})),
    )


def _contents_with(
    wanted: str, viewer: Viewer, places: Places, conditions: Sequence[ColumnElement[bool]]
) -> set[uuid.UUID]:
    """Tasks whose draft, act or note has the words. A draft is only for those who prepare or sign it."""
    if len(wanted) < SHORTEST_IN_CONTENT:
        return set()
    newest = (
        select(Task.id)
        .select_from(places.table)
        .join(Task, places.own)
        .where(*conditions)
        .order_by(Task.received_at.desc(), Task.id)
        .limit(MOST_CONTENTS)
        .subquery("newest")
    )
    rows = db.session.execute(
        select(Task.id, Task.group, Task.unit_id, Task.signer, Task.note, Draft.answers, Submission.content)
        .select_from(newest)
        .join(Task, Task.id == newest.c.id)
        .outerjoin(Draft, Draft.task_id == Task.id)
        .outerjoin(Submission, Submission.task_id == Task.id)
        .where(or_(Task.note != "", Draft.task_id.is_not(None), Submission.id.is_not(None)))
    )
    return {row.id for row in rows if wanted in _content_of(row, viewer)}


def _content_of(row: Any, viewer: Viewer) -> str:
    works_on_it = viewer.seat_for_preparing(row.group, row.unit_id) or viewer.seat_for_signing(
        row.group, row.unit_id, row.signer
    )
    texts = [row.note]
    if row.content is not None:
        texts += _texts(orjson.loads(row.content)["answers"])
    elif row.answers is not None and works_on_it:
        texts += _texts(row.answers)
    return searchable("\n".join(texts)[:_LONGEST_CONTENT])


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
