"""Two drawings of a procedure beside one another: what was added, removed, changed, or only moved. Pure.

Elements are the same where their ids are; that is what cases refer to as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from service.engine.diagram import Diagram, Flow, Node
from service.engine.markup import BPMN, is_bpmn, local
from service.engine.reading import read_diagram
from service.studio.kinds import ATTRIBUTES, FIELDS, KINDS, PROPERTIES, TAKEN_FOR_GRANTED
from service.studio.said import Said
from service.wording import Words, _, marked

ADDED, REMOVED, CHANGED, MOVED = "added", "removed", "changed", "moved"
HOW: Words[str] = Words(
    {ADDED: marked("Thêm"), REMOVED: marked("Bỏ"), CHANGED: marked("Sửa"), MOVED: marked("Chỉ di chuyển")}
)
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
# What only says again where flows lead, or which lane holds what: the flows and the nodes say it.
_REPEATED = frozenset({"incoming", "outgoing", "flowNodeRef"})

_REFERRING = frozenset({"default", "attachedToRef", "messageRef"})
# Says nothing to people: work of machines has no other value.
_MACHINE = frozenset({"camunda:type"})


@dataclass(frozen=True)
class Detail:
    """One thing that is different: `what` in words, then how it read `before` and reads `after`."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    element: str
    name: str
    kind: str
    how: str
    details: tuple[Detail, ...] = ()


class Drawing:
    """A drawing taken apart by ids. Raises InvalidDiagram for what is no drawing of one process."""

    def __init__(self, xml: bytes, saying: Callable[[Diagram], Said] | None = None) -> None:
        self.diagram: Diagram = read_diagram(xml)
        self.root = self.diagram.root
        self.said = saying(self.diagram) if saying else Said()

    @cached_property
    def flows(self) -> dict[str, Flow]:
        return {flow.id: flow for flow in self.diagram.flows}

    @cached_property
    def elements(self) -> dict[str, etree._Element]:
        """Whatever has an id and means something; the drawing's geometry is in `places`."""
        found: dict[str, etree._Element] = {}
        for element in self.root.iter(f"{{{BPMN}}}*"):
            identifier = element.get("id")
            if identifier and local(element) in KINDS:
                found.setdefault(identifier, element)
        return found

    @cached_property
    def places(self) -> dict[str, str]:
        """Where each element is drawn: its shape or line, as text to compare."""
        return {
            element.get("bpmnElement", ""): "|".join(_canonical(child) for child in element)
            for element in self.root.iter(f"{{{DI}}}BPMNShape", f"{{{DI}}}BPMNEdge")
        }

    def name_of(self, element: str) -> str:
        node = self.elements.get(element)
        if node is not None and local(node) == "textAnnotation":
            return " ".join("".join(str(text) for text in node.itertext()).split())[:80]
        flow = self.flows.get(element)
        if flow is not None and not flow.name:
            ends = {"a": self.diagram.label(flow.source), "b": self.diagram.label(flow.target)}
            return _("từ “%(a)s” đến “%(b)s”", **ends)
        return (node.get("name") if node is not None else "") or element


def compare(before: Drawing, after: Drawing) -> list[Change]:
    """In the order of the newer file, what is gone at the end. What is the same is not told."""
    found = [change for element in after.elements if (change := _compared(before, after, element))]
    gone = [element for element in before.elements if element not in after.elements]
    return [*found, *(_told(before, element, REMOVED) for element in gone)]


def _compared(before: Drawing, after: Drawing, element: str) -> Change | None:
    if element not in before.elements:
        return _told(after, element, ADDED, tuple(_set(after, element)))
    details = tuple(_details(before, after, element))
    if details:
        return _told(after, element, CHANGED, details)
    if before.places.get(element) != after.places.get(element):
        return _told(after, element, MOVED)
    return None


def _told(drawing: Drawing, element: str, how: str, details: tuple[Detail, ...] = ()) -> Change:
    kind = KINDS[local(drawing.elements[element])]
    return Change(element, drawing.name_of(element), kind, how, details)


def _set(drawing: Drawing, element: str) -> Iterator[Detail]:
    """What is set of an element that is new; its name and kind are told of it anyway."""
    flow = drawing.flows.get(element)
    told = {FIELDS["name"], FIELDS["kind"]}
    if flow is not None and not flow.name:
        told |= {FIELDS["source"], FIELDS["target"]}  # it is called by them
    for what, (counts, shown) in _read(drawing, drawing.diagram.nodes.get(element) or flow).items():
        if counts and shown and what not in told and what not in _MACHINE:
            yield Detail(what, "", shown)


def _details(before: Drawing, after: Drawing, element: str) -> Iterator[Detail]:
    told = False
    for was, now in (
        (before.diagram.nodes.get(element), after.diagram.nodes.get(element)),
        (before.flows.get(element), after.flows.get(element)),
    ):
        old, new = _read(before, was), _read(after, now)
        for what in dict.fromkeys([*old, *new]):
            (was_set, shown_before), (is_set, shown_after) = old.get(what, ("", "")), new.get(what, ("", ""))
            if was_set != is_set:
                told = True
                yield Detail(what, shown_before, shown_after)
    one, other = before.elements[element], after.elements[element]
    if told or _own(one) == _own(other):
        return
    if one.get("name") != other.get("name"):
        yield Detail(_("Tên"), one.get("name", ""), other.get("name", ""))
    else:
        yield Detail(_("Nội dung khác (phần mở rộng, chú thích, thuộc tính)"), "", "")


def _read(drawing: Drawing, one: Node | Flow | None) -> dict[str, tuple[str, str]]:
    """{what it is called: (what counts, how it reads)} of all that a person can set of a node or a flow.

    What refers to another element counts by its id: that one's name may change without this one changing.
    """
    if one is None:
        return {}
    label = drawing.diagram.label
    if isinstance(one, Flow):
        return {
            FIELDS["name"]: (one.name, one.name),
            FIELDS["source"]: (one.source, label(one.source)),
            FIELDS["target"]: (one.target, label(one.target)),
            FIELDS["condition"]: (one.condition or "", drawing.said.condition(one.condition or "")),
        }
    scope = "" if one.scope == drawing.diagram.process else label(one.scope)
    told = {FIELDS["kind"]: (one.kind, KINDS[one.kind]), FIELDS["scope"]: (one.scope, scope)}
    texts = {
        FIELDS["name"]: one.name,
        FIELDS["lane"]: one.lane,
        FIELDS["documentation"]: one.documentation,
        FIELDS["loop"]: "" if one.loop is None else _repeated(one),
    }
    told |= {what: (text, text) for what, text in texts.items()}
    told[FIELDS["trigger"]] = (str(one.triggers), "; ".join(map(drawing.said.trigger, one.triggers)))
    granted = {"cancelActivity": "true"} if one.kind == "boundaryEvent" else {}
    for key, value in {**granted, **one.attributes}.items():
        if key in granted or (key not in ("id", "name") and TAKEN_FOR_GRANTED.get(key) != value):
            shown = drawing.name_of(value) if key in _REFERRING else drawing.said.attribute(key, value)
            counts = "" if granted.get(key) == value else value
            told[ATTRIBUTES.get(key, key)] = (counts, shown)
    return told | {
        PROPERTIES.get(key, key): (value, drawing.said.property(key, value))
        for key, value in one.properties.items()
    }


def _repeated(node: Node) -> str:
    assert node.loop is not None
    count = node.loop.cardinality or "?"
    if node.loop.sequential:
        return _("%(count)s lần, lần lượt", count=count)
    return _("%(count)s lần, cùng lúc", count=count)


def _own(element: etree._Element) -> str:
    """An element without what lies in it and has an id of its own, and without what others say as well."""
    copy = etree.fromstring(etree.tostring(element))
    for name in [name for name, value in copy.attrib.items() if TAKEN_FOR_GRANTED.get(str(name)) == value]:
        del copy.attrib[name]
    for child in list(copy.iter()):
        parent = child.getparent()
        said_elsewhere = local(child) in _REPEATED or (child.get("id") and local(child) in KINDS)
        if parent is not None and is_bpmn(child) and said_elsewhere:
            parent.remove(child)
    copy.tail = None
    return _canonical(copy)


def _canonical(element: etree._Element) -> str:
    """The same for the same meaning, however a tool writes it."""
    return str(etree.canonicalize(etree.tostring(element, encoding="unicode"), strip_text=True))
