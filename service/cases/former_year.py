"""What the same commune wrote of itself in an earlier year: a basis to start from, no result of this year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import select

from service.database import db
from service.identity.queries import visible_cases
from service.identity.viewer import Viewer
from service.models import Case, Submission
from service.processes.facts import RETURNED


@dataclass(frozen=True)
class FormerYear:
    """An earlier year's signed self-assessment; `results` as written, by criterion, blanks left out."""

    year: int
    case_code: str
    results: Mapping[str, str]


def former_self_assessment(case: Case, viewer: Viewer) -> FormerYear | None:
    """None where the commune signed none in an earlier year, or where the viewer may not see that case."""
    row = db.session.execute(
        select(Case.year, Case.code, Submission.content)
        .join(Submission, Submission.case_id == Case.id)
        .where(
            Case.procedure == case.procedure,
            Case.commune_id == case.commune_id,
            Case.year < case.year,
            Submission.element == "self_assess",
            Submission.action != RETURNED,
            visible_cases(viewer),
        )
        .order_by(Case.year.desc(), Submission.seq.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    given = orjson.loads(row.content)["answers"].get("criteria") or {}
    results = {key: raw for key, entry in given.items() if (raw := (entry.get("raw") or "").strip())}
    return FormerYear(row.year, row.code, results)
