"""The rules that diagrams may call by topic: they read submissions and ask the evaluation.

A rule's value routes the case; its explanation and inputs go into the log. Rules are kept callable under
their topic for ever: a changed rule gets a new topic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from evaluation.assessment import VERDICT_WORDS, Entry, Result, Verdict, assess_all
from evaluation.catalogue import Catalogue, CriterionId, criterion_order
from evaluation.comparison import (
    Comparison,
    Overall,
    applicable_results,
    compare,
    district_warnings,
    final_results,
)
from evaluation.recognition import Conclusion, IndexScore, conclude
from service.engine.step import Rule, RuleOutcome, Scalar

# Raised when a rule comes to another value, explanation or inputs than before: see docs/replay.md.
RULES_SEMANTICS = 1

DISTRICT, MEMBER, DEPARTMENT, MEETING = (
    "district_appraise",
    "member_opinion",
    "department_verify",
    "reconciliation_meeting",
)

_NOTHING_SAID = frozenset({Verdict.MISSING, Verdict.NOT_ASSESSED})


@dataclass(frozen=True)
class Levels:
    """What each level found for one case, as far as it counts at present. Made from a step's facts.

    `meeting` holds only what the meeting agreed on, `still_open` what it left as *còn ý kiến khác nhau*.
    """

    year: int
    catalogue: Catalogue
    district: Mapping[CriterionId, Result] | None
    member: Mapping[CriterionId, Result] | None
    overall: Overall | None
    department: Mapping[CriterionId, Result] | None
    meeting: Mapping[CriterionId, Result] | None
    index: IndexScore | None
    still_open: tuple[CriterionId, ...] = ()

    def conclusion_of_department(self) -> Conclusion:
        return conclude(self._applicable(self.department or {}), self.index, self.year, self.catalogue)

    def final(self) -> dict[CriterionId, Result]:
        """The meeting's value where it agreed, else Sở's; *not applicable* only if the district agrees."""
        return self._applicable(final_results(self.department or {}, self.meeting))

    def comparison(self) -> Comparison:
        return compare(
            self.department or {},
            self.member if self.member is not None else self.overall,
            self.conclusion_of_department(),
            overall=self.overall if self.member is not None else None,
        )

    def conclusion(self) -> Conclusion:
        """By the final values; a criterion that the meeting left open is counted as such, never as met."""
        disputed = {key: self._whose(key) for key in self.still_open}
        return conclude(self.final(), self.index, self.year, self.catalogue, disputed=disputed)

    def member_says(self, criterion: CriterionId) -> Verdict | None:
        """The member's verdict: its own, else *met* where its overall yes speaks for the criterion."""
        own = _spoken(self.member, criterion)
        if own is not None:
            return own
        return Verdict.MET if self.overall is Overall.YES else None

    def under_the_overall_opinion(self) -> tuple[CriterionId, ...]:
        """Criteria that keep Sở from a *yes* which the member gave overall, without a word on them.

        None is disputed by itself, but a meeting on the overall opinion may have to speak of them.
        """
        found = self.conclusion_of_department()
        if self.overall is not Overall.YES or found.eligible.value == self.overall.value:
            return ()
        ours = self._applicable(self.department or {})
        return tuple(
            criterion.id
            for criterion in self.catalogue.year(self.year).assessed
            if _spoken(ours, criterion.id) not in (Verdict.MET, Verdict.NOT_APPLICABLE)
            and _spoken(self.member, criterion.id) is None
        )

    def _whose(self, criterion: CriterionId) -> str:
        said = VERDICT_WORDS[_spoken(self.department, criterion) or Verdict.MISSING]
        own = _spoken(self.member, criterion)
        return f"Sở {said}, Thành viên {VERDICT_WORDS[own] if own else 'có ý kiến khác'}"

    def _applicable(self, results: Mapping[CriterionId, Result]) -> dict[CriterionId, Result]:
        return applicable_results(results, self.district or {})


def _spoken(results: Mapping[CriterionId, Result] | None, criterion: CriterionId) -> Verdict | None:
    """The verdict of a level that has given one, else None."""
    result = (results or {}).get(criterion)
    return None if result is None or result.verdict in _NOTHING_SAID else result.verdict


class Facts(dict[str, Any]):
    """{"year", "catalogue", "submissions": {step: content}}; read once for all the rules of a step.

    `tables` keeps what was read of a content, by its identity, for who computes many steps of one case anew
    and keeps the contents meanwhile.
    """

    tables: dict[int, Mapping[CriterionId, Result] | None] | None = None

    @cached_property
    def levels(self) -> Levels:
        return _levels(self)


def levels(facts: Mapping[str, Any]) -> Levels:
    """What each level found, by facts as in `Facts` (see processes.facts)."""
    return facts.levels if isinstance(facts, Facts) else _levels(facts)


def _levels(facts: Mapping[str, Any]) -> Levels:
    year, catalogue, submissions = facts["year"], facts["catalogue"], facts["submissions"]

    def answers(step: str) -> Mapping[str, Any]:
        content = submissions.get(step)
        return content["answers"] if content else {}

    tables = facts.tables if isinstance(facts, Facts) else None

    def results(step: str) -> Mapping[CriterionId, Result] | None:
        if tables is None or step not in submissions:
            return table(step)
        key = id(submissions[step])
        if key not in tables:
            tables[key] = table(step)
        return tables[key]

    def table(step: str, only: Any = None) -> Mapping[CriterionId, Result] | None:
        criteria = answers(step).get("criteria") or {}
        entries = {
            key: Entry(value.get("raw") or "", value.get("decision"), value.get("reason") or "")
            for key, value in criteria.items()
            if only is None or only(value)
        }
        return assess_all(entries, year, catalogue) if entries else None

    overall = answers(MEMBER).get("overall")
    minutes = answers(MEETING).get("criteria") or {}
    return Levels(
        year=year,
        catalogue=catalogue,
        district=results(DISTRICT),
        member=results(MEMBER),
        overall=Overall(overall) if overall in ("yes", "no") else None,
        department=results(DEPARTMENT),
        meeting=table(MEETING, only=lambda value: value.get("agreed") is True),
        index=index_of(answers(DISTRICT)),
        still_open=tuple(
            key
            for key, value in sorted(minutes.items(), key=lambda item: criterion_order(item[0]))
            if value.get("agreed") is not True
        ),
    )


def index_of(appraisal: Mapping[str, Any]) -> IndexScore | None:
    """The ranking index that the district's appraisal names, with the decision it comes from."""
    score, maximum = appraisal.get("index_score"), appraisal.get("index_maximum")
    if not score or not maximum:
        return None
    number, issued_on = (
        appraisal.get("ranking_decision_number", ""),
        appraisal.get("ranking_decision_date", ""),
    )
    day = f" ngày {date.fromisoformat(issued_on):%d/%m/%Y}" if issued_on else ""
    return IndexScore(
        Decimal(score), Decimal(maximum), f"{number}{day}" or "Báo cáo thẩm định của UBND cấp huyện"
    )


def compare_opinions(facts: Mapping[str, Any], _variables: Mapping[str, Scalar]) -> RuleOutcome:
    """Whether Sở's independent results agree with the responsible member's opinion."""
    read = levels(facts)
    found = read.comparison()
    inputs = {
        "differences": [
            {"criterion": item.criterion, "department": item.department, "member": item.member}
            for item in found.differences
        ],
        "notes": list(found.notes),
        # Sở against the district is a warning, never a reason for the meeting.
        "warnings": list(district_warnings(read.department or {}, read.district or {})),
    }
    return RuleOutcome(found.agree, found.why, inputs)


def check_conditions(facts: Mapping[str, Any], _variables: Mapping[str, Scalar]) -> RuleOutcome:
    """Điều 2: every criterion assessed is met, and the index reaches 70 % of its maximum."""
    read = levels(facts)
    found, results = read.conclusion(), read.final()
    inputs = {
        "verdicts": {key: str(result.verdict) for key, result in results.items()},
        "index": None
        if read.index is None
        else {
            "score": str(read.index.score),
            "maximum": str(read.index.maximum),
            "source": read.index.source,
        },
    }
    return RuleOutcome(str(found.eligible), " ".join(found.reasons), inputs)


RULES: Mapping[str, Rule] = {
    "evaluation.compare_opinions": compare_opinions,
    "evaluation.check_conditions": check_conditions,
}
