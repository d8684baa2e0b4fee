"""What has been typed into tasks, for searching: drafts, the words of acts, the leader's note."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import orjson
from sqlalchemy import ColumnElement, Select, String, cast, select
from sqlalchemy.orm import QueryableAttribute

from service.database import db
from service.identity.viewer import Viewer
from service.models import Draft, Submission, Task
from service.tasks.places import IS_SENT_BACK, Places
from service.vietnamese import searchable

# Whose content is looked through: the newest of so many tasks, open ones only if they have a draft, so that a
# search stays a matter of a second.
MOST_CONTENTS = 1_000
_LONGEST_CONTENT = 50_000
_MOST_REMEMBERED, _LONGEST_REMEMBERED = 2_000, 20_000

# A submission, or a draft's task and rev: what stands there under this key never changes. Ids are as the
# database writes them: to make a UUID of each of a thousand would take longer than the search itself.
Key: TypeAlias = tuple[str, int]

_lock = threading.Lock()
_remembered: OrderedDict[Key, str] = OrderedDict()


def contents_with(
    wanted: str, viewer: Viewer, places: Places, conditions: Sequence[ColumnElement[bool]], *, done: bool
) -> set[uuid.UUID]:
    """Tasks whose act has the words, where `done` ones are asked for; else those whose draft or note has.

    A draft is only for those who prepare or sign it.
    """
    if done:
        newest = _newest(places.tasks(Task.id).where(*conditions)).subquery("newest")
        acts = (
            select(
                cast(Submission.task_id, String).label("task"),
                cast(Submission.id, String).label("holder"),
                Submission.seq.label("rev"),
            )
            .select_from(newest)
            .join(Submission, Submission.task_id == newest.c.id)
        )
        keys = {(row.holder, row.rev): row.task for row in places.execute(acts)}
        return _holding(wanted, keys, Submission.id, Submission.content)
    task, unit = cast(Task.id, String).label("task"), cast(Task.unit_id, String).label("unit")
    drafts = places.tasks(task, Task.group, unit, Task.signer, Draft.rev)
    drafts = _newest(drafts.join(Draft, Draft.task_id == Task.id).where(*conditions))
    works_on = cache(lambda *place: _works_on(viewer, *place))
    keys = {
        (row.task, row.rev): row.task
        for row in places.execute(drafts)
        if works_on(row.group, row.unit, row.signer)
    }
    notes = places.tasks(task, Task.note).where(*conditions, IS_SENT_BACK, Task.note != "")
    found = {uuid.UUID(row.task) for row in places.execute(notes) if wanted in searchable(row.note)}
    return found | _holding(wanted, keys, Draft.task_id, Draft.answers)


def _newest(tasks: Select[Any]) -> Select[Any]:
    return tasks.order_by(Task.received_at.desc(), Task.id).limit(MOST_CONTENTS)


def _holding(
    wanted: str,
    keys: Mapping[Key, str],
    key: QueryableAttribute[uuid.UUID],
    content: QueryableAttribute[Any],
) -> set[uuid.UUID]:
    """Of the tasks by `keys` those whose content has the words."""
    texts = _texts_of(list(keys), key, content)
    return {uuid.UUID(task) for one, task in keys.items() if wanted in texts.get(one, "")}


def _works_on(viewer: Viewer, group: str, unit: str, signer: str) -> bool:
    unit_id = uuid.UUID(unit)
    prepares = viewer.seat_for_preparing(group, unit_id)
    return bool(prepares or viewer.seat_for_signing(group, unit_id, signer))


def _texts_of(
    keys: Sequence[Key], key: QueryableAttribute[uuid.UUID], content: QueryableAttribute[Any]
) -> dict[Key, str]:
    """Read, and taken off their diacritics, once per process and content."""
    with _lock:
        texts = {one: _remembered[one] for one in keys if one in _remembered}
    missing = {uuid.UUID(holder): (holder, rev) for holder, rev in keys if (holder, rev) not in texts}
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
