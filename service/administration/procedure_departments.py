"""Which department verifies and submits in a procedure, by date, and by which document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from service.administration.rights import as_administrator
from service.administration.typed import a_day, basis, refused
from service.audit.operations import record_administration
from service.database import db, transaction
from service.errors import WrongState
from service.identity.viewer import Viewer
from service.models import ProcedureDepartment, ProcessVersion, Unit, UnitKind
from service.vietnamese import sort_key
from service.wording import _


@dataclass(frozen=True)
class Held:
    """`last_day` None: until another one takes over."""

    procedure: str
    unit_code: str
    unit: str
    first_day: date
    last_day: date | None
    legal_basis: str


def list_departments() -> dict[str, list[Held]]:
    """{procedure: who has had it, the newest first} of every procedure that was published."""
    keys = db.session.scalars(select(ProcessVersion.key).distinct().order_by(ProcessVersion.key))
    found: dict[str, list[Held]] = {key: [] for key in keys}
    rows = db.session.execute(
        select(ProcedureDepartment, Unit.code, Unit.name)
        .join(Unit, Unit.id == ProcedureDepartment.unit_id)
        .order_by(ProcedureDepartment.procedure, ProcedureDepartment.valid_from.desc())
    )
    for held, code, name in rows:
        one = Held(held.procedure, code, name, held.valid_from, held.valid_to, held.legal_basis)
        found.setdefault(held.procedure, []).append(one)
    return found


def departments() -> Sequence[tuple[str, str]]:
    """(code, name) of what may be chosen, by name."""
    rows = db.session.execute(select(Unit.code, Unit.name).where(Unit.kind == UnitKind.DEPARTMENT.value))
    return sorted(((row.code, row.name) for row in rows), key=lambda one: sort_key(one[1]))


def appoint_department(
    *, procedure: str, unit_code: str, first_day: str, legal_basis: str, by: Viewer | None, now: datetime
) -> str:
    """From that day on this department; who had it before has it until the day before. Returns its name.

    Raises BadInput naming the field; WrongState where somebody else was faster.
    """
    day, named = a_day(first_day, "first_day", _("ngày bắt đầu")), basis(legal_basis)
    try:
        with transaction() as session:
            actor = as_administrator(session.connection(), by, now)
            unit = _department(unit_code, day)
            if procedure not in list_departments():
                raise refused("procedure", _("Chưa ban hành quy trình này."))
            last = _last(procedure)
            before = _span(last)
            if last is not None:
                _refuse_unless_after(last, unit, day)
                session.execute(
                    update(ProcedureDepartment)
                    .where(
                        ProcedureDepartment.procedure == procedure,
                        ProcedureDepartment.unit_id == last.unit_id,
                        ProcedureDepartment.valid_from == last.valid_from,
                    )
                    .values(valid_to=day - timedelta(days=1))
                )
            session.execute(
                insert(ProcedureDepartment).values(
                    procedure=procedure, unit_id=unit.id, valid_from=day, legal_basis=named
                )
            )
            record_administration(
                session.connection(),
                "procedure_department_set",
                {
                    "procedure": procedure,
                    "predecessor": str(last.unit_id) if last is not None else None,
                    "successor": str(unit.id),
                    "before": before,
                    "after": {"from": day.isoformat(), "to": None},
                    "legal_basis": named,
                },
                by=actor,
                at=now,
            )
            return unit.name
    except IntegrityError as error:
        raise WrongState(_("Người khác vừa giao quy trình này. Hãy tải lại trang rồi thử lại.")) from error


def _department(code: str, day: date) -> Unit:
    unit = db.session.scalars(select(Unit).where(Unit.code == code)).one_or_none()
    if unit is None or unit.kind != UnitKind.DEPARTMENT:
        raise refused("unit", _("Hãy chọn một sở."))
    if not unit.in_force_on(day):
        raise refused("unit", _("%(unit)s không còn hoặc chưa hoạt động vào ngày đó.", unit=unit.name))
    return unit


def _last(procedure: str) -> ProcedureDepartment | None:
    return db.session.scalars(
        select(ProcedureDepartment)
        .where(ProcedureDepartment.procedure == procedure)
        .order_by(ProcedureDepartment.valid_from.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()


def _refuse_unless_after(last: ProcedureDepartment, unit: Unit, day: date) -> None:
    if day <= last.valid_from:
        raise refused(
            "first_day", _("Ghi ngày sau %(day)s, khi sở trước bắt đầu.", day=f"{last.valid_from:%d/%m/%Y}")
        )
    if last.unit_id == unit.id and (last.valid_to is None or last.valid_to >= day):
        raise refused("unit", _("%(unit)s đang giữ quy trình này.", unit=unit.name))


def _span(last: ProcedureDepartment | None) -> dict[str, str | None] | None:
    if last is None:
        return None
    until = last.valid_to.isoformat() if last.valid_to else None
    return {"from": last.valid_from.isoformat(), "to": until}
