"""A viewer's seats as a table that statements join tasks to, and the conditions of the worklist's indexes.

Whoever acts in fifty units has tens of thousands of tasks: what is asked about all of them must be found in
an index and read nothing else (docs/performance.md).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CursorResult,
    Executable,
    FromClause,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    column,
    func,
    join,
    literal,
    literal_column,
    select,
    type_coerce,
)

from service.database import db, table_of
from service.identity.viewer import Viewer
from service.models import Case, Task

# Tables, not models: what is asked of them does not go through the ORM, which looks at each statement twice.
TASK, CASE = table_of(Task).c, table_of(Case).c
# Word for word as in the indexes: SQLite uses an index of some rows only where it sees the very same words.
IS_OPEN: ColumnElement[bool] = literal_column("task.state IN ('ready', 'reserved')")
IS_DONE: ColumnElement[bool] = literal_column("task.state = 'completed'")
IS_SENT_BACK: ColumnElement[bool] = literal_column(
    "(task.returned OR (task.stage = 'preparing' AND task.note <> ''))"
)


@dataclass(frozen=True)
class Places:
    """The (group, unit) pairs whose tasks a viewer sees on the worklist.

    These are tasks of cases that the viewer may see: a task's unit is the case's of that group (`unit_of`),
    and it is by their units that cases are seen (`Viewer.sees`). The pairs are values of a statement that is
    the same for everybody and put together once.
    """

    given: Mapping[str, Any]

    def tasks(self, *columns: Any) -> Select[*tuple[Any, ...]]:
        """SELECT `columns` of these tasks; to be asked by `execute`."""
        return select(*columns).select_from(tasks_there(db.engine.dialect.name))

    def execute(self, query: Executable, **values: Any) -> CursorResult[*tuple[Any, ...]]:
        return db.session.connection().execute(query, {**self.given, **values})


def is_among(wanted: ColumnElement[uuid.UUID], ids: Iterable[uuid.UUID]) -> ColumnElement[bool]:
    """`wanted` IN `ids`, as one value: to put hundreds of parameters together takes long."""
    ordered = sorted(ids, key=lambda one: one.hex)
    return among(wanted, literal(given_ids(ordered), Text if _on_sqlite() else ARRAY(Uuid())))


def is_one_of(wanted: ColumnElement[uuid.UUID], written: Iterable[str]) -> ColumnElement[bool]:
    """As `is_among`, of ids as the database writes them: to make UUIDs of hundreds takes long."""
    ordered = sorted(written)
    if _on_sqlite():
        return among(wanted, literal(orjson.dumps(ordered).decode(), Text))
    return among(wanted, cast(literal(ordered, ARRAY(Text)), ARRAY(Uuid())))


def among(wanted: ColumnElement[uuid.UUID], given: ColumnElement[Any]) -> ColumnElement[bool]:
    """`wanted` IN what `given_ids` made."""
    if _on_sqlite():
        return wanted.in_(select(type_coerce(func.json_each(given).table_valued("value").c.value, Uuid())))
    return wanted == any_(given)


def stands_in(text: ColumnElement[str], words: str) -> ColumnElement[bool]:
    """Letter for letter, which takes half as long as LIKE."""
    return (func.instr if _on_sqlite() else func.strpos)(text, words) > 0


def given_ids(ids: Sequence[uuid.UUID]) -> Any:
    return orjson.dumps([one.hex for one in ids]).decode() if _on_sqlite() else list(ids)


def _on_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def in_cases(communes: Iterable[uuid.UUID], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Tasks of the cases of these communes that fulfil `conditions`.

    The cases are found along the index first: to look up each of ten thousand tasks' cases takes ten times
    as long.
    """
    cases = select(CASE.id).where(is_among(CASE.commune_id, communes), *conditions)
    # PostgreSQL takes fifty seats for a fiftieth of the tasks that they have, and for so few it would look up
    # each task's case; with an OFFSET it finds the cases on their own.
    return TASK.case_id.in_(cases if _on_sqlite() else cases.offset(literal_column("0")))


def places_of(viewer: Viewer) -> Places:
    pairs = viewer.worklist_groups
    if db.engine.dialect.name == "sqlite":
        return Places({"places": orjson.dumps([(group, unit.hex) for group, unit in pairs]).decode()})
    return Places({"groups": [group for group, _ in pairs], "units": [unit for _, unit in pairs]})


@cache
def tasks_there(dialect: str) -> FromClause:
    """The pairs given JOIN task."""
    place, tasks = _places(dialect), table_of(Task)
    return join(place, tasks, and_(tasks.c.group == place.c.group, tasks.c.unit_id == place.c.unit_id))


@cache
def _places(dialect: str) -> FromClause:
    if dialect == "sqlite":
        each = func.json_each(bindparam("places", type_=Text)).table_valued("value", name="each")
        return select(
            func.json_extract(each.c.value, "$[0]").label("group"),
            type_coerce(func.json_extract(each.c.value, "$[1]"), Uuid()).label("unit_id"),
        ).subquery("place")
    arrays = bindparam("groups", type_=ARRAY(Text)), bindparam("units", type_=ARRAY(Uuid()))
    named = column("group", Text), column("unit_id", Uuid())
    return func.unnest(*arrays).table_valued(*named, name="place").render_derived(with_types=False)


@cache
def all_done_are_dated(dialect: str) -> ColumnElement[bool]:
    """Whether each of the done tasks there says when it was completed; asked once for a whole statement."""
    undated = select(TASK.id).select_from(tasks_there(dialect)).where(IS_DONE, TASK.completed_at.is_(None))
    return ~undated.correlate(None).exists()
