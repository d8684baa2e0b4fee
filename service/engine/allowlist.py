"""Rule family 1 of the gate: only elements and attributes that this engine really executes, or that are mere drawing.

Anything else would be drawn, published and then quietly not happen. Namespaces other than BPMN's and
Camunda's (Operaton's) are foreign extensions: kept in the file, never looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from service.engine.diagram import (
    BPMN, CAMUNDA, EVENT_DEFINITIONS, FLOW_NODES, Diagram, is_bpmn, is_true, local, namespace,
)
from service.engine.errors import Problem

DRAWING = frozenset({"textAnnotation", "association", "group", "dataObject", "dataObjectReference"})
COMMON = frozenset({"documentation", "extensionElements"})
CONTAINER = FLOW_NODES | DRAWING | COMMON | {"sequenceFlow", "laneSet"}
ROOT = frozenset({"process", "collaboration", "message", "error", "signal", "category", "itemDefinition"}) | COMMON
_NODE = COMMON | {"incoming", "outgoing"}
# How modelers attach a data object to a task; drawing only.
_DATA = frozenset({"property", "dataInputAssociation", "dataOutputAssociation"})
CHILDREN: Mapping[str, frozenset[str]] = {
    "process": CONTAINER, "subProcess": CONTAINER | _NODE, "definitions": ROOT,
    "collaboration": COMMON | {"participant", "textAnnotation", "association", "group"},
    "participant": COMMON, "laneSet": COMMON | {"lane"}, "lane": COMMON | {"flowNodeRef", "childLaneSet"},
    "childLaneSet": COMMON | {"lane"}, "sequenceFlow": COMMON | {"conditionExpression"},
    "userTask": _NODE | _DATA | {"multiInstanceLoopCharacteristics"},
    "manualTask": _NODE | _DATA | {"multiInstanceLoopCharacteristics"},
    "serviceTask": _NODE | _DATA, "businessRuleTask": _NODE | _DATA,
    "exclusiveGateway": _NODE, "parallelGateway": _NODE, "eventBasedGateway": _NODE,
    "startEvent": _NODE, "endEvent": _NODE | {"terminateEventDefinition"},
    "intermediateCatchEvent": _NODE | {"timerEventDefinition", "messageEventDefinition"},
    "boundaryEvent": _NODE | {"timerEventDefinition", "messageEventDefinition", "errorEventDefinition"},
    "timerEventDefinition": COMMON | {"timeDate", "timeDuration", "timeCycle"},
    "messageEventDefinition": COMMON, "errorEventDefinition": COMMON, "terminateEventDefinition": COMMON,
    "multiInstanceLoopCharacteristics": COMMON | {"loopCardinality"},
}
# Attributes that would change behaviour if they had another value than the one we execute.
FIXED = {
    "isForCompensation": False, "triggeredByEvent": False, "parallelMultiple": False, "instantiate": False,
    "isInterrupting": True,
}
EXACT = {"startQuantity": "1", "completionQuantity": "1", "eventGatewayType": "Exclusive"}
ATTRIBUTES = frozenset({
    "id", "name", "default", "gatewayDirection", "sourceRef", "targetRef", "attachedToRef", "cancelActivity",
    "isImmediate", "implementation", "isClosed", "isExecutable", "processType", "definitionalCollaborationRef",
    "isSequential", "messageRef", "errorRef", "language", "evaluatesToTypeRef", "processRef", "partitionElementRef",
    *FIXED, *EXACT,
})
HUMAN_ATTRIBUTES = frozenset({"candidateGroups", "formKey", "dueDate", "followUpDate"})
CAMUNDA_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "userTask": HUMAN_ATTRIBUTES, "manualTask": HUMAN_ATTRIBUTES, "serviceTask": frozenset({"type", "topic"}),
    "businessRuleTask": frozenset({"type", "topic", "resultVariable"}),
    "process": frozenset({"historyTimeToLive", "versionTag", "isStartableInTasklist"}),
}
EVERYWHERE = frozenset({"modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon"})
WITHOUT_EFFECT = frozenset({
    "asyncBefore", "asyncAfter", "exclusive", "jobPriority", "taskPriority", "priority", "historyTimeToLive"})
CODE = frozenset({
    "class", "delegateExpression", "expression", "script", "scriptFormat", "resource", "decisionRef", "executionListener",
    "taskListener", "connector", "inputOutput", "field", "formHandlerClass", "variableMappingClass",
    "variableMappingDelegateExpression",
})

WORDS = {
    "task": ("Nhiệm vụ chưa rõ loại", "Chọn loại User Task (người làm) hoặc Service Task (máy làm)."),
    "sendTask": ("Send Task", "Dùng Service Task có topic để gửi thông điệp."),
    "receiveTask": ("Receive Task", "Dùng sự kiện trung gian Message Catch."),
    "scriptTask": ("Script Task", "Sơ đồ không được chứa mã lệnh; dùng Business Rule Task gọi quy tắc “evaluation.…”."),
    "callActivity": ("Call Activity", "Vẽ các bước trực tiếp trong quy trình hoặc trong tiến trình con (Sub-Process)."),
    "transaction": ("Transaction", "Dùng tiến trình con (Sub-Process) thường."),
    "adHocSubProcess": ("Ad-hoc Sub-Process", "Vẽ rõ thứ tự các bước trong tiến trình con thường."),
    "inclusiveGateway": ("Cổng Inclusive (OR)", "Dùng cổng song song (AND) với cổng loại trừ (XOR) trên từng nhánh."),
    "complexGateway": ("Cổng Complex", "Dùng cổng loại trừ (XOR) hoặc song song (AND)."),
    "intermediateThrowEvent": ("Sự kiện phát (Throw)", "Dùng Service Task có topic, hoặc bỏ sự kiện này."),
    "standardLoopCharacteristics": ("Vòng lặp (Loop) trên nhiệm vụ", "Vẽ vòng lặp bằng cổng loại trừ (XOR) quay lại nhiệm vụ."),
    "signalEventDefinition": ("Sự kiện Signal", "Dùng sự kiện Message."),
    "escalationEventDefinition": ("Sự kiện Escalation", "Dùng sự kiện biên Timer hoặc Message."),
    "conditionalEventDefinition": ("Sự kiện Conditional", "Dùng cổng loại trừ (XOR) với điều kiện."),
    "compensateEventDefinition": ("Sự kiện Compensation", "Vẽ rõ bước hoàn tác như một nhiệm vụ."),
    "cancelEventDefinition": ("Sự kiện Cancel", "Dùng sự kiện biên Message."),
    "linkEventDefinition": ("Sự kiện Link", "Nối hai điểm bằng một luồng (sequence flow)."),
    "errorEventDefinition": ("Sự kiện Error ở đây", "Sự kiện Error chỉ đặt ở biên của Service Task."),
    "terminateEventDefinition": ("Terminate ở đây", "Terminate chỉ đặt ở sự kiện kết thúc."),
    "timerEventDefinition": ("Timer ở đây", "Đặt Timer ở sự kiện trung gian hoặc ở biên của nhiệm vụ."),
    "messageEventDefinition": ("Message ở đây", "Đặt Message ở sự kiện trung gian (nhận) hoặc ở biên của nhiệm vụ."),
    "eventDefinitionRef": ("Tham chiếu định nghĩa sự kiện", "Chọn loại sự kiện ngay trên phần tử."),
    "dataStoreReference": ("Data Store", "Dùng chú thích (Text Annotation)."),
    "ioSpecification": ("Khai báo vào/ra (ioSpecification)", "Bỏ phần này; biến do biểu mẫu của bước tạo ra."),
    "messageFlow": ("Luồng thông điệp giữa các vùng", "Chỉ giữ một vùng (pool); bỏ luồng thông điệp."),
    "completionCondition": ("Điều kiện kết thúc sớm của nhiệm vụ lặp", "Bỏ điều kiện này, hoặc vẽ vòng lặp bằng cổng XOR."),
    "loopDataInputRef": ("Lặp theo danh sách dữ liệu", "Ghi số lần cố định vào Loop cardinality."),
}


def problems(diagram: Diagram) -> Iterator[Problem]:
    """Findings in document order."""
    yield from _walk(diagram.root, "")


def _walk(element: etree._Element, owner: str) -> Iterator[Problem]:
    kind = local(element)
    where = element.get("id") if kind in FLOW_NODES or kind in {"process", "sequenceFlow", "participant"} else None
    owner = where or owner
    name = element.get("name", "") if where else owner
    yield from _attributes(element, owner, name)
    if kind == "extensionElements":
        yield from _extensions(element, owner, name)
        return
    allowed = CHILDREN.get(kind)
    if allowed is None:
        return
    definitions = [child for child in element if is_bpmn(child) and local(child) in EVENT_DEFINITIONS]
    if len(definitions) > 1:
        yield _error(owner, name, "one-event", "Sự kiện có nhiều định nghĩa cùng lúc.", "Giữ đúng một loại sự kiện.")
    for child in element:
        if not is_bpmn(child):
            continue
        if local(child) in allowed:
            yield from _walk(child, owner)
        else:
            yield _unsupported(child, owner, name)


def _unsupported(child: etree._Element, owner: str, name: str) -> Problem:
    kind = local(child)
    what, remedy = WORDS.get(kind, (f"Phần tử “{kind}”", "Bỏ phần tử này hoặc thay bằng phần tử được hỗ trợ."))
    element = child.get("id") if kind not in EVENT_DEFINITIONS and child.get("id") else owner
    rule = "no-code" if kind == "scriptTask" else "unsupported-element"
    return _error(element or "", child.get("name") or name, rule, f"{what} chưa được hỗ trợ.", remedy)


def _attributes(element: etree._Element, owner: str, name: str) -> Iterator[Problem]:
    kind = local(element)
    for key, value in element.attrib.items():
        qualified = etree.QName(str(key))
        attribute = qualified.localname
        if qualified.namespace in CAMUNDA:
            yield from _camunda_attribute(kind, attribute, owner, name)
        elif qualified.namespace not in (None, BPMN) or kind not in CHILDREN or kind == "definitions":
            continue
        elif attribute in FIXED and is_true(str(value)) is not FIXED[attribute]:
            yield _triggered(owner, name, attribute, str(value))
        elif attribute in EXACT and value != EXACT[attribute]:
            yield _triggered(owner, name, attribute, str(value))
        elif attribute not in ATTRIBUTES:
            yield _error(owner, name, "unsupported-attribute", f"Thuộc tính “{attribute}” không được hỗ trợ.", "Bỏ thuộc tính này.")


def _triggered(owner: str, name: str, attribute: str, value: str) -> Problem:
    if attribute == "triggeredByEvent":
        return _error(
            owner, name, "unsupported-element", "Tiến trình con kích hoạt bởi sự kiện (Event Sub-Process) chưa được hỗ trợ.",
            "Dùng sự kiện biên trên nhiệm vụ, hoặc cổng song song với cổng chờ sự kiện.")
    return _error(
        owner, name, "unsupported-attribute", f"Thuộc tính {attribute}=“{value}” không được thực hiện đúng.", "Bỏ thuộc tính này.")


def _camunda_attribute(kind: str, attribute: str, owner: str, name: str) -> Iterator[Problem]:
    if attribute in CODE:
        yield _code(owner, name, attribute)
    elif attribute in CAMUNDA_ATTRIBUTES.get(kind, ()) or attribute in EVERYWHERE:
        return
    elif attribute in WITHOUT_EFFECT:
        yield Problem(
            owner, name, "without-effect", "warning", f"Thuộc tính “camunda:{attribute}” không có tác dụng.", "Có thể bỏ.")
    elif attribute in {"assignee", "candidateUsers"}:
        yield _error(
            owner, name, "unsupported-attribute", "Sơ đồ giao việc cho một người cụ thể.",
            "Giao việc cho nhóm (Candidate groups); người làm do chức vụ và phân công quyết định.")
    else:
        yield _error(
            owner, name, "unsupported-attribute", f"Thuộc tính “camunda:{attribute}” không được hỗ trợ ở đây.", "Bỏ thuộc tính này.")


def _extensions(element: etree._Element, owner: str, name: str) -> Iterator[Problem]:
    for extension in element:
        kind = local(extension)
        if namespace(extension) not in CAMUNDA or kind == "properties":
            continue
        if kind in CODE:
            yield _code(owner, name, kind)
        elif kind == "formData":
            yield _error(
                owner, name, "unsupported-element", "Biểu mẫu vẽ ngay trong sơ đồ (Generated form).",
                "Khai báo Form key, nội dung biểu mẫu nằm trong tệp .form.")
        else:
            yield _error(
                owner, name, "unsupported-element", f"Phần mở rộng “camunda:{kind}” không được hỗ trợ.", "Bỏ phần mở rộng này.")


def _code(owner: str, name: str, what: str) -> Problem:
    return _error(
        owner, name, "no-code", f"Sơ đồ chứa mã chương trình hoặc ánh xạ dữ liệu (“{what}”).",
        "Bỏ phần này; việc máy làm khai báo bằng type “external” và topic.")


def _error(element: str, name: str, rule: str, message: str, remedy: str) -> Problem:
    return Problem(element, name or element, rule, "error", message, remedy)
