"""A BPMN file as plain dataclasses: what is drawn, before anybody asks whether it can run.

`read_diagram` is the only place where the XML is touched. It parses bytes with entity expansion, DTDs
and network switched off, and refuses what is hostile or no BPMN at all; everything else it notes, and
`check.py` judges it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

from service.engine.errors import InvalidDiagram, Problem

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = frozenset({"http://camunda.org/schema/1.0/bpmn", "http://operaton.org/schema/1.0/bpmn"})
MAX_BYTES = 5_000_000
MAX_ELEMENTS = 60_000
MAX_DEPTH = 60
MAX_TEXT = 10_000
EVENT_DEFINITIONS = frozenset({
    "timerEventDefinition", "messageEventDefinition", "errorEventDefinition", "terminateEventDefinition",
    "signalEventDefinition", "escalationEventDefinition", "conditionalEventDefinition",
    "compensateEventDefinition", "cancelEventDefinition", "linkEventDefinition",
})
FLOW_NODES = frozenset({
    "startEvent", "endEvent", "userTask", "manualTask", "serviceTask", "businessRuleTask",
    "exclusiveGateway", "parallelGateway", "eventBasedGateway", "intermediateCatchEvent",
    "boundaryEvent", "subProcess",
})
HUMAN_TASKS = frozenset({"userTask", "manualTask"})
WAITING_KINDS = HUMAN_TASKS | {"serviceTask", "intermediateCatchEvent", "eventBasedGateway"}


@dataclass(frozen=True, slots=True)
class EventTrigger:
    """What an event waits for or throws: kind `timer | message | error | terminate | …`.

    For a timer `form` is `timeDate | timeDuration | timeCycle` and `text` its content; for a message
    `text` is the message's name, for an error its code ("" catches every code).
    """

    kind: str
    form: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Loop:
    sequential: bool
    cardinality: str | None


@dataclass(frozen=True, slots=True)
class Node:
    """One flow node. `scope` is the id of the process or sub-process that directly contains it."""

    id: str
    kind: str
    name: str
    scope: str
    order: int
    lane: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    documentation: str = ""
    triggers: tuple[EventTrigger, ...] = ()
    loop: Loop | None = None

    @property
    def trigger(self) -> EventTrigger | None:
        return self.triggers[0] if self.triggers else None

    @property
    def attached_to(self) -> str:
        return self.attributes.get("attachedToRef", "")

    @property
    def interrupting(self) -> bool:
        return is_true(self.attributes.get("cancelActivity"), default=True)


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    name: str
    source: str
    target: str
    scope: str
    condition: str | None = None
    language: str = ""


@dataclass(frozen=True)
class Diagram:
    """All that is drawn in the one process. `elements` keeps every XML element for the allow-list."""

    process: str
    name: str
    root: etree._Element
    node: etree._Element
    nodes: Mapping[str, Node]
    flows: tuple[Flow, ...]
    lanes: Mapping[str, str]
    duplicates: tuple[str, ...]
    anonymous: tuple[str, ...]

    @cached_property
    def outgoing(self) -> dict[str, list[Flow]]:
        return self._by(lambda flow: flow.source)

    @cached_property
    def incoming(self) -> dict[str, list[Flow]]:
        return self._by(lambda flow: flow.target)

    @cached_property
    def attached(self) -> dict[str, list[Node]]:
        """Boundary events by the activity they sit on."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            if node.kind == "boundaryEvent":
                found.setdefault(node.attached_to, []).append(node)
        return found

    @cached_property
    def inside(self) -> dict[str, list[Node]]:
        """The nodes directly in each scope; a scope without nodes has an empty list."""
        found: dict[str, list[Node]] = {scope: [] for scope in self.scopes}
        for node in self.nodes.values():
            found[node.scope].append(node)
        return found

    @cached_property
    def scopes(self) -> list[str]:
        return [self.process, *(node.id for node in self.nodes.values() if node.kind == "subProcess")]

    def label(self, element: str) -> str:
        node = self.nodes.get(element)
        if node is not None:
            return node.name or node.id
        flow = self._flows_by_id.get(element)
        return element if flow is None else flow.name or flow.id

    @cached_property
    def _flows_by_id(self) -> dict[str, Flow]:
        return {flow.id: flow for flow in self.flows}

    def _by(self, end: Callable[[Flow], str]) -> dict[str, list[Flow]]:
        found: dict[str, list[Flow]] = {node: [] for node in self.nodes}
        for flow in self.flows:
            found.setdefault(end(flow), []).append(flow)
        return found


def is_true(text: str | None, default: bool = False) -> bool:
    """An XML boolean."""
    return default if text is None else text.strip() in {"true", "1"}


def local(element: etree._Element) -> str:
    """The tag without its namespace; "" for comments and processing instructions."""
    tag = element.tag
    return etree.QName(tag).localname if isinstance(tag, str) else ""


def namespace(element: etree._Element) -> str:
    return etree.QName(element.tag).namespace or "" if isinstance(element.tag, str) else ""


def is_bpmn(element: etree._Element, *names: str) -> bool:
    return isinstance(element.tag, str) and namespace(element) == BPMN and (not names or local(element) in names)


def read_diagram(xml: bytes) -> Diagram:
    """The diagram in `xml`. Raises InvalidDiagram for what is hostile, broken or no single process."""
    root = parse_xml(xml)
    if not is_bpmn(root, "definitions"):
        raise _refused("not-bpmn", "Tệp không phải là sơ đồ BPMN 2.0.", "Hãy xuất lại tệp .bpmn từ công cụ vẽ sơ đồ.")
    processes = [e for e in root if is_bpmn(e, "process")]
    if len(processes) != 1:
        raise _refused(
            "one-process", f"Tệp có {len(processes)} quy trình; mỗi tệp phải có đúng một.",
            "Giữ một vùng xử lý (pool); các cơ quan vẽ bằng làn (lane) trong đó.")
    process = processes[0]
    identifier = process.get("id", "")
    if not identifier:
        raise _refused("missing-id", "Quy trình chưa có mã (id).", "Đặt mã cho quy trình, ví dụ “recognition”.")
    return _Reader(root, process).diagram(identifier)


def parse_xml(xml: bytes) -> etree._Element:
    """Parse hostile bytes: no entities, no DTD, no network, bounded in size, depth and number."""
    if len(xml) > MAX_BYTES:
        raise _refused("too-large", f"Tệp lớn hơn {MAX_BYTES // 1_000_000} MB.", "Tách sơ đồ thành nhiều quy trình.")
    try:
        text = xml.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("encoding", "Tệp không dùng bảng mã UTF-8.", "Lưu lại tệp với bảng mã UTF-8.") from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise _refused("doctype", "Tệp có khai báo DOCTYPE hoặc ENTITY.", "Bỏ khai báo này; sơ đồ BPMN không cần.")
    declaration = text[: text.find("?>") + 2].lower() if text.startswith("<?xml") else ""
    if "encoding" in declaration and "utf-8" not in declaration:
        raise _refused("encoding", "Tệp khai báo bảng mã khác UTF-8.", "Lưu lại tệp với bảng mã UTF-8.")
    _bound(text)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _refused("xml", f"Tệp không phải XML hợp lệ: {error}.", "Hãy xuất lại tệp từ công cụ vẽ sơ đồ.") from None


def _bound(text: str) -> None:
    """Refuse absurd files while reading them once without building a tree."""
    parser = etree.XMLParser(target=_Bounds(), resolve_entities=False, no_network=True, load_dtd=False)
    try:
        etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError:
        return  # the real parse says where


class _Bounds:
    """An lxml parser target that counts elements and their depth."""

    def __init__(self) -> None:
        self.depth = self.elements = 0

    def start(self, tag: str, attributes: object) -> None:
        self.depth += 1
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise _refused(
                "too-many", f"Tệp có hơn {MAX_ELEMENTS} phần tử.", "Tách sơ đồ thành nhiều quy trình.")
        if self.depth > MAX_DEPTH:
            raise _refused(
                "too-deep", f"Các phần tử lồng nhau quá {MAX_DEPTH} cấp.", "Giảm số tiến trình con lồng nhau.")

    def end(self, tag: str) -> None:
        self.depth -= 1

    def close(self) -> None:
        return


def _refused(rule: str, message: str, remedy: str) -> InvalidDiagram:
    return InvalidDiagram((Problem("", "", rule, "error", message, remedy),))


class _Reader:
    """Walks the one process once and collects its nodes, flows and lanes."""

    def __init__(self, root: etree._Element, process: etree._Element) -> None:
        self.root, self.process = root, process
        self.messages = {e.get("id", ""): e.get("name", "") for e in root if is_bpmn(e, "message")}
        self.errors = {e.get("id", ""): e.get("errorCode", "") for e in root if is_bpmn(e, "error")}
        self.nodes: dict[str, Node] = {}
        self.flows: list[Flow] = []
        self.lanes: dict[str, str] = {}
        self.lane_of: dict[str, str] = {}

    def diagram(self, identifier: str) -> Diagram:
        anonymous, duplicates = self._identifiers()
        self._read_lanes()
        self._read_scope(self.process, identifier)
        participants = [p for p in self.root.iter(f"{{{BPMN}}}participant") if p.get("processRef") == identifier]
        name = self.process.get("name") or next((p.get("name", "") for p in participants), "") or identifier
        return Diagram(
            identifier, name, self.root, self.process, self.nodes, tuple(self.flows), self.lanes, duplicates, anonymous)

    def _identifiers(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        seen: set[str] = set()
        twice: dict[str, None] = {}
        anonymous: list[str] = []
        for element in self.root.iter():
            identifier = element.get("id")
            if identifier is not None:
                if identifier in seen:
                    twice[identifier] = None
                seen.add(identifier)
            elif is_bpmn(element) and (local(element) in FLOW_NODES or local(element) == "sequenceFlow"):
                anonymous.append(element.get("name") or local(element))
        return tuple(anonymous), tuple(twice)

    def _read_lanes(self) -> None:
        for lane in self.process.iter(f"{{{BPMN}}}lane"):
            name = lane.get("name") or lane.get("id", "")
            self.lanes[lane.get("id", "")] = name
            for reference in lane:
                if is_bpmn(reference, "flowNodeRef"):
                    # Document order: a nested lane comes later and is the more precise one.
                    self.lane_of[(reference.text or "").strip()] = name

    def _read_scope(self, container: etree._Element, scope: str) -> None:
        for element in container:
            if not is_bpmn(element):
                continue
            if local(element) == "sequenceFlow":
                self.flows.append(self._flow(element, scope))
            elif local(element) in FLOW_NODES and element.get("id"):
                node = self._node(element, scope)
                self.nodes.setdefault(node.id, node)
                if node.kind == "subProcess":
                    self._read_scope(element, node.id)

    def _flow(self, element: etree._Element, scope: str) -> Flow:
        condition = next((c for c in element if is_bpmn(c, "conditionExpression")), None)
        text = None if condition is None else "".join(condition.itertext()).strip()
        language = "" if condition is None else condition.get("language", "")
        return Flow(
            element.get("id", ""), element.get("name", ""), element.get("sourceRef", ""),
            element.get("targetRef", ""), scope, text, language)

    def _node(self, element: etree._Element, scope: str) -> Node:
        identifier = element.get("id", "")
        loop = next((c for c in element if is_bpmn(c, "multiInstanceLoopCharacteristics")), None)
        documentation = (("".join(c.itertext())).strip() for c in element if is_bpmn(c, "documentation"))
        return Node(
            identifier, local(element), element.get("name", ""), scope, len(self.nodes),
            self.lane_of.get(identifier) or self.lane_of.get(scope, ""), _attributes(element),
            dict(_properties(element)), "\n".join(documentation), tuple(self._triggers(element)),
            None if loop is None else Loop(is_true(loop.get("isSequential")), _child_text(loop, "loopCardinality")))

    def _triggers(self, element: etree._Element) -> Iterator[EventTrigger]:
        for child in element:
            if not is_bpmn(child) or local(child) not in EVENT_DEFINITIONS:
                continue
            kind = local(child).removesuffix("EventDefinition")
            if kind == "timer":
                forms = [c for c in child if is_bpmn(c, "timeDate", "timeDuration", "timeCycle")]
                form = forms[0] if len(forms) == 1 else None
                yield EventTrigger(kind, "" if form is None else local(form),
                                   "" if form is None else "".join(form.itertext()).strip())
            elif kind == "message":
                yield EventTrigger(kind, text=self.messages.get(child.get("messageRef", ""), ""))
            elif kind == "error":
                yield EventTrigger(kind, text=self.errors.get(child.get("errorRef", ""), ""))
            else:
                yield EventTrigger(kind)


def _attributes(element: etree._Element) -> dict[str, str]:
    """BPMN attributes by name, Camunda's (and Operaton's) as `camunda:name`; foreign ones are left alone."""
    found: dict[str, str] = {}
    for name, value in element.attrib.items():
        qualified = etree.QName(str(name))
        if qualified.namespace is None or qualified.namespace == BPMN:
            found[qualified.localname] = str(value)
        elif qualified.namespace in CAMUNDA:
            found[f"camunda:{qualified.localname}"] = str(value)
    return found


def _properties(element: etree._Element) -> Iterator[tuple[str, str]]:
    for extension in element:
        if is_bpmn(extension, "extensionElements"):
            for group in extension:
                if namespace(group) in CAMUNDA and local(group) == "properties":
                    for item in group:
                        yield item.get("name", ""), item.get("value", "")


def _child_text(element: etree._Element, name: str) -> str | None:
    return next((("".join(c.itertext())).strip() for c in element if is_bpmn(c, name)), None)
