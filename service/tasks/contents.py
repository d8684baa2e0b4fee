"""What has been typed into tasks, for searching: drafts, the words of acts, the leader's note."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import orjson
from sqlalchemy import ColumnElement, Select, String, cast, func, select

from service.database import db, table_of
from service.identity.viewer import Viewer
from service.models import Draft, Submission, Task
from service.tasks.places import IS_SENT_BACK, TASK, Places, is_among
from service.vietnamese import searchable

# Whose content is looked through: the newest of so many tasks, open ones only if they have a draft, so that a
# search stays a matter of a second.
MOST_CONTENTS = 1_000
_LONGEST_CONTENT = 50_000
# Where all drafts are so many times fewer than somebody's open tasks, one begins with them.
_DRAFTS_FIRST = 3
_MOST_REMEMBERED, _LONGEST_REMEMBERED = 2_000, 20_000

_DRAFT, _SUBMISSION = table_of(Draft).c, table_of(Submission).c
_TASK_ID, _UNIT_ID = cast(TASK.id, String).label("task"), cast(TASK.unit_id, String).label("unit")

# A submission, or a draft's task and rev: what stands there under this key never changes. Ids are as the
# database writes them: to make a UUID of each of a thousand would take longer than the search itself.
Key: TypeAlias = tuple[str, int]

_lock = threading.Lock()
_remembered: OrderedDict[Key, str] = OrderedDict()


def contents_with(
    wanted: str,
    viewer: Viewer,
    places: Places,
    conditions: Sequence[ColumnElement[bool]],
    *,
    done: bool,
    open_tasks: int,
) -> set[str]:
    """Ids, as the database writes them, of tasks that have the words: in their act, where `done` ones are
    asked for; else in their draft or note.
    """
    if done:
        return _holding(wanted, _acts(places, conditions), _SUBMISSION.id, _SUBMISSION.content)
    notes = places.tasks(_TASK_ID, TASK.note).where(*conditions, IS_SENT_BACK, TASK.note != "")
    found = {task for task, note in places.execute(notes).all() if wanted in searchable(note)}
    drafts = _drafts(viewer, places, conditions, open_tasks)
    return found | _holding(wanted, drafts, _DRAFT.task_id, _DRAFT.answers)


def _acts(places: Places, conditions: Sequence[ColumnElement[bool]]) -> dict[Key, str]:
    newest = _newest(places.tasks(TASK.id).where(*conditions)).subquery("newest")
    acts = select(
        cast(_SUBMISSION.task_id, String).label("task"),
        cast(_SUBMISSION.id, String).label("holder"),
        _SUBMISSION.seq.label("rev"),
    ).join_from(newest, table_of(Submission), _SUBMISSION.task_id == newest.c.id)
    return {(holder, rev): task for task, holder, rev in places.execute(acts).all()}


def _drafts(
    viewer: Viewer, places: Places, conditions: Sequence[ColumnElement[bool]], open_tasks: int
) -> dict[Key, str]:
    """A draft is only for those who prepare or sign it."""
    columns = _TASK_ID, TASK.group, _UNIT_ID, TASK.signer
    if _are_at_most(most := open_tasks // _DRAFTS_FIRST):
        # So limited, SQLite begins with them; it would look for a draft of each task instead.
        all_drafts = select(_DRAFT.task_id, _DRAFT.rev).limit(most).subquery("drafts")
        drafts = select(*columns, all_drafts.c.rev).join_from(
            all_drafts, table_of(Task), all_drafts.c.task_id == TASK.id
        )
        drafts = drafts.where(is_among(TASK.unit_id, {unit for _, unit in viewer.worklist_groups}))
    else:
        drafts = places.tasks(*columns, _DRAFT.rev).join(table_of(Draft), _DRAFT.task_id == TASK.id)
    works_on = cache(lambda *place: _works_on(viewer, *place))
    rows = places.execute(_newest(drafts.where(*conditions))).all()
    return {(task, rev): task for task, group, unit, signer, rev in rows if works_on(group, unit, signer)}


def _are_at_most(most: int) -> bool:
    """Whether there are so few drafts, of whomever: PostgreSQL knows by itself where to begin."""
    if db.engine.dialect.name != "sqlite":
        return False
    some = select(_DRAFT.task_id).limit(most + 1).subquery()
    return db.session.connection().execute(select(func.count()).select_from(some)).scalar_one() <= most


def _newest(tasks: Select[Any]) -> Select[Any]:
    return tasks.order_by(TASK.received_at.desc(), TASK.id.desc()).limit(MOST_CONTENTS)


def _holding(
    wanted: str,
    keys: Mapping[Key, str],
    key: ColumnElement[uuid.UUID],
    content: ColumnElement[Any],
) -> set[str]:
    """Of the tasks by `keys` those whose content has the words."""
    texts = _texts_of(list(keys), key, content)
    return {task for one, task in keys.items() if wanted in texts.get(one, "")}


def _works_on(viewer: Viewer, group: str, unit: str, signer: str) -> bool:
    unit_id = uuid.UUID(unit)
    prepares = viewer.seat_for_preparing(group, unit_id)
    return bool(prepares or viewer.seat_for_signing(group, unit_id, signer))


def _texts_of(
    keys: Sequence[Key], key: ColumnElement[uuid.UUID], content: ColumnElement[Any]
) -> dict[Key, str]:
    """Read, and taken off their diacritics, once per process and content."""
    with _lock:
        texts = {one: _remembered[one] for one in keys if one in _remembered}
    if len(texts) == len(keys):
        return texts
    missing = {uuid.UUID(holder): (holder, rev) for holder, rev in keys if (holder, rev) not in texts}
    stored_ones = db.session.connection().execute(select(key, content).where(is_among(key, missing)))
    for holder, stored in stored_ones:
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
