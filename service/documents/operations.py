"""Official documents: *văn thư cấp số*. The number comes after the signature and changes nothing signed."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import or_, select, update

from service.audit.operations import record_administration
from service.database import transaction
from service.errors import BadInput, NotAllowed, NotFound, WrongState
from service.identity.queries import load_viewer, visible_cases
from service.identity.viewer import Viewer
from service.models import Case, Document, Role
from service.processes.steps import append_case_event

LONGEST_NUMBER = 60


def number_document(
    *, document_id: uuid.UUID, number: str, issued_on: date, by: Viewer, now: datetime
) -> None:
    """Record number and date once; raises WrongState when they are there already."""
    number = number.strip()
    if not number or len(number) > LONGEST_NUMBER:
        raise BadInput(
            "Hãy ghi số, ký hiệu văn bản (tối đa 60 ký tự).", fields={"number": ["Hãy ghi số, ký hiệu."]}
        )
    with transaction() as session:
        connection = session.connection()
        viewer = load_viewer(by.id, now, connection)
        document = session.scalars(
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
        # A member or the Chairman fills in what he signed himself, not what others of his unit signed.
        others = document.signer_id != viewer.id
        if seat is None or (others and seat.role in (Role.MEMBER, Role.CHAIRMAN)):
            raise NotAllowed("Văn thư của đơn vị ban hành mới cấp số được.")
        if document.number:
            raise WrongState(f"Văn bản đã có số {document.number}.")
        changed = session.execute(
            update(Document)
            .where(Document.id == document_id, Document.number == "")
            .values(number=number, issued_on=issued_on, numbered_by=by.id, numbered_at=now)
        )
        if changed.rowcount != 1:  # type: ignore[attr-defined]
            raise WrongState("Văn bản vừa được cấp số.")
        data = {
            "document": str(document_id),
            "title": document.title,
            "number": number,
            "issued_on": issued_on.isoformat(),
        }
        actor = by.actor(seat)
        if document.case_id is not None:
            append_case_event(connection, document.case_id, "document_numbered", data, by=actor, now=now)
        else:
            record_administration(connection, "document_numbered", data, by=actor, at=now)
