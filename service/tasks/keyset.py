"""The worklist's orders, and paging along them: a cursor says where the last page ended."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Label, case, func, literal, tuple_
from sqlalchemy.types import Integer

from service.database import AnyRow, UtcDateTime, db, iso_instant
from service.errors import BadInput
from service.tasks.places import CASE, TASK, all_done_are_dated
from service.vietnamese import sort_key
from service.wording import _

FAR_DAY = date(9999, 12, 31)
_due_or_far = func.coalesce(TASK.due_on, literal(FAR_DAY, TASK.due_on.type))


@dataclass(frozen=True)
class Order:
    """`keys` end with the task's id and go all one way: up, or down with `descending`.

    `communes`, where the order is by them: as they stand in it; the first key is their number there.
    `along`: the same keys as they stand in an index, for the rows that `usual` holds for; what `rest` holds
    for comes after those.
    """

    name: str
    keys: tuple[Any, ...]
    descending: bool = False
    communes: tuple[uuid.UUID, ...] = ()
    along: tuple[Any, ...] = ()
    usual: ColumnElement[bool] | None = None
    rest: ColumnElement[bool] | None = None

    @property
    def selected(self) -> list[Label[Any]]:
        """The keys as columns of the list, for its cursor."""
        return [key.label(f"sort_{number}") for number, key in enumerate(self.keys)]

    @property
    def by(self) -> list[ColumnElement[Any]]:
        return [key.desc() if self.descending else key for key in self.keys]

    def of_communes(self, since: int, until: int) -> Order:
        """The same order of what is of these communes only: a shorter statement."""
        return replace(self, keys=(_rank(self.communes[since:until], since), *self.keys[1:]))

    def in_front(self) -> Order:
        """The order of the rows that `usual` holds for: an index has it, so that nothing need be sorted."""
        return replace(self, keys=self.along)


def order_of(sort: str, *, done: bool, communes: Callable[[], Sequence[tuple[uuid.UUID, str]]]) -> Order:
    """`communes` tells (id, name) of all that may occur, asked only where the order is by their names.

    What is done has no deadline any more: by default what was completed last stands first.
    """
    if sort == "received":
        newest = (TASK.received_at, TASK.id)
        return Order(sort, newest, descending=True, along=newest)
    if sort == "commune":
        ordered = _in_dictionary_order(communes())
        return Order(sort, (_rank(ordered), _due_or_far, TASK.id), communes=ordered)
    if sort == "priority":
        return Order(sort, (TASK.priority, _due_or_far, TASK.id))
    if done:
        keys = (func.coalesce(TASK.completed_at, TASK.received_at), TASK.id)
        dated = all_done_are_dated(db.engine.dialect.name)
        return Order(
            "done", keys, descending=True, along=(TASK.completed_at, TASK.id), usual=dated, rest=~dated
        )
    dated = TASK.due_on.is_not(None)
    return Order("due", (_due_or_far, TASK.id), along=(TASK.due_on, TASK.id), usual=dated, rest=~dated)


def after(order: Order, cursor: str) -> ColumnElement[bool]:
    """What comes after the row that `cursor` was made of; raises BadInput for one of another order."""
    try:
        given = _decoded(order, cursor)
    except (ValueError, UnicodeError, TypeError, AttributeError) as error:
        raise BadInput(
            _("Con trỏ trang không hợp lệ. Hãy tải lại từ trang đầu."),
            fields={"cursor": [_("Không hợp lệ.")]},
        ) from error
    keys, limit = tuple_(*order.keys), tuple_(*given)
    return keys < limit if order.descending else keys > limit


def position_of(order: Order, cursor: str | None) -> int:
    """The number of the commune at which the page after `cursor` begins; `after` has found it valid."""
    return int(_values(order, cursor)[0]) if cursor else 0


def _decoded(order: Order, cursor: str) -> list[ColumnElement[Any]]:
    return [_read(key, value) for key, value in zip(order.keys, _values(order, cursor), strict=True)]


def _values(order: Order, cursor: str) -> list[Any]:
    padded = cursor + "=" * (-len(cursor) % 4)
    name, *values = orjson.loads(base64.urlsafe_b64decode(padded.encode()))
    if name != order.name:
        raise ValueError(name)
    return values


def cursor_of(order: Order, row: AnyRow) -> str:
    values = [_written(getattr(row, f"sort_{number}")) for number in range(len(order.keys))]
    return base64.urlsafe_b64encode(orjson.dumps([order.name, *values])).decode().rstrip("=")


def _in_dictionary_order(communes: Iterable[tuple[uuid.UUID, str]]) -> tuple[uuid.UUID, ...]:
    """By their names, whose order no database's collation has."""
    ordered = sorted(communes, key=lambda one: (sort_key(_place_name(one[1])), one[0].hex))
    return tuple(unit for unit, _ in ordered)


def _rank(ordered: Sequence[uuid.UUID], first: int = 0) -> ColumnElement[int]:
    ranks = {unit: number for number, unit in enumerate(ordered, first)}
    return case(ranks, value=CASE.commune_id, else_=first + len(ranks)) if ranks else literal(0, Integer())


def _place_name(name: str) -> str:
    """ "UBND xã Thí Dụ" stands under T: what kind of commune it is does not matter."""
    return re.sub(r"^(UBND\s+)?(xã|phường|thị trấn)\s+", "", name, flags=re.IGNORECASE)


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso_instant(value)
    return str(value) if isinstance(value, uuid.UUID | date) else value


def _read(key: ColumnElement[Any], value: Any) -> ColumnElement[Any]:
    if isinstance(key.type, UtcDateTime):
        instant = datetime.fromisoformat(value)
        # What no database's zone has a day for any more must not get as far as its driver.
        if instant.tzinfo is None or not 1 < instant.year < FAR_DAY.year:
            raise ValueError(value)
        return literal(instant, key.type)
    kind = key.type.python_type
    if kind is date:
        return literal(date.fromisoformat(value), key.type)
    if kind is uuid.UUID:
        return literal(uuid.UUID(value), key.type)
    if not isinstance(value, int) or not -(2**31) < value < 2**31:
        raise ValueError(value)
    return literal(value, key.type)
