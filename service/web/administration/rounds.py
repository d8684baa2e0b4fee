"""*Đợt xét*, as administration sees them: which there are, how far they are, who did what."""

from __future__ import annotations

from typing import Any

from service.administration.history import list_changes
from service.administration.sentences import GROUPS
from service.http.access import current_viewer, policy
from service.rounds.queries import may_see_rounds, overview_of_rounds
from service.web import pages
from service.web.administration.room import (
    ADMINISTRATOR,
    AUDITOR,
    LEADER,
    group_number,
    must_read_assignments,
    page,
)
from service.wording import marked

OF_ROUNDS = marked("Đợt xét và văn bản")


@pages.get("/quan-tri/dot", endpoint="round_overview")
@policy(ADMINISTRATOR, AUDITOR, LEADER)
def show_rounds() -> Any:
    must_read_assignments()
    kinds = [kind for kind in GROUPS[OF_ROUNDS] if kind.startswith("round_")]
    return page(
        "rounds.html",
        rounds=overview_of_rounds(),
        may_open=may_see_rounds(current_viewer()),
        changes=list_changes(kinds=kinds, size=10)[0],
        log_group=group_number(OF_ROUNDS),
    )
