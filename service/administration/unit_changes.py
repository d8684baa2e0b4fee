"""Units added and changed: name, parent, first and last day; what still depends on one is not forgotten."""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.administration.rights import as_administrator
from service.administration.typed import in_order, perhaps_text, refused, text
from service.administration.unit_cases import Dependents, dependents
from service.audit.operations import Actor, record_administration
from service.database import transaction
from service.errors import NotFound, WrongState
from service.identity.viewer import FIXED_GROUPS, Viewer
from service.models import Unit, UnitKind
from service.wording import _, marked

CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,59}", re.ASCII)
# What a task can hold as its group.
AGENCY_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
LONGEST_NAME, LONGEST_SOURCE = 200, 300
# What a unit of each kind may belong to; without a district level communes belong to the province.
PARENTS: dict[str, tuple[str, ...]] = {
    UnitKind.PROVINCE.value: (),
    UnitKind.DEPARTMENT.value: (UnitKind.PROVINCE.value,),
    UnitKind.AGENCY.value: (UnitKind.PROVINCE.value,),
    UnitKind.DISTRICT.value: (UnitKind.PROVINCE.value,),
    UnitKind.COMMUNE.value: (UnitKind.DISTRICT.value, UnitKind.PROVINCE.value),
}
CHANGED_MEANWHILE = marked(
    "Đơn vị này vừa được người khác sửa. Các ô dưới đây là những gì ông/bà đã ghi; hãy so với nội dung "
    "hiện hành ở bên cạnh rồi lưu lại."
)


@dataclass(frozen=True)
class UnitValues:
    """What may change; `parent` is a unit's code, "" for none."""

    name: str
    parent: str
    valid_from: date
    valid_to: date | None
    source: str

    @property
    def seal(self) -> str:
        """Names exactly this state: of two who edit it at once, the second finds it changed."""
        return hashlib.sha256(repr(self.as_json()).encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "parent": self.parent,
            "from": self.valid_from.isoformat(),
            "to": self.valid_to.isoformat() if self.valid_to else None,
            "source": self.source,
        }


class StillNeeded(WrongState):
    """The unit may end only after somebody has read what goes on without it."""

    def __init__(self, unit: str, last: date, found: Dependents) -> None:
        super().__init__(
            _(
                "%(unit)s còn việc đang mở sau ngày %(last)s. Hãy đọc phần dưới đây rồi xác nhận.",
                unit=unit,
                last=f"{last:%d/%m/%Y}",
            )
        )
        self.found = found


def checked(name: str, parent: str, first: date, last: date | None, source: str) -> UnitValues:
    """What was typed. Raises BadInput at the field that is wrong."""
    in_order(first, last)
    return UnitValues(
        name=text(name, "name", _("tên đơn vị"), LONGEST_NAME),
        parent=parent.strip(),
        valid_from=first,
        valid_to=last,
        source=perhaps_text(source, "source", _("nguồn (văn bản)"), LONGEST_SOURCE),
    )


def values_of(unit: Unit) -> UnitValues:
    return UnitValues(
        unit.name, unit.parent.code if unit.parent else "", unit.valid_from, unit.valid_to, unit.source
    )


def add_unit(*, code: str, kind: str, values: UnitValues, by: Viewer | None, now: datetime) -> uuid.UUID:
    """A new unit under a code that nobody has. Raises BadInput at the field that is wrong."""
    code = code.strip().lower()
    if CODE.fullmatch(code) is None:
        raise refused("code", _("Mã chỉ gồm chữ thường không dấu, số và gạch nối, tối đa 60 ký tự."))
    if kind not in PARENTS:
        raise refused("kind", _("Hãy chọn loại đơn vị."))
    try:
        with transaction() as session:
            actor = as_administrator(session.connection(), by, now)
            return insert_unit(session, code, kind, values, actor, now)
    except IntegrityError as error:
        raise refused(
            "code", _("Mã %(code)s đã có đơn vị khác dùng. Hãy chọn mã khác.", code=f"{code!r}")
        ) from error


def insert_unit(
    session: Session, code: str, kind: str, values: UnitValues, actor: Actor, now: datetime
) -> uuid.UUID:
    """Within the caller's transaction; IntegrityError where the code is taken."""
    if kind == UnitKind.AGENCY and (AGENCY_CODE.fullmatch(code) is None or code in FIXED_GROUPS):
        raise refused(
            "code",
            _(
                "Mã của sở, ngành được lấy ý kiến cũng là tên nhóm trên sơ đồ: bắt đầu bằng chữ, tối đa 40 "
                "ký tự, ví dụ so-tu-phap."
            ),
        )
    parent = parent_of(session, kind, values)
    unit_id = uuid.uuid4()
    session.execute(
        insert(Unit).values(
            id=unit_id,
            code=code,
            kind=kind,
            name=values.name,
            parent_id=parent.id if parent is not None else None,
            valid_from=values.valid_from,
            valid_to=values.valid_to,
            source=values.source,
            fictitious=False,
        )
    )
    record_administration(
        session.connection(),
        "unit_added",
        {"unit": str(unit_id), "code": code, "kind": kind, **values.as_json()},
        by=actor,
        at=now,
    )
    return unit_id


def change_unit(
    *, code: str, values: UnitValues, seen: str, accepted: str = "", by: Viewer | None, now: datetime
) -> None:
    """Store these values where the unit still is as it was `seen` (its seal); nothing where they are its own.

    A last day that leaves open cases or units behind raises StillNeeded, until their seal is `accepted`.
    """
    with transaction() as session:
        actor = as_administrator(session.connection(), by, now)
        unit = locked_unit(session, code)
        before = values_of(unit)
        if before.seal != seen:
            raise WrongState(_(CHANGED_MEANWHILE))
        store_change(session, unit, before, values, accepted, actor, now)


def store_change(
    session: Session,
    unit: Unit,
    before: UnitValues,
    values: UnitValues,
    accepted: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Within the caller's transaction, which holds the unit."""
    if before == values:
        return
    parent = parent_of(session, unit.kind, values)
    found = Dependents()
    if values.valid_to is not None and (before.valid_to is None or values.valid_to < before.valid_to):
        found = dependents(session.connection(), unit.id, values.valid_to)
        if found.asks and found.seal != accepted:
            raise StillNeeded(unit.name, values.valid_to, found)
    session.execute(
        update(Unit)
        .where(Unit.id == unit.id)
        .values(
            name=values.name,
            parent_id=parent.id if parent is not None else None,
            valid_from=values.valid_from,
            valid_to=values.valid_to,
            source=values.source,
        )
    )
    record_administration(
        session.connection(),
        "unit_changed",
        {
            "unit": str(unit.id),
            "before": before.as_json(),
            "after": values.as_json(),
            "open_cases": [one.code for one in found.cases],
        },
        by=actor,
        at=now,
    )


def locked_unit(session: Session, code: str) -> Unit:
    """The unit's row, held against everybody: a case that is being opened for it is waited for."""
    unit = session.scalars(
        select(Unit)
        .where(Unit.code == code)
        .with_for_update(of=Unit)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if unit is None:
        raise NotFound(_("Không có đơn vị mang mã này."))
    return unit


def parent_of(session: Session, kind: str, values: UnitValues) -> Unit | None:
    """The unit it belongs to. BadInput where a unit of this kind cannot."""
    allowed = PARENTS[kind]
    if not values.parent:
        if allowed:
            raise refused("parent", _("Hãy chọn đơn vị cấp trên."))
        return None
    parent = session.scalars(select(Unit).where(Unit.code == values.parent)).one_or_none()
    if parent is None:
        raise refused("parent", _("Không có đơn vị nào mang mã %(parent)s.", parent=f"{values.parent!r}"))
    if parent.kind not in allowed:
        raise refused(
            "parent", _("%(name)s không thể là cấp trên của một đơn vị loại này.", name=parent.name)
        )
    ends_first = parent.valid_to is not None and parent.valid_to < values.valid_from
    if ends_first or (values.valid_to is not None and values.valid_to < parent.valid_from):
        raise refused(
            "parent", _("%(name)s không hoạt động vào ngày nào cùng với đơn vị này.", name=parent.name)
        )
    return parent
