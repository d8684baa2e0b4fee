"""What somebody can be told of, and what each person hears unless they chose otherwise. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.wording import Words, marked


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
    SUBSTITUTION = "substitution"
    PROCESS_DRAFT = "process_draft"
    ROUND_NEWS = "round_news"


LABELS: Mapping[Kind, str] = Words(
    {
        Kind.TASK_OPENED: marked("Việc mới"),
        Kind.SIGNATURE_REQUESTED: marked("Trình ký"),
        Kind.SENT_BACK: marked("Trả lại người soạn"),
        Kind.CASE_RETURNED: marked("Trả lại bổ sung"),
        Kind.DUE_SOON: marked("Sắp đến hạn"),
        Kind.OVERDUE: marked("Quá hạn"),
        Kind.ESCALATED: marked("Báo lãnh đạo"),
        Kind.CASE_FINISHED: marked("Hồ sơ kết thúc"),
        Kind.NOTICE: marked("Thông báo của quy trình"),
        Kind.COMMENT_ADDED: marked("Trao đổi"),
        Kind.ROWS_GIVEN: marked("Phân công chỉ tiêu"),
        Kind.SUBSTITUTION: marked("Xử lý thay"),
        Kind.PROCESS_DRAFT: marked("Bản thảo quy trình"),
        Kind.ROUND_NEWS: marked("Đợt xét"),
    }
)
EXPLANATIONS: Mapping[Kind, str] = Words(
    {
        Kind.TASK_OPENED: marked("Hồ sơ chuyển đến bước mà ông/bà xử lý."),
        Kind.SIGNATURE_REQUESTED: marked("Chuyên viên trình ông/bà ký."),
        Kind.SENT_BACK: marked("Lãnh đạo trả lại bản ông/bà soạn."),
        Kind.CASE_RETURNED: marked("Cấp sau trả hồ sơ về để bổ sung, kèm các chỉ tiêu cần bổ sung."),
        Kind.DUE_SOON: marked("Nhắc trước khi việc đến hạn."),
        Kind.OVERDUE: marked("Nhắc sau khi việc quá hạn."),
        Kind.ESCALATED: marked(
            "Việc của đơn vị quá hạn nhiều ngày. Lãnh đạo luôn được báo, không tắt chuông được."
        ),
        Kind.CASE_FINISHED: marked("Hồ sơ của địa bàn đã có kết quả cuối cùng."),
        Kind.NOTICE: marked("Quy trình báo cho ông/bà khi hồ sơ đi qua một bước."),
        Kind.COMMENT_ADDED: marked(
            "Có người trao đổi về hồ sơ mà ông/bà đang xử lý hoặc đã tham gia trao đổi."
        ),
        Kind.SUBSTITUTION: marked(
            "Ông/bà được giao xử lý thay, hoặc có người xử lý thay ông/bà: ngày nào, vị trí nào."
        ),
        Kind.ROUND_NEWS: marked(
            "Tờ trình hoặc Quyết định của đợt xét đã ký, hoặc hồ sơ của ông/bà được để lại đợt sau."
        ),
        Kind.PROCESS_DRAFT: marked(
            "Bản thảo chờ ông/bà phê duyệt; bản thảo của ông/bà được phê duyệt, bị trả lại, ban hành."
        ),
        Kind.ROWS_GIVEN: marked("Đồng nghiệp giao cho ông/bà ghi một số chỉ tiêu của bảng, hoặc nhận lại."),
    }
)
# A leader must not be able to say that nobody told them.
ALWAYS_RING = frozenset({Kind.ESCALATED})


@dataclass(frozen=True)
class Preference:
    """How a person hears of one kind; `email` counts only once they have given an address."""

    kind: Kind
    bell: bool = True
    email: bool = True
