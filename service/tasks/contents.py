"""What has been typed into tasks, for searching: drafts, the words of acts, the leader's note."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import orjson
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import QueryableAttribute

from service.database import AnyRow, db
from service.identity.viewer import Viewer
from service.models import Draft, Submission, Task
from service.tasks.places import IS_SENT_BACK, Places
from service.vietnamese import searchable

# Whose content is looked through: the newest of so many tasks, so that a search stays a matter of a second.
MOST_CONTENTS = 1_000
_LONGEST_CONTENT = 50_000
_MOST_REMEMBERED, _LONGEST_REMEMBERED = 2_000, 20_000

# A submission, or a draft's task and rev: what stands there under this key never changes.
Key: TypeAlias = tuple[uuid.UUID, int]

_lock = threading.Lock()
_remembered: OrderedDict[Key, str] = OrderedDict()


def contents_with(
    wanted: str, viewer: Viewer, places: Places, conditions: Sequence[ColumnElement[bool]], *, done: bool
) -> set[uuid.UUID]:
    """Tasks whose act has the words, where `done` ones are asked for; else those whose draft or note has.

    A draft is only for those who prepare or sign it.
    """
    newest = (
        places.tasks(Task.id)
        .where(*conditions)
        .order_by(Task.received_at.desc(), Task.id)
        .limit(MOST_CONTENTS)
        .subquery("newest")
    )
    if done:
        acts = (
            select(Submission.task_id.label("id"), Submission.id.label("holder"), Submission.seq.label("rev"))
            .select_from(newest)
            .join(Submission, Submission.task_id == newest.c.id)
        )
        return _holding(wanted, places, acts, Submission.id, Submission.content)
    drafts = (
        select(Task.id, Task.group, Task.unit_id, Task.signer, Draft.task_id.label("holder"), Draft.rev)
        .select_from(newest)
        .join(Draft, Draft.task_id == newest.c.id)
        .join(Task, Task.id == Draft.task_id)
    )
    notes = places.tasks(Task.id, Task.note).where(*conditions, IS_SENT_BACK, Task.note != "")
    found = {row.id for row in places.execute(notes) if wanted in searchable(row.note)}
    return found | _holding(wanted, places, drafts, Draft.task_id, Draft.answers, viewer)


def _holding(
    wanted: str,
    places: Places,
    which: Select[*tuple[Any, ...]],
    key: QueryableAttribute[uuid.UUID],
    content: QueryableAttribute[Any],
    viewer: Viewer | None = None,
) -> set[uuid.UUID]:
    """Of the tasks of `which` those whose content has the words; `viewer` where only some may read it."""
    rows = [row for row in places.execute(which) if viewer is None or _works_on(viewer, row)]
    texts = _texts_of([(row.holder, row.rev) for row in rows], key, content)
    return {row.id for row in rows if wanted in texts.get((row.holder, row.rev), "")}


def _works_on(viewer: Viewer, row: AnyRow) -> bool:
    return bool(
        viewer.seat_for_preparing(row.group, row.unit_id)
        or viewer.seat_for_signing(row.group, row.unit_id, row.signer)
    )


def _texts_of(
    keys: Sequence[Key], key: QueryableAttribute[uuid.UUID], content: QueryableAttribute[Any]
) -> dict[Key, str]:
    """Read, and taken off their diacritics, once per process and content."""
    with _lock:
        texts = {one: _remembered[one] for one in keys if one in _remembered}
    missing = {holder: (holder, rev) for holder, rev in keys if (holder, rev) not in texts}
    if not missing:
        return texts
    for holder, stored in db.session.execute(select(key, content).where(key.in_(sorted(missing)))):
        answers = orjson.loads(stored)["answers"] if isinstance(stored, bytes) else stored
        texts[missing[holder]] = searchable("\n".join(_strings(answers))[:_LONGEST_CONTENT])
    with _lock:
        for one in missing.values():
            if len(texts.get(one, "")) <= _LONGEST_REMEMBERED:
                _remembered[one] = texts.get(one, "")
        while len(_remembered) > _MOST_REMEMBERED:
            _remembered.popitem(last=False)
    return texts


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
