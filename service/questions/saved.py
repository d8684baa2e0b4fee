"""Questions that a person keeps under a name, for themselves or for their unit as well.

What is kept is only a way of asking: whoever opens it sees what they may see themselves.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from service.audit.operations import record_administration
from service.database import AnyRow, db, transaction
from service.errors import BadInput, NotFound
from service.identity.queries import load_viewer
from service.identity.viewer import Viewer
from service.models import SavedQuestion, Unit, User
from service.questions.ready import question
from service.vietnamese import sort_key, without_controls
from service.wording import _

MOST_QUESTIONS, LONGEST_NAME, LONGEST_QUERY = 30, 80, 1_000
_OF_PERSON = (
    select(
        SavedQuestion.id,
        SavedQuestion.name,
        SavedQuestion.question,
        SavedQuestion.query,
        SavedQuestion.user_id,
        SavedQuestion.unit_id,
        User.display_name.label("kept_by"),
        Unit.name.label("unit"),
    )
    .join(User, User.id == SavedQuestion.user_id)
    .outerjoin(Unit, Unit.id == SavedQuestion.unit_id)
    .where(
        or_(
            SavedQuestion.user_id == bindparam("of_user"),
            SavedQuestion.unit_id.in_(bindparam("of_units", expanding=True)),
        )
    )
)


def saved_questions(viewer: Viewer) -> Sequence[AnyRow]:
    """The viewer's own and their units', by name; only what they may ask."""
    found = db.session.execute(
        _OF_PERSON, {"of_user": viewer.id, "of_units": sorted(_units(viewer), key=lambda one: one.hex)}
    ).all()
    mine = [one for one in found if question(one.question).may_ask(viewer)]
    return sorted(mine, key=lambda one: (sort_key(one.name), one.id.hex))


def save_question(
    *, name: str, key: str, query: str, unit_id: uuid.UUID | None = None, by: Viewer, now: datetime
) -> uuid.UUID:
    """Keep question `key` with `query`, the address's arguments; `unit_id` shares it within one's own unit.

    Raises BadInput for a name that is taken or none, NotFound for another's unit or no such question.
    """
    question(key)
    name = _checked(name)
    if len(query) > LONGEST_QUERY:
        raise BadInput(_("Câu hỏi này quá dài để lưu. Hãy rút ngắn các ô tìm."))
    saved_id = uuid.uuid4()
    try:
        with transaction() as session:
            connection = session.connection()
            viewer = load_viewer(by.id, now, connection)
            if unit_id is not None and unit_id not in _units(viewer):
                raise NotFound()
            if _count(connection, by) >= MOST_QUESTIONS:
                raise _refused(
                    _(
                        "Mỗi người lưu nhiều nhất %(most)s câu hỏi. Hãy xóa bớt một câu hỏi cũ.",
                        most=MOST_QUESTIONS,
                    )
                )
            connection.execute(
                insert(SavedQuestion).values(
                    id=saved_id,
                    user_id=by.id,
                    unit_id=unit_id,
                    name=name,
                    question=key,
                    query=query,
                    created_at=now,
                )
            )
            _record(connection, "question_saved", saved_id, by, now)
    except IntegrityError:
        raise _taken(name) from None
    return saved_id


def rename_question(*, saved_id: uuid.UUID, name: str, by: Viewer, now: datetime) -> None:
    """Raises NotFound for somebody else's, BadInput for a name that is taken or none."""
    name = _checked(name)
    try:
        with transaction() as session:
            connection = session.connection()
            load_viewer(by.id, now, connection)
            changed = connection.execute(update(SavedQuestion).where(_own(saved_id, by)).values(name=name))
            if changed.rowcount != 1:
                raise NotFound()
            _record(connection, "question_renamed", saved_id, by, now)
    except IntegrityError:
        raise _taken(name) from None


def delete_question(*, saved_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    """Raises NotFound for somebody else's, or one that is gone already."""
    with transaction() as session:
        connection = session.connection()
        load_viewer(by.id, now, connection)
        if connection.execute(delete(SavedQuestion).where(_own(saved_id, by))).rowcount != 1:
            raise NotFound()
        _record(connection, "question_deleted", saved_id, by, now)


def shared_with(viewer: Viewer) -> list[tuple[uuid.UUID, str]]:
    """The units within which this person may share: (id, name)."""
    return sorted({(seat.unit_id, seat.unit_name) for seat in viewer.seats}, key=lambda one: sort_key(one[1]))


def _units(viewer: Viewer) -> set[uuid.UUID]:
    return {seat.unit_id for seat in viewer.seats}


def _own(saved_id: uuid.UUID, by: Viewer) -> ColumnElement[bool]:
    return and_(SavedQuestion.id == saved_id, SavedQuestion.user_id == by.id)


def _checked(name: str) -> str:
    name = " ".join(without_controls(name).split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise _refused(_("Hãy đặt tên câu hỏi, dài từ 1 đến %(longest)s ký tự.", longest=LONGEST_NAME))
    return name


def _count(connection: Connection, by: Viewer) -> int:
    query = select(func.count()).select_from(SavedQuestion).where(SavedQuestion.user_id == by.id)
    return int(connection.execute(query).scalar_one())


def _taken(name: str) -> BadInput:
    return _refused(_("Ông/bà đã có câu hỏi tên “%(name)s”. Hãy đặt tên khác.", name=name))


def _refused(sentence: str) -> BadInput:
    return BadInput(sentence, fields={"name": [sentence]})


def _record(connection: Connection, kind: str, saved_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    record_administration(connection, kind, {"saved": str(saved_id)}, by=by.actor(), at=now)
