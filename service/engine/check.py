"""The gate: what is accepted runs as drawn; what is not is explained, with what to draw instead."""

from __future__ import annotations

from collections.abc import Collection

from service.engine import allowlist, content, reachability, soundness, structure
from service.engine.diagram import Diagram
from service.engine.errors import InvalidDiagram, Problem
from service.engine.reading import read_diagram


def check(
    xml: bytes, *, known_groups: Collection[str] | None = None, known_topics: Collection[str] | None = None
) -> list[Problem]:
    """All problems of the diagram in `xml`; it may be published when none has severity "error".

    Where `known_groups` or `known_topics` are given, any other group or topic is an error. Never raises,
    whatever the bytes hold.
    """
    try:
        return problems_of(read_diagram(xml), known_groups, known_topics)
    except InvalidDiagram as refused:
        return list(refused.problems)


def problems_of(
    diagram: Diagram, known_groups: Collection[str] | None = None, known_topics: Collection[str] | None = None
) -> list[Problem]:
    """The problems of a diagram already read: what cannot be, what is missing, how it behaves."""
    found = [
        *allowlist.problems(diagram),
        *structure.problems(diagram),
        *reachability.problems(diagram),
        *content.problems(diagram, known_groups, known_topics),
    ]
    if not any(problem.severity == "error" for problem in found):
        # Only a well-formed diagram has a behaviour to explore.
        found.extend(soundness.problems(diagram))
    return found
