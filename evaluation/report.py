"""The answer of `congnhan evaluate --json` and of the API: one shape for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from evaluation.assessment import Result, Verdict
from evaluation.catalogue import Catalogue, CriterionId
from evaluation.numbers import decimal_string
from evaluation.recognition import Conclusion, IndexScore


def report_json(
    results: Mapping[CriterionId, Result],
    index: IndexScore | None,
    conclusion: Conclusion,
    year: int,
    catalogue: Catalogue,
) -> dict[str, Any]:
    """The answer of `--json`: all criteria in the catalogue's order, measured numbers as decimal strings."""
    counts = Counter(result.verdict for result in results.values())
    return {
        "year": year,
        "catalogue": catalogue.name,
        "criteria": {
            criterion: {
                "target": result.target.text,
                "raw": result.raw,
                "verdict": result.verdict.value,
                "why": result.why,
            }
            for criterion, result in results.items()
        },
        "counts": {verdict.value: counts[verdict] for verdict in Verdict},
        "index": _index_json(index),
        "eligible": conclusion.eligible.value,
        "reasons": list(conclusion.reasons),
    }


def _index_json(index: IndexScore | None) -> dict[str, Any] | None:
    if index is None:
        return None
    return {
        "score": decimal_string(Fraction(index.score)),
        "maximum": decimal_string(Fraction(index.maximum)),
        "percent": index.percent_text,
        "met": index.met,
    }
