"""What each kind of delivery is called on screens and in the command line."""

from __future__ import annotations

NAMES = {
    "round_act": "Đưa văn bản của đợt xét vào hồ sơ",
    "job": "Việc tự động trong quy trình",
    "message": "Gửi thông điệp giữa các hồ sơ",
    "signal": "Phát tín hiệu giữa các hồ sơ",
    "message_delivery": "Trao thông điệp cho hồ sơ nhận",
    "email": "Thư điện tử",
    "webhook": "Báo cho hệ thống khác",
    "case_finished": "Báo hồ sơ đã kết thúc",
    "comment_added": "Báo có trao đổi mới",
}

# Their case waits for nothing else: dropping one would leave it where it is for ever.
NEVER_DROPPED = frozenset({"job"})


def may_be_dropped(kind: str) -> bool:
    return kind not in NEVER_DROPPED


def name_of(kind: str) -> str:
    return NAMES.get(kind, kind)
