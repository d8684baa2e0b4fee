"""The four levels side by side: what each found in numbers, where they differ, and how that was resolved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _

from service.cases.levels import CriterionRow
from service.web import words
from service.web.criteria_grid import scope_words

DEPARTMENT, MEETING = "department_verify", "reconciliation_meeting"
COUNTED = ("met", "not_met", "undecided", "missing", "not_applicable")


@dataclass(frozen=True)
class Resolution:
    """How a difference between levels was, or will be, resolved; `open` while nobody has."""

    text: str
    open: bool


def table(
    rows: Sequence[CriterionRow], year: int, *, differing: bool, disputed: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """What the template draws; `differing` leaves the other rows out. `rows` hold only what may be seen.

    `disputed`: where Sở and the member do not agree, by the rule that calls the meeting. What the member left
    blank without an overall opinion is among them.
    """
    rows = [replace(row, differs=row.differs or row.criterion.id in disputed) for row in rows]
    spoken = {level for row in rows for level in row.values}
    levels = [level for level in words.LEVELS if level in spoken]
    return {
        "rows": [row for row in rows if row.differs or not differing],
        "levels": levels,
        "scope": scope_words(year, {row.criterion.id: row.assessed for row in rows}),
        "totals": {level: totals_of(rows, level) for level in levels if level != MEETING},
        "differing": differing,
        "how_many_differ": sum(row.differs for row in rows),
        "resolutions": {
            row.criterion.id: resolution(row, disputed=row.criterion.id in disputed)
            for row in rows
            if row.differs
        },
    }


def totals_of(rows: Sequence[CriterionRow], level: str) -> list[tuple[str, int]]:
    """[(verdict, how many)] of a level's values, without verdicts that it gave to none."""
    found = Counter(row.values[level].verdict for row in rows if level in row.values and row.assessed)
    return [(verdict, found[verdict]) for verdict in COUNTED if found[verdict]]


def resolution(row: CriterionRow, *, disputed: bool) -> Resolution:
    """The meeting's word counts, else Sở's; another verdict of the member needs a meeting."""
    values = {level: value for level, value in row.values.items() if value.current}
    meeting, department = values.get(MEETING), values.get(DEPARTMENT)
    if meeting is not None and meeting.agreed:
        return Resolution(
            _(
                "Hội nghị thống nhất: %(raw)s, %(verdict)s.",
                raw=meeting.raw,
                verdict=_verdict(meeting.verdict),
            ),
            open=False,
        )
    if meeting is not None:
        return Resolution(
            _("Hội nghị còn ý kiến khác nhau: Tờ trình ghi cả hai, Chủ tịch UBND tỉnh quyết định."),
            open=False,
        )
    if department is None:
        return Resolution(_("Chờ Sở thẩm tra, đánh giá độc lập."), open=True)
    if disputed:
        return Resolution(_("Sở và Thành viên chưa thống nhất: chờ Hội nghị trao đổi, làm rõ."), open=True)
    return Resolution(
        _("Theo kết quả thẩm tra của Sở: %(verdict)s.", verdict=_verdict(department.verdict)), open=False
    )


def _verdict(name: str) -> str:
    return words.VERDICTS[name].lower()
