"""Where a case stands when it comes before the Chairman: proposed or not, why, and what is still disputed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from evaluation.assessment import Verdict
from evaluation.catalogue import criterion_order
from evaluation.comparison import district_warnings
from evaluation.recognition import conclude
from service.database import db
from service.models import Case
from service.processes.facts import current_submissions
from service.processes.queries import procedure
from service.processes.rules import MEETING, MEMBER, Levels, levels
from service.wording import recorded

MOST_OF_AN_OPINION = 600
OVERALL = recorded("kết luận chung")


@dataclass(frozen=True)
class Standing:
    """`list`: assigned | registered | not_proposed. `reasons` are the sentences of Điều 2's conclusion."""

    list: str
    eligible: str
    reasons: tuple[str, ...]
    # Sentences: how Sở and the member differed, and how the meeting settled each.
    disagreements: tuple[str, ...]
    # Criteria on which the meeting kept "còn ý kiến khác nhau"; OVERALL where the overall opinions differ.
    open_disagreements: tuple[str, ...]
    # Nothing but what Sở and the member still dispute stands against recognition: the Chairman decides.
    left_to_chairman: bool
    not_applicable: tuple[str, ...]
    index: str
    # Sentences: where Sở and the district differ. A warning, never a reason for the meeting.
    warnings: tuple[str, ...]
    # The member's overall yes | no, else whether it spoke of criteria only, or not at all: criteria | none.
    # "" in acts signed before it was kept. `opinion`: its words, cut at MOST_OF_AN_OPINION.
    overall: str = ""
    opinion: str = ""
    # A sentence where the overall opinion spoke for criteria: for how many.
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "list": self.list,
            "eligible": self.eligible,
            "reasons": list(self.reasons),
            "disagreements": list(self.disagreements),
            "open_disagreements": list(self.open_disagreements),
            "left_to_chairman": self.left_to_chairman,
            "not_applicable": list(self.not_applicable),
            "index": self.index,
            "warnings": list(self.warnings),
            "overall": self.overall,
            "opinion": self.opinion,
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Standing:
        """What an act said of a case when it was signed (see as_json); other keys are passed over."""
        return cls(
            list=stored["list"],
            eligible=stored["eligible"],
            reasons=tuple(stored["reasons"]),
            disagreements=tuple(stored["disagreements"]),
            open_disagreements=tuple(stored["open_disagreements"]),
            left_to_chairman=stored["left_to_chairman"],
            not_applicable=tuple(stored["not_applicable"]),
            index=stored["index"],
            warnings=tuple(stored["warnings"]),
            # Acts signed before these were kept do without.
            overall=stored.get("overall", ""),
            opinion=stored.get("opinion", ""),
            notes=tuple(stored.get("notes", ())),
        )


def _would_be_met(read: Levels, disputed: Iterable[str | None]) -> bool:
    """Whether Điều 2 would be fulfilled if every criterion still in dispute were met."""
    final = read.final()
    granted = {
        key: replace(final[key], verdict=Verdict.MET)
        for key in disputed
        if key is not None and key in final and read.member_says(key) is Verdict.MET
    }
    return str(conclude({**final, **granted}, read.index, read.year, read.catalogue).eligible) == "yes"


def standing_of(case: Case) -> Standing:
    """Read from what counts at present, by the same rules as the diagram's gateways."""
    bundle = procedure(case.process_version_id)
    submissions = current_submissions(db.session.connection(), case.id)
    read = levels({"year": case.year, "catalogue": bundle.catalogue, "submissions": submissions})
    conclusion = read.conclusion()
    meeting = _answers(submissions, MEETING).get("criteria") or {}
    opinion = _answers(submissions, MEMBER)
    outcome = _answers(submissions, MEETING).get("outcome")
    settled = {key: value for key, value in meeting.items() if value.get("agreed") is True}
    still_open = read.still_open
    compared = read.comparison()
    differences = compared.differences
    sentences = [
        f"{difference.why}{_became_of(difference.criterion, meeting, outcome)}" for difference in differences
    ]
    # What the meeting took up because the overall opinions differed.
    taken_up = meeting.keys() - {difference.criterion for difference in differences}
    sentences += [
        recorded(f"Chỉ tiêu {key}{_became_of(key, meeting, outcome)}")
        for key in sorted(taken_up, key=criterion_order)
    ]
    eligible = str(conclusion.eligible)
    disputed = {difference.criterion for difference in differences}
    unsettled = (set(still_open) if None in disputed else disputed) - settled.keys()
    return Standing(
        list=case.basis if eligible == "yes" else "not_proposed",
        eligible=eligible,
        reasons=tuple(conclusion.reasons),
        disagreements=tuple(sentences),
        open_disagreements=(*still_open, *([OVERALL] if None in disputed and outcome == "differs" else [])),
        left_to_chairman=eligible != "yes" and _would_be_met(read, unsettled),
        not_applicable=tuple(
            f"{key}: {result.reason or result.why}"
            for key, result in read.final().items()
            if result.verdict == "not_applicable"
        ),
        index=read.index.why if read.index else recorded("Chưa có chỉ số xếp hạng."),
        warnings=district_warnings(read.final(), read.district or {}),
        overall=str(read.overall or ("criteria" if read.member else "none")),
        opinion=_cut((opinion.get("opinion") or "").strip()),
        notes=compared.notes[-1:] if compared.silent else (),
    )


def _became_of(criterion: str | None, meeting: Mapping[str, Any], outcome: str | None) -> str:
    """What the minutes say of a difference; "" before there are any."""
    if criterion is None:
        said = {
            "agreed": recorded("; hội nghị: đã thống nhất theo biên bản"),
            "differs": recorded("; hội nghị: còn ý kiến khác nhau"),
        }
        return said.get(outcome or "", "")
    entry = meeting.get(criterion)
    if entry is None or entry.get("agreed") is not True:
        return recorded("; hội nghị: còn ý kiến khác nhau") if meeting else ""
    why = f" ({entry['reason']})" if entry.get("reason") else ""
    return recorded(f"; hội nghị thống nhất: {entry.get('raw') or 'theo biên bản'}{why}")


def _answers(submissions: Mapping[str, Mapping[str, Any]], step: str) -> Mapping[str, Any]:
    answers: Mapping[str, Any] = (submissions.get(step) or {"answers": {}})["answers"]
    return answers


def _cut(text: str) -> str:
    """As much as a page of 133 communes can hold; the whole stands in the case."""
    return text if len(text) <= MOST_OF_AN_OPINION else text[: MOST_OF_AN_OPINION - 1].rstrip() + "…"
