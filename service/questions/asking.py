"""What is recorded of asking: who looked at a case's answer, and who took an answer away as a file."""

from __future__ import annotations

import uuid
from datetime import datetime

from service.audit.operations import record_access, record_administration
from service.database import transaction
from service.identity.queries import load_viewer
from service.identity.viewer import Viewer
from service.questions.asked import Asked
from service.questions.ready import DECIDED, Question
from service.questions.scope import the_case


def record_answer(
    *, question: Question, asked: Asked, exported: str, lines: int, by: Viewer, now: datetime
) -> None:
    """An answer about one case goes into its access stream; about many, as a file, among administration.

    `exported` is csv | xlsx, "" for a page; a page on many cases shows what lists show, and is not recorded.
    """
    of_case: uuid.UUID | None = the_case(by, asked.case) if question.key == DECIDED else None
    if of_case is None and not exported:
        return
    with transaction() as session:
        connection = session.connection()
        load_viewer(by.id, now, connection)
        if of_case is not None:
            kind = "answer_exported" if exported else "answer_viewed"
            data = {"question": question.key, "criterion": asked.criterion, "format": exported}
            record_access(connection, kind, data, case_id=of_case, by=by.actor(), at=now)
            return
        told = {"question": question.key, "format": exported, "lines": lines}
        record_administration(connection, "answer_exported", told, by=by.actor(), at=now)
