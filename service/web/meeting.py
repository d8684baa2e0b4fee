"""What lies before the meeting: what Sở and the member differ on, and what else it may speak of."""

from __future__ import annotations

from dataclasses import dataclass

from service.cases.levels import levels_of
from service.models import Case


@dataclass(frozen=True)
class Dispute:
    """`sentences` name each difference, `criteria` those of them that the minutes must answer.

    `taken_up`: where the overall opinions differ, the criteria that keep Sở from a yes and on which the
    member wrote nothing. The minutes may answer them and need not. `notes` decide nothing.
    """

    sentences: tuple[str, ...]
    criteria: frozenset[str]
    taken_up: frozenset[str]
    notes: tuple[str, ...]


def dispute_in(case: Case) -> Dispute:
    """Read by the rule that called the meeting."""
    read = levels_of(case)
    found = read.comparison()
    return Dispute(
        sentences=tuple(difference.why for difference in found.differences),
        criteria=frozenset(one.criterion for one in found.differences if one.criterion is not None),
        taken_up=frozenset(read.under_the_overall_opinion()),
        notes=found.notes,
    )
