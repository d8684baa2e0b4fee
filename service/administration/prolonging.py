"""Last days put off or taken back: of a seat, of a substitution, of a district's member.

What was ended by mistake goes on as if it had not been, and the log says so.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select

from service.administration.rights import as_administrator, as_arranger, as_keeper_of_assignments
from service.administration.substitutions import refuse_unfit, substitution_of
from service.administration.telling import tell_of_substitution
from service.administration.typed import refused
from service.administration.validity import prolong
from service.audit.operations import record_administration
from service.clock import local_day
from service.database import transaction
from service.errors import BadInput, NotFound, WrongState
from service.identity.viewer import Viewer
from service.models import Appointment, MemberAssignment, Unit, User
from service.wording import _, marked

NOT_TO_PROLONG = marked(
    "Ngày cuối này đã qua hoặc vừa được người khác đổi. Hãy tải lại trang; nếu đã qua, hãy giao mới."
)


def prolong_appointment(
    *, appointment_id: uuid.UUID, last: date | None, by: Viewer | None, now: datetime
) -> None:
    """A later last day, or none, for a seat whose last day is not over: also what was ended by mistake."""
    today = local_day(now)
    with transaction() as session:
        actor = as_administrator(session.connection(), by, now)
        one = session.execute(
            select(
                Appointment.user_id, Appointment.position_id, Appointment.valid_from, Appointment.valid_to
            ).where(Appointment.id == appointment_id, Appointment.substitutes_id.is_(None))
        ).one_or_none()
        if one is None:
            raise NotFound()
        if one.valid_to is None or one.valid_to < today:
            raise WrongState(_(NOT_TO_PROLONG))
        _refuse_earlier(last, one.valid_to)
        session.execute(select(User.id).where(User.id == one.user_id).with_for_update(key_share=True))
        again = session.execute(
            select(Appointment.valid_from)
            .where(
                Appointment.user_id == one.user_id,
                Appointment.position_id == one.position_id,
                Appointment.substitutes_id.is_(None),
                Appointment.valid_from > one.valid_to,
                *((Appointment.valid_from <= last,) if last is not None else ()),
            )
            .order_by(Appointment.valid_from)
            .limit(1)
        ).scalar_one_or_none()
        if again is not None:
            raise refused(
                "last",
                _(
                    "Người này lại giữ vị trí đó từ %(again)s. Hãy chọn ngày trước đó.",
                    again=f"{again:%d/%m/%Y}",
                ),
            )
        if not prolong(session, Appointment, appointment_id, seen=one.valid_to, last=last, today=today):
            raise WrongState(_(NOT_TO_PROLONG))
        record_administration(
            session.connection(),
            "appointment_prolonged",
            {
                "user": str(one.user_id),
                "position": str(one.position_id),
                "before": one.valid_to.isoformat(),
                "to": last.isoformat() if last is not None else None,
            },
            by=actor,
            at=now,
        )


def prolong_substitution(*, substitution_id: uuid.UUID, last: date, by: Viewer | None, now: datetime) -> None:
    """A later last day for one that is not over: somebody is absent longer, or it was ended by mistake."""
    today = local_day(now)
    with transaction() as session:
        one = substitution_of(session, substitution_id)
        actor = as_arranger(session.connection(), by, one.unit_id, one.role, now)
        if one.valid_to < today:
            raise WrongState(_(NOT_TO_PROLONG))
        _refuse_earlier(last, one.valid_to)
        refuse_unfit(session, one, one.substitute, one.valid_to + timedelta(days=1), last)
        holds_on = session.execute(
            select(Appointment.id).where(
                Appointment.user_id == one.user_id,
                Appointment.position_id == one.position_id,
                Appointment.substitutes_id.is_(None),
                Appointment.valid_from <= one.valid_to,
                or_(Appointment.valid_to.is_(None), Appointment.valid_to >= last),
            )
        ).first()
        if holds_on is None:
            raise BadInput(_("Người vắng mặt không giữ vị trí này đến ngày đó."))
        if not prolong(session, Appointment, substitution_id, seen=one.valid_to, last=last, today=today):
            raise WrongState(_(NOT_TO_PROLONG))
        record_administration(
            session.connection(),
            "substitution_prolonged",
            {
                "substitution": str(substitution_id),
                "absent": str(one.user_id),
                "substitute": str(one.substitute),
                "position": str(one.position_id),
                "before": one.valid_to.isoformat(),
                "to": last.isoformat(),
            },
            by=actor,
            at=now,
        )
        tell_of_substitution(
            session.connection(),
            absent=one.user_id,
            substitute=one.substitute,
            position=one.position_id,
            first=one.valid_from,
            last=last,
            by=actor,
            now=now,
        )


def prolong_assignment(
    *, assignment_id: uuid.UUID, last: date | None, by: Viewer | None, now: datetime
) -> None:
    """A later last day, or none, for one whose last day is not over: also what was ended by mistake."""
    today = local_day(now)
    with transaction() as session:
        actor = as_keeper_of_assignments(session.connection(), by, now)
        one = session.get(MemberAssignment, assignment_id, populate_existing=True)
        if one is None:
            raise NotFound()
        district_id, position_id, seen = one.district_id, one.position_id, one.valid_to
        if seen is None or seen < today:
            raise WrongState(_(NOT_TO_PROLONG))
        _refuse_earlier(last, seen)
        session.execute(select(Unit.id).where(Unit.id == district_id).with_for_update(key_share=True))
        other = session.execute(
            select(MemberAssignment.valid_from)
            .where(
                MemberAssignment.district_id == district_id,
                MemberAssignment.valid_from > seen,
                *((MemberAssignment.valid_from <= last,) if last is not None else ()),
            )
            .order_by(MemberAssignment.valid_from)
            .limit(1)
        ).scalar_one_or_none()
        if other is not None:
            raise refused(
                "last",
                _("Huyện này đã giao tiếp từ %(other)s. Hãy chọn ngày trước đó.", other=f"{other:%d/%m/%Y}"),
            )
        if not prolong(session, MemberAssignment, assignment_id, seen=seen, last=last, today=today):
            raise WrongState(_(NOT_TO_PROLONG))
        record_administration(
            session.connection(),
            "member_assignment_prolonged",
            {
                "district": str(district_id),
                "position": str(position_id),
                "before": seen.isoformat(),
                "to": last.isoformat() if last is not None else None,
            },
            by=actor,
            at=now,
        )


def _refuse_earlier(last: date | None, seen: date) -> None:
    if last is not None and last <= seen:
        raise BadInput(_("Ngày cuối mới phải sau %(day)s.", day=f"{seen:%d/%m/%Y}"))
