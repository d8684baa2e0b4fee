"""A BPMN file that is to be changed in one place: everything else of it stays, comments included."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import cast

from lxml import etree

from service.engine.diagram import FLOW_NODES
from service.engine.markup import BPMN, is_bpmn, local, parse_xml, text_of
from service.engine.structure import RESERVED, RESERVED_ENDINGS

REFERENCES = frozenset(
    {
        *("sourceRef", "targetRef", "attachedToRef", "default", "processRef", "bpmnElement", "dataObjectRef"),
        *("incoming", "outgoing", "flowNodeRef"),
    }
)
EXPRESSIONS = frozenset(
    {"conditionExpression", "timeDate", "timeDuration", "dueDate", "followUpDate", "value"}
)
LONGEST_ID = 60
_DECLARATION = re.compile(rb"\s*<\?xml[^>]*\?>\s*")


class Sheet:
    """The file's tree with comments, processing instructions and white space; raises InvalidDiagram."""

    def __init__(self, xml: bytes) -> None:
        parse_xml(xml)  # refuses what is hostile before anything is kept
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, strip_cdata=False
        )
        self.declaration = _DECLARATION.match(xml.removeprefix(b"\xef\xbb\xbf"))
        self._index: dict[str, dict[str, list[etree._Element]]] = {}
        self.ending = b"\n" if xml.endswith(b"\n") else b""
        self.root = etree.fromstring(xml, parser)
        # As the file calls its namespaces; the type stubs know no default one.
        self.prefixes = cast("Mapping[str, str]", self.root.nsmap)

    def xml(self) -> bytes:
        """The file again: with the declaration that it had, in UTF-8."""
        written = etree.tostring(self.root.getroottree(), encoding="UTF-8", xml_declaration=False)
        return (self.declaration[0] if self.declaration else b"") + written.rstrip(b"\n") + self.ending

    def elements(self) -> Iterator[etree._Element]:
        """All but comments and the like, in the order of the file."""
        return (one for one in self.root.iter() if isinstance(one.tag, str))

    def find(self, identifier: str) -> etree._Element | None:
        """The element with this id, if there is exactly one."""
        found = self._by("id").get(identifier, []) if identifier else []
        return found[0] if len(found) == 1 else None

    def flows(self) -> list[etree._Element]:
        return [one for one in self.elements() if is_bpmn(one, "sequenceFlow")]

    def outgoing(self, identifier: str) -> list[etree._Element]:
        return [one for one in self._by("sourceRef").get(identifier, []) if is_bpmn(one, "sequenceFlow")]

    def incoming(self, identifier: str) -> list[etree._Element]:
        return [one for one in self._by("targetRef").get(identifier, []) if is_bpmn(one, "sequenceFlow")]

    def _by(self, attribute: str) -> dict[str, list[etree._Element]]:
        """All elements by an attribute's value; found once, as long as nothing is changed."""
        if attribute not in self._index:
            found: dict[str, list[etree._Element]] = {}
            for one in self.elements():
                value = one.get(attribute)
                if value is not None:
                    found.setdefault(str(value), []).append(one)
            self._index[attribute] = found
        return self._index[attribute]

    def changed(self) -> None:
        """What was found of the file may be otherwise now."""
        self._index.clear()

    def nodes_in(self, scope: etree._Element) -> list[etree._Element]:
        return [one for one in scope if is_bpmn(one) and local(one) in FLOW_NODES]

    def label(self, identifier: str | None) -> str:
        element = self.find(identifier or "")
        if element is None:
            return identifier or ""
        if is_bpmn(element, "sequenceFlow") and not element.get("name"):
            return f"tới {self.label(element.get('targetRef'))}"
        return (element.get("name") or identifier or "").strip()

    def new_id(self, wish: str) -> str:
        """An id that nothing has and that the gate takes, as near to `wish` as may be."""
        plain = unicodedata.normalize("NFD", wish.replace("đ", "d").replace("Đ", "D"))
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
        plain = re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_-")[:LONGEST_ID]
        plain = plain if plain[:1].isalpha() else f"id_{plain}".rstrip("_")
        taken = self._by("id").keys() | RESERVED
        for number in range(1, len(taken) + 2):
            candidate = plain if number == 1 else f"{plain}_{number}"
            if candidate not in taken and not candidate.endswith(RESERVED_ENDINGS):
                return candidate
        raise AssertionError(wish)

    def rename(self, element: etree._Element, to: str) -> None:
        """Another id, wherever the old one is meant: flows, shapes, lanes, variables of expressions."""
        old = element.get("id", "")
        self.changed()
        element.set("id", to)
        variable = re.compile(rf"(?<![\w.]){re.escape(old)}(?=\.\w)") if re.fullmatch(r"\w+", old) else None
        deadline = re.compile(rf'(deadline\(\s*"){re.escape(old)}(?="\s*\))')

        def in_words(text: str) -> str:
            text = variable.sub(to, text) if variable else text
            return deadline.sub(rf"\g<1>{to}", text)

        for one in self.elements():
            for key, value in one.attrib.items():
                name = etree.QName(str(key)).localname
                if name in REFERENCES and value == old:
                    one.set(key, to)
                elif name in EXPRESSIONS and in_words(str(value)) != value:
                    one.set(key, in_words(str(value)))
            if is_bpmn(one, *REFERENCES) and text_of(one) == old:
                one.text = to
            elif is_bpmn(one, *EXPRESSIONS) and one.text and in_words(one.text) != one.text:
                one.text = in_words(one.text)

    def insert(self, parent: etree._Element, index: int, element: etree._Element) -> None:
        """As a child of `parent`, on a line of its own where the others are."""
        self.changed()
        siblings = len(parent)
        parent.insert(index, element)
        if siblings == 0:
            return
        if index == siblings:
            before = parent[index - 1]
            element.tail, before.tail = before.tail, parent.text if siblings else before.tail
        else:
            element.tail = parent.text if index == 0 else parent[index - 1].tail

    def append(self, parent: etree._Element, element: etree._Element) -> None:
        self.insert(parent, len(parent), element)

    def remove(self, element: etree._Element) -> None:
        """The element with its line; what follows stays where it is."""
        parent = element.getparent()
        if parent is None:
            return
        self.changed()
        before, tail = element.getprevious(), element.tail
        parent.remove(element)
        if before is not None:
            before.tail = tail
        elif len(parent) == 0 or (tail and tail.strip()):
            parent.text = tail

    def new(self, kind: str, identifier: str = "") -> etree._Element:
        made = etree.Element(f"{{{BPMN}}}{kind}", nsmap=self.prefixes)
        if identifier:
            made.set("id", identifier)
        return made
