"""The words of a catalogue: criterion, target of a year, group, lead agency."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Literal

from evaluation.errors import UnknownCriterion, UnknownYear

CriterionId = str
Role = Literal["lead", "coordinating", "unspecified"]
_ID = re.compile(r"([1-9][0-9]{0,2})\.([1-9][0-9]{0,2})\.?\Z")


class TargetKind(StrEnum):
    PERCENT_MIN = "percent_min"  # met when the result is at least the threshold
    YES_NO = "yes_no"  # met by "Có"
    QUALITATIVE = "qualitative"  # met by the target's own words, else a person judges


@dataclass(frozen=True, slots=True)
class Target:
    """What one criterion asks in one year; `text` is the cell word for word, `*` where it is not assessed."""

    kind: TargetKind
    text: str
    threshold: Decimal | None = None
    unit: str = ""
    assessed: bool = True


@dataclass(frozen=True, slots=True)
class Agency:
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Group:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Document:
    number: str
    date: str  # ISO
    issuer: str
    title: str
    annex: str
    annex_title: str


@dataclass(frozen=True)
class Criterion:
    id: CriterionId
    group: Group
    name: str
    unit: str
    kind: TargetKind
    targets: Mapping[int, Target]
    agencies: tuple[Agency, ...]
    agencies_text: str
    legal_basis: str

    def target(self, year: int) -> Target:
        """Raises UnknownYear outside the catalogue."""
        try:
            return self.targets[year]
        except KeyError:
            raise unknown_year(year, tuple(self.targets)) from None


@dataclass(frozen=True)
class YearCatalogue:
    """All criteria in the order of the annex, with this year's targets."""

    year: int
    criteria: tuple[Criterion, ...]

    @cached_property
    def assessed(self) -> tuple[Criterion, ...]:
        return tuple(criterion for criterion in self.criteria if criterion.targets[self.year].assessed)

    def target(self, criterion: CriterionId) -> Target:
        return self.criterion(criterion).targets[self.year]

    def criterion(self, text: str) -> Criterion:
        """Raises UnknownCriterion."""
        return _find(self._by_id, text)

    @cached_property
    def _by_id(self) -> Mapping[CriterionId, Criterion]:
        return {criterion.id: criterion for criterion in self.criteria}


@dataclass(frozen=True)
class Catalogue:
    name: str
    document: Document
    footnote: str
    groups: tuple[Group, ...]
    years: tuple[int, ...]
    criteria: tuple[Criterion, ...]
    content_hash: str  # SHA-256 of the content, whatever its layout and comments

    def year(self, year: int) -> YearCatalogue:
        """Raises UnknownYear outside the catalogue."""
        if year not in self._years:
            raise unknown_year(year, self.years)
        return self._years[year]

    def criterion(self, text: str) -> Criterion:
        """The criterion that `text` names ("3.1", "3.1."). Raises UnknownCriterion."""
        return _find(self._by_id, text)

    @cached_property
    def _years(self) -> Mapping[int, YearCatalogue]:
        return {year: YearCatalogue(year, self.criteria) for year in self.years}

    @cached_property
    def _by_id(self) -> Mapping[CriterionId, Criterion]:
        return {criterion.id: criterion for criterion in self.criteria}


def criterion_id(text: str) -> CriterionId:
    """The id that `text` writes: "3.1." is "3.1". Raises UnknownCriterion where it is no id at all."""
    match = _ID.match(unicodedata.normalize("NFC", text[:40]).strip())
    if match is None:
        shown = " ".join(text[:40].split())
        raise UnknownCriterion(f"“{shown}” không phải số tiêu chí; hãy ghi như 1.1 hoặc 3.12")
    return f"{match[1]}.{match[2]}"


def criterion_order(criterion: CriterionId) -> tuple[int, ...]:
    """Sort key: 1.2 before 1.10."""
    return tuple(int(part) for part in criterion.split("."))


def unknown_year(year: int, known: tuple[int, ...]) -> UnknownYear:
    return UnknownYear(f"Năm {year} không có trong bộ tiêu chí; chỉ có các năm {', '.join(map(str, known))}.")


def _find(by_id: Mapping[CriterionId, Criterion], text: str) -> Criterion:
    found = by_id.get(text) or by_id.get(criterion_id(text))  # mostly written as it is
    if found is None:
        raise UnknownCriterion(
            f"Không có tiêu chí “{criterion_id(text)}” trong bộ tiêu chí; hãy ghi đúng số ở cột TT"
        )
    return found
