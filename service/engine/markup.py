"""BPMN files as XML: parsed without entities, DTDs or network, bounded in size, depth and number."""

from __future__ import annotations

import unicodedata
from typing import Any, cast

from lxml import etree

from service.engine.errors import InvalidDiagram, Problem

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = frozenset({"http://camunda.org/schema/1.0/bpmn", "http://operaton.org/schema/1.0/bpmn"})
MAX_BYTES = 5_000_000
MAX_ELEMENTS = 60_000
MAX_DEPTH = 60


def is_true(text: str | None, default: bool = False) -> bool:
    """An XML boolean."""
    return default if text is None else text.strip() in {"true", "1"}


def local(element: etree._Element) -> str:
    """The tag without its namespace; "" for comments and processing instructions."""
    tag = element.tag
    return etree.QName(tag).localname if isinstance(tag, str) else ""


def namespace(element: etree._Element) -> str:
    return etree.QName(element.tag).namespace or "" if isinstance(element.tag, str) else ""


def is_bpmn(element: etree._Element, *names: str) -> bool:
    return (
        isinstance(element.tag, str) and namespace(element) == BPMN and (not names or local(element) in names)
    )


def event_name(text: str) -> str:
    """The name of a message or signal. Two diagrams must agree on it however their letters were typed."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def text_of(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext()).strip()


def parse_xml(xml: bytes) -> etree._Element:
    """Parse hostile bytes: no entities, no DTD, no network, bounded in size, depth and number."""
    if len(xml) > MAX_BYTES:
        raise refused(
            "too-large", f"Tệp lớn hơn {MAX_BYTES // 1_000_000} MB.", "Tách sơ đồ thành nhiều quy trình."
        )
    try:
        text = xml.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refused("encoding", "Tệp không dùng bảng mã UTF-8.", "Lưu lại tệp với bảng mã UTF-8.") from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise refused(
            "doctype", "Tệp có khai báo DOCTYPE hoặc ENTITY.", "Bỏ khai báo này; sơ đồ BPMN không cần."
        )
    declaration = text[: text.find("?>") + 2].lower() if text.startswith("<?xml") else ""
    if "encoding" in declaration and "utf-8" not in declaration:
        raise refused("encoding", "Tệp khai báo bảng mã khác UTF-8.", "Lưu lại tệp với bảng mã UTF-8.")
    _bound(text)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise refused(
            "xml", f"Tệp không phải XML hợp lệ: {error}.", "Hãy xuất lại tệp từ công cụ vẽ sơ đồ."
        ) from None


def _bound(text: str) -> None:
    """Refuse absurd files while reading them once without building a tree."""
    parser = etree.XMLParser(
        target=cast("Any", _Bounds()), resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError:
        return  # the real parse says where


class _Bounds:
    """A parser target that counts elements and their depth; lxml calls its methods."""

    def __init__(self) -> None:
        self.depth = self.elements = 0

    def start(self, tag: object, attrib: object) -> None:  # noqa: ARG002
        self.depth += 1
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise refused(
                "too-many", f"Tệp có hơn {MAX_ELEMENTS} phần tử.", "Tách sơ đồ thành nhiều quy trình."
            )
        if self.depth > MAX_DEPTH:
            raise refused(
                "too-deep", f"Các phần tử lồng nhau quá {MAX_DEPTH} cấp.", "Giảm số tiến trình con lồng nhau."
            )

    def end(self, tag: object) -> None:  # noqa: ARG002
        self.depth -= 1

    def close(self) -> None:
        return


def refused(rule: str, message: str, remedy: str) -> InvalidDiagram:
    return InvalidDiagram((Problem("", "", rule, "error", message, remedy),))
