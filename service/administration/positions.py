"""Positions put right: the title and the capacity to sign; one that nobody ever held goes again."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.administration.appointments import CAPACITIES, LONGEST_TITLE
from service.administration.rights import as_administrator
from service.administration.typed import refused, text
from service.audit.operations import record_administration
from service.database import transaction
from service.errors import NotFound, WrongState
from service.identity.viewer import Viewer
from service.models import Appointment, MemberAssignment, Position
from service.wording import _, marked

IN_USE = marked("Vị trí này đã có người giữ hoặc đã được giao việc nên không xóa được; hãy để trống vị trí.")


def change_position(
    *, position_id: uuid.UUID, title: str, capacity: str, by: Viewer | None, now: datetime
) -> None:
    """What was signed keeps the title of its day. Raises BadInput; the role never changes."""
    if capacity not in CAPACITIES:
        raise refused("capacity", _("Hãy chọn tư cách ký."))
    named = text(title, "title", _("chức danh"), LONGEST_TITLE)
    with transaction() as session:
        actor = as_administrator(session.connection(), by, now)
        one = _locked(session, position_id)
        before = {"title": one.title, "capacity": one.capacity}
        after = {"title": named, "capacity": capacity}
        if before == after:
            return
        others = session.execute(
            select(Position.title).where(Position.unit_id == one.unit_id, Position.id != one.id)
        ).scalars()
        if named.casefold() in {other.casefold() for other in others}:
            raise refused("title", _("Đơn vị đã có vị trí “%(title)s”.", title=named))
        data = {"position": str(one.id), "unit": str(one.unit_id), "before": before, "after": after}
        session.execute(update(Position).where(Position.id == position_id).values(**after))
        record_administration(session.connection(), "position_changed", data, by=actor, at=now)


def remove_position(*, position_id: uuid.UUID, by: Viewer | None, now: datetime) -> None:
    """Only one that nobody has held and nothing was given to: made by mistake."""
    try:
        with transaction() as session:
            actor = as_administrator(session.connection(), by, now)
            one = _locked(session, position_id)
            for table in (Appointment, MemberAssignment):
                if session.execute(select(table.id).where(table.position_id == one.id).limit(1)).first():
                    raise WrongState(_(IN_USE))
            data = {"unit": str(one.unit_id), "title": one.title, "role": one.role, "code": one.code}
            session.execute(delete(Position).where(Position.id == position_id))
            record_administration(session.connection(), "position_removed", data, by=actor, at=now)
    except IntegrityError as error:
        raise WrongState(_(IN_USE)) from error


def _locked(session: Session, position_id: uuid.UUID) -> Position:
    one = session.scalars(
        select(Position)
        .where(Position.id == position_id)
        .with_for_update(of=Position)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if one is None:
        raise NotFound(_("Không có vị trí này; có thể người khác vừa xóa."))
    return one
