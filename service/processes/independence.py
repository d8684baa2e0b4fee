"""Independence: Sở judges before it sees what the responsible member of the committee has found."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select, true

from service.database import db
from service.identity.viewer import Viewer
from service.models import Submission
from service.processes.facts import RETURNED, current_submissions

DEPARTMENT, MEMBER, CONSOLIDATE = "department_verify", "member_opinion", "district_consolidate"
# Where the district says how it took up the member's opinion, it repeats it.
REPEATS_MEMBER = {CONSOLIDATE: frozenset({"opinion_taken_up", "consolidation_note", "consolidation_files"})}


def hidden_steps(case_id: uuid.UUID, viewer: Viewer, until: int | None = None) -> frozenset[str]:
    """Steps whose values and files this person must not see yet; `until`: after that event, as it was then.

    For those who work at Sở: the member's, until Sở has recorded its own results on this very dossier. That
    the member has not given an opinion yet opens nothing: files and comments may be there before it.
    """
    if not viewer.departments:
        return frozenset()
    then = true() if until is None else Submission.seq <= until
    recorded = _last(case_id, Submission.element == DEPARTMENT, Submission.action != RETURNED, then)
    if recorded is None:
        return frozenset({MEMBER})
    opinion = _last(case_id, Submission.element == MEMBER, then)
    counting = current_submissions(db.session.connection(), case_id, until)
    if DEPARTMENT in counting and (opinion is None or recorded > opinion):
        return frozenset()
    return frozenset({MEMBER})


def steps_with_hidden_files(case_id: uuid.UUID, viewer: Viewer) -> frozenset[str]:
    """Steps whose files this person must not see yet: the member's, and those that may repeat it."""
    hidden = hidden_steps(case_id, viewer)
    return hidden | REPEATS_MEMBER.keys() if MEMBER in hidden else hidden


def readable_submissions(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on Submission that leaves out what `hidden_steps` hides: the same rule for many cases."""
    if not viewer.departments:
        return true()
    of_department, counts = Submission.element == DEPARTMENT, Submission.action != RETURNED
    recorded = func.max(case((of_department & counts, Submission.seq)))
    opened = (
        select(Submission.case_id)
        .group_by(Submission.case_id)
        .having(
            recorded == func.max(case((of_department, Submission.seq))),
            recorded > func.coalesce(func.max(case((Submission.element == MEMBER, Submission.seq))), 0),
        )
    )
    return or_(Submission.element != MEMBER, Submission.case_id.in_(opened))


def without_repeated(element: str, answers: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    """A step's answers without the fields that repeat what is `hidden` from whoever reads them."""
    kept_back = REPEATS_MEMBER.get(element, frozenset()) if MEMBER in hidden else frozenset()
    return {key: value for key, value in answers.items() if key not in kept_back}


def _last(case_id: uuid.UUID, *conditions: object) -> int | None:
    return db.session.execute(
        select(func.max(Submission.seq)).where(Submission.case_id == case_id, *conditions)  # type: ignore[arg-type]
    ).scalar()
