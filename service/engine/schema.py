"""Rule family 2 of the gate, by the book: the XML schema of BPMN 2.0 (OMG formal/2011-01-03, BPMN20.xsd).

SpiffWorkflow carries the schema's files; they are read from there, never from the network.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from importlib.resources import as_file, files
from itertools import islice
from typing import Any

from lxml import etree

from service.engine.errors import Problem
from service.engine.markup import local

SCHEMAS = "SpiffWorkflow.bpmn.parser"
MOST_TOLD = 20
ONCE = frozenset(
    {
        *("extensionElements", "conditionExpression", "multiInstanceLoopCharacteristics", "loopCardinality"),
        *("timeDate", "timeDuration", "timeCycle"),
    }
)
_QUOTED = re.compile(r"'([^']*)'")
# By libxml2's names of what is wrong: the sentence, with the element or attribute, and what to do.
_WORDS = {
    "SCHEMAV_ELEMENT_CONTENT": (
        "“{0}” không được đặt ở đây, hoặc đặt sai thứ tự.",
        "Chuyển nó tới đúng chỗ, hoặc bỏ.",
    ),
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": ("BPMN 2.0 không có thuộc tính “{1}” ở “{0}”.", "Bỏ thuộc tính này."),
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_2": ("BPMN 2.0 không có thuộc tính “{1}” ở “{0}”.", "Bỏ thuộc tính này."),
    "SCHEMAV_CVC_COMPLEX_TYPE_4": ("“{0}” thiếu thuộc tính “{1}”.", "Ghi thuộc tính này."),
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": ("Giá trị ở “{0}” không đúng kiểu.", "Sửa giá trị này."),
    "SCHEMAV_CVC_ENUMERATION_VALID": (
        "Giá trị ở “{0}” không thuộc các giá trị cho phép.",
        "Chọn một giá trị cho phép.",
    ),
}
_NO_NAME = "SCHEMAV_CVC_DATATYPE_VALID_1_2_1"
_OTHER = ("“{0}” không đúng lược đồ.", "Mở và lưu lại tệp bằng một công cụ vẽ BPMN 2.0.")


def problems(root: etree._Element, told: Collection[str]) -> Iterator[Problem]:
    """What the schema forbids, but for elements of which something is `told` already."""
    schema = _schema()
    if schema.validate(root):
        return
    seen = set(told)
    log: Any = schema.error_log
    for entry in islice(log, MOST_TOLD):
        at = _element(root, entry.path)
        element, name = _named(at)
        if entry.type_name == _NO_NAME and seen.intersection(_QUOTED.findall(entry.message)):
            continue  # a reference to an id that is told to be none
        if element not in seen:
            seen.add(element)
            words = [_plain(word) for word in _QUOTED.findall(entry.message)] + ["", ""]
            message, remedy = _WORDS.get(entry.type_name, _OTHER)
            # Misplaced elements are the allow-list's matter: what is left is their order, or one too many.
            only_order = entry.type_name == "SCHEMAV_ELEMENT_CONTENT" and not _again(at)
            yield Problem(
                element,
                name,
                "bpmn-schema",
                "warning" if only_order else "error",
                f"Sai chuẩn BPMN 2.0: {message.format(*words)}",
                remedy,
            )


@cache
def _schema() -> etree.XMLSchema:
    with as_file(files(SCHEMAS) / "schema") as folder:
        return etree.XMLSchema(etree.parse(str(folder / "BPMN20.xsd")))


def _element(root: etree._Element, path: str | None) -> etree._Element:
    prefixes = {prefix: uri for prefix, uri in root.nsmap.items() if prefix}
    try:
        found: Any = root.xpath(path, namespaces=prefixes) if path else []
    except etree.XPathError:  # a prefix that is declared further in
        found = []
    element: etree._Element = found[0] if found else root
    return element


def _named(element: etree._Element) -> tuple[str, str]:
    """Id and label of the element, or of the nearest around it that has an id."""
    at: etree._Element | None = element
    while at is not None and not at.get("id"):
        at = at.getparent()
    return ("", "") if at is None else (at.get("id", ""), at.get("name") or local(at))


def _again(element: etree._Element) -> bool:
    return local(element) in ONCE and any(
        before.tag == element.tag for before in element.itersiblings(preceding=True)
    )


def _plain(word: str) -> str:
    return word.rpartition("}")[2][:60]
