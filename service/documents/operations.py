"""Official documents: *văn thư cấp số*. The number comes after the signature and changes nothing signed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select, update

from service.audit.operations import Actor, record_administration
from service.database import db, transaction
from service.errors import BadInput, NotAllowed, NotFound, WrongState
from service.identity.queries import load_viewer, visible_cases
from service.identity.viewer import Seat, Viewer
from service.models import Case, Document, Role
from service.paper_dates import refuse_wrong_issued_day
from service.processes.steps import append_case_event
from service.wording import _

LONGEST_NUMBER = 60


def number_document(
    *, document_id: uuid.UUID, number: str, issued_on: date, by: Viewer, now: datetime
) -> None:
    """Record number and date once; raises WrongState when they are there already."""
    number = checked_number(number)
    with transaction() as session:
        viewer = load_viewer(by.id, now, session.connection())
        document, seat = clerks_document(document_id, viewer)
        refuse_wrong_issued_day(issued_on, now)
        if document.number:
            raise WrongState(_("Văn bản đã có số %(number)s.", number=document.number))
        give_number(document, number, issued_on, by.actor(seat), now)


def checked_number(number: str) -> str:
    number = number.strip()
    if not number or len(number) > LONGEST_NUMBER:
        raise BadInput(
            _("Hãy ghi số, ký hiệu văn bản (tối đa 60 ký tự)."),
            fields={"number": [_("Hãy ghi số, ký hiệu.")]},
        )
    return number


def clerks_document(document_id: uuid.UUID, viewer: Viewer) -> tuple[Document, Seat]:
    """A document, for whoever looks after its number and signed copy, and from which seat.

    Raises NotFound for those who don't see it, NotAllowed for those of other units.
    """
    document = db.session.scalars(
        select(Document)
        .outerjoin(Case, Case.id == Document.case_id)
        .where(Document.id == document_id, or_(Document.case_id.is_(None), visible_cases(viewer)))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if document is None:
        raise NotFound()
    seat = viewer.seat_for_numbering(document.unit_id)
    if seat is None and document.case_id is None and not viewer.sees_all_cases:
        raise NotFound()  # a round's document is for those who see rounds
    if seat is None or not looks_after(document, seat, viewer):
        raise NotAllowed(_("Chỉ văn thư của đơn vị ban hành mới cấp số và nộp bản đã ký của văn bản."))
    return document, seat


def looks_after(document: Document, seat: Seat, viewer: Viewer) -> bool:
    """A member or the Chairman sees to what he signed himself, not to what others of his unit signed."""
    return document.signer_id == viewer.id or seat.role not in (Role.MEMBER, Role.CHAIRMAN)


def give_number(document: Document, number: str, issued_on: date, by: Actor, now: datetime) -> None:
    """Within the caller's transaction; two clerks at once give one number."""
    changed = db.session.execute(
        update(Document)
        .where(Document.id == document.id, Document.number == "")
        .values(number=number, issued_on=issued_on, numbered_by=by.user_id, numbered_at=now)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise WrongState(_("Văn bản vừa được cấp số."))
    data = {"number": number, "issued_on": issued_on.isoformat()}
    record_of_document(document, "document_numbered", data, by, now)


def record_of_document(
    document: Document,
    kind: str,
    data: Mapping[str, Any],
    by: Actor,
    now: datetime,
    private: Mapping[str, bytes] | None = None,
) -> None:
    """In the chain of its case; a round's document is nobody's case, so it stands with administration."""
    connection = db.session.connection()
    told = {"document": str(document.id), "title": document.title, **data}
    if document.case_id is not None:
        append_case_event(connection, document.case_id, kind, told, by=by, now=now, private=private)
    else:
        record_administration(connection, kind, told, by=by, at=now, private=private)
