"""A viewer's seats as a table that statements join tasks to, and the conditions of the worklist's indexes.

Whoever acts in fifty units has tens of thousands of tasks: what is asked about all of them must be found in
an index and read nothing else (docs/performance.md).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Executable,
    FromClause,
    Result,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    column,
    func,
    join,
    literal,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.orm import QueryableAttribute

from service.database import db, table_of
from service.identity.viewer import Viewer
from service.models import Case, Task

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

    def execute(self, query: Executable, **values: Any) -> Result[*tuple[Any, ...]]:
        return db.session.execute(query, {**self.given, **values})


def is_among(wanted: QueryableAttribute[uuid.UUID], ids: Iterable[uuid.UUID]) -> ColumnElement[bool]:
    """`wanted` IN `ids`, as one value: to put hundreds of parameters together takes long."""
    ordered = sorted(ids, key=lambda one: one.hex)
    if db.engine.dialect.name == "sqlite":
        each = func.json_each(orjson.dumps([one.hex for one in ordered]).decode()).table_valued("value")
        return wanted.in_(select(type_coerce(each.c.value, Uuid())))
    return wanted == any_(literal(ordered, ARRAY(Uuid())))


def in_cases(communes: Iterable[uuid.UUID], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Tasks of the cases of these communes that fulfil `conditions`.

    The cases are found along the index first: to look up each of ten thousand tasks' cases takes ten times
    as long.
    """
    return Task.case_id.in_(select(Case.id).where(is_among(Case.commune_id, communes), *conditions))


def places_of(viewer: Viewer) -> Places:
    pairs = viewer.worklist_groups
    if db.engine.dialect.name == "sqlite":
        return Places({"places": orjson.dumps([(group, unit.hex) for group, unit in pairs]).decode()})
    return Places({"groups": [group for group, _ in pairs], "units": [unit for _, unit in pairs]})


@cache
def tasks_there(dialect: str) -> FromClause:
    """The pairs given JOIN task."""
    if dialect == "sqlite":
        each = func.json_each(bindparam("places", type_=Text)).table_valued("value", name="each")
        table: Any = select(
            func.json_extract(each.c.value, "$[0]").label("group"),
            type_coerce(func.json_extract(each.c.value, "$[1]"), Uuid()).label("unit_id"),
        ).subquery("place")
    else:
        arrays = bindparam("groups", type_=ARRAY(Text)), bindparam("units", type_=ARRAY(Uuid()))
        named = column("group", Text), column("unit_id", Uuid())
        table = func.unnest(*arrays).table_valued(*named, name="place").render_derived(with_types=False)
    tasks = table_of(Task)
    return join(table, tasks, and_(tasks.c.group == table.c.group, tasks.c.unit_id == table.c.unit_id))
