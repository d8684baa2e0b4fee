"""One level's results → a verdict for every criterion, with the sentence that explains it.

A verdict follows the value of the same level. A person decides only where the value decides nothing:
QĐ 1829/QĐ-UBND is silent there, and docs/evaluation.md says what this product does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from evaluation.catalogue import Catalogue, Criterion, CriterionId, Target
from evaluation.errors import DecisionRefused, DuplicateCriterion, TypingError
from evaluation.numbers import format_percent
from evaluation.values import Form, Interval, Reading, read_result, shown


class Verdict(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    UNDECIDED = "undecided"
    MISSING = "missing"
    NOT_APPLICABLE = "not_applicable"
    NOT_ASSESSED = "not_assessed"


VERDICT_WORDS: Mapping[Verdict, str] = {
    Verdict.MET: "đạt",
    Verdict.NOT_MET: "chưa đạt",
    Verdict.UNDECIDED: "chưa kết luận",
    Verdict.MISSING: "chưa có kết quả",
    Verdict.NOT_APPLICABLE: "không áp dụng",
    Verdict.NOT_ASSESSED: "không đánh giá",
}
DECIDABLE = frozenset({Verdict.MET, Verdict.NOT_MET, Verdict.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True)
class Entry:
    """What one level recorded for one criterion; `decision` is a person's met, not_met or not_applicable."""

    raw: str
    decision: Verdict | None = None
    reason: str = ""


_NOTHING = Entry("")
# Characters; what is longer is assessed anew each time instead of being kept.
LONGEST_REMEMBERED = 400


@dataclass(frozen=True, slots=True)
class Result:
    """`reading` is None where nothing could be read; `decided`: a person, not the value, gave the verdict."""

    criterion: CriterionId
    verdict: Verdict
    raw: str
    why: str
    target: Target
    reading: Reading | None = None
    decided: bool = False
    reason: str = ""


def assess(criterion: Criterion, entry: Entry | None, year: int) -> Result:
    """The verdict on one criterion. Never raises for what an entry says; UnknownYear outside the catalogue.

    Stored entries that a door would refuse today decide nothing: a typing error is *undecided*, a decision
    that check_entry refuses is set aside and the sentence says so.
    """
    entry = entry or _NOTHING
    worth = len(entry.raw) + len(entry.reason) <= LONGEST_REMEMBERED and isinstance(
        entry.decision, str | None
    )
    return (_remembered if worth else _assess)(criterion.id, criterion.target(year), entry, year)


def _assess(criterion: CriterionId, target: Target, entry: Entry, year: int) -> Result:
    if not target.assessed:
        why = f"Năm {year} không đánh giá tiêu chí này (dấu *)"
        return Result(criterion, Verdict.NOT_ASSESSED, entry.raw, why, target)
    try:
        reading = read_result(entry.raw, target)
    except TypingError as error:
        why = f"Lỗi nhập liệu: {error.message.rstrip('.')}: chưa kết luận"
        return Result(criterion, Verdict.UNDECIDED, entry.raw, why, target)
    verdict, why = _judge(reading, target)
    if not entry.decision:
        return Result(criterion, verdict, reading.raw, why, target, reading)
    refusal = _refusal(entry, verdict)
    if refusal is not None:
        why = f"{why}; không dùng kết luận của người đánh giá: {refusal}"
        return Result(criterion, verdict, reading.raw, why, target, reading)
    if entry.decision == verdict:
        return Result(criterion, verdict, reading.raw, why, target, reading, reason=entry.reason)
    decision = Verdict(entry.decision)
    why = f"Người đánh giá kết luận {VERDICT_WORDS[decision]}: {entry.reason.strip()}"
    return Result(criterion, decision, reading.raw, why, target, reading, decided=True, reason=entry.reason)


# Levels repeat each other's entries, and rules read them over again.
_remembered = lru_cache(maxsize=4096)(_assess)


def assess_all(entries: Mapping[str, Entry], year: int, catalogue: Catalogue) -> dict[CriterionId, Result]:
    """A result for every criterion of the catalogue, in its order.

    Keys may be written "3.1.". Raises UnknownYear, UnknownCriterion, DuplicateCriterion ("3.1" and "3.1.").
    """
    criteria = catalogue.year(year).criteria
    by_id: dict[CriterionId, Entry] = {}
    for text, entry in entries.items():
        known = catalogue.criterion(text).id
        if known in by_id:
            raise DuplicateCriterion(f"Chỉ tiêu {known} được ghi hai lần; hãy giữ một.")
        by_id[known] = entry
    return {criterion.id: assess(criterion, by_id.get(criterion.id), year) for criterion in criteria}


def check_entry(criterion: Criterion, entry: Entry, year: int) -> None:
    """What a door asks before it stores an entry. Raises TypingError, DecisionRefused, UnknownYear."""
    target = criterion.target(year)
    reading = read_result(entry.raw, target)
    if not entry.decision:
        return
    if not target.assessed:
        raise DecisionRefused(f"Năm {year} không đánh giá tiêu chí {criterion.id}; hãy bỏ kết luận.")
    refusal = _refusal(entry, _judge(reading, target)[0])
    if refusal is not None:
        raise DecisionRefused(f"Chỉ tiêu {criterion.id}: {refusal}.")


def _refusal(entry: Entry, verdict: Verdict) -> str | None:
    """Why the decision does not count, None where it does."""
    if entry.decision not in DECIDABLE:
        return "chỉ kết luận được đạt, chưa đạt hoặc không áp dụng"
    if entry.decision == verdict:
        return None
    if verdict in (Verdict.MET, Verdict.NOT_MET):
        return (
            f"giá trị đã ghi cho kết quả {VERDICT_WORDS[verdict]}; hãy sửa giá trị thay vì kết luận khác đi"
        )
    if verdict is Verdict.MISSING and entry.decision != Verdict.NOT_APPLICABLE:
        return "chưa ghi kết quả; hãy ghi kết quả trước khi kết luận"
    if not entry.reason.strip():
        return "kết luận phải kèm lý do"
    return None


def _judge(reading: Reading, target: Target) -> tuple[Verdict, str]:
    if reading.form is Form.EMPTY:
        return Verdict.MISSING, f"Chưa có kết quả, mức phải đạt là {target.text}"
    written = shown(reading.raw)
    if reading.form in (Form.WORDS, Form.UNREADABLE):
        compared = f" so với mức “{target.text}”: chưa kết luận ({reading.sentence})"
        unreadable = f" {reading.sentence}; chưa kết luận"
        return Verdict.UNDECIDED, f"“{written}”{compared if reading.form is Form.WORDS else unreadable}"
    if reading.form in (Form.YES, Form.OWN_WORDS):
        return Verdict.MET, f"“{written}” đúng mức “{target.text}”: đạt"
    if reading.value is None:
        return Verdict.NOT_MET, f"“{written}” chưa phải “{target.text}”: chưa đạt"
    if target.threshold is None:
        return _judge_count(reading.value, written, target)
    return _judge_percent(reading.value, reading, target.threshold)


def _judge_count(count: Interval, written: str, target: Target) -> tuple[Verdict, str]:
    if count.lower > 0 or count.lower_open:
        return Verdict.MET, f"“{written}” là số lượng lớn hơn 0, đúng mức “{target.text}”: đạt"
    if count.upper == 0:
        return Verdict.NOT_MET, f"“{written}” là số lượng bằng 0, chưa phải “{target.text}”: chưa đạt"
    return Verdict.UNDECIDED, f"“{written}” có thể bằng 0 hoặc lớn hơn 0: chưa kết luận"


def _judge_percent(value: Interval, reading: Reading, minimum: Decimal) -> tuple[Verdict, str]:
    threshold, wanted = _threshold(minimum)
    reached = value.at_least(threshold)
    if reached is None:
        return Verdict.UNDECIDED, f"“{shown(reading.raw)}” có thể trên hoặc dưới {wanted}: chưa kết luận"
    verdict = Verdict.MET if reached else Verdict.NOT_MET
    sign = "≥" if reached else "<"
    if value.exact is not None:
        return verdict, f"{reading.sentence} {sign} {wanted}: {VERDICT_WORDS[verdict]}"
    return (
        verdict,
        f"“{shown(reading.raw)}” ({reading.sentence}) luôn {sign} {wanted}: {VERDICT_WORDS[verdict]}",
    )


@lru_cache(maxsize=1024)
def _threshold(minimum: Decimal) -> tuple[Fraction, str]:
    return Fraction(minimum), format_percent(minimum)
