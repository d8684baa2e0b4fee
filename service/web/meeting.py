"""What lies before the meeting: what Sở and the member differ on, and what else it may speak of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from evaluation.comparison import Difference
from service.cases.levels import levels_of
from service.models import Case


@dataclass(frozen=True)
class Dispute:
    """`sentences` name the differences, alike ones in one; `criteria` those that the minutes must answer.

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
        sentences=tuple(_together(found.differences)),
        criteria=frozenset(one.criterion for one in found.differences if one.criterion is not None),
        taken_up=frozenset(read.under_the_overall_opinion()),
        notes=found.notes,
    )


def _together(differences: Sequence[Difference]) -> Iterator[str]:
    """“Chỉ tiêu 1.1, 1.2: Sở đạt, Thành viên chưa có kết quả”: a member may leave 34 criteria blank."""
    alike: dict[str, list[str]] = {}
    overall = []
    for one in differences:
        if one.criterion is None:
            overall.append(one.why)
        else:
            alike.setdefault(one.why.partition(": ")[2], []).append(one.criterion)
    for said, criteria in alike.items():
        yield _("Chỉ tiêu %(criteria)s: %(said)s", criteria=", ".join(criteria), said=said)
    yield from overall
