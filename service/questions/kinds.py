"""What kinds of events of a case there are, and what steps, levels and endings are called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from service.clock import LOCAL
from service.wording import Words, _, marked

# Task completed and returned are one type in the log; people look for them apart.
RETURNED_CASE = "case_returned"
KINDS: Mapping[str, str] = Words(
    {
        "case_opened": marked("Mở hồ sơ"),
        "task_completed": marked("Hoàn thành bước (ký, gửi)"),
        RETURNED_CASE: marked("Trả lại bổ sung, chuyển lại"),
        "signature_requested": marked("Trình ký"),
        "returned_to_officer": marked("Trả lại người soạn"),
        "task_claimed": marked("Nhận việc"),
        "task_released": marked("Trả lại việc chung"),
        "task_assigned": marked("Giao việc"),
        "task_handed_over": marked("Chuyển việc"),
        "task_delegated": marked("Nhờ xử lý"),
        "task_given_back": marked("Trả người nhờ"),
        "rows_assigned": marked("Phân công chỉ tiêu"),
        "rows_taken_back": marked("Nhận lại chỉ tiêu"),
        "task_priority_set": marked("Đặt mức ưu tiên"),
        "document_numbered": marked("Cấp số văn bản"),
        "signed_copy_filed": marked("Lưu bản đã ký"),
        "content_erased": marked("Xóa nội dung theo quy định lưu trữ"),
        "case_withdrawn": marked("Xã rút hồ sơ"),
        "commune_dissolved": marked("Đơn vị chấm dứt hoạt động"),
        "opinion_waived": marked("Cho phép đi tiếp khi chưa có ý kiến"),
        "case_set_aside": marked("Để lại đợt sau"),
        "timer_fired": marked("Đến hạn"),
        "due_dates_recomputed": marked("Tính lại thời hạn"),
        "message_caught": marked("Nhận thông điệp"),
        "signal_caught": marked("Nhận tín hiệu"),
        "job_completed": marked("Việc tự động"),
        "job_failed": marked("Việc tự động không thực hiện được"),
    }
)
# Kinds whose data name the step, and which hold no outcome of a step beside it.
OF_A_TASK = (
    "signature_requested",
    "returned_to_officer",
    "task_claimed",
    "task_released",
    "task_assigned",
    "task_handed_over",
    "task_delegated",
    "task_given_back",
    "rows_assigned",
    "rows_taken_back",
    "task_priority_set",
)
LEVELS: Mapping[str, str] = Words(
    {
        "self_assess": marked("Xã tự đánh giá"),
        "district_appraise": marked("Huyện thẩm định"),
        "member_opinion": marked("Ý kiến Thành viên"),
        "department_verify": marked("Sở thẩm tra"),
        "reconciliation_meeting": marked("Hội nghị"),
    }
)
ENDINGS: Mapping[str, str] = Words(
    {
        "commune_recognised": marked("Đã công nhận"),
        "commune_not_recognised": marked("Không công nhận"),
        "dossier_withdrawn": marked("Xã rút hồ sơ"),
        "unit_dissolved": marked("Đơn vị chấm dứt hoạt động"),
    }
)
STATUSES: Mapping[str, str] = Words(
    {
        "open": marked("Đang xử lý"),
        "finished": marked("Đã kết thúc"),
        "stuck": marked("Dừng bất thường"),
    }
)
VERDICTS: Mapping[str, str] = Words(
    {
        "met": marked("đạt"),
        "not_met": marked("chưa đạt"),
        "undecided": marked("chưa kết luận"),
        "missing": marked("chưa có kết quả"),
        "not_applicable": marked("không áp dụng"),
        "not_assessed": marked("không đánh giá"),
    }
)
PARTS: Mapping[str, str] = Words(
    {
        "acted": marked("Người thực hiện"),
        "prepared": marked("Người soạn"),
        "helped": marked("Người cùng ghi nội dung"),
        "signed": marked("Người ký"),
        "absent": marked("Người được xử lý thay"),
    }
)


def moment(at: datetime) -> str:
    """20/11/2023 14:05 in Thanh Hóa."""
    return f"{at.astimezone(LOCAL):%d/%m/%Y %H:%M}"


def ending(status: str, outcome: str | None) -> str:
    """How a case stands, in two or three words."""
    if status == "finished":
        return ENDINGS.get(outcome or "", _("Đã kết thúc"))
    return STATUSES.get(status, status)


def verdict(name: str) -> str:
    return VERDICTS.get(name, _("không có ý kiến"))
