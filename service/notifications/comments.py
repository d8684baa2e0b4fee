"""Telling of a new comment: those whose turn it is in the case, and those who spoke before. Never its text:
it travels by e-mail too, and may be withdrawn."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from service.clock import local_day
from service.comments.rights import heard_by
from service.database import AnyRow, transaction
from service.errors import NotLoggedIn
from service.identity.queries import load_viewer, visible_cases
from service.models import Case, Comment, Task, Unit
from service.models.cases import OPEN_STATES
from service.notifications import words
from service.notifications.kinds import Kind
from service.notifications.recipients import holders_on, whose_turn
from service.notifications.telling import Telling, tell


def announce_comment(comment_id: uuid.UUID, now: datetime, *, by_email: bool) -> None:
    """Nobody is told of what they may not hear, or of what was withdrawn meanwhile; twice is once."""
    with transaction() as session:
        connection = session.connection()
        row = connection.execute(
            select(
                Comment.id,
                Comment.case_id,
                Comment.criterion,
                Comment.author_id,
                Case.code,
                Case.year,
                Unit.name.label("commune"),
            )
            .join(Case, Case.id == Comment.case_id)
            .join(Unit, Unit.id == Case.commune_id)
            .where(Comment.id == comment_id, Comment.withdrawn_at.is_(None))
        ).one_or_none()
        if row is None:
            return
        said = words.commented(row.commune, row.code, row.year, row.criterion)
        link = f"/ho-so/{row.case_id}?tab=trao-doi#trao-doi-{row.id}"
        tellings = [
            Telling(user, Kind.COMMENT_ADDED, said, link, f"comment:{row.id}", case_id=row.case_id)
            for user in sorted(_concerned(connection, row, now))
            if _hears(connection, user, row, now)
        ]
        tell(connection, tellings, now=now, by_email=by_email)


def _concerned(connection: Connection, row: AnyRow, now: datetime) -> set[uuid.UUID]:
    tasks = connection.execute(
        select(Task.group, Task.unit_id, Task.signer, Task.stage, Task.owner_id, Task.prepared_by).where(
            Task.case_id == row.case_id, Task.state.in_(OPEN_STATES)
        )
    ).all()
    held = holders_on(connection, {(task.group, task.unit_id) for task in tasks}, local_day(now))
    spoke = connection.execute(
        select(Comment.author_id).distinct().where(Comment.case_id == row.case_id, Comment.id != row.id)
    ).scalars()
    turns = frozenset[uuid.UUID]().union(*(whose_turn(task, held) for task in tasks))
    return {*turns, *spoke} - {row.author_id}


def _hears(connection: Connection, user: uuid.UUID, row: AnyRow, now: datetime) -> bool:
    try:
        viewer = load_viewer(user, now, connection)
    except NotLoggedIn:  # switched off since
        return False
    heard = (
        select(Comment.id)
        .join(Case, Case.id == Comment.case_id)
        .where(Comment.id == row.id, visible_cases(viewer), heard_by(viewer, row.case_id))
    )
    return connection.execute(heard).first() is not None
