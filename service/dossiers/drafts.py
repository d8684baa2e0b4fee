"""Where a draft names files, and how it comes to name another version."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from service.errors import DraftChanged
from service.models import Draft
from service.processes.draft_fields import (
    criterion_of,
    fields_of,
    known_stamps,
    stamp_of,
    stamped,
    with_fields,
)


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
    only_rows: frozenset[str] | None = None,
) -> int:
    """Let the task's draft name `new` wherever it named `old`; returns its rev, 0 where there is none.

    `seen_rev` is the rev that the person's page stands on: DraftChanged where somebody has changed one of
    those fields since. `only_rows`: the criteria of somebody who may fill in no others.
    """
    row = connection.execute(
        select(Draft.answers, Draft.rev, Draft.changed_at, Draft.saved_by, Draft.saved_at).where(
            Draft.task_id == task_id
        )
    ).one_or_none()
    rev = int(row.rev) if row is not None else 0
    if seen_rev is not None and seen_rev > rev:
        raise DraftChanged()
    if row is None:
        return 0
    fields = fields_of(row.answers)
    naming = {
        path: value
        for path, value in fields.items()
        if (only_rows is None or criterion_of(path) in only_rows) and str(old) in _ids(value)
    }
    stamps = known_stamps(row.changed_at, rev, row.saved_by, row.saved_at)
    if seen_rev is not None and any(stamp_of(stamps, path).rev > seen_rev for path in naming):
        raise DraftChanged()
    if not naming:
        return rev
    changes = {path: with_new_version(value, str(old), str(new)) for path, value in naming.items()}
    changed = connection.execute(
        update(Draft)
        .where(Draft.task_id == task_id, Draft.rev == rev)
        .values(
            answers=with_fields(row.answers, changes),
            changed_at=stamped(stamps, changes, rev=rev + 1, by=by, now=now),
            rev=rev + 1,
            saved_by=by,
            saved_at=now,
        )
    )
    if changed.rowcount != 1:
        raise DraftChanged()
    return rev + 1


def _ids(value: Any) -> set[str]:
    """What a field may name files by, however deep it lies in its rows."""
    if isinstance(value, list):
        return set().union(*(_ids(one) for one in value))
    if isinstance(value, dict):
        return set().union(*(_ids(one) for one in value.values()))
    return {value} if isinstance(value, str) else set()
