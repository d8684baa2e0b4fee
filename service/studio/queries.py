"""Reading drafts of procedures, and what a procedure's versions are to one another in time."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from service.database import AnyRow, db
from service.errors import NotFound
from service.models import DraftState, ProcessDraft, ProcessVersion, User
from service.processes.queries import Procedure, procedure
from service.wording import Words, _, marked

STATES: Words[str] = Words(
    {
        DraftState.DRAFT: marked("Đang soạn"),
        DraftState.SUBMITTED: marked("Chờ phê duyệt"),
        DraftState.APPROVED: marked("Đã phê duyệt, chưa ban hành"),
        DraftState.PUBLISHED: marked("Đã ban hành"),
        DraftState.WITHDRAWN: marked("Đã bỏ"),
    }
)
# Drafts that still have a way before them.
OPEN_STATES = (DraftState.DRAFT, DraftState.SUBMITTED, DraftState.APPROVED)
FORMER, IN_FORCE, COMING = "former", "in_force", "coming"


@dataclass(frozen=True)
class ListedDraft:
    """A draft in a list: everything but what is drawn."""

    id: uuid.UUID
    key: str
    name: str
    state: str
    changed_at: datetime
    changed_by: str
    based_on: int | None
    effective_on: date | None


@dataclass(frozen=True)
class ListedVersion:
    """A published version on the time line."""

    key: str
    version: int
    name: str
    legal_basis: str
    effective_on: date
    published_at: datetime
    standing: str
    # The day on which another version takes over.
    until: date | None


def read_draft(draft_id: uuid.UUID) -> ProcessDraft:
    """Raises NotFound."""
    row = db.session.get(ProcessDraft, draft_id)
    if row is None:
        raise NotFound(_("Không có bản thảo quy trình này."))
    return row


def version_of(version_id: uuid.UUID | None) -> ProcessVersion | None:
    """The version that a draft is based on, or became."""
    return db.session.get(ProcessVersion, version_id) if version_id is not None else None


def list_drafts(key: str | None = None, *, closed: bool = False, most: int = 50) -> list[ListedDraft]:
    """Drafts under way, the one touched last first; `closed` those that were published or given up."""
    states = [state for state in DraftState if (state in OPEN_STATES) is not closed]
    query = (
        select(
            ProcessDraft.id,
            ProcessDraft.key,
            ProcessDraft.name,
            ProcessDraft.state,
            ProcessDraft.changed_at,
            User.display_name,
            ProcessVersion.version,
            ProcessDraft.effective_on,
        )
        .join(User, User.id == ProcessDraft.changed_by)
        .outerjoin(ProcessVersion, ProcessVersion.id == ProcessDraft.based_on)
        .where(ProcessDraft.state.in_(states))
        .order_by(ProcessDraft.changed_at.desc(), ProcessDraft.id)
        .limit(most)
    )
    if key is not None:
        query = query.where(ProcessDraft.key == key)
    return [ListedDraft(*row) for row in db.session.execute(query).all()]


def time_lines(day: date) -> dict[str, list[ListedVersion]]:
    """{procedure: its versions, that which comes last first}; procedures by key."""
    rows = db.session.execute(
        select(
            ProcessVersion.key,
            ProcessVersion.version,
            ProcessVersion.name,
            ProcessVersion.legal_basis,
            ProcessVersion.effective_on,
            ProcessVersion.published_at,
        ).order_by(ProcessVersion.key, ProcessVersion.effective_on.desc(), ProcessVersion.version.desc())
    ).all()
    keys = list(dict.fromkeys(row.key for row in rows))
    return {key: list(_stood([row for row in rows if row.key == key], day)) for key in keys}


def _stood(rows: Sequence[AnyRow], day: date) -> Iterator[ListedVersion]:
    """In the order in which they take over from one another, as `version_in_force` chooses."""
    found, after = False, None
    for row in rows:
        if row.effective_on > day:
            standing = COMING
        elif not found:
            standing, found = IN_FORCE, True
        else:
            standing = FORMER
        yield ListedVersion(
            row.key,
            row.version,
            row.name,
            row.legal_basis,
            row.effective_on,
            row.published_at,
            standing,
            after,
        )
        after = row.effective_on


def names_of_procedures() -> dict[str, str]:
    """{key: what the newest version is called} of all procedures."""
    rows = db.session.execute(
        select(ProcessVersion.key, ProcessVersion.name).order_by(ProcessVersion.version)
    ).all()
    return {row.key: row.name for row in rows}


def newest_version(key: str) -> ProcessVersion | None:
    return db.session.scalars(
        select(ProcessVersion)
        .where(ProcessVersion.key == key)
        .order_by(ProcessVersion.version.desc())
        .limit(1)
    ).one_or_none()


def version_replaced(key: str, day: date | None) -> Procedure | None:
    """The version that one taking effect on `day` takes over from; before the first day, the newest one."""
    query = select(ProcessVersion.id).where(ProcessVersion.key == key)
    if day is not None:
        query = query.order_by((ProcessVersion.effective_on <= day).desc())
    version_id = db.session.execute(
        query.order_by(ProcessVersion.effective_on.desc(), ProcessVersion.version.desc()).limit(1)
    ).scalar_one_or_none()
    return procedure(version_id) if version_id is not None else None
