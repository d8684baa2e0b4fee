"""A compiled diagram: built once per content, shared by every case that runs on it."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from service.engine.calls import Linked, link
from service.engine.check import NOTHING_CALLED, problems_of
from service.engine.diagram import HUMAN_TASKS, Node
from service.engine.errors import InvalidDiagram
from service.engine.expressions import Expression
from service.engine.facts import facts_after, leading_to
from service.engine.named_functions import counts_working_days
from service.engine.nets import Net, net_of
from service.engine.program import Program, build_program, expressions_of
from service.engine.reading import read_diagram
from service.engine.texts import read_expression
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
    """What a case needs to know of its diagram.

    `content_hash` is the SHA-256 of the file, in hex; with called processes, of its hash and theirs.
    `calls` are the keys of called processes by call activity, `called_hashes` the SHA-256 of each by key.
    `working_day_elements` are the tasks and timers whose times count working days, `deadline_elements`
    those whose times ask for a deadline: what is open of them is to be computed again when holidays or
    deadlines change. `job_properties` are the camunda:properties of each service task. `leading_to` are the
    human tasks that may open once a human task is done, before anything else has to happen.
    """

    key: str
    name: str
    content_hash: str
    tasks: Mapping[str, HumanTask]
    elements: Mapping[str, Element]
    lanes: Mapping[str, str]
    rule_topics: frozenset[str]
    messages: frozenset[str]
    signals: frozenset[str]
    calls: Mapping[str, str]
    called_hashes: Mapping[str, str]
    uses_working_days: bool
    working_day_elements: frozenset[str]
    deadline_elements: frozenset[str]
    job_properties: Mapping[str, Mapping[str, str]]
    program: Program = field(repr=False)
    net: Net = field(repr=False)
    leading_to: Mapping[str, tuple[str, ...]] = field(repr=False)
    _facts: Mapping[str | None, frozenset[str]] = field(repr=False)

    def facts_after(self, element: str | None) -> frozenset[str]:
        """Names of the facts that may be read once `element` is done, up to the next wait states.

        Those that business rule tasks declare in their property `facts`, and `deadline:<step>` for every
        `deadline("<step>")` in a due date or timer on the way. None means: from the start.
        """
        return self._facts.get(element, frozenset())

    def catching(self, kind: Literal["message", "signal"], name: str) -> tuple[str, ...]:
        """The events that wait for the message or signal `name`, in the order of the file."""
        program = self.program
        names = program.messages if kind == "message" else program.signals
        return tuple(
            sorted(
                (event for event, awaited in names.items() if awaited == name), key=program.order.__getitem__
            )
        )


_Key = tuple[str, bytes, tuple[tuple[str, bytes], ...]]
_cache: OrderedDict[_Key, Definition] = OrderedDict()
_lock = Lock()


def compile_definition(xml: bytes, called: Mapping[str, bytes] = NOTHING_CALLED) -> Definition:
    """The definition in `xml`, from a bounded cache by content. Raises InvalidDiagram with all problems.

    `called` holds the diagrams of called processes by key; those that nobody calls make no difference.
    """
    return _cached("new", _compile, xml, called)


def compile_published(xml: bytes, called: Mapping[str, bytes] = NOTHING_CALLED) -> Definition:
    """The definition of a diagram that the gate accepted when it was published.

    Today's gate may be stricter; cases that run must go on. Raises InvalidDiagram where it cannot be
    compiled at all.
    """
    return _cached("published", _trust, xml, called)


def _cached(
    kind: str,
    compiling: Callable[[bytes, Mapping[str, bytes]], Definition],
    xml: bytes,
    called: Mapping[str, bytes],
) -> Definition:
    given = sorted((key, hashlib.sha256(diagram).digest()) for key, diagram in called.items())
    key = kind, hashlib.sha256(xml).digest(), tuple(given)
    with _lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    definition = compiling(xml, called)
    with _lock:
        _cache[key] = definition
        while len(_cache) > CACHED_DEFINITIONS:
            _cache.popitem(last=False)
    return definition


def _compile(xml: bytes, called: Mapping[str, bytes]) -> Definition:
    linked = link(read_diagram(xml), called)
    problems = tuple(problems_of(linked))
    if any(problem.severity == "error" for problem in problems):
        raise InvalidDiagram(problems)
    return _definition(linked, linked.content_hash(xml))


def _trust(xml: bytes, called: Mapping[str, bytes]) -> Definition:
    linked = link(read_diagram(xml), called, published=True)
    if linked.problems:
        raise InvalidDiagram(tuple(linked.problems))
    try:
        return _definition(linked, linked.content_hash(xml))
    except Exception:  # noqa: BLE001 - whatever it is, the gate has the words for it
        return _compile(xml, called)


def _definition(linked: Linked, content_hash: str) -> Definition:
    diagram = linked.diagram
    tasks = {node.id: human_task(node) for node in diagram.nodes.values() if node.kind in HUMAN_TASKS}
    program = build_program(diagram)
    elements = {node.id: Element(node.name, node.kind, node.lane) for node in diagram.nodes.values()}
    elements |= {flow.id: Element(flow.name, "sequenceFlow", "") for flow in diagram.flows}
    times = _times(tasks, program)
    return Definition(
        key=diagram.process,
        name=diagram.name,
        content_hash=content_hash,
        tasks=tasks,
        elements=elements,
        lanes=diagram.lanes,
        rule_topics=frozenset(rule.topic for rule in program.rules.values()),
        messages=frozenset(program.messages.values()),
        signals=frozenset(program.signals.values()),
        calls=linked.calls,
        called_hashes={key: hashlib.sha256(linked.used[key]).hexdigest() for key in sorted(linked.used)},
        uses_working_days=any(counts_working_days(e.functions) for e in expressions_of(diagram)),
        working_day_elements=frozenset(
            element
            for element, all_of in times.items()
            if any(counts_working_days(e.functions) for e in all_of)
        ),
        deadline_elements=frozenset(
            element
            for element, all_of in times.items()
            if any(use.name == "deadline" for e in all_of for use in e.functions)
        ),
        job_properties={n.id: n.properties for n in diagram.nodes.values() if n.kind == "serviceTask"},
        program=program,
        net=net_of(diagram),
        leading_to=leading_to(diagram),
        _facts=facts_after(diagram, times | _sent(program)),
    )


def read_date(text: str) -> Expression | None:
    """A due date or a date to be reminded on; None where there is none. Raises ExpressionError, NotATimer."""
    return read_expression(due_expression(text)) if text.strip() else None


def human_task(node: Node, read: Callable[[str], Expression | None] = read_date) -> HumanTask:
    """What the diagram says of a task; `read` makes expressions of its dates."""
    attributes = node.attributes
    groups = tuple(g.strip() for g in attributes.get("camunda:candidateGroups", "").split(",") if g.strip())
    return HumanTask(
        node.id,
        node.name or node.id,
        node.lane,
        groups,
        attributes.get("camunda:formKey", ""),
        read(attributes.get("camunda:dueDate", "")),
        read(attributes.get("camunda:followUpDate", "")),
        node.properties,
        node.documentation,
    )


def _times(tasks: Mapping[str, HumanTask], program: Program) -> dict[str, tuple[Expression, ...]]:
    """The expressions evaluated when a token arrives: due dates of tasks, times of timers."""
    found = {
        task.id: tuple(e for e in (task.due, task.follow_up) if e is not None) for task in tasks.values()
    }
    for element, timer in program.timers.items():
        if timer.expression is not None:
            found[element] = (timer.expression,)
    return found


def _sent(program: Program) -> dict[str, tuple[Expression, ...]]:
    """The expressions evaluated when a token passes: what throwing events send."""
    return {element: tuple(throw.expressions()) for element, throw in program.throws.items()}
