"""Comments and processing instructions of a stored drawing, which the modeler drops when it saves.

They are given back to what was saved: behind the same element as before, or at the beginning of the element
that they stood in. Where neither is there any more, what they were about has been deleted, and they go with
it. What stands before or behind the root element, often whose file it is, stands there again.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from lxml import etree

from service.engine.errors import InvalidDiagram
from service.engine.markup import local
from service.engine.mending.sheet import Sheet

Key = tuple[str, ...]


def with_comments(saved: bytes, stored: bytes) -> bytes:
    """`saved` with what only `stored` says beside its elements; as it is where there is nothing of it."""
    if b"<!--" not in stored and b"<?" not in stored.lstrip(b"\xef\xbb\xbf \r\n\t")[5:]:
        return saved
    try:
        before, after = Sheet(stored), Sheet(saved)
    except InvalidDiagram:
        return saved
    if any(not local(one) for one in (*after.root.iter(), *_above(after), *after.root.itersiblings())):
        return saved
    there = {_key(one): one for one in after.elements()}
    given = 0
    for remark in [one for one in before.root.iter() if not local(one)]:
        beside = _neighbour(remark, lambda one: one.getprevious())
        parent = remark.getparent()
        if beside is not None and _key(beside) in there:
            given += _put(after, there[_key(beside)], remark)
        elif parent is not None and _key(parent) in there:
            after.insert(there[_key(parent)], 0, _copy(remark))
            given += 1
    return _around(before, after.xml() if given else saved)


def _above(sheet: Sheet) -> list[etree._Element]:
    """What stands before the root element, in the order of the file."""
    return list(sheet.root.itersiblings(preceding=True))[::-1]


def _around(before: Sheet, xml: bytes) -> bytes:
    """`xml` with what `before` has outside of its root element, line by line."""
    above, below = (
        b"".join(etree.tostring(one, encoding="UTF-8", with_tail=False) + b"\n" for one in outside)
        for outside in (_above(before), before.root.itersiblings())
    )
    start = xml.index(b"?>") + 2 if xml.lstrip(b"\xef\xbb\xbf").startswith(b"<?xml") else 0
    declaration, rest = (xml[:start] + b"\n" if start else b""), xml[start:]
    if above:
        xml = declaration + above + rest.lstrip()
    return xml.rstrip() + b"\n" + below if below else xml


def _neighbour(
    remark: etree._Element, step: Callable[[etree._Element], etree._Element | None]
) -> etree._Element | None:
    one = step(remark)
    while one is not None and not local(one):
        one = step(one)
    return one


def _put(after: Sheet, beside: etree._Element, remark: etree._Element) -> int:
    """Behind the element, and behind the remarks that were given back there already."""
    parent = beside.getparent()
    if parent is None:
        return 0
    index = parent.index(beside) + 1
    while index < len(parent) and not local(parent[index]):
        index += 1
    after.insert(parent, index, _copy(remark))
    return 1


def _copy(remark: etree._Element) -> etree._Element:
    copied = deepcopy(remark)
    copied.tail = None
    return copied


def _key(element: etree._Element) -> Key:
    """The element's id, or its tag within the nearest element that has one, and which of its like it is."""
    identifier = element.get("id")
    parent = element.getparent()
    if identifier or parent is None:
        return (str(identifier), str(element.tag))
    like = [one for one in parent if one.tag == element.tag]
    return (*_key(parent), str(element.tag), str(like.index(element)))
