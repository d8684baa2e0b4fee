"""What somebody can be told of, and what each person hears unless they chose otherwise. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    TASK_OPENED = "task_opened"
    SIGNATURE_REQUESTED = "signature_requested"
    SENT_BACK = "sent_back"
    CASE_RETURNED = "case_returned"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    CASE_FINISHED = "case_finished"
    NOTICE = "notice"
    COMMENT_ADDED = "comment_added"
    ROWS_GIVEN = "rows_given"


LABELS: Mapping[Kind, str] = {
    Kind.TASK_OPENED: "Việc mới",
    Kind.SIGNATURE_REQUESTED: "Trình ký",
    Kind.SENT_BACK: "Trả lại người soạn",
    Kind.CASE_RETURNED: "Trả lại bổ sung",
    Kind.DUE_SOON: "Sắp đến hạn",
    Kind.OVERDUE: "Quá hạn",
    Kind.ESCALATED: "Báo lãnh đạo",
    Kind.CASE_FINISHED: "Hồ sơ kết thúc",
    Kind.NOTICE: "Thông báo của quy trình",
    Kind.COMMENT_ADDED: "Trao đổi",
    Kind.ROWS_GIVEN: "Phân công chỉ tiêu",
}
EXPLANATIONS: Mapping[Kind, str] = {
    Kind.TASK_OPENED: "Hồ sơ chuyển đến bước mà ông/bà xử lý.",
    Kind.SIGNATURE_REQUESTED: "Chuyên viên trình ông/bà ký.",
    Kind.SENT_BACK: "Lãnh đạo trả lại bản ông/bà soạn.",
    Kind.CASE_RETURNED: "Cấp sau trả hồ sơ về để bổ sung, kèm các chỉ tiêu cần bổ sung.",
    Kind.DUE_SOON: "Nhắc trước khi việc đến hạn.",
    Kind.OVERDUE: "Nhắc sau khi việc quá hạn.",
    Kind.ESCALATED: "Việc của đơn vị quá hạn nhiều ngày. Lãnh đạo luôn được báo, không tắt chuông được.",
    Kind.CASE_FINISHED: "Hồ sơ của địa bàn đã có kết quả cuối cùng.",
    Kind.NOTICE: "Quy trình báo cho ông/bà khi hồ sơ đi qua một bước.",
    Kind.COMMENT_ADDED: "Có người trao đổi về hồ sơ mà ông/bà đang xử lý hoặc đã tham gia trao đổi.",
    Kind.ROWS_GIVEN: "Đồng nghiệp giao cho ông/bà ghi một số chỉ tiêu của bảng, hoặc nhận lại.",
}
# A leader must not be able to say that nobody told them.
ALWAYS_RING = frozenset({Kind.ESCALATED})


@dataclass(frozen=True)
class Preference:
    """How a person hears of one kind; `email` counts only once they have given an address."""

    kind: Kind
    bell: bool = True
    email: bool = True
