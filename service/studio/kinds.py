"""What the parts of a drawing are called on the screens: kinds, attributes, properties."""

from __future__ import annotations

from collections.abc import Mapping

from service.wording import Words, marked

KINDS: Words[str] = Words(
    {
        "process": marked("Quy trình"),
        "participant": marked("Vùng xử lý"),
        "lane": marked("Làn"),
        "startEvent": marked("Bắt đầu"),
        "endEvent": marked("Kết thúc"),
        "userTask": marked("Việc của người"),
        "manualTask": marked("Việc thủ công"),
        "task": marked("Việc chưa rõ loại"),
        "scriptTask": marked("Việc chạy mã"),
        "serviceTask": marked("Việc tự động"),
        "businessRuleTask": marked("Quy tắc"),
        "sendTask": marked("Việc gửi"),
        "receiveTask": marked("Việc chờ nhận"),
        "exclusiveGateway": marked("Cổng chọn một"),
        "inclusiveGateway": marked("Cổng chọn nhiều"),
        "parallelGateway": marked("Cổng song song"),
        "complexGateway": marked("Cổng phức hợp"),
        "eventBasedGateway": marked("Cổng chờ sự kiện"),
        "intermediateCatchEvent": marked("Sự kiện chờ"),
        "intermediateThrowEvent": marked("Sự kiện gửi"),
        "boundaryEvent": marked("Sự kiện biên"),
        "subProcess": marked("Tiến trình con"),
        "callActivity": marked("Gọi quy trình khác"),
        "sequenceFlow": marked("Đường đi"),
        "message": marked("Thông điệp"),
        "signal": marked("Tín hiệu"),
        "error": marked("Mã lỗi"),
        "textAnnotation": marked("Chú thích"),
        "association": marked("Nối chú thích"),
        "group": marked("Nhóm"),
        "dataObject": marked("Dữ liệu"),
        "dataObjectReference": marked("Dữ liệu"),
        "dataStoreReference": marked("Kho dữ liệu"),
    }
)
FIELDS: Words[str] = Words(
    {
        "kind": marked("Loại"),
        "name": marked("Tên"),
        "lane": marked("Làn"),
        "scope": marked("Nằm trong"),
        "documentation": marked("Mô tả"),
        "trigger": marked("Sự kiện"),
        "loop": marked("Lặp"),
        "source": marked("Từ"),
        "target": marked("Đến"),
        "condition": marked("Điều kiện"),
    }
)
ATTRIBUTES: Words[str] = Words(
    {
        "camunda:candidateGroups": marked("Nhóm thực hiện"),
        "camunda:formKey": marked("Biểu mẫu"),
        "camunda:dueDate": marked("Thời hạn"),
        "camunda:followUpDate": marked("Ngày nhắc"),
        "camunda:topic": marked("Dịch vụ hoặc quy tắc"),
        "camunda:resultVariable": marked("Biến kết quả"),
        "default": marked("Đường mặc định"),
        "attachedToRef": marked("Gắn với"),
        "cancelActivity": marked("Ngắt việc đang làm"),
        "calledElement": marked("Quy trình được gọi"),
        "messageRef": marked("Thông điệp"),
    }
)
PROPERTIES: Words[str] = Words(
    {
        "signer": marked("Người ký"),
        "document": marked("Văn bản ký"),
        "legalBasis": marked("Căn cứ"),
        "remindBefore": marked("Nhắc trước hạn"),
        "remindAfter": marked("Nhắc sau hạn"),
        "escalateAfter": marked("Báo lãnh đạo sau khi quá hạn"),
    }
)
# What the schema of BPMN 2.0 takes an attribute to be that is not written; tools write it or leave it out.
TAKEN_FOR_GRANTED: Mapping[str, str] = {
    "cancelActivity": "true",
    "isInterrupting": "true",
    "isForCompensation": "false",
    "isSequential": "false",
    "parallelMultiple": "false",
    "instantiate": "false",
    "gatewayDirection": "Unspecified",
    "startQuantity": "1",
    "completionQuantity": "1",
}
