"""Whether a commune may be recognised: the two conditions of Điều 2, QĐ 1829/QĐ-UBND."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from evaluation.assessment import Result, Verdict
from evaluation.catalogue import Catalogue, CriterionId, load_catalogue
from evaluation.errors import IndexRefused
from evaluation.numbers import decimal_string, format_number, format_percent, parse_number
from evaluation.values import shown

INDEX_MINIMUM_PERCENT = 70  # "Đạt từ 70% tổng số điểm trở lên", Điều 2


class Eligible(StrEnum):
    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class IndexScore:
    """A commune's ranking points out of the index's maximum; `source` is the document that says so.

    Raises IndexRefused: maximum not above 0, score outside 0…maximum, not finite, or no document named.
    """

    score: Decimal
    maximum: Decimal
    source: str

    def __post_init__(self) -> None:
        for number in (self.score, self.maximum):
            # Beyond this no index exists, and exact arithmetic on 10^1000000 would hang.
            if not number.is_finite() or abs(number.adjusted()) > 30 or len(number.as_tuple().digits) > 60:
                raise IndexRefused(
                    "Điểm chỉ số phải là số thập phân thông thường; hãy nhập lại, ví dụ 712,5/1000."
                )
        if self.maximum <= 0:
            raise IndexRefused(
                "Tổng số điểm tối đa của bộ chỉ số phải lớn hơn 0; hãy nhập lại, ví dụ 712,5/1000."
            )
        if self.score < 0:
            raise IndexRefused("Điểm chỉ số không được âm; hãy nhập lại, ví dụ 712,5/1000.")
        if self.score > self.maximum:
            raise IndexRefused(
                f"Điểm {_number(self.score)} lớn hơn tổng điểm tối đa {_number(self.maximum)}; hãy nhập lại."
            )
        if not self.source.strip():
            raise IndexRefused(
                "Điểm chỉ số phải nêu văn bản làm căn cứ, ví dụ quyết định xếp hạng của huyện."
            )

    @property
    def percent(self) -> Fraction:
        return Fraction(self.score) * 100 / Fraction(self.maximum)

    @property
    def percent_text(self) -> str:
        """A decimal string: exact where the expansion ends, else cut after 10 decimals; never compared."""
        return decimal_string(self.percent)

    @property
    def met(self) -> bool:
        return self.percent >= INDEX_MINIMUM_PERCENT

    @property
    def why(self) -> str:
        sign = "≥" if self.met else "<"
        word = "đạt" if self.met else "chưa đạt"
        points = f"{_number(self.score)}/{_number(self.maximum)} = {format_percent(self.percent)}"
        return f"Chỉ số xếp hạng {points} {sign} {INDEX_MINIMUM_PERCENT}%: {word} (căn cứ: {self.source})"


@dataclass(frozen=True, slots=True)
class Conclusion:
    eligible: Eligible
    reasons: tuple[str, ...]


def parse_index(text: str, source: str) -> IndexScore:
    """`712,5/1000` → IndexScore. Raises IndexRefused."""
    match = re.fullmatch(r"\s*([0-9.,]+)\s*/\s*([0-9.,]+)\s*", text[:200])
    score, maximum = (parse_number(match[1]), parse_number(match[2])) if match else (None, None)
    if score is None or maximum is None:
        raise IndexRefused(
            f"“{shown(text)}” không phải điểm chỉ số; hãy ghi điểm/tổng điểm, ví dụ 712,5/1000."
        )
    return IndexScore(Decimal(decimal_string(score)), Decimal(decimal_string(maximum)), source)


def conclude(
    results: Mapping[CriterionId, Result],
    index: IndexScore | None,
    year: int,
    catalogue: Catalogue | None = None,
    *,
    disputed: Mapping[CriterionId, str] | None = None,
) -> Conclusion:
    """Whether a commune may be recognised for `year`.

    Every criterion assessed that year must be met and the index must reach 70 % of its maximum. One criterion
    not met or an index below makes it *no* whatever else is open; else anything undecided, missing or not
    loaded makes it *undecided*; else *yes*. Not applicable counts neither way; what the year does not assess
    is ignored. `disputed` says for each criterion on which the meeting left different opinions whose they are
    ("Sở đạt, Thành viên chưa đạt"): its value counts as given, but the sentence that counts never says of it
    that it is met. `catalogue` defaults to QĐ 1829. Raises UnknownYear outside it.
    Source: QĐ 1829/QĐ-UBND, Điều 2.
    """
    assessed = (catalogue or load_catalogue()).year(year).assessed
    told: dict[Verdict, list[str]] = {verdict: [] for verdict in Verdict}
    for criterion in assessed:
        result = results.get(criterion.id)
        if result is None or result.verdict in (Verdict.MISSING, Verdict.NOT_ASSESSED):
            told[Verdict.MISSING].append(f"Chỉ tiêu {criterion.id}: chưa có kết quả.")
        else:
            told[result.verdict].append(f"Chỉ tiêu {criterion.id}: {result.why}.")
    against, open_ = told[Verdict.NOT_MET], told[Verdict.UNDECIDED] + told[Verdict.MISSING]
    summary = [_counted([c.id for c in assessed], results, disputed or {}, year)]
    if index is None:
        open_.append("Chưa có kết quả xếp hạng mức độ chuyển đổi số kèm văn bản làm căn cứ.")
    else:
        (summary if index.met else against).append(f"{index.why}.")
    eligible = Eligible.NO if against else Eligible.UNDECIDED if open_ else Eligible.YES
    return Conclusion(eligible, (*against, *open_, *told[Verdict.NOT_APPLICABLE], *summary))


def _counted(
    assessed: Sequence[CriterionId],
    results: Mapping[CriterionId, Result],
    disputed: Mapping[CriterionId, str],
    year: int,
) -> str:
    """How many criteria are met, and of how many that cannot be said because opinions still differ."""
    open_ = [criterion for criterion in assessed if criterion in disputed]
    met = sum(
        result.verdict is Verdict.MET
        for criterion in assessed
        if criterion not in disputed and (result := results.get(criterion)) is not None
    )
    counted = f"{met}/{len(assessed)} chỉ tiêu được đánh giá năm {year} đạt"
    if not open_:
        return f"{counted}."
    whose = "; ".join(f"{criterion}: {disputed[criterion]}" for criterion in open_)
    return f"{counted}; {len(open_)} chỉ tiêu còn ý kiến khác nhau ({whose})."


def _number(value: Decimal) -> str:
    return format_number(Fraction(value))
