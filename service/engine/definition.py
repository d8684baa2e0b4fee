"""A compiled diagram: built once per content, shared by every case that runs on it."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from service.engine.check import problems_of
from service.engine.diagram import HUMAN_TASKS, Node
from service.engine.errors import InvalidDiagram
from service.engine.expressions import Expression
from service.engine.facts import facts_after
from service.engine.program import Program, build_program, read_expression
from service.engine.reading import read_diagram
from service.engine.timers import due_expression

CACHED_DEFINITIONS = 64


@dataclass(frozen=True, slots=True)
class HumanTask:
    """A task for people, as the diagram describes it. `groups` are camunda:candidateGroups."""

    id: str
    name: str
    lane: str
    groups: tuple[str, ...]
    form_key: str
    due: Expression | None
    follow_up: Expression | None
    properties: Mapping[str, str]
    documentation: str


@dataclass(frozen=True, slots=True)
class Element:
    """`type` is the BPMN tag, e.g. `userTask`, `sequenceFlow`."""

    name: str
    type: str
    lane: str


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """What a case needs to know of its diagram. `content_hash` is the SHA-256 of the file, in hex."""

    key: str
    name: str
    content_hash: str
    tasks: Mapping[str, HumanTask]
    elements: Mapping[str, Element]
    lanes: Mapping[str, str]
    rule_topics: frozenset[str]
    messages: frozenset[str]
    program: Program = field(repr=False)
    _facts: Mapping[str | None, frozenset[str]] = field(repr=False)

    def facts_after(self, element: str | None) -> frozenset[str]:
        """Names of the facts that may be read once `element` is done, up to the next wait states.

        Those that business rule tasks declare in their property `facts`, and `deadline:<step>` for every
        `deadline("<step>")` in a due date or timer on the way. None means: from the start.
        """
        return self._facts.get(element, frozenset())


_cache: OrderedDict[str, Definition] = OrderedDict()
_lock = Lock()


def compile_definition(xml: bytes) -> Definition:
    """The definition in `xml`, from a bounded cache by content. Raises InvalidDiagram with all problems."""
    content_hash = hashlib.sha256(xml).hexdigest()
    with _lock:
        if content_hash in _cache:
            _cache.move_to_end(content_hash)
            return _cache[content_hash]
    definition = _compile(xml, content_hash)
    with _lock:
        _cache[content_hash] = definition
        while len(_cache) > CACHED_DEFINITIONS:
            _cache.popitem(last=False)
    return definition


def _compile(xml: bytes, content_hash: str) -> Definition:
    diagram = read_diagram(xml)
    problems = tuple(problems_of(diagram))
    if any(problem.severity == "error" for problem in problems):
        raise InvalidDiagram(problems)
    tasks = {node.id: _human_task(node) for node in diagram.nodes.values() if node.kind in HUMAN_TASKS}
    program = build_program(diagram)
    elements = {node.id: Element(node.name, node.kind, node.lane) for node in diagram.nodes.values()}
    elements |= {flow.id: Element(flow.name, "sequenceFlow", "") for flow in diagram.flows}
    return Definition(
        diagram.process,
        diagram.name,
        content_hash,
        tasks,
        elements,
        diagram.lanes,
        frozenset(rule.topic for rule in program.rules.values()),
        frozenset(program.messages.values()),
        program,
        facts_after(diagram, _arriving(tasks, program)),
    )


def _human_task(node: Node) -> HumanTask:
    attributes = node.attributes
    groups = tuple(g.strip() for g in attributes.get("camunda:candidateGroups", "").split(",") if g.strip())
    return HumanTask(
        node.id,
        node.name or node.id,
        node.lane,
        groups,
        attributes.get("camunda:formKey", ""),
        _date(attributes.get("camunda:dueDate", "")),
        _date(attributes.get("camunda:followUpDate", "")),
        node.properties,
        node.documentation,
    )


def _date(text: str) -> Expression | None:
    return read_expression(due_expression(text)) if text.strip() else None


def _arriving(tasks: Mapping[str, HumanTask], program: Program) -> dict[str, tuple[Expression, ...]]:
    """The expressions evaluated when a token arrives: due dates of tasks, times of timers."""
    found = {
        task.id: tuple(e for e in (task.due, task.follow_up) if e is not None) for task in tasks.values()
    }
    for element, timer in program.timers.items():
        if timer.expression is not None:
            found[element] = (timer.expression,)
    return found
