"""Where a case stands when it comes before the Chairman: proposed or not, why, and what is still disputed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from evaluation.assessment import Result, Verdict
from evaluation.comparison import district_warnings
from evaluation.recognition import conclude
from service.database import db
from service.models import Case
from service.processes.facts import current_submissions
from service.processes.queries import procedure
from service.processes.rules import Levels, levels
from service.wording import recorded


@dataclass(frozen=True)
class Standing:
    """`list`: assigned | registered | not_proposed. `reasons` are the sentences of Điều 2's conclusion."""

    list: str
    eligible: str
    reasons: tuple[str, ...]
    # Sentences: how Sở and the member differed, and how the meeting settled each.
    disagreements: tuple[str, ...]
    # Criteria on which the meeting kept "còn ý kiến khác nhau".
    open_disagreements: tuple[str, ...]
    # Nothing but what Sở and the member still dispute stands against recognition: the Chairman decides.
    left_to_chairman: bool
    not_applicable: tuple[str, ...]
    index: str
    # Sentences: where Sở and the district differ. A warning, never a reason for the meeting.
    warnings: tuple[str, ...]

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
        )


def _would_be_met(read: Levels, disputed: Iterable[str | None]) -> bool:
    """Whether Điều 2 would be fulfilled if every criterion still in dispute were met."""
    final = read.final()
    granted = {
        key: replace(final[key], verdict=Verdict.MET)
        for key in disputed
        if key is not None and key in final and (read.member is None or _met(read.member.get(key)))
    }
    return str(conclude({**final, **granted}, read.index, read.year, read.catalogue).eligible) == "yes"


def _met(result: Result | None) -> bool:
    return result is not None and result.verdict == Verdict.MET


def standing_of(case: Case) -> Standing:
    """Read from what counts at present, by the same rules as the diagram's gateways."""
    bundle = procedure(case.process_version_id)
    submissions = current_submissions(db.session.connection(), case.id)
    read = levels({"year": case.year, "catalogue": bundle.catalogue, "submissions": submissions})
    conclusion = read.conclusion()
    meeting = (submissions.get("reconciliation_meeting") or {"answers": {}})["answers"].get("criteria") or {}
    settled = {key: value for key, value in meeting.items() if value.get("agreed") is True}
    still_open = tuple(key for key, value in meeting.items() if value.get("agreed") is not True)
    sentences = []
    differences = read.comparison().differences
    for difference in differences:
        if difference.criterion in settled:
            value = settled[difference.criterion].get("raw") or ""
            sentences.append(recorded(f"{difference.why}; hội nghị thống nhất: {value or 'theo biên bản'}"))
        elif difference.criterion is not None and meeting:
            sentences.append(recorded(f"{difference.why}; hội nghị: còn ý kiến khác nhau"))
        else:
            sentences.append(difference.why)
    eligible = str(conclusion.eligible)
    disputed = {difference.criterion for difference in differences}
    unsettled = (set(still_open) if None in disputed else disputed) - settled.keys()
    return Standing(
        list=case.basis if eligible == "yes" else "not_proposed",
        eligible=eligible,
        reasons=tuple(conclusion.reasons),
        disagreements=tuple(sentences),
        open_disagreements=still_open,
        left_to_chairman=eligible != "yes" and _would_be_met(read, unsettled),
        not_applicable=tuple(
            f"{key}: {result.reason or result.why}"
            for key, result in read.final().items()
            if result.verdict == "not_applicable"
        ),
        index=read.index.why if read.index else recorded("Chưa có chỉ số xếp hạng."),
        warnings=district_warnings(read.final(), read.district or {}),
    )
