"""Where a case stands when it comes before the Chairman: proposed or not, why, and what is still disputed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from service.database import db
from service.models import Case
from service.processes.facts import current_submissions
from service.processes.queries import procedure
from service.processes.rules import levels


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
    not_applicable: tuple[str, ...]
    index: str

    def as_json(self) -> dict[str, Any]:
        return {
            "list": self.list,
            "eligible": self.eligible,
            "reasons": list(self.reasons),
            "disagreements": list(self.disagreements),
            "open_disagreements": list(self.open_disagreements),
            "not_applicable": list(self.not_applicable),
            "index": self.index,
        }


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
    for difference in read.comparison().differences:
        if difference.criterion in settled:
            value = settled[difference.criterion].get("raw") or ""
            sentences.append(f"{difference.why}; hội nghị thống nhất: {value or 'theo biên bản'}")
        elif difference.criterion is not None and meeting:
            sentences.append(f"{difference.why}; hội nghị: còn ý kiến khác nhau")
        else:
            sentences.append(difference.why)
    eligible = str(conclusion.eligible)
    return Standing(
        list=case.basis if eligible == "yes" else "not_proposed",
        eligible=eligible,
        reasons=tuple(conclusion.reasons),
        disagreements=tuple(sentences),
        open_disagreements=still_open,
        not_applicable=tuple(
            f"{key}: {result.reason or result.why}"
            for key, result in read.final().items()
            if result.verdict == "not_applicable"
        ),
        index=read.index.why if read.index else "Chưa có chỉ số xếp hạng.",
    )
