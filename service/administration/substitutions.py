"""*Xử lý thay*: who acts in the position of somebody absent, from day to day, both included.

The one absent keeps every right. The substitute acts in their own name, and the log says for whom.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from service.administration.rights import as_arranger
from service.administration.telling import tell_of_substitution
from service.administration.typed import basis, in_order, refused
from service.administration.validity import end
from service.audit.operations import record_administration
from service.clock import local_day
from service.database import AnyRow, transaction
from service.errors import NotFound, WrongState
from service.identity.queries import user_by_name
from service.identity.viewer import Viewer
from service.models import Appointment, Position, User
from service.wording import _


def arrange_substitution(
    *,
    appointment_id: uuid.UUID,
    substitute: str,
    first: date,
    last: date,
    legal_basis: str,
    by: Viewer | None,
    now: datetime,
) -> uuid.UUID:
    """Have `substitute` (user name) act where the holder of that appointment is absent.

    By the administrator or the unit's own leader; NotFound for others. BadInput names the field at fault.
    """
    today, paper = local_day(now), basis(legal_basis)
    in_order(first, last)
    if first < today:
        raise refused("first", _("Ngày đầu không được trước hôm nay: việc đã làm thì đã làm trong tên mình."))
    with transaction() as session:
        held = _held(session, appointment_id)
        actor = as_arranger(session.connection(), by, held.unit_id, held.role, now)
        person = user_by_name(substitute.strip().lower())
        if person is None:
            raise refused("substitute", _("Không có tài khoản này. Hãy chọn người xử lý thay."))
        refuse_unfit(session, held, person.id, first, last)
        if held.valid_from > first or (held.valid_to is not None and held.valid_to < last):
            raise refused("last", _("Người vắng mặt không giữ vị trí này suốt thời gian đó."))
        substitution_id = uuid.uuid4()
        session.execute(
            insert(Appointment).values(
                id=substitution_id,
                user_id=person.id,
                position_id=held.position_id,
                valid_from=first,
                valid_to=last,
                substitutes_id=held.user_id,
                legal_basis=paper,
            )
        )
        record_administration(
            session.connection(),
            "substitution_arranged",
            {
                "substitution": str(substitution_id),
                "absent": str(held.user_id),
                "substitute": str(person.id),
                "position": str(held.position_id),
                "from": first.isoformat(),
                "to": last.isoformat(),
            },
            by=actor,
            at=now,
            private={"legal_basis": paper.encode()},
        )
        tell_of_substitution(
            session.connection(),
            absent=held.user_id,
            substitute=person.id,
            position=held.position_id,
            first=first,
            last=last,
            by=actor,
            now=now,
        )
    return substitution_id


def end_substitution(*, substitution_id: uuid.UUID, by: Viewer | None, now: datetime) -> date | None:
    """Today becomes its last day (returned); one that has not begun never will (None).

    WrongState when it is over already.
    """
    today = local_day(now)
    with transaction() as session:
        one = substitution_of(session, substitution_id)
        actor = as_arranger(session.connection(), by, one.unit_id, one.role, now)
        begun = one.valid_from <= today
        if not end(session, Appointment, substitution_id, today, begun=begun):
            raise WrongState(_("Việc xử lý thay này đã kết thúc hoặc hôm nay là ngày cuối."))
        record_administration(
            session.connection(),
            "substitution_ended" if begun else "substitution_cancelled",
            {
                "substitution": str(substitution_id),
                "absent": str(one.user_id),
                "substitute": str(one.substitute),
                "position": str(one.position_id),
                "to": today.isoformat() if begun else None,
            },
            by=actor,
            at=now,
        )
        tell_of_substitution(
            session.connection(),
            absent=one.user_id,
            substitute=one.substitute,
            position=one.position_id,
            first=None,
            last=today if begun else None,
            by=actor,
            now=now,
        )
    return today if begun else None


def substitution_of(session: Session, substitution_id: uuid.UUID) -> AnyRow:
    """The seat and its days: `user_id` is who is absent, `substitute` who acts. Raises NotFound."""
    found = session.execute(
        select(
            Appointment.user_id.label("substitute"),
            Appointment.substitutes_id.label("user_id"),
            Appointment.position_id,
            Appointment.valid_from,
            Appointment.valid_to,
            Position.unit_id,
            Position.role,
        )
        .join(Position, Position.id == Appointment.position_id)
        .where(Appointment.id == substitution_id, Appointment.substitutes_id.is_not(None))
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def _held(session: Session, appointment_id: uuid.UUID) -> AnyRow:
    found = session.execute(
        select(
            Appointment.user_id,
            Appointment.position_id,
            Appointment.valid_from,
            Appointment.valid_to,
            Position.unit_id,
            Position.role,
        )
        .join(Position, Position.id == Appointment.position_id)
        .where(Appointment.id == appointment_id, Appointment.substitutes_id.is_(None))
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def refuse_unfit(session: Session, held: AnyRow, substitute: uuid.UUID, first: date, last: date) -> None:
    """Whoever arranges something for the same people at the same time waits here and then sees it."""
    if substitute == held.user_id:
        raise refused("substitute", _("Một người không xử lý thay chính mình. Hãy chọn người khác."))
    people = session.execute(
        select(User.id, User.active)
        .where(User.id.in_((held.user_id, substitute)))
        .order_by(User.id)
        .with_for_update(key_share=True)
    ).all()
    switched_off = {row.id for row in people if not row.active}
    if held.user_id in switched_off:
        raise refused(
            "substitute", _("Tài khoản người vắng mặt đã khóa; hãy kiện toàn vị trí thay vì xử lý thay.")
        )
    if substitute in switched_off:
        raise refused("substitute", _("Tài khoản người này đã khóa. Hãy chọn người khác."))
    meanwhile = session.execute(
        select(
            Appointment.user_id,
            Appointment.position_id,
            Appointment.substitutes_id,
            Appointment.valid_from,
            Appointment.valid_to,
        ).where(
            or_(
                Appointment.user_id == substitute, Appointment.substitutes_id.in_((held.user_id, substitute))
            ),
            Appointment.valid_from <= last,
            or_(Appointment.valid_to.is_(None), Appointment.valid_to >= first),
        )
    ).all()
    for row in meanwhile:
        if row.substitutes_id == held.user_id and row.position_id == held.position_id:
            raise refused(
                "first",
                _(
                    "Từ %(valid_from)s đến %(valid_to)s đã có người xử lý thay ở vị trí này. Hãy kết thúc "
                    "việc đó trước, hoặc chọn ngày khác.",
                    valid_from=f"{row.valid_from:%d/%m/%Y}",
                    valid_to=f"{row.valid_to:%d/%m/%Y}",
                ),
            )
        if row.substitutes_id == substitute:
            raise refused("substitute", _("Người này cũng vắng mặt trong thời gian đó. Hãy chọn người khác."))
        if row.user_id == substitute and row.position_id == held.position_id:
            raise refused(
                "substitute",
                _("Người này đã giữ, hoặc đã xử lý thay, chính vị trí đó. Hãy chọn người khác."),
            )
