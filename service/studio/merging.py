"""One diagram of two: the newer drawing with what was taken out of the older one put back in. Pure.

It is only looked at, never kept nor run.
"""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from service.engine.markup import BPMN, local
from service.studio.comparing import DI, Drawing

# What has a place in a diagram of its own; a lane that is gone is told in the list.
_DRAWN_ALONE = frozenset({"participant", "lane", "process", "message", "signal", "error", "dataObject"})


def merged(before: Drawing, after: Drawing) -> bytes:
    """XML of the newer drawing, and in it the nodes and flows that only the older one has."""
    root = deepcopy(after.root)
    here = {element.get("id", ""): element for element in root.iter(f"{{{BPMN}}}*")}
    plane = next(root.iter(f"{{{DI}}}BPMNPlane"), None)
    gone = [one for one in before.elements if one not in here and one in before.places]
    put_back: set[str] = set()
    for identifier in gone:
        element = before.elements[identifier]
        scope = element.getparent()
        if local(element) in _DRAWN_ALONE or scope is None or identifier in put_back:
            continue
        target = here.get(scope.get("id", ""))
        if target is None or not _ends_are_here(element, {*here, *gone}):
            continue
        copy = deepcopy(element)
        for inner in list(copy.iter(f"{{{BPMN}}}*")):
            if inner is not copy and (inner.get("id") in here or local(inner) in ("incoming", "outgoing")):
                parent = inner.getparent()
                if parent is not None:
                    parent.remove(inner)
        target.append(copy)
        put_back |= {inner.get("id", "") for inner in copy.iter(f"{{{BPMN}}}*")}
    if plane is not None:
        for shape in before.root.iter(f"{{{DI}}}BPMNShape", f"{{{DI}}}BPMNEdge"):
            if shape.get("bpmnElement", "") in put_back:
                plane.append(_renamed(shape))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _ends_are_here(element: etree._Element, known: set[str]) -> bool:
    """Whether what a line joins, or an event sits on, is drawn as well."""
    ends = (element.get(name) for name in ("sourceRef", "targetRef", "attachedToRef"))
    return all(end in known for end in ends if end is not None)


def _renamed(shape: etree._Element) -> etree._Element:
    """Two tools may give two shapes the same id."""
    copy = deepcopy(shape)
    for one in copy.iter():
        if isinstance(one.tag, str) and one.get("id"):
            one.set("id", f"{one.get('id')}_removed")
    return copy
