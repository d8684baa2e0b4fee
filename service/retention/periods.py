"""Periods by kind of record, as data from day to day: laid down, changed, imported. Nothing erased here."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any

from sqlalchemy import or_, select

from service.administration.typed import refused, text
from service.audit.erased import KIND_NAMES
from service.audit.operations import record_administration
from service.clock import local_day
from service.database import db, transaction
from service.errors import WrongState
from service.identity.viewer import Viewer
from service.models import RecordKind, RetentionRule
from service.retention.rights import as_keeper
from service.wording import Words, _, marked

FOREVER = "vĩnh viễn"
END, YEAR_END = "end", "year_end"
COUNTED_FROM: Mapping[str, str] = Words(
    {END: marked("từ ngày hồ sơ kết thúc"), YEAR_END: marked("từ cuối năm hồ sơ kết thúc")}
)
LONGEST_BASIS = 600
MOST_YEARS = 200


@dataclass(frozen=True)
class Period:
    """What is laid down: `years` None is for ever, `transfer_years` None says nothing."""

    kind: str
    years: int | None
    counted_from: str
    transfer_years: int | None
    legal_basis: str
    confirmed: bool


def rules_on(day: date) -> dict[str, RetentionRule]:
    """{kind: what holds on that day}, in the order of RecordKind; a kind without a rule is left out."""
    rows = db.session.scalars(
        select(RetentionRule).where(
            RetentionRule.valid_from <= day,
            or_(RetentionRule.valid_to.is_(None), RetentionRule.valid_to >= day),
        )
    )
    found = {row.kind: row for row in rows}
    return {kind.value: found[kind.value] for kind in RecordKind if kind.value in found}


def all_rules() -> Sequence[RetentionRule]:
    """Former and coming ones too, by kind, the newest first."""
    rows = db.session.scalars(select(RetentionRule).order_by(RetentionRule.valid_from.desc())).all()
    order = [kind.value for kind in RecordKind]
    return sorted(rows, key=lambda row: order.index(row.kind) if row.kind in order else len(order))


def period_text(rule: RetentionRule) -> str:
    if rule.years is None:
        return _("vĩnh viễn")
    return _("%(years)s năm, %(since)s", years=rule.years, since=_(COUNTED_FROM[rule.counted_from]))


def checked(period: Period) -> Period:
    """Raises BadInput at the field that is wrong."""
    if period.kind not in KIND_NAMES:
        raise refused("kind", _("Hãy chọn loại tài liệu trong danh sách."))
    if period.counted_from not in COUNTED_FROM:
        raise refused("counted_from", _("Hãy chọn mốc tính thời hạn."))
    for field, years in (("years", period.years), ("transfer_years", period.transfer_years)):
        if years is not None and not 1 <= years <= MOST_YEARS:
            raise refused(field, _("Số năm từ 1 đến %(most)s, hoặc để trống.", most=MOST_YEARS))
    basis = text(period.legal_basis, "legal_basis", _("căn cứ (số, ngày văn bản)"), LONGEST_BASIS)
    return Period(
        period.kind, period.years, period.counted_from, period.transfer_years, basis, period.confirmed
    )


def set_period(*, period: Period, valid_from: date, by: Viewer | None, now: datetime) -> None:
    """What holds for a kind from that day on; what held before ends the day before.

    Raises BadInput, NotAllowed, WrongState where a later change is there already, or nothing would change.
    """
    period = checked(period)
    with transaction() as session:
        actor = as_keeper(session.connection(), by, now)
        last = session.scalars(
            select(RetentionRule)
            .where(RetentionRule.kind == period.kind)
            .order_by(RetentionRule.valid_from.desc())
            .limit(1)
        ).first()
        if last is not None and valid_from < local_day(now):
            raise refused(
                "valid_from", _("Ngày hiệu lực từ hôm nay trở đi: thời hạn của ngày đã qua giữ nguyên.")
            )
        before = _as_data(last) if last is not None else None
        if last is not None and last.valid_from > valid_from:
            raise WrongState(
                _(
                    "Đã có thay đổi từ ngày %(day)s; hãy chọn ngày đó hoặc ngày sau.",
                    day=f"{last.valid_from:%d/%m/%Y}",
                )
            )
        if last is not None and before == asdict(period):
            raise WrongState(_("Không có gì thay đổi so với quy định đang có."))
        if last is not None and last.valid_from == valid_from:
            row = last
        else:
            if last is not None:
                last.valid_to = valid_from - timedelta(days=1)
            row = RetentionRule(id=uuid.uuid4(), kind=period.kind, valid_from=valid_from, valid_to=None)
            session.add(row)
        row.years, row.counted_from = period.years, period.counted_from
        row.transfer_years, row.legal_basis = period.transfer_years, period.legal_basis
        row.confirmed = period.confirmed
        record_administration(
            session.connection(),
            "retention_period_set",
            {"before": before, "after": _as_data(row), "valid_from": valid_from.isoformat()},
            by=actor,
            at=now,
        )


def _as_data(rule: RetentionRule) -> dict[str, Any]:
    return {
        "kind": rule.kind,
        "years": rule.years,
        "counted_from": rule.counted_from,
        "transfer_years": rule.transfer_years,
        "legal_basis": rule.legal_basis,
        "confirmed": rule.confirmed,
    }


def suggested_periods() -> list[Period]:
    """Those that come with the product. None is confirmed, so nothing is destroyed by them as they are."""
    content = files("service.retention").joinpath("periods.csv").read_text(encoding="utf-8")
    return [
        Period(
            row["Loại"],
            None if row["Số năm"] == FOREVER else int(row["Số năm"]),
            row["Tính từ"],
            int(row["Nộp lưu sau (năm)"]) if row["Nộp lưu sau (năm)"] else None,
            row["Căn cứ"],
            confirmed=False,
        )
        for row in csv.DictReader(content.splitlines())
    ]


def import_suggested(*, by: Viewer | None, now: datetime) -> int:
    """Lay down the suggested periods of kinds that have none; how many."""
    with transaction() as session:
        as_keeper(session.connection(), by, now)
        there = set(session.scalars(select(RetentionRule.kind)))
        wanted = [one for one in suggested_periods() if one.kind not in there]
        for one in wanted:
            set_period(period=one, valid_from=local_day(now), by=by, now=now)
    return len(wanted)
