"""Reading what was said about a case, as far as the reader may hear it."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import and_, func, or_, select

from service.comments.rights import heard_by
from service.database import AnyRow, db, iso_instant
from service.errors import BadInput
from service.identity.viewer import Viewer
from service.models import Comment, Position, Unit, User
from service.wording import _


@dataclass(frozen=True)
class Said:
    """One comment. `body` is empty once withdrawn; `mine` where the reader wrote it."""

    id: uuid.UUID
    criterion: str | None
    author: str
    title: str
    unit: str
    audience: str
    body: str
    created_at: datetime
    withdrawn_at: datetime | None
    mine: bool


@dataclass(frozen=True)
class Page:
    """Newest first; `next_cursor` leads to what was said before, None at the beginning."""

    items: Sequence[Said]
    next_cursor: str | None


def list_comments(
    case_id: uuid.UUID,
    viewer: Viewer,
    *,
    criterion: str | None = None,
    cursor: str | None = None,
    size: int = 50,
) -> Page:
    """What the viewer hears of a case that they see; with `criterion`, what was said about it alone."""
    query = (
        select(Comment, User.display_name, Position.title, Unit.name.label("unit"))
        .join(User, User.id == Comment.author_id)
        .outerjoin(Position, Position.id == Comment.position_id)
        .outerjoin(Unit, Unit.id == Comment.unit_id)
        .where(heard_by(viewer, case_id))
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(size + 1)
        .execution_options(populate_existing=True)
    )
    if criterion:
        query = query.where(Comment.criterion == criterion)
    if cursor:
        at, last = _decode(cursor)
        query = query.where(or_(Comment.created_at < at, and_(Comment.created_at == at, Comment.id < last)))
    rows = db.session.execute(query).all()
    items = [_said(row, viewer) for row in rows[:size]]
    return Page(items, _encode(items[-1]) if len(rows) > size else None)


def counts_by_criterion(case_id: uuid.UUID, viewer: Viewer) -> dict[str | None, int]:
    """{criterion, None for the case as a whole: how many}, of what the viewer hears and nobody withdrew."""
    rows = db.session.execute(
        select(Comment.criterion, func.count())
        .where(heard_by(viewer, case_id), Comment.withdrawn_at.is_(None))
        .group_by(Comment.criterion)
    )
    return {row[0]: row[1] for row in rows}


def _said(row: AnyRow, viewer: Viewer) -> Said:
    comment: Comment = row.Comment
    return Said(
        id=comment.id,
        criterion=comment.criterion,
        author=row.display_name,
        title=row.title or "",
        unit=row.unit or "",
        audience=comment.audience,
        body="" if comment.withdrawn_at else comment.body,
        created_at=comment.created_at,
        withdrawn_at=comment.withdrawn_at,
        mine=comment.author_id == viewer.id,
    )


def _encode(last: Said) -> str:
    text = f"{iso_instant(last.created_at)} {last.id.hex}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
        at, _space, last = text.partition(" ")
        return datetime.fromisoformat(at).astimezone(UTC), uuid.UUID(last)
    except (ValueError, UnicodeError, OverflowError) as error:
        raise BadInput(
            _("Con trỏ trang không hợp lệ. Hãy tải lại từ trang đầu."),
            fields={"cursor": [_("Không hợp lệ.")]},
        ) from error
