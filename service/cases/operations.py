"""Opening cases, and what happens outside their tasks: withdrawal, dissolution, going on without opinion."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from service.audit.operations import GENESIS
from service.clock import local_day
from service.database import db, insert_if_absent, transaction
from service.engine import runtime
from service.engine.errors import MessageNotExpected
from service.errors import (
    BadInput,
    CaseChangedMeanwhile,
    CaseClosed,
    CaseExists,
    NotAllowed,
    NotFound,
    WrongState,
)
from service.identity.queries import load_viewer, visible_cases
from service.identity.viewer import Seat, Viewer
from service.models import Case, Counter, ProcedureDepartment, Quota, Role, Unit, UnitKind
from service.paper_dates import issued_day_problem
from service.processes.acts import (
    COMMUNE_DISSOLVED,
    LEVEL_OF_ACT,
    OPINION_WAIVED,
    WITHDRAWAL_REQUESTED,
)
from service.processes.queries import procedure, version_in_force
from service.processes.separation import refuse_second_level
from service.processes.statements import CASE_COLUMNS
from service.processes.steps import apply_step, context_for
from service.processes.task_rows import unit_of
from service.wording import _, marked, recorded

RECOGNITION = "recognition"
ATTEMPTS = 8
LONGEST_NUMBER = 60


def open_case(
    *, commune_id: uuid.UUID, year: int, by: Viewer, now: datetime, procedure_key: str = RECOGNITION
) -> uuid.UUID:
    """Open an assigned commune's case (Sở), or register one voluntarily (the commune itself).

    Raises CaseExists, NotAllowed, BadInput for a year outside the catalogue or a unit not in force.
    """
    day = local_day(now)
    with transaction() as session:
        connection = session.connection()
        viewer = load_viewer(by.id, now, connection)
        commune = session.get(Unit, commune_id)
        if commune is None or commune.kind != UnitKind.COMMUNE:
            raise NotFound(_("Không có đơn vị cấp xã này."))
        bundle = version_in_force(procedure_key, day)
        if year not in bundle.catalogue.years:
            years = ", ".join(map(str, bundle.catalogue.years))
            raise BadInput(
                _(
                    "Năm %(year)s không có trong bộ tiêu chí; chọn một trong: %(years)s.",
                    year=year,
                    years=years,
                ),
                fields={"year": [_("Chọn một trong: %(years)s.", years=years)]},
            )
        department = _department_of(connection, procedure_key, day)
        quota = session.get(Quota, (commune_id, year))
        seat, basis, source = _opening_seat(viewer, commune, department, quota, year)
        if not commune.in_force_on(day):
            raise BadInput(
                _("%(name)s không còn hoạt động vào ngày %(day)s.", name=commune.name, day=f"{day:%d/%m/%Y}")
            )
        taken = session.execute(
            select(Case.code).where(
                Case.procedure == procedure_key, Case.commune_id == commune_id, Case.year == year
            )
        ).scalar_one_or_none()
        if taken:
            raise CaseExists(
                _(
                    "%(name)s đã có hồ sơ %(taken)s của năm %(year)s.",
                    name=commune.name,
                    taken=taken,
                    year=year,
                )
            )
        district = commune.parent
        province = district.parent if district else None
        case_id = uuid.uuid4()
        row = {
            "id": case_id,
            "code": f"CN-{year}-{_next_number(connection, f'case:{year}'):06d}",
            "procedure": procedure_key,
            "process_version_id": bundle.id,
            "commune_id": commune_id,
            "district_id": district.id if district else None,
            "department_id": department,
            "province_id": province.id if province else None,
            "year": year,
            "basis": basis,
            "basis_source": source,
            "rev": 0,
            "state": b"",
            "status": "open",
            "active": [],
            "awaited": [],
            "variables": {},
            "acts": {},
            "opened_at": now,
            "last_event_at": now,
            "last_hash": GENESIS,
        }
        try:
            connection.execute(insert(Case).values(**row))
        except IntegrityError as error:
            # Somebody opened it between our look and our insert.
            raise CaseExists() from error
        stored = connection.execute(select(*CASE_COLUMNS).where(Case.id == case_id)).one()
        context, deadlines = context_for(connection, stored, bundle, [None], now)
        step = runtime.start(bundle.definition, context)
        apply_step(
            connection,
            stored,
            bundle,
            step,
            kind="case_opened",
            data={
                "code": row["code"],
                "procedure": procedure_key,
                "version": bundle.version,
                "commune": str(commune_id),
                "year": year,
                "basis": basis,
                "basis_source": source,
            },
            by=by.actor(seat),
            now=now,
            deadlines=deadlines,
        )
    return case_id


def _opening_seat(
    viewer: Viewer, commune: Unit, department: uuid.UUID | None, quota: Quota | None, year: int
) -> tuple[Seat, str, str]:
    """Who may open: Sở for a commune on the year's list, the commune itself for any year."""
    for seat in viewer.seats:
        if seat.role not in (Role.OFFICER, Role.LEADER):
            continue
        if seat.unit_kind == UnitKind.DEPARTMENT and seat.unit_id == department:
            if quota is None:
                raise NotAllowed(
                    _(
                        "%(name)s không được giao chỉ tiêu năm %(year)s; xã tự đăng ký nếu muốn được xét.",
                        name=commune.name,
                        year=year,
                    )
                )
            return seat, "assigned", quota.source
        if seat.unit_id == commune.id:
            source = quota.source if quota else recorded("Xã tự nguyện đăng ký")
            return seat, "assigned" if quota else "registered", source
    raise NotAllowed(_("Chỉ Sở TTTT hoặc chính xã đó mở được hồ sơ."))


def _department_of(connection: Connection, procedure_key: str, day: date) -> uuid.UUID | None:
    return connection.execute(
        select(ProcedureDepartment.unit_id)
        .where(
            ProcedureDepartment.procedure == procedure_key,
            ProcedureDepartment.valid_from <= day,
            ProcedureDepartment.valid_to.is_(None) | (ProcedureDepartment.valid_to >= day),
        )
        .order_by(ProcedureDepartment.valid_from.desc())
        .limit(1)
    ).scalar_one_or_none()


def _next_number(connection: Connection, name: str) -> int:
    """The next number of a series, gapless because it commits with its user."""
    insert_if_absent(connection, Counter, name=name, last=0)
    connection.execute(update(Counter).where(Counter.name == name).values(last=Counter.last + 1))
    return connection.execute(select(Counter.last).where(Counter.name == name)).scalar_one()


def open_assigned_cases(*, year: int, by: Viewer, now: datetime) -> list[uuid.UUID]:
    """Sở opens a case for each commune in force on the year's list without one, each by itself."""
    day = local_day(now)
    missing = db.session.execute(
        select(Quota.commune_id)
        .join(Unit, Unit.id == Quota.commune_id)
        .outerjoin(
            Case,
            (Case.commune_id == Quota.commune_id)
            & (Case.year == Quota.year)
            & (Case.procedure == RECOGNITION),
        )
        .where(
            Quota.year == year,
            Case.id.is_(None),
            Unit.valid_from <= day,
            Unit.valid_to.is_(None) | (Unit.valid_to >= day),
        )
        .order_by(Unit.code)  # so that a new installation's codes are the same every time
    ).scalars()
    opened = []
    for commune_id in list(missing):
        try:
            opened.append(open_case(commune_id=commune_id, year=year, by=by, now=now))
        except CaseExists:
            continue  # a colleague pressed the same button
    return opened


@dataclass(frozen=True)
class Word:
    """What reaches a case from outside its tasks: the message, the event, and whose leader may send it."""

    message: str
    event: str
    refusal: str

    @property
    def group(self) -> str:
        return LEVEL_OF_ACT[self.message]


_ONLY_DEPARTMENT = marked("Chỉ lãnh đạo Sở TTTT ghi nhận được việc này.")
WITHDRAWAL = Word(
    WITHDRAWAL_REQUESTED,
    "case_withdrawn",
    marked("Chỉ lãnh đạo UBND xã rút được hồ sơ của xã mình."),
)
DISSOLUTION = Word(COMMUNE_DISSOLVED, "commune_dissolved", _ONLY_DEPARTMENT)
WAIVER = Word(OPINION_WAIVED, "opinion_waived", _ONLY_DEPARTMENT)


@dataclass(frozen=True)
class Consent:
    """The document by which the Chairman consents: its number and symbol, and its date."""

    number: str
    issued_on: date | None


def withdraw_case(*, case_id: uuid.UUID, reason: str, by: Viewer, now: datetime) -> None:
    """*Xã rút hồ sơ*: the commune's leader ends the case. Raises CaseClosed once it is decided."""
    _check(_reason_missing(reason))
    _send(case_id, WITHDRAWAL, reason, by, now)


def dissolve_commune(*, case_id: uuid.UUID, reason: str, by: Viewer, now: datetime) -> None:
    """*Đơn vị chấm dứt hoạt động*: Sở ends the open case of a merged or dissolved commune."""
    _check(_reason_missing(reason))
    _send(case_id, DISSOLUTION, reason, by, now)


def go_on_without_opinion(
    *, case_id: uuid.UUID, consent: Consent, reason: str, by: Viewer, now: datetime
) -> None:
    """Sở's leader records the Chairman's consent to go on although the member stayed silent.

    The consent is a document: without its number and date there is none. Raises BadInput naming the fields.
    """
    number, issued_on = consent.number.strip(), consent.issued_on
    fields = _reason_missing(reason)
    if not number:
        fields["number"] = [_("Hãy ghi số, ký hiệu văn bản đồng ý của Chủ tịch UBND tỉnh.")]
    elif len(number) > LONGEST_NUMBER:
        fields["number"] = [_("Tối đa %(longest_number)s ký tự.", longest_number=LONGEST_NUMBER)]
    if issued_on is None:
        fields["issued_on"] = [_("Hãy ghi ngày của văn bản.")]
    elif problem := issued_day_problem(issued_on, now):
        fields["issued_on"] = [problem]
    _check(fields)
    _send(case_id, WAIVER, reason, by, now, {"number": number, "issued_on": f"{issued_on:%Y-%m-%d}"})


def _reason_missing(reason: str) -> dict[str, list[str]]:
    return {} if reason.strip() else {"reason": [_("Hãy ghi lý do và căn cứ.")]}


def _check(fields: dict[str, list[str]]) -> None:
    if fields:
        raise BadInput(next(iter(fields.values()))[0], fields=fields)


def _send(
    case_id: uuid.UUID,
    word: Word,
    reason: str,
    by: Viewer,
    now: datetime,
    recorded: Mapping[str, str] | None = None,
) -> None:
    """Deliver a message to a case from a person; retried while the case still waits for it."""
    for attempt in range(ATTEMPTS):
        try:
            with transaction() as session:
                _send_once(session.connection(), case_id, word, reason.strip()[:2000], by, now, recorded)
            return
        except CaseChangedMeanwhile:
            if attempt == ATTEMPTS - 1 or db.session().info.get("writing"):
                raise
            time.sleep(random.uniform(0, 0.05))  # noqa: S311


def _send_once(
    connection: Connection,
    case_id: uuid.UUID,
    word: Word,
    reason: str,
    by: Viewer,
    now: datetime,
    recorded: Mapping[str, str] | None,
) -> None:
    viewer = load_viewer(by.id, now, connection)
    row = connection.execute(
        select(*CASE_COLUMNS).where(Case.id == case_id, visible_cases(viewer))
    ).one_or_none()
    if row is None:
        raise NotFound()
    seat = viewer.seat_for_signing(word.group, unit_of(row, word.group), "leader")
    if seat is None:
        raise NotAllowed(_(word.refusal))
    if row.status == "finished":
        raise CaseClosed()
    bundle = procedure(row.process_version_id)
    refuse_second_level(row.acts, bundle, word.group, by.id)
    catching = [
        element for element, name in bundle.definition.program.messages.items() if name == word.message
    ]
    context, deadlines = context_for(connection, row, bundle, catching, max(now, row.last_event_at))
    payload: Mapping[str, Any] = {}
    try:
        step = runtime.catch_message(bundle.definition, row.state, word.message, payload, context)
    except MessageNotExpected as error:
        raise WrongState(_("Hồ sơ không ở bước cho phép việc này.")) from error
    apply_step(
        connection,
        row,
        bundle,
        step,
        kind=word.event,
        data={"message": word.message, **(recorded or {})},
        act=word.message,
        by=by.actor(seat),
        now=now,
        deadlines=deadlines,
        private={"reason": reason.encode()},
    )
