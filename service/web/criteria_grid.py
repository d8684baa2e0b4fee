"""The criteria table of Phụ lục 01 as a page shows it: one row per criterion, the levels before beside it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.assessment import Entry, assess
from evaluation.catalogue import Criterion, Group
from evaluation.errors import EvaluationError
from forms import Component
from service.cases.queries import CriterionRow, LevelValue
from service.models import EvidenceFile
from service.processes.queries import Procedure
from service.web import words
from service.web.forms_rendering import errors_under


@dataclass(frozen=True)
class Earlier:
    """What an earlier level wrote, under that level's name."""

    level: str
    value: LevelValue
    files: tuple[EvidenceFile, ...]


@dataclass(frozen=True)
class GridRow:
    criterion: Criterion
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
    # Criteria that this table does not ask about (a meeting asks only about the disputed ones).
    note: str = ""
    has_earlier: bool = False
    levels: tuple[str, ...] = field(default=())


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


def build_grid(
    component: Component,
    bundle: Procedure,
    year: int,
    answers: Mapping[str, Any],
    *,
    earlier: Sequence[CriterionRow] = (),
    element: str = "",
    files: Mapping[str, EvidenceFile] | None = None,
    errors: Mapping[str, list[str]] | None = None,
    only: frozenset[str] | None = None,
    judged: Mapping[str, Mapping[str, str]] | None = None,
) -> Grid:
    """The table for these answers. `only` limits it to some criteria; `judged` are verdicts as they were stored."""
    entries = answers.get(component.key) or {}
    before = {row.criterion.id: row for row in earlier}
    groups = []
    for group in bundle.catalogue.groups:
        rows = tuple(
            _row(component, criterion, year, entries, before, element, files or {}, errors or {}, judged or {})
            for criterion in bundle.catalogue.year(year).criteria
            if criterion.group.id == group.id and (only is None or criterion.id in only)
        )
        if rows:
            assessed = sum(row.assessed for row in rows)
            groups.append(GridGroup(group, rows, Counter(row.verdict for row in rows if row.assessed), assessed))
    totals: Counter[str] = Counter()
    for part in groups:
        totals.update(part.totals)
    levels = tuple(dict.fromkeys(one.level for part in groups for row in part.rows for one in row.earlier))
    return Grid(
        component,
        tuple(groups),
        totals,
        sum(part.assessed for part in groups),
        year,
        has_earlier=bool(levels),
        levels=levels,
    )


def _row(
    component: Component,
    criterion: Criterion,
    year: int,
    entries: Mapping[str, Any],
    before: Mapping[str, CriterionRow],
    element: str,
    files: Mapping[str, EvidenceFile],
    errors: Mapping[str, list[str]],
    judged: Mapping[str, Mapping[str, str]],
) -> GridRow:
    target = criterion.target(year)
    entry = entries.get(criterion.id) or {}
    stored = judged.get(criterion.id)
    verdict, why = (stored["verdict"], stored["why"]) if stored else judge(criterion, entry, year)
    known = before.get(criterion.id)
    others = tuple(
        Earlier(words.LEVELS.get(step, step), value, files_of(value.evidence, files))
        for step, value in (known.values.items() if known else ())
        if step != element
    )
    prefix = f"{component.key}.{criterion.id}"
    own_errors = {
        name: errors_under(errors, f"{prefix}.{name}")
        for name in ("raw", "decision", "reason", "difficulty", "evidence", "agreed")
    }
    whole = errors.get(prefix, [])
    own_errors["raw"] = [*whole, *own_errors["raw"]]
    raw = (entry.get("raw") or "").strip()
    return GridRow(
        criterion=criterion,
        target=target.text,
        assessed=target.assessed,
        entry=entry,
        verdict=verdict if target.assessed else "not_assessed",
        why=why,
        earlier=others,
        files=files_of(entry.get("evidence") or (), files),
        errors={name: messages for name, messages in own_errors.items() if messages},
        same_as=next((one.level for one in others if raw and one.value.raw.strip() == raw), ""),
        differs=verdict != "missing" and any(one.value.verdict != verdict for one in others if one.value.current),
    )


def files_of(ids: Sequence[str], files: Mapping[str, EvidenceFile]) -> tuple[EvidenceFile, ...]:
    return tuple(files[file_id] for file_id in ids if file_id in files)


def by_id(files: Sequence[EvidenceFile]) -> dict[str, EvidenceFile]:
    return {str(file.id): file for file in files}


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
