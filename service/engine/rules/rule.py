"""What a page on a rule says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """`id` as in `Problem.rule`; `says` what must be drawn, `why` what would go wrong otherwise, `source`
    where that stands: a section of BPMN 2.0.2 (OMG formal/2013-12-09), or what was measured.
    """

    id: str
    says: str
    why: str
    source: str
