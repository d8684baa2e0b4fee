"""From XML to the dataclasses of `diagram.py`: the one walk over the file."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from service.engine.diagram import (
    EVENT_DEFINITIONS,
    FLOW_NODES,
    MESSAGE_TASKS,
    Diagram,
    EventTrigger,
    Flow,
    Loop,
    Node,
)
from service.engine.markup import (
    BPMN,
    CAMUNDA,
    event_name,
    is_bpmn,
    is_true,
    local,
    namespace,
    parse_xml,
    refused,
    text_of,
)


def read_diagram(xml: bytes) -> Diagram:
    """The diagram in `xml`. Raises InvalidDiagram for what is hostile, broken or no single process."""
    root = parse_xml(xml)
    if not is_bpmn(root, "definitions"):
        raise refused(
            "not-bpmn", "Tệp không phải là sơ đồ BPMN 2.0.", "Hãy xuất lại tệp .bpmn từ công cụ vẽ sơ đồ."
        )
    processes = [e for e in root if is_bpmn(e, "process")]
    if len(processes) != 1:
        raise refused(
            "one-process",
            f"Tệp có {len(processes)} quy trình; mỗi tệp phải có đúng một.",
            "Giữ một vùng xử lý (pool); các cơ quan vẽ bằng làn (lane) trong đó.",
        )
    process = processes[0]
    identifier = process.get("id", "")
    if not identifier:
        raise refused(
            "missing-id", "Quy trình chưa có mã (id).", "Đặt mã cho quy trình, ví dụ “recognition”."
        )
    return _Reader(root, process).diagram(identifier)


class _Reader:
    """Walks the one process once and collects its nodes, flows and lanes."""

    def __init__(self, root: etree._Element, process: etree._Element) -> None:
        self.root, self.process = root, process
        self.messages = {
            e.get("id", ""): event_name(e.get("name", "")) for e in root if is_bpmn(e, "message")
        }
        self.signals = {e.get("id", ""): event_name(e.get("name", "")) for e in root if is_bpmn(e, "signal")}
        self.errors = {e.get("id", ""): e.get("errorCode", "") for e in root if is_bpmn(e, "error")}
        self.nodes: dict[str, Node] = {}
        self.flows: list[Flow] = []
        self.lanes: dict[str, str] = {}
        self.lane_of: dict[str, str] = {}

    def diagram(self, identifier: str) -> Diagram:
        anonymous, duplicates = self._identifiers()
        self._read_lanes()
        self._read_scope(self.process, identifier)
        participants = [
            p for p in self.root.iter(f"{{{BPMN}}}participant") if p.get("processRef") == identifier
        ]
        name = self.process.get("name") or next((p.get("name", "") for p in participants), "") or identifier
        return Diagram(
            identifier,
            name,
            self.root,
            self.process,
            self.nodes,
            tuple(self.flows),
            self.lanes,
            duplicates,
            anonymous,
        )

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
            name = lane.get("name") or lane.get("id") or ""
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
        text = None if condition is None else text_of(condition)
        language = "" if condition is None else condition.get("language", "")
        return Flow(
            element.get("id", ""),
            element.get("name", ""),
            element.get("sourceRef", ""),
            element.get("targetRef", ""),
            scope,
            text,
            language,
        )

    def _node(self, element: etree._Element, scope: str) -> Node:
        identifier = element.get("id", "")
        loop = next((c for c in element if is_bpmn(c, "multiInstanceLoopCharacteristics")), None)
        documentation = (text_of(c) for c in element if is_bpmn(c, "documentation"))
        return Node(
            identifier,
            local(element),
            element.get("name", ""),
            scope,
            len(self.nodes),
            self.lane_of.get(identifier) or self.lane_of.get(scope, ""),
            attributes_of(element),
            dict(_properties(element)),
            "\n".join(documentation),
            tuple(self._triggers(element)),
            None
            if loop is None
            else Loop(is_true(loop.get("isSequential")), _child_text(loop, "loopCardinality")),
        )

    def _triggers(self, element: etree._Element) -> Iterator[EventTrigger]:
        if local(element) in MESSAGE_TASKS:
            yield self._message(element)
        for child in element:
            if not is_bpmn(child) or local(child) not in EVENT_DEFINITIONS:
                continue
            kind = local(child).removesuffix("EventDefinition")
            if kind == "timer":
                forms = [c for c in child if is_bpmn(c, "timeDate", "timeDuration", "timeCycle")]
                form = forms[0] if len(forms) == 1 else None
                yield EventTrigger(
                    kind,
                    "" if form is None else local(form),
                    "" if form is None else text_of(form),
                )
            elif kind == "message":
                yield self._message(child)
            elif kind == "signal":
                yield EventTrigger(kind, text=self.signals.get(child.get("signalRef", ""), ""))
            elif kind == "error":
                yield EventTrigger(kind, text=self.errors.get(child.get("errorRef", ""), ""))
            else:
                yield EventTrigger(kind)

    def _message(self, element: etree._Element) -> EventTrigger:
        return EventTrigger("message", text=self.messages.get(element.get("messageRef", ""), ""))


def attributes_of(element: etree._Element) -> dict[str, str]:
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
    return next((text_of(c) for c in element if is_bpmn(c, name)), None)
