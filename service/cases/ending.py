"""How a case ended: why, by whose act and paper, in which round, and at which step it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import select

from service.audit.queries import RecordedEvent, case_events
from service.cases.papers import SignedPaper, papers_of_acts
from service.database import db
from service.identity.queries import names_of
from service.models import Case, Submission, Task


@dataclass(frozen=True)
class Ending:
    """`reason` is "" where none was given or retention has erased it; `by` where no person's act ended it.

    `stopped_at` names the steps that were open when it ended before its time; `paper` is what was signed.
    """

    reason: str
    by: str
    stopped_at: tuple[str, ...]
    paper: SignedPaper | None


def ending_of(case: Case) -> Ending | None:
    """None while the case runs."""
    if case.status != "finished":
        return None
    last = next((one for one in reversed(case_events(case.id)) if one.data.get("finished")), None)
    if last is None:
        return None
    return Ending(
        reason=_reason(case, last),
        by=names_of({last.actor_id}).get(last.actor_id, "") if last.actor_id else "",
        stopped_at=tuple(steps_named(case, last.data.get("withdrawn", ()))),
        paper=papers_of_acts(case.id).get(last.seq),
    )


def steps_named(case: Case, refs: Sequence[str]) -> list[str]:
    """The names of these tasks of a case."""
    return list(
        db.session.scalars(
            select(Task.name).where(Task.case_id == case.id, Task.ref.in_(sorted(refs))).order_by(Task.ref)
        )
    )


def _reason(case: Case, last: RecordedEvent) -> str:
    if "reason" in last.private:
        return last.private["reason"]
    content = db.session.execute(
        select(Submission.content).where(Submission.case_id == case.id, Submission.seq == last.seq)
    ).scalar_one_or_none()
    return str(orjson.loads(content)["answers"].get("reason") or "") if content else ""
