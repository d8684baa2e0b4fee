"""Messages between cases, for administrators and auditors: what became of each, and what is left to do."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_babel import gettext as _

from service.http.access import current_viewer, policy
from service.messages.queries import SHOWN, Sent, list_messages
from service.web import pages
from service.web.operations import ADMINISTRATOR, AUDITOR
from service.wording import Words, marked

STATES = Words(
    {
        "waiting": marked("Đang chờ hồ sơ nhận"),
        "delivered": marked("Đã giao"),
        "expired": marked("Hết hạn, không giao được"),
    }
)


@pages.get("/van-hanh/thong-diep")
@policy(ADMINISTRATOR, AUDITOR)
def message_list() -> Any:
    """The newest hundred, narrowed down by `trang-thai` where it names a state."""
    asked = request.args.get("trang-thai", "")
    state = asked if asked in STATES else ""
    return render_template(
        "operations/messages.html",
        messages=list_messages(current_viewer(), state=state),
        states=STATES,
        state=state,
        most=SHOWN,
        to_do=to_do,
    )


def to_do(one: Sent) -> str:
    if one.state == "delivered":
        return _("Không phải làm gì.")
    if one.state == "expired":
        return _(
            "Nếu vẫn cần, gửi lại bằng lệnh “congnhan message send” khi hồ sơ nhận đang chờ thông điệp này."
        )
    if one.why:
        return _("Lần giao gần nhất bị lỗi: xem “Việc bị lỗi” ở trang Vận hành.")
    if not one.receiver:
        return _("Chưa có hồ sơ nhận: tự giao khi hồ sơ ấy được mở. Nếu không bao giờ có, để tự hết hạn.")
    return _("Hồ sơ nhận chưa tới bước chờ thông điệp này: tự giao khi tới bước đó.")
