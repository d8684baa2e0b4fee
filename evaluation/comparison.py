"""Two assessments side by side: is the meeting held, what do the levels differ on, which value is final.

Phụ lục 02 of QĐ 1829/QĐ-UBND (2.3) says "chưa thống nhất" without defining it: verdicts are compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from evaluation.assessment import VERDICT_WORDS, Result, Verdict
from evaluation.catalogue import CriterionId, criterion_order
from evaluation.recognition import Conclusion, Eligible
from evaluation.values import shown

Results = Mapping[CriterionId, Result]


class Overall(StrEnum):
    """The member's own yes or no on recognition."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Difference:
    """`criterion` is None for the overall conclusion; `member` None where the member said nothing."""

    criterion: CriterionId | None
    department: str
    member: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`silent` counts the criteria that an overall opinion spoke for; the last of `notes` says so."""

    agree: bool
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]
    why: str
    silent: int = 0


_OVERALL_WORDS = {
    Eligible.YES: "đủ điều kiện công nhận",
    Eligible.NO: "không đủ điều kiện công nhận",
    Eligible.UNDECIDED: "chưa kết luận",
}


def compare(
    department: Results,
    member: Results | Overall | None,
    department_conclusion: Conclusion,
    *,
    overall: Overall | None = None,
) -> Comparison:
    """Whether Sở's independent results and the member's opinion agree; if not, the meeting is held.

    `member` is the opinion per criterion, or only an overall yes/no, or None; `overall` is the yes/no beside
    an opinion per criterion.

    - Where the member gave a result, the verdicts must be the same; one that Sở left without a result is
      disputed. A different number with the same verdict is a note.
    - Where the member left a criterion blank and gave an overall yes/no, that speaks for it: the criterion is
      not disputed by itself, the overall opinion is compared with Sở's conclusion, and a note says how many
      criteria there are without an opinion of their own.
    - Where there is no overall opinion, a blank criterion is disputed: silence is never assent.
    """
    if isinstance(member, Overall):
        member, overall = None, member
    spoken = {key for key, result in (member or {}).items() if _spoken(result)}
    if member is None or not spoken:
        if overall is None:
            return Comparison(
                agree=False,
                differences=(),
                notes=(),
                why="Chưa có ý kiến của Thành viên: không coi là thống nhất.",
            )
        member = {}
    differences: list[Difference] = []
    notes: list[str] = []
    silent = 0
    for criterion in sorted(department.keys() | member.keys(), key=criterion_order) if spoken else ():
        ours, theirs = department.get(criterion), member.get(criterion)
        if Verdict.NOT_ASSESSED in (_verdict(ours), _verdict(theirs)):
            continue
        if criterion not in spoken and overall is not None:
            silent += 1
            continue
        difference, note = _compare_one(criterion, ours, theirs)
        differences += [difference] if difference else []
        notes += [note] if note else []
    if silent:
        notes.append(f"Thành viên không có ý kiến riêng về {silent} chỉ tiêu; so theo ý kiến chung.")
    if overall is not None and overall.value != department_conclusion.eligible.value:
        said = _OVERALL_WORDS[Eligible(overall.value)]
        ours_said = _OVERALL_WORDS[department_conclusion.eligible]
        why = f"Kết luận chung: Sở {ours_said}, Thành viên {said}"
        differences.append(Difference(None, department_conclusion.eligible.value, overall.value, why))
    if differences:
        why = "Chưa thống nhất: " + "; ".join(difference.why for difference in differences) + "."
    else:
        why = _agreed_on(len(spoken), silent)
    return Comparison(not differences, tuple(differences), tuple(notes), why, silent)


def final_results(department: Results, meeting: Results | None) -> dict[CriterionId, Result]:
    """The meeting's value where it agreed on one, else Sở's.

    `meeting` holds only the criteria that were agreed: leave out what is still "còn ý kiến khác nhau".
    """
    agreed = {key: result for key, result in (meeting or {}).items() if _spoken(result)}
    return {key: agreed.get(key, result) for key, result in department.items()}


def applicable_results(department: Results, district: Results) -> dict[CriterionId, Result]:
    """Sở's results; *not applicable* stands only where the district accepts it too, else undecided."""
    return {key: _accepted(result, district.get(key)) for key, result in department.items()}


def district_warnings(department: Results, district: Results) -> tuple[str, ...]:
    """A sentence per verdict on which Sở and the district differ: a warning, no reason for the meeting."""
    warnings = []
    for criterion in sorted(department.keys() & district.keys(), key=criterion_order):
        ours, theirs = department[criterion].verdict, district[criterion].verdict
        if ours != theirs and Verdict.NOT_ASSESSED not in (ours, theirs):
            warnings.append(
                f"Chỉ tiêu {criterion}: Sở {VERDICT_WORDS[ours]}, cấp huyện {VERDICT_WORDS[theirs]}."
            )
    return tuple(warnings)


def _compare_one(
    criterion: CriterionId, ours: Result | None, theirs: Result | None
) -> tuple[Difference | None, str | None]:
    verdicts = our_verdict, their_verdict = _verdict(ours), _verdict(theirs)
    if ours is None or theirs is None or our_verdict != their_verdict or Verdict.MISSING in verdicts:
        said = VERDICT_WORDS[their_verdict]
        why = f"Chỉ tiêu {criterion}: Sở {VERDICT_WORDS[our_verdict]}, Thành viên {said}"
        return Difference(criterion, our_verdict, their_verdict, why), None
    if _same_value(ours, theirs):
        return None, None
    return None, (
        f"Chỉ tiêu {criterion}: Sở ghi “{shown(ours.raw)}”, Thành viên ghi “{shown(theirs.raw)}”, "
        f"cùng kết luận {VERDICT_WORDS[our_verdict]}."
    )


def _verdict(result: Result | None) -> Verdict:
    return result.verdict if result else Verdict.MISSING


def _same_value(ours: Result, theirs: Result) -> bool:
    if ours.reading is not None and theirs.reading is not None and ours.reading.value is not None:
        return ours.reading.value == theirs.reading.value
    return " ".join(ours.raw.casefold().split()) == " ".join(theirs.raw.casefold().split())


def _agreed_on(spoken: int, silent: int) -> str:
    """What is said to be agreed is what was compared, no more."""
    if not spoken:
        return "Thống nhất về kết luận chung."
    if silent:
        return f"Thống nhất ở {spoken} chỉ tiêu Thành viên có ý kiến riêng và về kết luận chung."
    return "Thống nhất ở mọi tiêu chí."


def _accepted(result: Result, district: Result | None) -> Result:
    if result.verdict is not Verdict.NOT_APPLICABLE:
        return result
    if district is not None and district.verdict is Verdict.NOT_APPLICABLE:
        return result
    why = "Sở xác định không áp dụng nhưng cấp huyện chưa cùng xác định: chưa kết luận"
    return replace(result, verdict=Verdict.UNDECIDED, why=why)


def _spoken(result: Result) -> bool:
    return result.verdict not in (Verdict.MISSING, Verdict.NOT_ASSESSED)
