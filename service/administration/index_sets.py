"""*Bộ chỉ số xếp hạng*: versions of the ranking index with their maximum. One that counts never changes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.administration.rights import as_keeper_of_assignments
from service.administration.typed import in_order, refused, start_of, text
from service.audit.operations import record_administration
from service.database import db, transaction
from service.errors import NotFound, WrongState
from service.identity.viewer import Viewer
from service.models import IndexSet, Submission
from service.wording import _

# The step that states a commune's ranking points.
APPRAISAL = "district_appraise"
LONGEST_NAME, LONGEST_DOCUMENT = 300, 300
LARGEST = Decimal(10) ** 6
_WITH_DOTS = re.compile(r"\d{1,3}(\.\d{3})+(,\d{1,4})?", re.ASCII)
_PLAIN = re.compile(r"\d{1,12}(,\d{1,4})?", re.ASCII)


@dataclass(frozen=True)
class IndexSetRow:
    id: uuid.UUID
    code: str
    name: str
    maximum: Decimal
    document: str
    valid_from: date
    valid_to: date | None
    illustrative: bool
    # Some case was appraised while it was in force.
    used: bool

    @property
    def points(self) -> str:
        """The maximum with a decimal comma and no zeros at its end: 1000, 98,5."""
        return format(self.maximum.normalize(), "f").replace(".", ",")


@dataclass(frozen=True)
class IndexSetValues:
    name: str
    maximum: Decimal
    document: str
    valid_from: date
    valid_to: date | None

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "maximum": format(self.maximum.normalize(), "f"),
            "document": self.document,
            "from": self.valid_from.isoformat(),
            "to": self.valid_to.isoformat() if self.valid_to else None,
        }


def list_index_sets() -> list[IndexSetRow]:
    """The latest first."""
    return [
        IndexSetRow(
            one.id,
            one.code,
            one.name,
            one.maximum,
            one.document,
            one.valid_from,
            one.valid_to,
            one.illustrative,
            _used(db.session(), one),
        )
        for one in db.session.scalars(
            select(IndexSet)
            .order_by(IndexSet.valid_from.desc(), IndexSet.code)
            .execution_options(populate_existing=True)
        )
    ]


def checked(cells: Mapping[str, str], first: date, last: date | None) -> IndexSetValues:
    """What was typed. Raises BadInput at the field that is wrong; the maximum may have a decimal comma."""
    in_order(first, last)
    maximum = _points(cells.get("maximum", ""))
    if not 0 < maximum <= LARGEST:
        raise refused("maximum", _("Tổng điểm tối đa phải lớn hơn 0 và không quá 1.000.000."))
    return IndexSetValues(
        name=text(cells.get("name", ""), "name", _("tên bộ chỉ số"), LONGEST_NAME),
        maximum=maximum,
        document=text(cells.get("document", ""), "document", _("văn bản ban hành"), LONGEST_DOCUMENT),
        valid_from=first,
        valid_to=last,
    )


def _points(written: str) -> Decimal:
    """1000, 1.000 and 98,5 as they are written here; 98.5 might be either, so it is refused."""
    written = written.strip()
    if _WITH_DOTS.fullmatch(written):
        written = written.replace(".", "")
    elif not _PLAIN.fullmatch(written):
        raise refused("maximum", _("Tổng điểm tối đa phải là một số, ví dụ 1000 hoặc 98,5."))
    return Decimal(written.replace(",", "."))


def add_index_set(*, code: str, values: IndexSetValues, by: Viewer | None, now: datetime) -> None:
    code = code.strip().lower()
    if not code or len(code) > 60 or not code.isascii() or not code.replace("-", "").isalnum():
        raise refused("code", _("Mã chỉ gồm chữ thường không dấu, số và gạch nối, tối đa 60 ký tự."))
    try:
        with transaction() as session:
            actor = as_keeper_of_assignments(session.connection(), by, now)
            session.execute(
                insert(IndexSet).values(id=uuid.uuid4(), code=code, illustrative=False, **_columns(values))
            )
            record_administration(
                session.connection(), "index_set_added", {"code": code, **values.as_json()}, by=actor, at=now
            )
    except IntegrityError as error:
        raise refused(
            "code", _("Mã %(code)s đã có bộ chỉ số khác dùng. Hãy chọn mã khác.", code=f"{code!r}")
        ) from error


def change_index_set(*, code: str, values: IndexSetValues, by: Viewer | None, now: datetime) -> None:
    """One that a case was appraised by keeps all but its last day, which leaves no such case outside."""
    with transaction() as session:
        actor = as_keeper_of_assignments(session.connection(), by, now)
        one = _locked(session, code)
        before = _values(one)
        if before == values:
            return
        if _used(session, one):
            if (values.name, values.maximum, values.document, values.valid_from) != (
                before.name,
                before.maximum,
                before.document,
                before.valid_from,
            ):
                raise WrongState(
                    _(
                        "Đã có hồ sơ được thẩm định theo bộ chỉ số này nên chỉ đổi được ngày hết hiệu lực. "
                        "Hãy thêm một bộ chỉ số mới."
                    )
                )
            if values.valid_to is not None and _appraised_after(session, one, values.valid_to):
                raise refused("last", _("Có hồ sơ được thẩm định sau ngày này. Hãy chọn ngày muộn hơn."))
        session.execute(update(IndexSet).where(IndexSet.id == one.id).values(**_columns(values)))
        record_administration(
            session.connection(),
            "index_set_changed",
            {"code": code, "before": before.as_json(), "after": values.as_json()},
            by=actor,
            at=now,
        )


def remove_index_set(*, code: str, by: Viewer | None, now: datetime) -> None:
    """Only one that no case was appraised by."""
    with transaction() as session:
        actor = as_keeper_of_assignments(session.connection(), by, now)
        one = _locked(session, code)
        if _used(session, one):
            raise WrongState(_("Đã có hồ sơ được thẩm định theo bộ chỉ số này nên không xóa được."))
        before = _values(one)
        session.execute(delete(IndexSet).where(IndexSet.id == one.id))
        record_administration(
            session.connection(), "index_set_removed", {"code": code, **before.as_json()}, by=actor, at=now
        )


def _locked(session: Session, code: str) -> IndexSet:
    one = session.scalars(
        select(IndexSet)
        .where(IndexSet.code == code)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if one is None:
        raise NotFound(_("Không có bộ chỉ số này; có thể người khác vừa xóa."))
    return one


def _values(one: IndexSet) -> IndexSetValues:
    return IndexSetValues(one.name, one.maximum, one.document, one.valid_from, one.valid_to)


def _columns(values: IndexSetValues) -> dict[str, Any]:
    return {
        "name": values.name,
        "maximum": values.maximum,
        "document": values.document,
        "valid_from": values.valid_from,
        "valid_to": values.valid_to,
    }


def _used(session: Session, one: IndexSet) -> bool:
    """Appraisals copy the maximum they were made with, so this asks by day: any while it was in force."""
    appraised = exists().where(
        Submission.element == APPRAISAL,
        Submission.action != "return",
        Submission.signed_at >= start_of(one.valid_from),
    )
    if one.valid_to is not None:
        appraised = appraised.where(Submission.signed_at < start_of(one.valid_to + timedelta(days=1)))
    return bool(session.execute(select(appraised)).scalar())


def _appraised_after(session: Session, one: IndexSet, last: date) -> bool:
    appraised = exists().where(
        Submission.element == APPRAISAL,
        Submission.action != "return",
        Submission.signed_at >= start_of(last + timedelta(days=1)),
    )
    if one.valid_to is not None:
        appraised = appraised.where(Submission.signed_at < start_of(one.valid_to + timedelta(days=1)))
    return bool(session.execute(select(appraised)).scalar())
