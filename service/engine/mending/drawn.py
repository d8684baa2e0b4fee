"""Mends of the drawing: an end, a start or a gateway that the standard already reads into it."""

from __future__ import annotations

from lxml import etree

from service.engine import schema
from service.engine.diagram import ASKING, FLOW_NODES
from service.engine.errors import Mend, Problem
from service.engine.markup import is_bpmn, local, parse_xml
from service.engine.mending.layout import add_flow, add_node, forget, move_end, move_start, note
from service.engine.mending.offers import Offer
from service.engine.mending.sheet import Sheet

_FIRST = (
    *(
        "documentation",
        "extensionElements",
        "auditing",
        "monitoring",
        "categoryValueRef",
        "incoming",
        "outgoing",
    ),
    *("ioSpecification", "property", "dataInputAssociation", "dataOutputAssociation", "laneSet"),
)
_LAST = ("multiInstanceLoopCharacteristics", "textAnnotation", "association", "group", "BPMNDiagram")
MOST_ELEMENTS = 2_000


def add_end(sheet: Sheet, problem: Problem) -> Offer | None:
    """What nothing follows ends its path (BPMN 2.0.2, 10.5.3): drawn out, it says so."""
    node = _lonely(sheet, problem.element, outgoing=True)
    if node is None or local(node) not in FLOW_NODES - {"endEvent", *ASKING, "eventBasedGateway"}:
        return None
    identifier = sheet.new_id(f"{node.get('id')}_end")

    def act() -> None:
        add_node(sheet, node, "endEvent", identifier, before=False)
        end = sheet.find(identifier)
        assert end is not None
        add_flow(sheet, node, end)

    label = f"thêm sự kiện kết thúc sau “{sheet.label(node.get('id'))}”"
    return Offer(Mend("add-end", label, node.get("id", "")), act)


def add_start(sheet: Sheet, problem: Problem) -> Offer | None:
    """A process without a start event begins at what nothing leads to (10.5.2), if that is one element."""
    node = _lonely(sheet, problem.element, outgoing=False)
    parent = None if node is None else node.getparent()
    if node is None or parent is None or any(is_bpmn(one, "startEvent") for one in parent):
        return None
    identifier = sheet.new_id(f"{node.get('id')}_start")

    def act() -> None:
        add_node(sheet, node, "startEvent", identifier, before=True)
        start = sheet.find(identifier)
        assert start is not None
        add_flow(sheet, start, node)

    label = f"thêm sự kiện bắt đầu trước “{sheet.label(node.get('id'))}”"
    return Offer(Mend("add-start", label, node.get("id", "")), act)


def add_split(sheet: Sheet, problem: Problem) -> Offer | None:
    """Several flows without a condition are all taken (13.3.1): an AND gateway says the same."""
    node = sheet.find(problem.element)
    flows = sheet.outgoing(problem.element)
    if node is None or len(flows) < 2 or any(is_bpmn(c, "conditionExpression") for f in flows for c in f):
        return None
    if local(node) in ASKING or node.get("default"):
        return None
    identifier = sheet.new_id(f"{problem.element}_split")
    mend = Mend("add-split", "đặt cổng song song (AND) ngay sau: đi cả các luồng", identifier)
    return Offer(mend, lambda: _split(sheet, node, identifier, flows))


def _split(sheet: Sheet, node: etree._Element, identifier: str, flows: list[etree._Element]) -> None:
    add_node(sheet, node, "parallelGateway", identifier, before=False)
    gateway = sheet.find(identifier)
    assert gateway is not None
    for one in [one for one in node if is_bpmn(one, "outgoing")]:
        sheet.remove(one)
    for flow in flows:
        flow.set("sourceRef", identifier)
        sheet.changed()
        note(sheet, gateway, "outgoing", flow.get("id", ""))
        move_start(sheet, flow.get("id", ""), identifier)
    add_flow(sheet, node, gateway)


def add_join(sheet: Sheet, node: etree._Element, identifier: str) -> None:
    """An AND gateway that gathers all that comes to `node`."""
    flows = sheet.incoming(node.get("id", ""))
    add_node(sheet, node, "parallelGateway", identifier, before=True)
    gateway = sheet.find(identifier)
    assert gateway is not None
    for one in [one for one in node if is_bpmn(one, "incoming")]:
        sheet.remove(one)
    for flow in flows:
        flow.set("targetRef", identifier)
        sheet.changed()
        note(sheet, gateway, "incoming", flow.get("id", ""))
        move_end(sheet, flow.get("id", ""), identifier)
    add_flow(sheet, gateway, node)


def drop_flow(sheet: Sheet, problem: Problem) -> Offer | None:
    """A flow with a loose end carries nothing; it goes where the other end has flows left without it."""
    flow = sheet.find(problem.element)
    if flow is None or not is_bpmn(flow, "sequenceFlow"):
        return None
    source, target = sheet.find(flow.get("sourceRef", "")), sheet.find(flow.get("targetRef", ""))
    if source is not None and target is not None:
        return None
    left_alone = source is not None and len(sheet.outgoing(source.get("id", ""))) < 2
    if left_alone or (target is not None and len(sheet.incoming(target.get("id", ""))) < 2):
        return None
    if any(one.get("default") == problem.element for one in sheet.elements()):
        return None

    def act() -> None:
        sheet.remove(flow)
        forget(sheet, problem.element)

    return Offer(Mend("drop-flow", "xóa luồng này"), act)


def put_in_order(sheet: Sheet, problem: Problem) -> Offer | None:
    """Children in the order of the schema, where that is all that is wrong."""
    owner = sheet.find(problem.element)
    # Each look at the schema is one at the whole file.
    if owner is None or sum(1 for _ in sheet.elements()) > MOST_ELEMENTS:
        return None
    if not _faulty(sheet, problem.element):
        return None
    trial = Sheet(sheet.xml())
    _sort(trial.find(problem.element))
    if _faulty(trial, problem.element):
        return None
    return Offer(Mend("put-in-order", "xếp lại các phần theo thứ tự của BPMN 2.0"), lambda: _sort(owner))


def _faulty(sheet: Sheet, identifier: str) -> bool:
    return any(one.element == identifier for one in schema.problems(parse_xml(sheet.xml()), ()))


def _sort(element: etree._Element | None) -> None:
    if element is None:
        return
    for owner in [one for one in element.iter() if is_bpmn(one)]:
        children = list(owner)
        ordered = sorted(children, key=_rank)
        if ordered != children:
            tails = [child.tail for child in children]
            owner[:] = ordered
            for child, tail in zip(ordered, tails, strict=True):
                child.tail = tail


def _rank(child: etree._Element) -> int:
    name = local(child)
    if name in _FIRST:
        return _FIRST.index(name)
    return 50 + (_LAST.index(name) + 1 if name in _LAST else 0)


def _lonely(sheet: Sheet, identifier: str, *, outgoing: bool) -> etree._Element | None:
    """The node itself, or the only one in the scope, that no flow leaves (or leads to)."""
    element = sheet.find(identifier)
    if element is None and not identifier:
        element = next((one for one in sheet.elements() if is_bpmn(one, "process")), None)
    if element is None:
        return None
    flows = sheet.outgoing if outgoing else sheet.incoming
    if is_bpmn(element, "process", "subProcess") and not _missing_flow(sheet, element, outgoing):
        passive = {"endEvent"} if outgoing else {"startEvent", "boundaryEvent"}
        open_ended = [
            one
            for one in sheet.nodes_in(element)
            if local(one) not in passive and one.get("id") and not flows(one.get("id", ""))
        ]
        return open_ended[0] if len(open_ended) == 1 else None
    return element if not flows(identifier) else None


def _missing_flow(sheet: Sheet, element: etree._Element, outgoing: bool) -> bool:
    """Whether it is the sub-process itself that lacks a flow, rather than what is in it."""
    flows = sheet.outgoing if outgoing else sheet.incoming
    kinds = {"endEvent"} if outgoing else {"startEvent"}
    complete = any(local(one) in kinds for one in sheet.nodes_in(element))
    return is_bpmn(element, "subProcess") and complete and not flows(element.get("id", ""))
