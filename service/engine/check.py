"""The gate: what is accepted runs as drawn; what is not is explained, with what to draw instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from service.engine import allowlist, content, reachability, schema, soundness, structure
from service.engine.calls import Linked, link
from service.engine.errors import InvalidDiagram, Problem
from service.engine.mending import with_mends
from service.engine.placeholders import leaves_ways, with_placeholders, without_follow_ups
from service.engine.reading import read_diagram

NOTHING_CALLED: Mapping[str, bytes] = MappingProxyType({})


def check(
    xml: bytes,
    *,
    known_groups: Collection[str] | None = None,
    known_topics: Collection[str] | None = None,
    called: Mapping[str, bytes] = NOTHING_CALLED,
) -> list[Problem]:
    """All problems of the diagram in `xml`; it may be published when none has severity "error".

    Where `known_groups` or `known_topics` are given, any other group or topic is an error. `called` holds
    the diagrams of the processes that call activities name, by key, and of those that these call. Never
    raises, whatever the bytes hold. Where a problem can be mended by a click, it says so (`mending`).
    """

    def found(drawn: bytes) -> list[Problem]:
        try:
            return problems_of(link(read_diagram(drawn), called), known_groups, known_topics)
        except InvalidDiagram as refused:
            return list(refused.problems)

    return with_mends(xml, found(xml), found)


def problems_of(
    linked: Linked, known_groups: Collection[str] | None = None, known_topics: Collection[str] | None = None
) -> list[Problem]:
    """The problems of a diagram already read: what cannot be, what is missing, how it behaves.

    Every family says at once what holds whatever is wrong elsewhere (`placeholders`).
    """
    diagram = linked.diagram
    drawn = with_placeholders(diagram)
    leading = [*structure.problems(drawn), *reachability.problems(drawn)]
    saying = list(content.problems(drawn, known_groups, known_topics))
    if linked.problems:  # what is called could not be looked at: it may write what is asked for
        saying = [problem for problem in saying if problem.rule != "unknown-variable"]
    found = [
        *allowlist.problems(diagram),
        *linked.problems,
        *without_follow_ups([*leading, *saying], diagram),
    ]
    found.extend(schema.problems(diagram.root, {p.element for p in found if p.severity == "error"}))
    if not linked.problems and all(leaves_ways(problem, diagram) for problem in found):
        # What can be reached, left out or overwritten is known only of ways that are as drawn.
        found.extend(soundness.problems(diagram))
    return [linked.located(problem) for problem in found]
