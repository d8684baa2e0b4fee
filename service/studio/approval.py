"""From a draft to a version: submitted, approved by somebody of another unit, published; or sent back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from service.clock import local_day
from service.database import transaction
from service.errors import BadInput, WrongState
from service.identity.viewer import Seat, Viewer
from service.models import DraftState, ProcessDraft
from service.processes.publishing import publish_version, version_with
from service.studio.checking import as_bytes
from service.studio.expected import draft_in, waiting_draft
from service.studio.guards import (
    LegalBasis,
    basis_of,
    refuse_incomplete,
    refuse_long,
    refuse_own,
    rights_of,
    same_as_submitted,
    why_not_own,
    without_errors,
)
from service.studio.operations import change, drawing
from service.studio.record import record
from service.studio.rights import RightsChange
from service.studio.told import queue_telling
from service.wording import _


def submit_draft(*, draft_id: uuid.UUID, rev: int, basis: LegalBasis, by: Viewer, now: datetime) -> None:
    """Ask for approval of exactly what is stored: nothing of it can change from then on.

    Raises BadInput naming the fields, BadDefinition with the problems, WrongState, DraftChanged.
    """
    refuse_incomplete(basis, now)
    with transaction() as session:
        connection = session.connection()
        viewer, seat = drawing(connection, by, now)
        draft = draft_in(DraftState.DRAFT, draft_id, rev)
        examined = without_errors(draft, basis.effective_on, now)
        existing = version_with(examined.content_hash)
        if existing is not None:
            raise BadInput(
                _(
                    "Nội dung giống hệt phiên bản %(version)s đã ban hành, không có gì để phê duyệt. "
                    "Hãy sửa sơ đồ; muốn ban hành lại phiên bản cũ, hãy đổi nhãn phiên bản (Version tag).",
                    version=existing.version,
                )
            )
        change(
            connection,
            draft,
            {
                "state": DraftState.SUBMITTED,
                "legal_number": basis.number,
                "legal_date": basis.issued_on,
                "effective_on": basis.effective_on,
                "note": basis.note,
                "content_hash": examined.content_hash,
                "submitted_at": now,
                "submitted_by": viewer.id,
                "submitted_unit": seat.unit_id,
                "decided_at": None,
                "decided_by": None,
                "decision_note": "",
                "rights": [],
            },
        )
        _record(
            connection,
            "process_draft_submitted",
            draft,
            viewer,
            seat,
            now,
            basis.note,
            {
                "content_hash": examined.content_hash,
                "legal_basis": basis.as_text(),
                "effective_on": basis.effective_on.isoformat(),
            },
        )


def approve_draft(
    *, draft_id: uuid.UUID, rev: int, content_hash: str, note: str = "", by: Viewer, now: datetime
) -> list[RightsChange]:
    """Sign what was submitted, with the change of rights as computed now; returns that change.

    `content_hash` is what the approver was shown. Raises SeparationOfDuties for who drew at it or submitted
    it or is of the same unit, WrongState, DraftChanged, BadDefinition.
    """
    refuse_long(note)
    with transaction() as session:
        connection = session.connection()
        viewer, seat = drawing(connection, by, now)
        draft = draft_in(DraftState.SUBMITTED, draft_id, rev)
        refuse_own(draft, viewer, seat)
        examined = same_as_submitted(draft, content_hash, now)
        rights = rights_of(draft, examined)
        told = [one.as_json() for one in rights]
        change(
            connection,
            draft,
            {
                "state": DraftState.APPROVED,
                "decided_at": now,
                "decided_by": viewer.id,
                "decision_note": note,
                "rights": told,
            },
        )
        _record(
            connection,
            "process_draft_approved",
            draft,
            viewer,
            seat,
            now,
            note,
            {"content_hash": draft.content_hash, "rights": told},
        )
    return rights


def return_draft(*, draft_id: uuid.UUID, rev: int, note: str, by: Viewer, now: datetime) -> None:
    """Send a draft back to be drawn on, saying why; an approval already given ends with that.

    Raises BadInput without a reason, SeparationOfDuties for who may take it back instead, WrongState.
    """
    if not note:
        sentence = _("Ghi lý do trả lại.")
        raise BadInput(sentence, fields={"note": [sentence]})
    refuse_long(note)
    with transaction() as session:
        connection = session.connection()
        viewer, seat = drawing(connection, by, now)
        draft = waiting_draft(draft_id, rev)
        refuse_own(draft, viewer, seat)
        change(
            connection,
            draft,
            {
                "state": DraftState.DRAFT,
                "decided_at": now,
                "decided_by": viewer.id,
                "decision_note": note,
                "rights": [],
            },
        )
        _record(connection, "process_draft_returned", draft, viewer, seat, now, note, {})


def take_draft_back(*, draft_id: uuid.UUID, rev: int, by: Viewer, now: datetime) -> None:
    """Its drawers take a draft back before it is published, to go on drawing; an approval ends with that."""
    with transaction() as session:
        connection = session.connection()
        viewer, seat = drawing(connection, by, now)
        draft = waiting_draft(draft_id, rev)
        if why_not_own(draft, viewer, seat) is None:
            raise WrongState(_("Chỉ người soạn hoặc đơn vị trình lấy lại được; người phê duyệt thì trả lại."))
        change(
            connection,
            draft,
            {"state": DraftState.DRAFT, "decided_at": None, "decided_by": None, "rights": []},
        )
        _record(connection, "process_draft_taken_back", draft, viewer, seat, now, "", {})


def publish_draft(*, draft_id: uuid.UUID, rev: int, by: Viewer, now: datetime) -> uuid.UUID:
    """Make the approved content a version, which cases opened from its day on run by; returns its id.

    Raises WrongState where it is not approved, or what it calls has meanwhile been replaced, or its day has
    passed.
    """
    with transaction() as session:
        connection = session.connection()
        viewer, seat = drawing(connection, by, now)
        draft = draft_in(DraftState.APPROVED, draft_id, rev)
        same_as_submitted(draft, draft.content_hash, now)
        basis = basis_of(draft)
        if basis.effective_on < local_day(now):
            raise WrongState(
                _(
                    "Ngày hiệu lực %(day)s đã qua. Hãy lấy lại bản thảo, ghi ngày mới rồi trình lại.",
                    day=f"{basis.effective_on:%d/%m/%Y}",
                )
            )
        version_id = publish_version(
            diagram=draft.diagram,
            forms=as_bytes(draft.forms),
            catalogue=draft.catalogue,
            legal_basis=basis.as_text(),
            effective_on=basis.effective_on,
            approval={
                "draft": str(draft.id),
                "submitted_by": str(draft.submitted_by),
                "approved_by": str(draft.decided_by),
                "rights": draft.rights,
            },
            by=viewer.actor(seat),
            now=now,
        )
        change(connection, draft, {"state": DraftState.PUBLISHED, "version_id": version_id})
        _record(
            connection,
            "process_draft_published",
            draft,
            viewer,
            seat,
            now,
            "",
            {"content_hash": draft.content_hash, "version_id": str(version_id)},
        )
    return version_id


def _record(
    connection: Connection,
    kind: str,
    draft: ProcessDraft,
    viewer: Viewer,
    seat: Seat,
    now: datetime,
    note: str,
    data: Mapping[str, Any],
) -> None:
    record(
        connection,
        kind,
        draft.id,
        draft.key,
        {"rev": draft.rev, **data},
        by=viewer.actor(seat),
        now=now,
        note=note,
    )
    queue_telling(connection, draft.id, draft.rev, kind, viewer.id, now)
