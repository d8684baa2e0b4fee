"""*Chỉ tiêu được giao* (QĐ 969): which commune is to complete in which year."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, exists, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from service.administration.quota_files import QuotaLine
from service.administration.rights import as_keeper_of_assignments
from service.administration.typed import text
from service.audit.operations import record_administration
from service.database import db, transaction
from service.errors import NotFound, WrongState
from service.identity.viewer import Viewer
from service.models import Case, Quota, Unit, UnitKind
from service.vietnamese import sort_key
from service.wording import _

LONGEST_SOURCE = 300
_District = aliased(Unit)


@dataclass(frozen=True)
class Assigned:
    commune_id: uuid.UUID
    code: str
    commune: str
    district: str
    source: str
    case_id: uuid.UUID | None
    case_code: str


@dataclass(frozen=True)
class Plan:
    """What importing these lines would do; `elsewhere`: (line, other years it is assigned to)."""

    added: list[QuotaLine]
    known: list[QuotaLine]
    elsewhere: list[tuple[QuotaLine, list[int]]]


def years_assigned() -> dict[int, int]:
    """{year: number of communes}, in order."""
    rows = db.session.execute(
        select(Quota.year, func.count().label("communes")).group_by(Quota.year).order_by(Quota.year)
    )
    return {row.year: row.communes for row in rows}


def list_assigned(year: int) -> dict[str, list[Assigned]]:
    """{district: its communes of that year}, both in Vietnamese order."""
    rows = db.session.execute(
        select(
            Quota.commune_id,
            Quota.source,
            Unit.code,
            Unit.name,
            _District.name.label("district"),
            Case.id.label("case_id"),
            Case.code.label("case_code"),
        )
        .join(Unit, Unit.id == Quota.commune_id)
        .outerjoin(_District, _District.id == Unit.parent_id)
        .outerjoin(Case, and_(Case.commune_id == Quota.commune_id, Case.year == Quota.year))
        .where(Quota.year == year)
        .order_by(Unit.code)
    ).all()
    found: dict[uuid.UUID, Assigned] = {}
    for row in rows:
        found[row.commune_id] = Assigned(
            row.commune_id,
            row.code,
            row.name,
            row.district or _("Không thuộc huyện nào"),
            row.source,
            row.case_id,
            row.case_code or "",
        )
    by_district: dict[str, list[Assigned]] = {}
    for one in sorted(found.values(), key=lambda one: (sort_key(one.district), sort_key(one.commune))):
        by_district.setdefault(one.district, []).append(one)
    return by_district


def communes_by_name() -> Sequence[tuple[str, str]]:
    """(code, name with its district's) of every commune, for choosing one."""
    rows = db.session.execute(
        select(Unit.code, Unit.name, _District.name.label("district"))
        .outerjoin(_District, _District.id == Unit.parent_id)
        .where(Unit.kind == UnitKind.COMMUNE.value)
    ).all()
    return [
        (row.code, f"{row.name}, {row.district}" if row.district else row.name)
        for row in sorted(rows, key=lambda row: (sort_key(row.name), row.code))
    ]


def plan_import(lines: Sequence[QuotaLine]) -> Plan:
    years: dict[uuid.UUID, set[int]] = {}
    for commune_id, year in db.session.execute(select(Quota.commune_id, Quota.year)):
        years.setdefault(commune_id, set()).add(year)
    added = [line for line in lines if line.year not in years.get(line.commune_id, ())]
    wanted: dict[uuid.UUID, set[int]] = {}
    for line in lines:
        wanted.setdefault(line.commune_id, set()).add(line.year)
    elsewhere = [
        (line, sorted((years.get(line.commune_id, set()) | wanted[line.commune_id]) - {line.year}))
        for line in added
    ]
    return Plan(
        added=added,
        known=[line for line in lines if line not in added],
        elsewhere=[(line, others) for line, others in elsewhere if others],
    )


def import_quotas(*, lines: Sequence[QuotaLine], source: str, by: Viewer | None, now: datetime) -> int:
    """Add these communes to the lists of their years, all or none; how many were new.

    Those on the list already keep the document they came by. `source` is the document that assigns them.
    """
    named = text(source, "source", _("văn bản giao chỉ tiêu"), LONGEST_SOURCE)
    try:
        with transaction() as session:
            actor = as_keeper_of_assignments(session.connection(), by, now)
            added = plan_import(lines).added
            if not added:
                return 0
            session.execute(
                insert(Quota),
                [{"commune_id": line.commune_id, "year": line.year, "source": named} for line in added],
            )
            record_administration(
                session.connection(),
                "quotas_added",
                {"quotas": [{"commune": line.code, "year": line.year} for line in added], "source": named},
                by=actor,
                at=now,
            )
            return len(added)
    except IntegrityError as error:
        raise WrongState(_("Danh sách vừa được người khác thay đổi. Hãy xem trước lại rồi nhập.")) from error


def remove_quota(*, code: str, year: int, by: Viewer | None, now: datetime) -> str:
    """Take a commune off a year's list; returns its name. WrongState once a case was opened by that list."""
    with transaction() as session:
        actor = as_keeper_of_assignments(session.connection(), by, now)
        row = session.execute(
            select(Unit.id, Unit.name, Quota.source)
            .join(Quota, Quota.commune_id == Unit.id)
            .where(Unit.code == code, Quota.year == year)
        ).one_or_none()
        if row is None:
            raise NotFound(_("Xã này không có trong danh sách của năm đó; có thể người khác vừa bỏ."))
        opened = exists().where(Case.commune_id == row.id, Case.year == year, Case.basis == "assigned")
        gone = session.execute(delete(Quota).where(Quota.commune_id == row.id, Quota.year == year, ~opened))
        if gone.rowcount != 1:  # type: ignore[attr-defined]
            raise WrongState(
                _(
                    "%(name)s đã có hồ sơ năm %(year)s mở theo chỉ tiêu được giao; không bỏ khỏi danh sách "
                    "được.",
                    name=row.name,
                    year=year,
                )
            )
        record_administration(
            session.connection(),
            "quota_removed",
            {"commune": code, "year": year, "source": row.source},
            by=actor,
            at=now,
        )
    return str(row.name)
