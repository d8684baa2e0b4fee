"""*Trao đổi*: saying something about a case or one of its criteria, and withdrawing what one said.

Nothing said is ever changed. Withdrawn, its text is shown to nobody; that it was said stays.
"""

from __future__ import annotations

import unicodedata
import uuid
from datetime import datetime

from sqlalchemy import insert, select, update

from evaluation.errors import EvaluationError
from service.audit.operations import record_access
from service.comments.rights import AUDIENCES, heard_by, speaking_seat
from service.database import db, transaction
from service.errors import BadInput, NotAllowed, NotFound, WrongState
from service.identity.queries import load_viewer, visible_cases
from service.identity.viewer import Viewer
from service.models import Case, Comment, OutboxRow
from service.processes.queries import procedure
from service.trace import traceparent
from service.wording import _

LONGEST_BODY = 2000
COMMENT_ADDED = "comment_added"


def add_comment(
    *,
    case_id: uuid.UUID,
    body: str,
    criterion: str | None = None,
    audience: str = "case",
    by: Viewer,
    now: datetime,
) -> uuid.UUID:
    """Say `body` (at most 2000 characters) about the case, or about one criterion; returns the comment's id.

    `audience`: case (whoever sees the case) | unit (those of the author's unit). Those concerned are told by
    the outbox. Raises NotFound, NotAllowed for those who only read, BadInput.
    """
    with transaction() as session:
        connection = session.connection()
        viewer = load_viewer(by.id, now, connection)
        case = session.scalars(select(Case).where(Case.id == case_id, visible_cases(viewer))).one_or_none()
        if case is None:
            raise NotFound()
        seat = speaking_seat(case, viewer)
        if seat is None:
            raise NotAllowed(_("Chỉ người của các đơn vị xử lý hồ sơ này mới trao đổi được; ông/bà chỉ xem."))
        body = _checked(body, audience)
        criterion = _criterion(case, criterion)
        comment_id = uuid.uuid4()
        connection.execute(
            insert(Comment).values(
                id=comment_id,
                case_id=case_id,
                criterion=criterion,
                author_id=viewer.id,
                position_id=seat.position_id,
                unit_id=seat.unit_id,
                audience=audience,
                body=body,
                created_at=now,
            )
        )
        # Kept by its comment in the log; the text lies beside, where retention can erase it.
        said = {"comment": str(comment_id), "criterion": criterion, "audience": audience}
        record_access(
            connection,
            COMMENT_ADDED,
            said,
            case_id=case_id,
            by=viewer.actor(seat),
            at=now,
            private={"text": body.encode()},
        )
        connection.execute(
            insert(OutboxRow).values(
                kind=COMMENT_ADDED,
                case_id=None,
                payload={"comment": str(comment_id)},
                dedup_key=f"comment:{comment_id}",
                available_at=now,
                created_at=now,
                traceparent=traceparent(),
            )
        )
    return comment_id


def withdraw_comment(*, case_id: uuid.UUID, comment_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    """Take back what one said oneself: from now on its text is shown to nobody.

    Raises NotFound for what one does not hear, NotAllowed for another's words, WrongState the second time.
    """
    with transaction() as session:
        connection = session.connection()
        viewer = load_viewer(by.id, now, connection)
        case, found = _heard(case_id, comment_id, viewer)
        if found.author_id != viewer.id:
            raise NotAllowed(_("Chỉ người viết mới rút được nội dung trao đổi."))
        changed = session.execute(
            update(Comment)
            .where(Comment.id == comment_id, Comment.withdrawn_at.is_(None))
            .values(withdrawn_at=now)
        )
        if changed.rowcount != 1:  # type: ignore[attr-defined]
            raise WrongState(_("Nội dung này đã được rút trước đó."))
        record_access(
            connection,
            "comment_withdrawn",
            {"comment": str(comment_id)},
            case_id=case.id,
            by=viewer.actor(speaking_seat(case, viewer)),
            at=now,
        )


def _heard(case_id: uuid.UUID, comment_id: uuid.UUID, viewer: Viewer) -> tuple[Case, Comment]:
    row = db.session.execute(
        select(Case, Comment)
        .join(Comment, Comment.case_id == Case.id)
        .where(Case.id == case_id, visible_cases(viewer), Comment.id == comment_id, heard_by(viewer, case_id))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound()
    return row[0], row[1]


def _checked(body: str, audience: str) -> str:
    """What was said, as kept: NFC, line breaks as \\n, no other control characters, nothing around it."""
    text = unicodedata.normalize("NFC", body.replace("\r\n", "\n").replace("\r", "\n"))
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
    problems: dict[str, list[str]] = {}
    if not text:
        problems["body"] = [_("Hãy viết nội dung trao đổi.")]
    elif len(text) > LONGEST_BODY:
        problems["body"] = [
            _(
                "Nội dung dài %(count)s ký tự, tối đa %(longest_body)s. Hãy viết gọn hoặc tách làm hai.",
                count=len(text),
                longest_body=LONGEST_BODY,
            )
        ]
    if audience not in AUDIENCES:
        problems["audience"] = [_("Hãy chọn ai đọc được nội dung này.")]
    if problems:
        raise BadInput(_("Nội dung trao đổi chưa gửi được."), fields=problems)
    return text


def _criterion(case: Case, criterion: str | None) -> str | None:
    if not criterion:
        return None
    try:
        return procedure(case.process_version_id).catalogue.criterion(criterion).id
    except EvaluationError as error:
        raise BadInput(error.message, fields={"criterion": [error.message]}) from error
