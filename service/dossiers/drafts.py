"""Where a draft names files, and how it comes to name another version."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from service.errors import DraftChanged
from service.models import Draft


def with_new_version(answers: Any, old: str, new: str) -> Any:
    """The answers naming `new` in every list that named `old`, in its place."""
    if isinstance(answers, dict):
        return {key: with_new_version(value, old, new) for key, value in answers.items()}
    if isinstance(answers, list):
        swapped = (new if item == old else with_new_version(item, old, new) for item in answers)
        return list(swapped)
    return answers


def point_draft_at(
    connection: Connection,
    *,
    task_id: uuid.UUID,
    old: uuid.UUID,
    new: uuid.UUID,
    seen_rev: int | None,
    by: uuid.UUID,
    now: datetime,
) -> int:
    """Let the task's draft name `new` wherever it named `old`; returns its rev, 0 where there is none.

    `seen_rev` is the rev that the person's page stands on: DraftChanged where it is another by now.
    """
    row = connection.execute(select(Draft.answers, Draft.rev).where(Draft.task_id == task_id)).one_or_none()
    rev = row.rev if row is not None else 0
    if seen_rev is not None and rev != seen_rev:
        raise DraftChanged()
    if row is None:
        return 0
    answers = with_new_version(row.answers, str(old), str(new))
    if answers == row.answers:
        return int(rev)
    changed = connection.execute(
        update(Draft)
        .where(Draft.task_id == task_id, Draft.rev == rev)
        .values(answers=answers, rev=rev + 1, saved_by=by, saved_at=now)
    )
    if changed.rowcount != 1:
        raise DraftChanged()
    return int(rev) + 1
