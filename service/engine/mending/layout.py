"""Where something new stands on a sheet: shapes and edges of the diagram interchange (BPMN 2.0.2, 12)."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from service.engine.markup import is_bpmn, local, text_of
from service.engine.mending.sheet import Sheet

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
SIZES = {"startEvent": (36.0, 36.0), "endEvent": (36.0, 36.0)}
GATEWAY = (50.0, 50.0)
BELOW = 40.0
GAP = 60.0
# How far below what it passes a flow leads that leads back.
BELOW = 40.0


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        return self.x + self.width

    def meets(self, other: Box) -> bool:
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


def box_of(sheet: Sheet, identifier: str | None) -> Box | None:
    shape = _drawn(sheet, identifier)
    bounds = None if shape is None else next((one for one in shape if local(one) == "Bounds"), None)
    if bounds is None:
        return None
    try:
        return Box(*(float(bounds.get(word, "")) for word in ("x", "y", "width", "height")))
    except ValueError:
        return None


def add_node(sheet: Sheet, beside: etree._Element, kind: str, identifier: str, *, before: bool) -> None:
    """A new flow node in the scope and lane of `beside`, drawn at its left or right where that is drawn."""
    parent = beside.getparent()
    assert parent is not None
    sheet.insert(parent, parent.index(beside) + (0 if before else 1), sheet.new(kind, identifier))
    for lane in [one for one in sheet.elements() if is_bpmn(one, "flowNodeRef")]:
        if text_of(lane) == beside.get("id"):
            reference = sheet.new("flowNodeRef")
            reference.text = identifier
            owner = lane.getparent()
            assert owner is not None
            sheet.insert(owner, owner.index(lane) + 1, reference)
    at = box_of(sheet, beside.get("id"))
    if at is None:
        return
    width, height = SIZES.get(kind, GATEWAY)
    x = at.x - GAP - width if before else at.right + GAP
    box = Box(x, at.middle - height / 2, width, height)
    if kind in SIZES:
        box = _free(sheet, box)
    elif not before:
        box = Box(_between(sheet, beside, at), box.y, width, height)
    _add_shape(sheet, beside, identifier, box)


def add_flow(sheet: Sheet, source: etree._Element, target: etree._Element) -> str:
    identifier = sheet.new_id(f"flow_{source.get('id')}_{target.get('id')}")
    parent = source.getparent()
    assert parent is not None
    flow = sheet.new("sequenceFlow", identifier)
    flow.set("sourceRef", source.get("id", ""))
    flow.set("targetRef", target.get("id", ""))
    places = [parent.index(one) for one in parent if is_bpmn(one, "sequenceFlow")]
    sheet.insert(parent, (places[-1] if places else parent.index(target)) + 1, flow)
    note(sheet, source, "outgoing", identifier)
    note(sheet, target, "incoming", identifier)
    ends = box_of(sheet, source.get("id")), box_of(sheet, target.get("id"))
    if ends[0] is not None and ends[1] is not None:
        _add_edge(sheet, source, identifier, ends[0], ends[1])
    return identifier


def note(sheet: Sheet, node: etree._Element, way: str, flow: str) -> None:
    """The node's own list of flows, where the file keeps such lists."""
    if not any(is_bpmn(one, "incoming", "outgoing") for one in sheet.elements()):
        return
    reference = sheet.new(way)
    reference.text = flow
    before = {"documentation", "extensionElements", "incoming", way}
    index = sum(1 for one in node if local(one) in before or not isinstance(one.tag, str))
    sheet.insert(node, index, reference)


def forget(sheet: Sheet, identifier: str) -> None:
    """Take shape, edge and every reference of something that is removed."""
    for one in list(sheet.elements()):
        drawn = one.get("bpmnElement") == identifier
        if drawn or (is_bpmn(one, "incoming", "outgoing", "flowNodeRef") and text_of(one) == identifier):
            sheet.remove(one)


def move_start(sheet: Sheet, flow: str, source: str) -> None:
    """Let the edge of `flow` begin at another node."""
    edge, box = _drawn(sheet, flow), box_of(sheet, source)
    points = [] if edge is None else [one for one in edge if local(one) == "waypoint"]
    if points and box is not None:
        points[0].set("x", _number(box.right))
        points[0].set("y", _number(box.middle))


def move_end(sheet: Sheet, flow: str, target: str) -> None:
    edge, box = _drawn(sheet, flow), box_of(sheet, target)
    points = [] if edge is None else [one for one in edge if local(one) == "waypoint"]
    if points and box is not None:
        points[-1].set("x", _number(box.x))
        points[-1].set("y", _number(box.middle))


def _drawn(sheet: Sheet, identifier: str | None) -> etree._Element | None:
    return next((one for one in sheet.elements() if one.get("bpmnElement") == identifier), None)


def _free(sheet: Sheet, box: Box) -> Box:
    """The nearest place below where nothing small stands already."""
    shapes = [one for one in sheet.elements() if local(one) == "BPMNShape" and not one.get("isHorizontal")]
    around = {"subProcess", "participant", "lane"}
    taken = []
    for one in shapes:
        element, other = sheet.find(one.get("bpmnElement", "")), box_of(sheet, one.get("bpmnElement"))
        if other is not None and (element is None or local(element) not in around):
            taken.append(other)
    while any(box.meets(other) for other in taken):
        box = Box(box.x, box.y + box.height + 20, box.width, box.height)
    return box


def _between(sheet: Sheet, node: etree._Element, at: Box) -> float:
    """Half way to what follows on the right, so that a gateway stands in the gap."""
    following = [box_of(sheet, flow.get("targetRef")) for flow in sheet.outgoing(node.get("id", ""))]
    nearest = min((box.x for box in following if box is not None and box.x > at.right), default=0.0)
    return at.right + max(5.0, (nearest - at.right - GATEWAY[0]) / 2) if nearest else at.right + GAP


def _plane_of(sheet: Sheet, beside: etree._Element) -> etree._Element | None:
    shape = _drawn(sheet, beside.get("id"))
    return None if shape is None else shape.getparent()


def _add_shape(sheet: Sheet, beside: etree._Element, identifier: str, box: Box) -> None:
    plane = _plane_of(sheet, beside)
    if plane is None:
        return
    shape = etree.Element(f"{{{DI}}}BPMNShape", nsmap=sheet.prefixes)
    shape.set("id", sheet.new_id(f"{identifier}_di"))
    shape.set("bpmnElement", identifier)
    bounds = etree.SubElement(shape, f"{{{DC}}}Bounds")
    for word in ("x", "y", "width", "height"):
        bounds.set(word, _number(getattr(box, word)))
    sheet.append(plane, shape)


def _add_edge(sheet: Sheet, beside: etree._Element, identifier: str, start: Box, end: Box) -> None:
    plane = _plane_of(sheet, beside)
    if plane is None:
        return
    edge = etree.Element(f"{{{DI}}}BPMNEdge", nsmap=sheet.prefixes)
    edge.set("id", sheet.new_id(f"{identifier}_di"))
    edge.set("bpmnElement", identifier)
    for x, y in _points(start, end):
        point = etree.SubElement(edge, f"{{{DD}}}waypoint")
        point.set("x", _number(x))
        point.set("y", _number(y))
    sheet.append(plane, edge)


def _points(start: Box, end: Box) -> tuple[tuple[float, float], ...]:
    """Straight on; what leads back goes round below, beside what it leads back over."""
    if end.right > start.x:
        return (start.right, start.middle), (end.x, end.middle)
    below = max(start.y + start.height, end.y + end.height) + BELOW
    out, into = start.x + start.width / 2, end.x + end.width / 2
    return (out, start.y + start.height), (out, below), (into, below), (into, end.y + end.height)


def _number(value: float) -> str:
    return f"{value:g}"
