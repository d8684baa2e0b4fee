"""Gives a diagram without shapes a plain layout, from left to right: columns by distance, rows by branch."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from lxml import etree

from service.engine.diagram import FLOW_NODES
from service.engine.markup import is_bpmn, local

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
GAP_X, GAP_Y, INSIDE, EVENT = 60, 40, 40, 36
DRAWN = FLOW_NODES | {"task", "scriptTask", "complexGateway", "transaction", "adHocSubProcess"}
SCOPES = {"subProcess", "transaction", "adHocSubProcess"}


@dataclass
class Scope:
    """Boxes (x, y, width, height) by id and lines of points by flow, from the scope's own corner."""

    boxes: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)
    lines: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    width: int = 0
    height: int = 0


def drawn_out(xml: bytes) -> bytes:
    root = etree.fromstring(xml)
    for old in [one for one in root if local(one) == "BPMNDiagram"]:
        root.remove(old)
    process = next(one for one in root if is_bpmn(one, "process"))
    scope = _scope(process)
    diagram = etree.SubElement(root, f"{{{DI}}}BPMNDiagram", nsmap={"bpmndi": DI, "dc": DC, "di": DD})
    diagram.set("id", "diagram")
    plane = etree.SubElement(diagram, f"{{{DI}}}BPMNPlane", id="plane")
    plane.set("bpmnElement", process.get("id"))
    _write(plane, scope, process)
    etree.indent(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True).replace(b"'", b'"', 4) + b"\n"


def _write(plane: etree._Element, scope: Scope, process: etree._Element) -> None:
    expanded = {one.get("id") for one in process.iter() if is_bpmn(one, *SCOPES)}
    for identifier, box in scope.boxes.items():
        shape = etree.SubElement(plane, f"{{{DI}}}BPMNShape", id=f"{identifier}_di", bpmnElement=identifier)
        if identifier in expanded:
            shape.set("isExpanded", "true")
        words = zip(("x", "y", "width", "height"), map(str, box), strict=True)
        etree.SubElement(shape, f"{{{DC}}}Bounds", dict(words))
    for identifier, points in scope.lines.items():
        edge = etree.SubElement(plane, f"{{{DI}}}BPMNEdge", id=f"{identifier}_di", bpmnElement=identifier)
        for x, y in points:
            etree.SubElement(edge, f"{{{DD}}}waypoint", x=str(x), y=str(y))


def _scope(container: etree._Element) -> Scope:
    nodes = {one.get("id"): one for one in container if is_bpmn(one, *DRAWN) and one.get("id")}
    inner = {name: _scope(one) for name, one in nodes.items() if is_bpmn(one, *SCOPES)}
    flows = [one for one in container if is_bpmn(one, "sequenceFlow")]
    hosts = {n: one.get("attachedToRef") for n, one in nodes.items() if is_bpmn(one, "boundaryEvent")}
    placed = [name for name in nodes if hosts.get(name) not in nodes]
    following: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for flow in flows:
        source, target = flow.get("sourceRef"), flow.get("targetRef")
        if source in nodes and target in placed:
            following[hosts.get(source, source)].append((target, source in hosts))
    column, row = _grid(placed, following)
    sizes = {name: _size(nodes[name], inner.get(name)) for name in placed}
    scope = Scope()
    xs, ys = _lines(sizes, column, 0), _lines(sizes, row, 1)
    for name in placed:
        width, height = sizes[name]
        (x, wide), (y, high) = xs[column[name]], ys[row[name]]
        scope.boxes[name] = (x + (wide - width) // 2, y + (high - height) // 2, width, height)
    scope.width = max((x + wide for x, wide in xs.values()), default=0) + INSIDE
    scope.height = max((y + high for y, high in ys.values()), default=0) + INSIDE
    for name in [n for n in nodes if n not in placed]:
        x, y, _, height = scope.boxes[hosts[name]]
        before = [n for n in list(hosts)[: list(hosts).index(name)] if hosts[n] == hosts[name]]
        scope.boxes[name] = (x + 12 + 44 * len(before), y + height - EVENT // 2, EVENT, EVENT)
    _connect(scope, flows, hosts)
    for name, content in inner.items():
        dx, dy = scope.boxes[name][:2]
        for one, (x, y, width, height) in content.boxes.items():
            scope.boxes[one] = (x + dx, y + dy, width, height)
        for one, points in content.lines.items():
            scope.lines[one] = [(x + dx, y + dy) for x, y in points]
    return scope


def _connect(scope: Scope, flows: list[etree._Element], hosts: dict[str, str]) -> None:
    backs = 0
    for flow in flows:
        source, target = scope.boxes.get(flow.get("sourceRef")), scope.boxes.get(flow.get("targetRef"))
        if not flow.get("id") or source is None or target is None:
            continue
        if target[0] <= source[0] and flow.get("sourceRef") not in hosts:
            backs += 1
            scope.lines[flow.get("id")] = _back(source, target, scope.height - INSIDE + 16 * backs)
        else:
            scope.lines[flow.get("id")] = _ahead(source, target, flow.get("sourceRef") in hosts)
    scope.height += 16 * backs


def _grid(
    placed: list[str], following: dict[str, list[tuple[str, bool]]]
) -> tuple[dict[str, int], dict[str, int]]:
    """Column and row of each: one further than the longest way there, in the row of where it comes from."""
    column: dict[str, int] = {}

    def reach(name: str, at: int, way: tuple[str, ...]) -> None:
        if name in way or column.get(name, -1) >= at:
            return
        column[name] = at
        for target, _ in following[name]:
            reach(target, at + 1, (*way, name))

    targets = {target for every in following.values() for target, _ in every}
    for name in [n for n in placed if n not in targets] + placed:
        if name not in column:
            reach(name, 0, ())
    row: dict[str, int] = {}
    taken: set[tuple[int, int]] = set()
    wished: dict[str, int] = {}
    for name in sorted(placed, key=lambda n: (column[n], placed.index(n))):
        at = wished.get(name, 0)
        while (column[name], at) in taken:
            at += 1
        row[name] = at
        taken.add((column[name], at))
        for target, below in following[name]:
            wished.setdefault(target, at + below)
    return column, row


def _size(element: etree._Element, inner: Scope | None) -> tuple[int, int]:
    if inner is not None:
        return max(inner.width, 120), max(inner.height, 90)
    if local(element).endswith("Event"):
        return EVENT, EVENT
    return (50, 50) if local(element).endswith("Gateway") else (110, 80)


def _lines(sizes: dict[str, tuple[int, int]], at: dict[str, int], side: int) -> dict[int, tuple[int, int]]:
    """Where each column (or row) begins and how wide (or high) it is."""
    found, begin = {}, INSIDE
    for number in range(max(at.values(), default=-1) + 1):
        extent = max((sizes[name][side] for name in at if at[name] == number), default=0)
        found[number] = (begin, extent)
        begin += extent + (GAP_Y if side else GAP_X)
    return found


Box = tuple[int, int, int, int]


def _ahead(source: Box, target: Box, boundary: bool) -> list[tuple[int, int]]:
    x, y = target[0], target[1] + target[3] // 2
    if boundary:
        middle = source[0] + source[2] // 2
        return [(middle, source[1] + source[3]), (middle, y), (x, y)]
    begin = source[0] + source[2], source[1] + source[3] // 2
    if begin[1] == y:
        return [begin, (x, y)]
    bend = x - GAP_X // 2
    return [begin, (bend, begin[1]), (bend, y), (x, y)]


def _back(source: Box, target: Box, below: int) -> list[tuple[int, int]]:
    start, end = source[0] + source[2] // 2, target[0] + target[2] // 2
    return [(start, source[1] + source[3]), (start, below), (end, below), (end, target[1] + target[3])]
