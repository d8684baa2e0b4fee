"""The words of BPMN and Camunda 7 that this engine executes, and what to say about the others."""

from __future__ import annotations

import re
from collections.abc import Mapping

from service.engine.diagram import FLOW_NODES

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
DRAWING = frozenset({"textAnnotation", "association", "group", "dataObject", "dataObjectReference"})
COMMON = frozenset({"documentation", "extensionElements"})
CONTAINER = FLOW_NODES | DRAWING | COMMON | {"sequenceFlow", "laneSet"}
ROOT = (
    frozenset({"process", "collaboration", "message", "error", "signal", "category", "itemDefinition"})
    | COMMON
)
NODE = COMMON | {"incoming", "outgoing"}
# How modelers attach a data object to a task; drawing only.
DATA = frozenset({"property", "dataInputAssociation", "dataOutputAssociation"})
THROWN = frozenset({"messageEventDefinition", "signalEventDefinition"})
CAUGHT = THROWN | {"timerEventDefinition"}
CHILDREN: Mapping[str, frozenset[str]] = {
    "process": CONTAINER,
    "subProcess": CONTAINER | NODE,
    "definitions": ROOT,
    "collaboration": COMMON | {"participant", "textAnnotation", "association", "group"},
    "participant": COMMON,
    "laneSet": COMMON | {"lane"},
    "lane": COMMON | {"flowNodeRef", "childLaneSet"},
    "childLaneSet": COMMON | {"lane"},
    "sequenceFlow": COMMON | {"conditionExpression"},
    "callActivity": NODE | DATA,
    "userTask": NODE | DATA | {"multiInstanceLoopCharacteristics"},
    "manualTask": NODE | DATA | {"multiInstanceLoopCharacteristics"},
    "serviceTask": NODE | DATA,
    "businessRuleTask": NODE | DATA,
    "sendTask": NODE | DATA,
    "receiveTask": NODE | DATA,
    "exclusiveGateway": NODE,
    "inclusiveGateway": NODE,
    "parallelGateway": NODE,
    "eventBasedGateway": NODE,
    "startEvent": NODE,
    "endEvent": NODE | THROWN | {"terminateEventDefinition", "errorEventDefinition"},
    "intermediateCatchEvent": NODE | CAUGHT,
    "intermediateThrowEvent": NODE | THROWN,
    "boundaryEvent": NODE | CAUGHT | {"errorEventDefinition"},
    "timerEventDefinition": COMMON | {"timeDate", "timeDuration", "timeCycle"},
    "messageEventDefinition": COMMON,
    "signalEventDefinition": COMMON,
    "errorEventDefinition": COMMON,
    "terminateEventDefinition": COMMON,
    "multiInstanceLoopCharacteristics": COMMON | {"loopCardinality"},
}
# Attributes that would change behaviour if they had another value than the one we execute.
FIXED = {
    "isForCompensation": False,
    "triggeredByEvent": False,
    "parallelMultiple": False,
    "instantiate": False,
    "isInterrupting": True,
}
EXACT = {"startQuantity": "1", "completionQuantity": "1", "eventGatewayType": "Exclusive"}
ATTRIBUTES = frozenset(
    {
        "id",
        "name",
        "default",
        "gatewayDirection",
        "sourceRef",
        "targetRef",
        "attachedToRef",
        "cancelActivity",
        "isImmediate",
        "implementation",
        "isClosed",
        "isExecutable",
        "processType",
        "definitionalCollaborationRef",
        "isSequential",
        "messageRef",
        "signalRef",
        "calledElement",
        "errorRef",
        "language",
        "evaluatesToTypeRef",
        "processRef",
        "partitionElementRef",
        *FIXED,
        *EXACT,
    }
)
HUMAN_ATTRIBUTES = frozenset({"candidateGroups", "formKey", "dueDate", "followUpDate"})
CAMUNDA_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "userTask": HUMAN_ATTRIBUTES,
    "manualTask": HUMAN_ATTRIBUTES,
    "serviceTask": frozenset({"type", "topic"}),
    "businessRuleTask": frozenset({"type", "topic", "resultVariable"}),
    "callActivity": frozenset({"calledElementBinding"}),
    "process": frozenset({"historyTimeToLive", "versionTag", "isStartableInTasklist"}),
}
EVERYWHERE = frozenset({"modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon"})
WITHOUT_EFFECT = frozenset(
    {"asyncBefore", "asyncAfter", "exclusive", "jobPriority", "taskPriority", "priority", "historyTimeToLive"}
)
CODE = frozenset(
    {
        "class",
        "delegateExpression",
        "expression",
        "script",
        "scriptFormat",
        "resource",
        "decisionRef",
        "executionListener",
        "taskListener",
        "connector",
        "inputOutput",
        "field",
        "formHandlerClass",
        "variableMappingClass",
        "variableMappingDelegateExpression",
    }
)

WORDS = {
    "task": ("Nhiệm vụ chưa rõ loại", "Chọn loại User Task (người làm) hoặc Service Task (máy làm)."),
    "scriptTask": (
        "Script Task",
        "Sơ đồ không được chứa mã lệnh; dùng Business Rule Task gọi quy tắc “evaluation.…”.",
    ),
    "transaction": ("Transaction", "Dùng tiến trình con (Sub-Process) thường."),
    "adHocSubProcess": ("Ad-hoc Sub-Process", "Vẽ rõ thứ tự các bước trong tiến trình con thường."),
    "complexGateway": ("Cổng Complex", "Dùng cổng loại trừ (XOR) hoặc song song (AND)."),
    "standardLoopCharacteristics": (
        "Vòng lặp (Loop) trên nhiệm vụ",
        "Vẽ vòng lặp bằng cổng loại trừ (XOR) quay lại nhiệm vụ.",
    ),
    "signalEventDefinition": (
        "Signal ở đây",
        "Hồ sơ luôn mở bằng sự kiện bắt đầu thường; đặt Signal ở sự kiện trung gian, ở biên, ở kết thúc.",
    ),
    "escalationEventDefinition": (
        "Sự kiện Escalation",
        "Dùng sự kiện biên Timer hoặc Message; báo lãnh đạo khi quá hạn bằng thuộc tính “escalateAfter”.",
    ),
    "conditionalEventDefinition": ("Sự kiện Conditional", "Dùng cổng loại trừ (XOR) với điều kiện."),
    "compensateEventDefinition": ("Sự kiện Compensation", "Vẽ rõ bước hoàn tác như một nhiệm vụ."),
    "cancelEventDefinition": ("Sự kiện Cancel", "Dùng sự kiện biên Message."),
    "linkEventDefinition": ("Sự kiện Link", "Nối hai điểm bằng một luồng (sequence flow)."),
    "errorEventDefinition": (
        "Sự kiện Error ở đây",
        "Error chỉ đặt ở kết thúc trong tiến trình con, ở biên Service Task, tiến trình con, Call Activity.",
    ),
    "terminateEventDefinition": ("Terminate ở đây", "Terminate chỉ đặt ở sự kiện kết thúc."),
    "timerEventDefinition": ("Timer ở đây", "Đặt Timer ở sự kiện trung gian hoặc ở biên của nhiệm vụ."),
    "messageEventDefinition": (
        "Message ở đây",
        "Hồ sơ luôn mở bằng sự kiện bắt đầu thường; đặt Message ở sự kiện trung gian, ở biên, ở kết thúc.",
    ),
    "eventDefinitionRef": ("Tham chiếu định nghĩa sự kiện", "Chọn loại sự kiện ngay trên phần tử."),
    "dataStoreReference": ("Data Store", "Dùng chú thích (Text Annotation)."),
    "ioSpecification": (
        "Khai báo vào/ra (ioSpecification)",
        "Bỏ phần này; biến do biểu mẫu của bước tạo ra.",
    ),
    "messageFlow": (
        "Luồng thông điệp giữa các vùng",
        "Chỉ giữ một vùng (pool), bỏ luồng thông điệp; gửi cho hồ sơ khác bằng sự kiện Message Throw.",
    ),
    "multiInstanceLoopCharacteristics": (
        "Nhiều lần (Multi-Instance) ở đây",
        "Chỉ đặt ở nhiệm vụ của người; ở phần tử khác hãy vẽ vòng lặp bằng cổng XOR.",
    ),
    "completionCondition": (
        "Điều kiện kết thúc sớm của nhiệm vụ lặp",
        "Bỏ điều kiện này, hoặc vẽ vòng lặp bằng cổng XOR.",
    ),
    "loopDataInputRef": ("Lặp theo danh sách dữ liệu", "Ghi số lần cố định vào Loop cardinality."),
}
