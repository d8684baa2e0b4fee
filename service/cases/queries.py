"""Reading cases: lists, and one case for those who may see it."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from service.database import AnyRow, db
from service.errors import BadInput, NotFound
from service.identity.queries import visible_cases
from service.identity.viewer import Viewer
from service.models import Case, Unit
from service.vietnamese import searchable, without_controls
from service.wording import _


@dataclass(frozen=True)
class Page:
    items: Sequence[AnyRow]
    next_cursor: str | None


_COLUMNS = (
    Case.id,
    Case.code,
    Case.year,
    Case.basis,
    Case.status,
    Case.outcome,
    Case.active,
    Case.opened_at,
    Case.finished_at,
    Case.last_event_at,
    Case.process_version_id,
    Unit.name.label("commune"),
)


def list_cases(
    viewer: Viewer,
    *,
    year: int | None = None,
    status: str = "",
    search: str = "",
    version_id: uuid.UUID | None = None,
    only: ColumnElement[bool] | None = None,
    cursor: str | None = None,
    size: int = 50,
) -> Page:
    """Cases the viewer may see, by code; `search` is by commune or code, without diacritics.

    `only` narrows them by a further condition on Case, such as `whereabouts.standing_at`.
    """
    query = (
        select(*_COLUMNS)
        .join(Unit, Unit.id == Case.commune_id)
        .where(visible_cases(viewer))
        .order_by(Case.code)
    )
    if year is not None:
        query = query.where(Case.year == year)
    if status:
        query = query.where(Case.status == status)
    if version_id is not None:
        query = query.where(Case.process_version_id == version_id)
    if only is not None:
        query = query.where(only)
    if search := without_controls(search):
        wanted = searchable(search)
        units = [
            row.id
            for row in db.session.execute(select(Unit.id, Unit.name).where(Unit.kind == "commune"))
            if wanted in searchable(row.name)
        ]
        query = query.where(
            or_(
                Case.commune_id.in_(sorted(units)),
                func.lower(Case.code).contains(search.strip().lower(), autoescape=True),
            )
        )
    if cursor:
        query = query.where(Case.code > _decode(cursor))
    rows = db.session.execute(query.limit(size + 1)).all()
    items = rows[:size]
    return Page(items, _encode(items[-1].code) if len(rows) > size else None)


def read_case(case_id: uuid.UUID, viewer: Viewer) -> Case:
    """A case the viewer may see; raises NotFound."""
    found = db.session.scalars(
        select(Case)
        .where(Case.id == case_id, visible_cases(viewer))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def _encode(code: str) -> str:
    return base64.urlsafe_b64encode(code.encode()).decode().rstrip("=")


def _decode(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
    except (ValueError, UnicodeError) as error:
        raise BadInput(
            _("Con trỏ trang không hợp lệ. Hãy tải lại từ trang đầu."),
            fields={"cursor": [_("Không hợp lệ.")]},
        ) from error
