"""The standing of every case in a round: read once when it comes in, then kept with the draft Tờ trình.

To judge 133 communes by the rules takes seconds; to look at them must not. What is kept counts while its case
is as it was then, so a page, the signature and the Decision all speak of the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models import Case, Round, RoundAct
from service.rounds.standing import Standing, standing_of

KEPT = "standings"


def keep_standings(round_: Round, found: Iterable[tuple[Case, Standing]]) -> None:
    """Note with the round's draft how these cases stand, each under the last hash of its log."""
    noted = {str(case.id): {"of": case.last_hash.hex(), **standing.as_json()} for case, standing in found}
    round_.draft = {**round_.draft, KEPT: {**round_.draft.get(KEPT, {}), **noted}}


def forget_standing(round_: Round, case_id: uuid.UUID) -> None:
    kept = {key: value for key, value in round_.draft.get(KEPT, {}).items() if key != str(case_id)}
    round_.draft = {**round_.draft, KEPT: kept}


def drafted_standings(round_: Round, cases: Collection[Case]) -> dict[uuid.UUID, Standing]:
    """How each case stands now: as kept, or read anew where something has happened in it since."""
    kept: dict[str, dict[str, Any]] = round_.draft.get(KEPT, {})
    found = {}
    for case in cases:
        noted = kept.get(str(case.id))
        # Kept before the member's opinion was: read anew.
        same = noted is not None and noted["of"] == case.last_hash.hex() and "opinion" in noted
        found[case.id] = Standing.from_json(noted) if noted is not None and same else standing_of(case)
    return found


def signed_standings(session: Session, round_: Round) -> dict[uuid.UUID, Standing]:
    """What the round's last act said of each case: once signed, that counts and nothing newer."""
    contents = session.scalars(
        select(RoundAct.content)
        .where(RoundAct.round_id == round_.id)
        .order_by(RoundAct.signed_at, RoundAct.kind.desc())
    ).all()
    last = contents[-1]["cases"] if contents else {}
    return {uuid.UUID(case_id): Standing.from_json(stored) for case_id, stored in last.items()}
