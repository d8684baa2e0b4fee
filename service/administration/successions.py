"""*Đơn vị kế tiếp*: which unit took over from which, since when, by what document."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.administration.rights import as_administrator
from service.administration.typed import basis, refused
from service.administration.unit_changes import locked_unit
from service.audit.operations import Actor, record_administration
from service.database import transaction
from service.errors import NotFound
from service.identity.viewer import Viewer
from service.models import Unit, UnitSuccession
from service.wording import _


def add_succession(
    *, predecessor: str, successor: str, since: date, legal_basis: str, by: Viewer | None, now: datetime
) -> None:
    """`successor` (code) takes over from `predecessor` (code) on `since`. BadInput names the field."""
    paper = basis(legal_basis)
    with transaction() as session:
        actor = as_administrator(session.connection(), by, now)
        insert_succession(session, predecessor, successor, since, paper, actor, now)


def insert_succession(
    session: Session, predecessor: str, successor: str, since: date, paper: str, actor: Actor, now: datetime
) -> None:
    """Within the caller's transaction."""
    if predecessor == successor:
        raise refused("other", _("Một đơn vị không kế tiếp chính mình. Hãy chọn đơn vị khác."))
    # In the order of their codes, so that two who link the same units wait instead of blocking each other.
    held = {code: _held(session, code) for code in sorted({predecessor, successor})}
    former, later = held[predecessor], held[successor]
    if former.kind != later.kind:
        raise refused("other", _("Hai đơn vị phải cùng loại (cùng cấp xã, cấp huyện…)."))
    if since <= former.valid_from:
        raise refused(
            "since",
            _(
                "%(name)s chỉ hoạt động từ %(valid_from)s.",
                name=former.name,
                valid_from=f"{former.valid_from:%d/%m/%Y}",
            ),
        )
    if later.valid_to is not None and since > later.valid_to:
        raise refused(
            "since",
            _(
                "%(name)s chỉ hoạt động đến %(valid_to)s.",
                name=later.name,
                valid_to=f"{later.valid_to:%d/%m/%Y}",
            ),
        )
    if _follows(session, later, former):
        raise refused(
            "other",
            _(
                "%(name)s đã kế tiếp %(other)s; không thể theo chiều ngược lại.",
                name=former.name,
                other=later.name,
            ),
        )
    try:
        session.execute(
            insert(UnitSuccession).values(
                predecessor_id=former.id, successor_id=later.id, since=since, legal_basis=paper
            )
        )
    except IntegrityError as error:
        raise refused(
            "other", _("%(name)s đã được ghi là kế tiếp %(other)s.", name=later.name, other=former.name)
        ) from error
    _record(session, "unit_succession_added", former, later, since, paper, actor, now)


def remove_succession(*, predecessor: str, successor: str, by: Viewer | None, now: datetime) -> None:
    """Take back a link that was made by mistake; recorded like the rest."""
    with transaction() as session:
        actor = as_administrator(session.connection(), by, now)
        held = {code: _held(session, code) for code in sorted({predecessor, successor})}
        former, later = held[predecessor], held[successor]
        link = session.get(UnitSuccession, (former.id, later.id), populate_existing=True)
        if link is None:
            raise NotFound(_("Không có liên kết này; có thể người khác vừa bỏ."))
        since, paper = link.since, link.legal_basis
        session.execute(
            delete(UnitSuccession).where(
                UnitSuccession.predecessor_id == former.id, UnitSuccession.successor_id == later.id
            )
        )
        _record(session, "unit_succession_removed", former, later, since, paper, actor, now)


def _held(session: Session, code: str) -> Unit:
    try:
        return locked_unit(session, code)
    except NotFound as error:
        raise refused("other", _("Không có đơn vị nào mang mã %(code)s.", code=f"{code!r}")) from error


def _follows(session: Session, first: Unit, wanted: Unit) -> bool:
    """Whether `wanted` comes, over however many steps, after `first`."""
    seen, ahead = set(), {first.id}
    while ahead:
        if wanted.id in ahead:
            return True
        seen |= ahead
        ahead = (
            set(
                session.execute(
                    select(UnitSuccession.successor_id).where(
                        UnitSuccession.predecessor_id.in_(sorted(ahead))
                    )
                ).scalars()
            )
            - seen
        )
    return False


def _record(
    session: Session,
    kind: str,
    former: Unit,
    later: Unit,
    since: date,
    paper: str,
    actor: Actor,
    now: datetime,
) -> None:
    record_administration(
        session.connection(),
        kind,
        {
            "predecessor": str(former.id),
            "successor": str(later.id),
            "since": since.isoformat(),
            "source": paper,
        },
        by=actor,
        at=now,
    )
