"""What a level is told early and stops nobody: an index below 70 %, what the member found otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from evaluation.catalogue import Criterion
from evaluation.errors import EvaluationError
from evaluation.recognition import INDEX_MINIMUM_PERCENT, parse_index
from service.cases.levels import CriterionRow, LevelValue, latest_submissions
from service.models import Case
from service.processes.rules import DISTRICT, MEMBER
from service.web.dossier import DossierPart

# What the district sends to Sở; the fifth component is Sở's own.
SENT_BY_DISTRICT = ("a", "b", "c", "d")


def index_warning(answers: Mapping[str, Any]) -> str:
    """A sentence where the index that `answers` give, finished or not, is below the minimum; else ""."""
    score, maximum = (str(answers.get(name) or "") for name in ("index_score", "index_maximum"))
    try:
        index = parse_index(f"{score}/{maximum}", "-")
    except EvaluationError:
        return ""  # the field's own message says what is wrong with it
    if index.met:
        return ""
    return _(
        "Chỉ số xếp hạng mới đạt %(percent)s%%, dưới %(minimum)s%%: xã chưa đủ điều kiện công nhận theo Điều "
        "2. Đây là lưu ý; hồ sơ vẫn được xử lý tiếp.",
        percent=index.percent_text.replace(".", ",")[:6].rstrip(","),
        minimum=INDEX_MINIMUM_PERCENT,
    )


def index_warning_of(case: Case) -> str:
    """The same for the appraisal that the district last signed, where it still counts."""
    given = {element: content for element, content, current in latest_submissions(case) if current}
    return index_warning(given.get(DISTRICT, {"answers": {}})["answers"])


def components_there(parts: Sequence[DossierPart]) -> list[str]:
    """The components that the district sends, as far as the case has them."""
    return [part.letter for part in parts if part.letter in SENT_BY_DISTRICT and part.state == "done"]


@dataclass(frozen=True)
class OpinionLine:
    """What the member found of one criterion; `district` beside it, `otherwise` where the verdicts differ."""

    criterion: Criterion
    member: LevelValue
    district: LevelValue | None
    otherwise: bool


@dataclass(frozen=True)
class Opinion:
    """The member's opinion that counts; `lines` of the criteria that it speaks of, `same` of which agree."""

    overall: str
    text: str
    lines: tuple[OpinionLine, ...]

    @property
    def otherwise(self) -> list[OpinionLine]:
        return [line for line in self.lines if line.otherwise or line.member.reason]

    @property
    def same(self) -> int:
        return len(self.lines) - len(self.otherwise)


def opinion_in(case: Case, rows: Sequence[CriterionRow]) -> Opinion | None:
    """`rows` are the levels' values by criterion; None where no opinion counts at present."""
    given = {element: content for element, content, current in latest_submissions(case) if current}
    if MEMBER not in given:
        return None
    answers = given[MEMBER]["answers"]
    lines = []
    for row in rows:
        member, district = row.values.get(MEMBER), row.values.get(DISTRICT)
        if member is None or not member.current or member.verdict in ("missing", "not_assessed"):
            continue
        other = district is not None and district.current and district.verdict != member.verdict
        lines.append(OpinionLine(row.criterion, member, district, other))
    return Opinion(answers.get("overall") or "", answers.get("opinion") or "", tuple(lines))
