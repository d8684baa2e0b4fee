"""Which steps of a drawing ask by which form, and the drawing with a form called otherwise. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from service.engine.errors import InvalidDiagram
from service.engine.markup import CAMUNDA, local, parse_xml

_NAMES = tuple(f"{{{namespace}}}formKey" for namespace in sorted(CAMUNDA))


@dataclass(frozen=True)
class Use:
    """A step that names a form."""

    element: str
    name: str
    form: str


def uses_of_forms(diagram: bytes) -> list[Use]:
    """In the order of the file; none of what is no XML."""
    try:
        root = parse_xml(diagram)
    except InvalidDiagram:
        return []
    return [
        Use(element.get("id", ""), element.get("name") or element.get("id") or local(element), key)
        for element in root.iter()
        for attribute in _NAMES
        if (key := element.get(attribute))
    ]


def with_form_renamed(diagram: bytes, old: str, new: str) -> bytes | None:
    """The drawing whose steps name `new` instead of `old`, all other bytes as they were.

    None where the attribute is written in a way that cannot be told apart from other text of the file.
    """
    attribute = re.compile(rb"""([\w.-]+:formKey\s*=\s*)(["'])""" + re.escape(old.encode()) + rb"\2")
    renamed = attribute.sub(rb"\g<1>\g<2>" + new.encode() + rb"\g<2>", diagram)
    try:
        wanted, found = parse_xml(diagram), parse_xml(renamed)
    except InvalidDiagram:
        return None
    for element in wanted.iter():
        for name in _NAMES:
            if element.get(name) == old:
                element.set(name, new)
    same = etree.tostring(wanted, method="c14n") == etree.tostring(found, method="c14n")
    return renamed if same else None
