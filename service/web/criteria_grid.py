"""The criteria table of Phụ lục 01 as a page shows it: one row per criterion, the levels before beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from evaluation.assessment import Entry, assess
from evaluation.catalogue import Criterion, Group, Target, TargetKind
from evaluation.errors import EvaluationError
from forms import Component
from service.cases.former_year import FormerYear
from service.cases.levels import CriterionRow, LevelValue
from service.models import EvidenceFile
from service.processes.queries import Procedure
from service.web import words
from service.web.forms_rendering import errors_under

CELLS = ("raw", "decision", "reason", "difficulty", "evidence", "agreed")


@dataclass(frozen=True)
class Earlier:
    """What an earlier level wrote, under that level's name."""

    level: str
    value: LevelValue
    files: tuple[EvidenceFile, ...]


@dataclass(frozen=True)
class GridRow:
    criterion: Criterion
    year: int
    target: str
    assessed: bool
    entry: Mapping[str, Any]
    verdict: str
    why: str
    earlier: tuple[Earlier, ...]
    files: tuple[EvidenceFile, ...]
    errors: Mapping[str, list[str]]
    # The same words as the level before: taken over, or found the same.
    same_as: str
    differs: bool
    # What the commune wrote of itself in an earlier year: (that year, its words).
    former: tuple[int, str] | None = None

    @property
    def asked(self) -> str:
        return what_is_asked(self.criterion.targets[self.year])

    @property
    def needs_decision(self) -> bool:
        return self.verdict == "undecided" or bool(self.entry.get("decision"))

    @property
    def is_attention(self) -> bool:
        return self.verdict == "not_met" or bool(self.errors)


@dataclass(frozen=True)
class GridGroup:
    group: Group
    rows: tuple[GridRow, ...]
    totals: Mapping[str, int]
    assessed: int


@dataclass(frozen=True)
class Grid:
    component: Component
    groups: tuple[GridGroup, ...]
    totals: Mapping[str, int]
    assessed: int
    year: int
    has_earlier: bool = False

    @property
    def asks_figures(self) -> bool:
        """Whether every row wants a result at this step; elsewhere an empty one lacks nothing."""
        return self.component.required

    @property
    def asks_evidence(self) -> bool:
        """Whether every row wants files: the commune proves what it reports, later levels may add to it."""
        return self.component.level == "commune"

    @property
    def scope(self) -> str:
        """How many criteria there are and which of them this year leaves out; "" where it leaves out none."""
        return scope_words(
            self.year, {row.criterion.id: row.assessed for part in self.groups for row in part.rows}
        )


def scope_words(year: int, assessed: Mapping[str, bool]) -> str:
    """“37 chỉ tiêu; năm 2023 đánh giá 35, …” of {criterion: whether it is assessed}, in the annex's order."""
    left_out = [criterion for criterion, one in assessed.items() if not one]
    if not left_out:
        return ""
    return _(
        "%(all)s chỉ tiêu; năm %(year)s đánh giá %(assessed)s, %(left_out)s chỉ tiêu đánh dấu * (%(ids)s) "
        "không đánh giá.",
        all=len(assessed),
        year=year,
        assessed=len(assessed) - len(left_out),
        left_out=len(left_out),
        ids=", ".join(left_out),
    )


def judge(criterion: Criterion, entry: Mapping[str, Any], year: int) -> tuple[str, str]:
    """(verdict, sentence) of what stands in a row, finished or not."""
    try:
        result = assess(
            criterion,
            Entry(entry.get("raw") or "", entry.get("decision") or None, entry.get("reason") or ""),
            year,
        )
    except EvaluationError as error:
        return "undecided", str(error)
    return str(result.verdict), result.why


@dataclass(frozen=True)
class Surroundings:
    """What stands around a table's own answers: earlier levels, files, messages.

    `only` limits the table to some criteria; `judged` are verdicts as they were stored with the answers.
    """

    earlier: Sequence[CriterionRow] = ()
    element: str = ""
    files: Mapping[str, EvidenceFile] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    only: frozenset[str] | None = None
    judged: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    former: FormerYear | None = None


def build_grid(
    component: Component, bundle: Procedure, year: int, answers: Mapping[str, Any], around: Surroundings
) -> Grid:
    """The table for these answers, in the order of the annex."""
    entries = answers.get(component.key) or {}
    before = {row.criterion.id: row for row in around.earlier}
    groups = []
    for group in bundle.catalogue.groups:
        rows = tuple(
            _row(
                component, criterion, year, entries.get(criterion.id) or {}, before.get(criterion.id), around
            )
            for criterion in bundle.catalogue.year(year).criteria
            if criterion.group.id == group.id and (around.only is None or criterion.id in around.only)
        )
        if rows:
            assessed = sum(row.assessed for row in rows)
            totals = Counter(row.verdict for row in rows if row.assessed)
            groups.append(GridGroup(group, rows, totals, assessed))
    return Grid(
        component,
        tuple(groups),
        sum((Counter(part.totals) for part in groups), Counter()),
        sum(part.assessed for part in groups),
        year,
        has_earlier=any(row.earlier for part in groups for row in part.rows),
    )


def _row(
    component: Component,
    criterion: Criterion,
    year: int,
    entry: Mapping[str, Any],
    known: CriterionRow | None,
    around: Surroundings,
) -> GridRow:
    target = criterion.target(year)
    stored = around.judged.get(criterion.id)
    verdict, why = (stored["verdict"], stored["why"]) if stored else judge(criterion, entry, year)
    others = tuple(
        Earlier(words.LEVELS.get(step, step), value, files_of(value.evidence, around.files))
        for step, value in (known.values.items() if known else ())
        if step != around.element
    )
    raw = (entry.get("raw") or "").strip()
    before = around.former
    return GridRow(
        criterion=criterion,
        year=year,
        target=target.text,
        assessed=target.assessed,
        entry=entry,
        verdict=verdict if target.assessed else "not_assessed",
        why=why,
        earlier=others,
        files=files_of(entry.get("evidence") or (), around.files),
        errors=_errors_of(around.errors, f"{component.key}.{criterion.id}"),
        same_as=_same_as(criterion, raw, others, before),
        former=(before.year, before.results[criterion.id])
        if before and criterion.id in before.results
        else None,
        differs=verdict != "missing"
        and any(one.value.verdict != verdict for one in others if one.value.current),
    )


def _same_as(criterion: Criterion, raw: str, others: Sequence[Earlier], former: FormerYear | None) -> str:
    """Whose words these are as well: an earlier level's, or those of an earlier year's dossier."""
    if not raw:
        return ""
    level = next((one.level for one in reversed(others) if one.value.raw.strip() == raw), "")
    if level or former is None or criterion.kind == TargetKind.QUALITATIVE:
        return level
    return _("hồ sơ năm %(year)s", year=former.year) if former.results.get(criterion.id) == raw else ""


def what_is_asked(target: Target) -> str:
    """What a result must be to meet the target, and how to write it."""
    if not target.assessed:
        return _("Năm này không đánh giá chỉ tiêu này (dấu *).")
    if target.kind is TargetKind.PERCENT_MIN:
        return _(
            "Kết quả phải từ %(text)s trở lên. Ghi tỷ lệ như 54,4%% hoặc số đếm như 48/60.", text=target.text
        )
    if target.kind is TargetKind.YES_NO:
        return _("Phải có. Ghi “Có”, hoặc số lượng đã có như 03 hệ thống; “Chưa”, “Không” là chưa đạt.")
    return _("Ghi đúng “%(text)s”; lời khác phải có cấp đánh giá kết luận kèm lý do.", text=target.text)


def _errors_of(errors: Mapping[str, list[str]], row: str) -> dict[str, list[str]]:
    """A row's messages by cell; what is said of the row as a whole stands at its result."""
    found = {name: errors_under(errors, f"{row}.{name}") for name in CELLS}
    found["raw"] = [*errors.get(row, []), *found["raw"]]
    return {name: messages for name, messages in found.items() if messages}


def files_of(ids: Sequence[str], files: Mapping[str, EvidenceFile]) -> tuple[EvidenceFile, ...]:
    return tuple(files[file_id] for file_id in ids if file_id in files)


def by_id(files: Sequence[EvidenceFile]) -> dict[str, EvidenceFile]:
    return {str(file.id): file for file in files}
