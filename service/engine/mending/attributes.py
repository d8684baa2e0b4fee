"""Mends of attributes and extensions: what has no effect or no right goes, what is implied is said."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

from lxml import etree

from service.engine.allowlist import attribute_problems, extension_problems
from service.engine.attached import FAILING
from service.engine.diagram import ASKING, FLOW_NODES
from service.engine.errors import Mend, Problem
from service.engine.markup import CAMUNDA, is_bpmn, is_true, local, namespace
from service.engine.mending.offers import Offer
from service.engine.mending.sheet import Sheet
from service.engine.structure import NODE_ID
from service.engine.throws import ADDRESS, PAYLOAD
from service.engine.vocabulary import VARIABLE

# To take these away would leave open whose work it is.
KEPT = frozenset({"assignee", "candidateUsers", "triggeredByEvent"})
_OWNERS = FLOW_NODES | {"process", "sequenceFlow", "participant"}


def make_executable(sheet: Sheet, problem: Problem) -> Offer | None:
    process = sheet.find(problem.element)
    if process is None or not is_bpmn(process, "process") or is_true(process.get("isExecutable")):
        return None
    mend = Mend("make-executable", "đánh dấu quy trình là chạy được")
    return Offer(mend, lambda: process.set("isExecutable", "true"))


def drop_default(sheet: Sheet, problem: Problem) -> Offer | None:
    node = sheet.find(problem.element)
    if node is None or "default" not in node.attrib or local(node) in ASKING:
        return None
    return Offer(Mend("drop-default", "bỏ nhánh mặc định ở đây"), lambda: _unset(node, "default"))


def drop_attribute(sheet: Sheet, problem: Problem) -> Offer | None:
    """The one attribute that the allow-list's sentence speaks of."""
    for element in _owned(sheet, problem.element):
        for key, value in element.attrib.items():
            probe = etree.Element(element.tag)
            probe.set(key, value)
            said = attribute_problems(probe, problem.element, problem.name)
            name = etree.QName(str(key)).localname
            if name not in KEPT and any(one.message == problem.message for one in said):
                mend = Mend("drop-attribute", f"bỏ thuộc tính “{name}”")
                return Offer(mend, lambda element=element, key=str(key): _unset(element, key))  # type: ignore[misc]
    return None


def drop_extension(sheet: Sheet, problem: Problem) -> Offer | None:
    """The one extension that the allow-list's sentence speaks of; properties are never lost."""
    for element in _owned(sheet, problem.element):
        for extension in element if is_bpmn(element, "extensionElements") else ():
            if namespace(extension) not in CAMUNDA or local(extension) in {"properties", "formData"}:
                continue
            probe = etree.Element(element.tag)
            probe.append(deepcopy(extension))
            said = extension_problems(probe, problem.element, problem.name)
            if any(one.message == problem.message for one in said):
                mend = Mend("drop-extension", f"bỏ phần “{local(extension)}”")
                return Offer(mend, lambda one=extension: sheet.remove(one))  # type: ignore[misc]
    return None


def plain_sub_process(sheet: Sheet, problem: Problem) -> Offer | None:
    element = sheet.find(problem.element)
    if element is None or not is_bpmn(element, "transaction"):
        return None

    def act() -> None:
        element.tag = etree.QName(element.tag).text.replace("transaction", "subProcess")
        _unset(element, "method")

    return Offer(Mend("plain-sub-process", "đổi thành tiến trình con thường"), act)


def drop_repeated_property(sheet: Sheet, problem: Problem) -> Offer | None:
    """The last of several is what counts: the others go, and nothing runs otherwise."""
    seen: dict[str, etree._Element] = {}
    for item in _properties(sheet, problem.element):
        name = item.get("name", "")
        if name in seen and f"“{name[:60]}”" in problem.message:
            mend = Mend(
                "drop-repeated-property", f"giữ giá trị “{item.get('value', '')[:40]}” đang có tác dụng"
            )
            return Offer(mend, lambda one=seen[name]: sheet.remove(one))  # type: ignore[misc]
        seen[name] = item
    return None


def mend_property(sheet: Sheet, problem: Problem) -> Offer | None:
    """A property that does nothing here goes; one plain word that was to be a text gets its quotes."""
    for item in _properties(sheet, problem.element):
        name, value = item.get("name", ""), item.get("value", "").strip()
        if problem.message == f"Thuộc tính “{name[:60]}” không có tác dụng ở đây.":
            mend = Mend("drop-property", f"bỏ thuộc tính “{name[:60]}”")
            return Offer(mend, lambda one=item: sheet.remove(one))  # type: ignore[misc]
        sent = name.startswith(PAYLOAD) or name in ADDRESS
        unknown = f"Không bước nào tạo ra biến “{value}”."
        if sent and VARIABLE.fullmatch(value) and problem.message == unknown:
            quoted = f'"{value}"'
            mend = Mend("quote-text", f"ghi trong dấu nháy: {quoted}", quoted)
            return Offer(mend, lambda one=item, text=quoted: one.set("value", text))  # type: ignore[misc]
    return None


def make_external(sheet: Sheet, problem: Problem) -> Offer | None:
    """A topic is there: only the word that makes it count is missing."""
    task = sheet.find(problem.element)
    if task is None or not is_bpmn(task, "serviceTask", "businessRuleTask"):
        return None
    topic = next((str(key) for key in task.attrib if _is_camunda(str(key), "topic")), None)
    if topic is None or "Topic" in problem.message:
        return None
    key = topic.removesuffix("topic") + "type"
    return Offer(Mend("make-external", "chọn Implementation: External"), lambda: task.set(key, "external"))


def drop_binding(sheet: Sheet, problem: Problem) -> Offer | None:
    call = sheet.find(problem.element)
    if call is None or not is_bpmn(call, "callActivity"):
        return None
    key = next((str(one) for one in call.attrib if _is_camunda(str(one), "calledElementBinding")), None)
    if key is None or NODE_ID.fullmatch(call.get("calledElement", "").strip()) is None:
        return None
    return Offer(Mend("drop-binding", "bỏ Binding; phiên bản chốt khi ban hành"), lambda: _unset(call, key))


def interrupt(sheet: Sheet, problem: Problem) -> Offer | None:
    """An error always ends what it happens in (BPMN 2.0.2, 10.5.4)."""
    event = sheet.find(problem.element)
    host = None if event is None else sheet.find(event.get("attachedToRef", ""))
    if event is None or host is None or local(host) not in FAILING or "cancelActivity" not in event.attrib:
        return None
    return Offer(Mend("interrupt", "đặt sự kiện này luôn ngắt"), lambda: _unset(event, "cancelActivity"))


def set_signer(sheet: Sheet, problem: Problem) -> Offer | None:
    """Who signs for a group is known where the problem was found: it brings the value."""
    if problem.mend is None:
        return None
    signer = next((one for one in _properties(sheet, problem.element) if one.get("name") == "signer"), None)
    if signer is None:
        return None
    value = problem.mend.value
    return Offer(problem.mend, lambda: signer.set("value", value))


def _owned(sheet: Sheet, identifier: str) -> Iterator[etree._Element]:
    """The element and what is in it, but for what has an owner of its own."""
    element = sheet.find(identifier)
    ahead = [] if element is None else [element]
    while ahead:
        one = ahead.pop(0)
        yield one
        if isinstance(one.tag, str):
            ahead[:0] = [
                c for c in one if isinstance(c.tag, str) and not (is_bpmn(c) and local(c) in _OWNERS)
            ]


def _properties(sheet: Sheet, identifier: str) -> Iterator[etree._Element]:
    for one in _owned(sheet, identifier):
        parent = one.getparent()
        if parent is not None and local(parent) == "properties" and namespace(parent) in CAMUNDA:
            yield one


def _is_camunda(key: str, name: str) -> bool:
    qualified = etree.QName(key)
    return qualified.namespace in CAMUNDA and qualified.localname == name


def _unset(element: etree._Element, key: str) -> None:
    if key in element.attrib:
        del element.attrib[key]
