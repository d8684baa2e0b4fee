"""*Tạm dừng hủy*: set and lifted, each an act of its own. What is held is neither listed nor destroyed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.engine import Connection

from service.administration.typed import refused, text
from service.audit.operations import record_administration
from service.database import db, table_of, transaction
from service.errors import NotFound, WrongState
from service.identity.viewer import Viewer
from service.models import Case, LegalHold, Unit, UnitKind
from service.retention.rights import as_keeper
from service.wording import _

LONGEST = 600
# Any number that nothing else in the database locks: holds are set, and cases erased, one after the other.
_ONE_AT_A_TIME = 8_246_311_907
_HOLD, _CASE = table_of(LegalHold), table_of(Case)


def await_turn(connection: Connection) -> None:
    """Until the end of this transaction nobody else sets a hold or erases."""
    if connection.dialect.name != "sqlite":  # there it has the write lock
        connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


def is_held() -> ColumnElement[bool]:
    """A condition on the case of the surrounding query."""
    return exists(
        select(_HOLD.c.id)
        .where(
            _HOLD.c.lifted_at.is_(None),
            or_(_HOLD.c.case_id.is_(None), _HOLD.c.case_id == _CASE.c.id),
            or_(_HOLD.c.year.is_(None), _HOLD.c.year == _CASE.c.year),
            or_(_HOLD.c.procedure.is_(None), _HOLD.c.procedure == _CASE.c.procedure),
            or_(
                _HOLD.c.unit_id.is_(None),
                _HOLD.c.unit_id == _CASE.c.commune_id,
                and_(_CASE.c.district_id.is_not(None), _HOLD.c.unit_id == _CASE.c.district_id),
            ),
        )
        .correlate(_CASE)
    )


@dataclass(frozen=True)
class Held:
    """What is to be held: one case by its code, or all that fit; everything empty holds all cases."""

    code: str = ""
    year: int | None = None
    procedure: str = ""
    unit_code: str = ""


def set_hold(*, held: Held, reason: str, legal_basis: str, by: Viewer | None, now: datetime) -> uuid.UUID:
    """Raises NotAllowed, and BadInput at the field that is wrong. Once it returns, nothing held is erased."""
    reason = text(reason, "reason", _("lý do"), LONGEST)
    legal_basis = text(legal_basis, "legal_basis", _("căn cứ (số, ngày văn bản)"), LONGEST)
    with transaction() as session:
        actor = as_keeper(session.connection(), by, now)
        await_turn(session.connection())
        case_id, unit_id = _case(held.code), _unit(held.unit_code)
        hold = LegalHold(
            id=uuid.uuid4(),
            case_id=case_id,
            year=held.year if case_id is None else None,
            procedure=(held.procedure or None) if case_id is None else None,
            unit_id=unit_id if case_id is None else None,
            reason=reason,
            legal_basis=legal_basis,
            set_at=now,
            set_by=actor.user_id,
        )
        session.add(hold)
        data = {
            "hold": str(hold.id),
            "case": held.code if case_id else None,
            "year": hold.year,
            "procedure": hold.procedure,
            "unit": held.unit_code if hold.unit_id else None,
            "reason": reason,
            "legal_basis": legal_basis,
        }
        record_administration(session.connection(), "legal_hold_set", data, by=actor, at=now)
        return hold.id


def lift_hold(*, hold_id: uuid.UUID, reason: str, by: Viewer | None, now: datetime) -> None:
    """Raises NotFound, NotAllowed, BadInput, WrongState where it has been lifted.

    Lines that it kept from being erased are not taken up again: they have to be proposed anew.
    """
    reason = text(reason, "lifted_reason", _("lý do bỏ tạm dừng"), LONGEST)
    with transaction() as session:
        actor = as_keeper(session.connection(), by, now)
        await_turn(session.connection())
        hold = session.get(LegalHold, hold_id, populate_existing=True)
        if hold is None:
            raise NotFound()
        if hold.lifted_at is not None:
            raise WrongState(_("Lệnh tạm dừng này đã được bỏ."))
        hold.lifted_at, hold.lifted_by, hold.lifted_reason = now, actor.user_id, reason
        record_administration(
            session.connection(),
            "legal_hold_lifted",
            {"hold": str(hold_id), "reason": reason},
            by=actor,
            at=now,
        )


@dataclass(frozen=True)
class HoldLine:
    """A hold, what it is of in words' parts, and how many cases there are of it now."""

    hold: LegalHold
    code: str
    unit: str
    cases: int


def list_holds() -> Sequence[HoldLine]:
    """Those in force first, then the newest."""
    rows = db.session.execute(
        select(LegalHold, Case.code, Unit.name)
        .outerjoin(Case, Case.id == LegalHold.case_id)
        .outerjoin(Unit, Unit.id == LegalHold.unit_id)
        .order_by(LegalHold.lifted_at.is_not(None), LegalHold.set_at.desc())
    ).all()
    return [HoldLine(hold, code or "", unit or "", _count(hold)) for hold, code, unit in rows]


def _count(hold: LegalHold) -> int:
    wanted = [
        *([Case.id == hold.case_id] if hold.case_id else []),
        *([Case.year == hold.year] if hold.year else []),
        *([Case.procedure == hold.procedure] if hold.procedure else []),
        *([or_(Case.commune_id == hold.unit_id, Case.district_id == hold.unit_id)] if hold.unit_id else []),
    ]
    return int(db.session.execute(select(func.count()).select_from(Case).where(*wanted)).scalar_one())


def units_to_choose() -> list[tuple[str, str]]:
    """(code, name) of districts and communes."""
    rows = db.session.execute(
        select(Unit.code, Unit.name)
        .where(Unit.kind.in_((UnitKind.DISTRICT.value, UnitKind.COMMUNE.value)))
        .order_by(Unit.kind.desc(), Unit.name)
    )
    return [(row.code, row.name) for row in rows]


def _case(code: str) -> uuid.UUID | None:
    if not code.strip():
        return None
    found = db.session.execute(select(Case.id).where(Case.code == code.strip())).scalar()
    if found is None:
        raise refused("code", _("Không có hồ sơ mã %(code)s.", code=code.strip()))
    return found


def _unit(code: str) -> uuid.UUID | None:
    if not code:
        return None
    found = db.session.execute(select(Unit.id).where(Unit.code == code)).scalar()
    if found is None:
        raise refused("unit", _("Không có đơn vị mã %(code)s.", code=code))
    return found
