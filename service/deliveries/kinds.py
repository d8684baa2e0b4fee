"""What each kind of delivery is called on screens and in the command line."""

from __future__ import annotations

from service.wording import Words, marked

NAMES = Words(
    {
        "round_act": marked("Đưa văn bản của đợt xét vào hồ sơ"),
        "job": marked("Việc tự động trong quy trình"),
        "message": marked("Gửi thông điệp giữa các hồ sơ"),
        "signal": marked("Phát tín hiệu giữa các hồ sơ"),
        "message_delivery": marked("Trao thông điệp cho hồ sơ nhận"),
        "email": marked("Thư điện tử"),
        "webhook": marked("Báo cho hệ thống khác"),
        "case_finished": marked("Báo hồ sơ đã kết thúc"),
        "comment_added": marked("Báo có trao đổi mới"),
        "rows_given": marked("Báo phân công chỉ tiêu"),
        "substitution": marked("Báo xử lý thay"),
        "round_told": marked("Báo về đợt xét"),
    }
)

# Their case waits for nothing else: dropping one would leave it where it is for ever. {kind: what to do}
NEVER_DROPPED = Words(
    {
        "job": (
            marked(
                "Hồ sơ đang chờ chính việc này nên không bỏ được. Hãy khắc phục nguyên nhân lỗi rồi chọn "
                "Chạy lại; "
                "nếu bên nhận không làm được việc này thì xử lý hồ sơ bằng luồng lỗi đã vẽ trong quy trình."
            )
        ),
        "round_act": (
            marked(
                "Tờ trình hoặc Quyết định đã ký của đợt xét phải đến được hồ sơ này nên không bỏ được: bước "
                "của hồ "
                "sơ chỉ đợt xét hoàn thành. Hãy khắc phục nguyên nhân lỗi rồi chọn Chạy lại; hồ sơ đã rút "
                "khỏi thủ "
                "tục thì việc này tự ghi là không áp dụng."
            )
        ),
    }
)


def may_be_dropped(kind: str) -> bool:
    return kind not in NEVER_DROPPED


def name_of(kind: str) -> str:
    return NAMES.get(kind, kind)
