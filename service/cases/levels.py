"""Every level's values of a case side by side: the latest that each step wrote for each criterion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select, true

from evaluation.catalogue import Criterion
from service.database import db
from service.identity.viewer import Viewer
from service.models import Case, Submission
from service.processes.facts import RETURNED, current_submissions
from service.processes.independence import hidden_steps
from service.processes.queries import procedure
from service.processes.rules import Levels, levels


@dataclass(frozen=True)
class LevelValue:
    """What one level wrote for one criterion, and how it was judged."""

    raw: str
    verdict: str
    why: str
    decision: str | None
    reason: str
    difficulty: str
    evidence: tuple[str, ...]
    current: bool
    # At the meeting: whether it agreed on this value. None at every other level.
    agreed: bool | None


@dataclass(frozen=True)
class CriterionRow:
    criterion: Criterion
    target: str
    assessed: bool
    values: Mapping[str, LevelValue]
    # True where levels that have spoken came to different verdicts.
    differs: bool


def criteria_at_all_levels(
    case: Case, *, hide: frozenset[str] = frozenset(), until: int | None = None
) -> list[CriterionRow]:
    """The 37 rows of Phụ lục 01 in order, each with the latest value of every step that gave one.

    `hide` leaves out steps whose values the viewer must not see yet (see `hidden_levels`); `until`: as it
    stood after that event.
    """
    bundle = procedure(case.process_version_id)
    latest = {
        element: (content, current)
        for element, content, current in latest_submissions(case, until)
        if element not in hide
    }
    year = bundle.catalogue.year(case.year)
    rows = []
    for criterion in year.criteria:
        values = {
            element: value
            for element, (content, current) in latest.items()
            if (value := _level_value(content, criterion.id, current)) is not None
        }
        verdicts = {
            value.verdict for value in values.values() if value.current and value.verdict != "missing"
        }
        target = criterion.target(case.year)
        rows.append(CriterionRow(criterion, target.text, target.assessed, values, len(verdicts) > 1))
    return rows


def _level_value(content: Mapping[str, Any], criterion: str, current: bool) -> LevelValue | None:
    given = (content["answers"].get("criteria") or {}).get(criterion)
    judged = content.get("results", {}).get(criterion)
    if given is None or judged is None:
        return None
    return LevelValue(
        raw=given.get("raw") or "",
        verdict=judged["verdict"],
        why=judged["why"],
        decision=given.get("decision"),
        reason=given.get("reason") or "",
        difficulty=given.get("difficulty") or "",
        evidence=tuple(given.get("evidence") or ()),
        current=current,
        agreed=given.get("agreed"),
    )


def latest_submissions(case: Case, until: int | None = None) -> list[tuple[str, dict[str, Any], bool]]:
    """(step, content, whether it still counts) of each step's latest act that was not a return."""
    then = true() if until is None else Submission.seq <= until
    rows = db.session.execute(
        select(Submission.element, Submission.seq, Submission.content)
        .where(Submission.case_id == case.id, Submission.action != RETURNED, then)
        .order_by(Submission.seq)
    ).all()
    latest = {row.element: (row.seq, row.content) for row in rows}
    counting = current_submissions(db.session.connection(), case.id, until)
    return [
        (element, orjson.loads(content), element in counting)
        for element, (_, content) in sorted(latest.items(), key=lambda item: item[1][0])
    ]


def hidden_levels(case: Case, viewer: Viewer) -> frozenset[str]:
    """Independence: Sở sees the member's values only after it has recorded its own on this dossier."""
    return hidden_steps(case.id, viewer)


def levels_of(case: Case) -> Levels:
    """The levels' findings as the rules would read them now."""
    bundle = procedure(case.process_version_id)
    return levels(
        {
            "year": case.year,
            "catalogue": bundle.catalogue,
            "submissions": current_submissions(db.session.connection(), case.id),
        }
    )
