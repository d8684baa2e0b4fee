"""Rule family 1 of the gate: only what this engine really executes, or what is mere drawing.

Anything else would be drawn, published and then quietly not happen. Namespaces other than BPMN's and
Camunda's (Operaton's) are foreign extensions: kept in the file, never looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from service.engine.diagram import EVENT_DEFINITIONS, FLOW_NODES, Diagram
from service.engine.errors import Problem
from service.engine.markup import BPMN, CAMUNDA, is_bpmn, is_true, local, namespace
from service.engine.vocabulary import (
    ATTRIBUTES,
    CAMUNDA_ATTRIBUTES,
    CHILDREN,
    CODE,
    EVERYWHERE,
    EXACT,
    FIXED,
    WITHOUT_EFFECT,
    WORDS,
)


def problems(diagram: Diagram) -> Iterator[Problem]:
    """Findings in document order."""
    yield from _walk(diagram.root, "")


def _walk(element: etree._Element, owner: str) -> Iterator[Problem]:
    kind = local(element)
    where = (
        element.get("id")
        if kind in FLOW_NODES or kind in {"process", "sequenceFlow", "participant"}
        else None
    )
    owner = where or owner
    name = element.get("name", "") if where else owner
    yield from attribute_problems(element, owner, name)
    if kind == "extensionElements":
        yield from extension_problems(element, owner, name)
        return
    allowed = CHILDREN.get(kind)
    if allowed is None:
        return
    definitions = [child for child in element if is_bpmn(child) and local(child) in EVENT_DEFINITIONS]
    if len(definitions) > 1:
        yield _error(
            owner, name, "one-event", "Sự kiện có nhiều định nghĩa cùng lúc.", "Giữ đúng một loại sự kiện."
        )
    for child in element:
        if not is_bpmn(child):
            continue
        if local(child) in allowed:
            yield from _walk(child, owner)
        else:
            yield _unsupported(child, owner, name)


def _unsupported(child: etree._Element, owner: str, name: str) -> Problem:
    kind = local(child)
    what, remedy = WORDS.get(
        kind, (f"Phần tử “{kind}”", "Bỏ phần tử này hoặc thay bằng phần tử được hỗ trợ.")
    )
    element = child.get("id") if kind not in EVENT_DEFINITIONS and child.get("id") else owner
    rule = "no-code" if kind == "scriptTask" else "unsupported-element"
    return _error(element or "", child.get("name") or name, rule, f"{what} chưa được hỗ trợ.", remedy)


def attribute_problems(element: etree._Element, owner: str, name: str) -> Iterator[Problem]:
    """What is wrong with the attributes of one element, said of its `owner`."""
    kind = local(element)
    for key, value in element.attrib.items():
        qualified = etree.QName(str(key))
        attribute = qualified.localname
        if qualified.namespace in CAMUNDA:
            yield from _camunda_attribute(kind, attribute, owner, name)
        elif qualified.namespace not in (None, BPMN) or kind not in CHILDREN or kind == "definitions":
            continue
        elif (attribute in FIXED and is_true(str(value)) is not FIXED[attribute]) or (
            attribute in EXACT and value != EXACT[attribute]
        ):
            yield _triggered(owner, name, attribute, str(value))
        elif attribute not in ATTRIBUTES:
            yield _error(
                owner,
                name,
                "unsupported-attribute",
                f"Thuộc tính “{attribute}” không được hỗ trợ.",
                "Bỏ thuộc tính này.",
            )


def _triggered(owner: str, name: str, attribute: str, value: str) -> Problem:
    if attribute == "triggeredByEvent":
        return _error(
            owner,
            name,
            "unsupported-element",
            "Tiến trình con kích hoạt bởi sự kiện (Event Sub-Process) chưa được hỗ trợ.",
            "Dùng sự kiện biên trên nhiệm vụ, hoặc cổng song song với cổng chờ sự kiện.",
        )
    return _error(
        owner,
        name,
        "unsupported-attribute",
        f"Thuộc tính {attribute}=“{value}” không được thực hiện đúng.",
        "Bỏ thuộc tính này.",
    )


def _camunda_attribute(kind: str, attribute: str, owner: str, name: str) -> Iterator[Problem]:
    if attribute in CODE:
        yield _code(owner, name, attribute)
    elif attribute in CAMUNDA_ATTRIBUTES.get(kind, ()) or attribute in EVERYWHERE:
        return
    elif attribute in WITHOUT_EFFECT:
        yield Problem(
            owner,
            name,
            "without-effect",
            "warning",
            f"Thuộc tính “camunda:{attribute}” không có tác dụng.",
            "Có thể bỏ.",
        )
    elif attribute in {"assignee", "candidateUsers"}:
        yield _error(
            owner,
            name,
            "unsupported-attribute",
            "Sơ đồ giao việc cho một người cụ thể.",
            "Giao việc cho nhóm (Candidate groups); người làm do chức vụ và phân công quyết định.",
        )
    else:
        yield _error(
            owner,
            name,
            "unsupported-attribute",
            f"Thuộc tính “camunda:{attribute}” không được hỗ trợ ở đây.",
            "Bỏ thuộc tính này.",
        )


def extension_problems(element: etree._Element, owner: str, name: str) -> Iterator[Problem]:
    """What is wrong inside one `extensionElements`, said of its `owner`."""
    for extension in element:
        kind = local(extension)
        if namespace(extension) not in CAMUNDA:
            continue
        if kind == "properties":
            yield from _properties(element, extension, owner, name)
            continue
        if kind in CODE:
            yield _code(owner, name, kind)
        elif kind in {"in", "out"}:
            yield _error(
                owner,
                name,
                "unsupported-element",
                f"Ánh xạ biến (“camunda:{kind}”) không được thực hiện.",
                "Bỏ phần này: quy trình gọi và quy trình được gọi cùng thấy mọi biến <mã bước>.<trường>; "
                "sự kiện gửi giá trị bằng thuộc tính payload.<tên>.",
            )
        elif kind == "formData":
            yield _error(
                owner,
                name,
                "unsupported-element",
                "Biểu mẫu vẽ ngay trong sơ đồ (Generated form).",
                "Khai báo Form key, nội dung biểu mẫu nằm trong tệp .form.",
            )
        else:
            yield _error(
                owner,
                name,
                "unsupported-element",
                f"Phần mở rộng “camunda:{kind}” không được hỗ trợ.",
                "Bỏ phần mở rộng này.",
            )


def _properties(
    extensions: etree._Element, properties: etree._Element, owner: str, name: str
) -> Iterator[Problem]:
    holder = extensions.getparent()
    if holder is not None and local(holder) in EVENT_DEFINITIONS:
        yield _error(
            owner,
            name,
            "unsupported-element",
            "Thuộc tính ghi ở định nghĩa sự kiện sẽ không được đọc.",
            "Ghi thuộc tính (Extension properties) ở chính sự kiện.",
        )
    seen: set[str] = set()
    for item in properties:
        key = item.get("name", "")
        if key in seen:
            yield _error(
                owner,
                name,
                "property-twice",
                f"Thuộc tính “{key[:60]}” ghi hai lần; chỉ một giá trị có tác dụng.",
                "Giữ một.",
            )
        seen.add(key)


def _code(owner: str, name: str, what: str) -> Problem:
    return _error(
        owner,
        name,
        "no-code",
        f"Sơ đồ chứa mã chương trình hoặc ánh xạ dữ liệu (“{what}”).",
        "Bỏ phần này; việc máy làm khai báo bằng type “external” và topic.",
    )


def _error(element: str, name: str, rule: str, message: str, remedy: str) -> Problem:
    return Problem(element, name or element, rule, "error", message, remedy)
