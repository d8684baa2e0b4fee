"""Independence: Sở judges before it sees what the responsible member of the committee has found."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select

from service.database import db
from service.identity.viewer import Viewer
from service.models import Submission
from service.processes.facts import RETURNED, current_submissions

DEPARTMENT, MEMBER = "department_verify", "member_opinion"


def hidden_steps(case_id: uuid.UUID, viewer: Viewer) -> frozenset[str]:
    """Steps whose values and files this person must not see yet.

    For those who work at Sở: the member's, until Sở has recorded its own results on this very dossier. That
    the member has not given an opinion yet opens nothing: files and comments may be there before it.
    """
    if not viewer.departments:
        return frozenset()
    recorded = _last(case_id, Submission.element == DEPARTMENT, Submission.action != RETURNED)
    if recorded is None:
        return frozenset({MEMBER})
    opinion = _last(case_id, Submission.element == MEMBER)
    counting = current_submissions(db.session.connection(), case_id)
    if DEPARTMENT in counting and (opinion is None or recorded > opinion):
        return frozenset()
    return frozenset({MEMBER})


def _last(case_id: uuid.UUID, *conditions: object) -> int | None:
    return db.session.execute(
        select(func.max(Submission.seq)).where(Submission.case_id == case_id, *conditions)  # type: ignore[arg-type]
    ).scalar()
