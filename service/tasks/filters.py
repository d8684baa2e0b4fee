"""Worklist filters that a person keeps under a name: only theirs, and only a way of looking."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from service.audit.operations import record_administration
from service.database import AnyRow, db, table_of, transaction
from service.errors import BadInput, NotFound
from service.identity.queries import load_viewer
from service.identity.viewer import Viewer
from service.models import SavedFilter
from service.vietnamese import sort_key, without_controls
from service.wording import _

_FILTER = table_of(SavedFilter).c
_OF_PERSON = select(_FILTER.id, _FILTER.name, _FILTER.query).where(_FILTER.user_id == bindparam("of_user"))
MOST_FILTERS = 20
LONGEST_NAME = 80
LONGEST_QUERY = 1_000


def saved_filters(viewer: Viewer) -> Sequence[AnyRow]:
    """The viewer's own (id, name, query), by name."""
    found = db.session.connection().execute(_OF_PERSON, {"of_user": viewer.id}).all()
    return sorted(found, key=lambda one: (sort_key(one.name), one.id.hex))


def save_filter(*, name: str, query: str, by: Viewer, now: datetime) -> uuid.UUID:
    """Keep `query`, the arguments of the page's address. Raises BadInput for a name that is taken or none."""
    name = _checked(name)
    if len(query) > LONGEST_QUERY:
        raise BadInput(_("Bộ lọc này quá dài để lưu. Hãy rút ngắn từ tìm kiếm."))
    filter_id = uuid.uuid4()
    values = {"id": filter_id, "user_id": by.id, "name": name, "query": query, "created_at": now}
    try:
        with transaction() as session:
            connection = session.connection()
            load_viewer(by.id, now, connection)
            if _count(connection, by) >= MOST_FILTERS:
                raise _refused(
                    _(
                        "Mỗi người lưu nhiều nhất %(most_filters)s bộ lọc. Hãy xóa bớt một bộ lọc cũ.",
                        most_filters=MOST_FILTERS,
                    )
                )
            connection.execute(insert(SavedFilter).values(**values))
            _record(connection, "filter_saved", filter_id, by, now)
    except IntegrityError:
        raise _taken(name) from None
    return filter_id


def rename_filter(*, filter_id: uuid.UUID, name: str, by: Viewer, now: datetime) -> None:
    """Raises NotFound for somebody else's, BadInput for a name that is taken or none."""
    name = _checked(name)
    try:
        with transaction() as session:
            connection = session.connection()
            load_viewer(by.id, now, connection)
            changed = connection.execute(
                update(SavedFilter)
                .where(SavedFilter.id == filter_id, SavedFilter.user_id == by.id)
                .values(name=name)
            )
            if changed.rowcount != 1:
                raise NotFound()
            _record(connection, "filter_renamed", filter_id, by, now)
    except IntegrityError:
        raise _taken(name) from None


def delete_filter(*, filter_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    """Raises NotFound for somebody else's, or one that is gone already."""
    with transaction() as session:
        connection = session.connection()
        load_viewer(by.id, now, connection)
        gone = connection.execute(
            delete(SavedFilter).where(SavedFilter.id == filter_id, SavedFilter.user_id == by.id)
        )
        if gone.rowcount != 1:
            raise NotFound()
        _record(connection, "filter_deleted", filter_id, by, now)


def _checked(name: str) -> str:
    name = " ".join(without_controls(name).split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise _refused(
            _("Hãy đặt tên bộ lọc, dài từ 1 đến %(longest_name)s ký tự.", longest_name=LONGEST_NAME)
        )
    return name


def _count(connection: Connection, by: Viewer) -> int:
    query = select(func.count()).select_from(SavedFilter).where(SavedFilter.user_id == by.id)
    return int(connection.execute(query).scalar_one())


def _taken(name: str) -> BadInput:
    return _refused(_("Ông/bà đã có bộ lọc tên “%(name)s”. Hãy đặt tên khác.", name=name))


def _refused(sentence: str) -> BadInput:
    return BadInput(sentence, fields={"name": [sentence]})


def _record(connection: Connection, kind: str, filter_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    record_administration(connection, kind, {"filter": str(filter_id)}, by=by.actor(), at=now)
