"""What is drawn but not executed keeps its place, so that one wrong element does not cut the drawing in two.

The reader takes only what runs. To the rules about ways a Script Task in the middle of a procedure would then
be a hole: flows from nowhere, everything behind it never reached. It is said once, of the element itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from lxml import etree

from service.engine.diagram import FLOW_NODES, Diagram, Node
from service.engine.errors import Problem
from service.engine.markup import is_bpmn, local
from service.engine.reading import attributes_of

# Rules that ask where a way leads: which element a flow means is unknown where ids are missing or double.
OF_WAYS = frozenset(
    {
        *("dangling-flow", "no-incoming", "no-outgoing", "unreachable", "cannot-end", "flow-target"),
        *("boundary-host", "default-flow", "event-gateway", "unknown-variable"),
    }
)
# What these rules say leaves untouched which elements and flows there are and what a token does there.
HARMLESS = frozenset(
    {
        *("condition", "due-date", "timer", "topic", "result-variable", "group", "throw", "property-twice"),
        *("missing-condition", "unsupported-attribute", "no-code", "not-executable", "default-place"),
        *("invalid-id", "reserved-id", "bpmn-schema"),
    }
)


def with_placeholders(diagram: Diagram) -> Diagram:
    """The diagram with a node of its own kind for each element outside `FLOW_NODES` that flows touch."""
    ends = {end for flow in diagram.flows for end in (flow.source, flow.target)} - diagram.nodes.keys()
    nodes = dict(diagram.nodes)
    for element, scope in _drawn(diagram.node, diagram.process):
        identifier = element.get("id", "")
        if identifier in ends and identifier not in nodes:
            name, place = element.get("name", ""), len(nodes)
            nodes[identifier] = Node(
                identifier, local(element), name, scope, place, attributes=attributes_of(element)
            )
    return replace(diagram, nodes=nodes) if len(nodes) > len(diagram.nodes) else diagram


def is_placeholder(node: Node) -> bool:
    return node.kind not in FLOW_NODES


def uncertain(diagram: Diagram) -> bool:
    """Whether elements have no id, or share one: then nobody knows what flows and expressions mean."""
    if any(identifier in diagram.nodes for identifier in diagram.duplicates):
        return True
    return any(not element.get("id") for element, _ in _drawn(diagram.node, diagram.process))


def leaves_ways(problem: Problem, diagram: Diagram) -> bool:
    """Whether ways through the diagram are as drawn, although it has this problem."""
    if problem.severity != "error":
        return True
    node = diagram.nodes.get(problem.element)
    if problem.rule == "default-flow":  # one that chooses without it may still go along each flow
        return node is not None and node.kind == "exclusiveGateway"
    known = node is not None or problem.element in {flow.id for flow in diagram.flows}
    return problem.rule in HARMLESS and (known or problem.element in ("", diagram.process))


def without_follow_ups(problems: Collection[Problem], diagram: Diagram) -> list[Problem]:
    """What is said of ways only because ids are missing or double is left out: mend those first."""
    if not uncertain(diagram):
        return list(problems)
    return [problem for problem in problems if problem.rule not in OF_WAYS]


def _drawn(container: etree._Element, scope: str) -> Iterator[tuple[etree._Element, str]]:
    """(element, its scope) for all that could have a place in the course, flows left out."""
    for element in container:
        if not is_bpmn(element) or local(element) in _BESIDE:
            continue
        yield element, scope
        if local(element) == "subProcess":
            yield from _drawn(element, element.get("id", ""))


_BESIDE = frozenset(
    {
        *("sequenceFlow", "laneSet", "textAnnotation", "association", "group", "documentation"),
        *("extensionElements", "dataObject", "dataObjectReference", "dataStoreReference", "ioSpecification"),
        *("incoming", "outgoing", "property", "dataInputAssociation", "dataOutputAssociation"),
        *("multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "monitoring", "auditing"),
    }
)
