"""Opinions on an older dossier: what changed after the responsible member judged it."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import func, select

from service.database import db
from service.models import Case, Submission
from service.processes.facts import RETURNED


def stale_opinions(case: Case) -> frozenset[str]:
    """Criteria whose value or evidence changed since the member judged them (*ý kiến trên bản cũ*)."""
    return _changed_since(case, Submission.action != RETURNED)


def changed_since_member_read(case: Case) -> frozenset[str]:
    """Criteria whose value or evidence changed since the member last gave an opinion or sent it back."""
    return _changed_since(case)


def _changed_since(case: Case, *which: Any) -> frozenset[str]:
    """What commune or district wrote or enclosed otherwise after the member's last act (of those `which`)."""
    last = db.session.execute(
        select(func.max(Submission.seq)).where(
            Submission.case_id == case.id, Submission.element == "member_opinion", *which
        )
    ).scalar()
    if last is None:
        return frozenset()
    rows = db.session.execute(
        select(Submission.element, Submission.seq, Submission.content)
        .where(
            Submission.case_id == case.id,
            Submission.element.in_(("self_assess", "district_appraise")),
            Submission.action != RETURNED,
        )
        .order_by(Submission.seq)
    ).all()
    read = {row.element: row for row in rows if row.seq < last}
    now = {row.element: row for row in rows}
    changed: set[str] = set()
    for element, row in now.items():
        known = read.get(element)
        if known is None or known.seq == row.seq:
            continue
        before, after = _values_and_evidence(known.content), _values_and_evidence(row.content)
        changed |= {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    return frozenset(changed)


def _values_and_evidence(content: bytes) -> dict[str, tuple[Any, ...]]:
    """{criterion: what was written, decided and enclosed}; a file is its content, whatever it is called."""
    document = orjson.loads(content)
    files = document.get("files", {})
    return {
        key: (
            given.get("raw") or "",
            given.get("decision"),
            given.get("reason") or "",
            sorted(files[file]["sha256"] for file in given.get("evidence") or ()),
        )
        for key, given in (document["answers"].get("criteria") or {}).items()
    }
