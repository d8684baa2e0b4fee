"""Errors as RFC 9457 problem documents: one table from domain error to HTTP."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from service.errors import BadInput, DomainError, Unavailable
from service.wording import marked

# What the framework itself refuses, in the words of the people concerned.
HTTP_SENTENCES = {
    400: ("bad-request", marked("Yêu cầu không hợp lệ.")),
    404: ("not-found", marked("Không tìm thấy, hoặc ông/bà không có quyền xem nội dung này.")),
    405: ("method-not-allowed", marked("Thao tác không được hỗ trợ ở địa chỉ này.")),
    406: ("not-acceptable", marked("Không có dạng dữ liệu được yêu cầu.")),
    408: ("timeout", marked("Quá thời gian chờ.")),
    413: ("too-large", marked("Nội dung gửi lên quá lớn.")),
    414: ("too-long", marked("Địa chỉ quá dài.")),
    415: ("unsupported-media-type", marked("Nội dung gửi lên phải là JSON.")),
    422: ("bad-input", marked("Nội dung nhập chưa hợp lệ.")),
    429: ("too-many-requests", marked("Ông/bà thao tác quá nhanh. Vui lòng chờ ít giây rồi thử lại.")),
}


def problem_of(error: DomainError) -> dict[str, Any]:
    """`type` is a stable relative reference; `errors` lists fields for bad input."""
    document: dict[str, Any] = {
        "type": f"/api/v1/problems/{error.code}",
        "title": _(error.default),
        "status": error.status,
        "code": error.code,
        "detail": str(error),
    }
    if isinstance(error, BadInput) and error.fields:
        document["errors"] = [
            {"field": field, "messages": messages} for field, messages in sorted(error.fields.items())
        ]
    if "problems" in error.details:
        document["problems"] = error.details["problems"]
    return document


def headers_of(error: DomainError) -> dict[str, str]:
    return {"Retry-After": "5"} if isinstance(error, Unavailable) else {}


def problem_of_http(error: HTTPException) -> dict[str, Any]:
    status = error.code or 500
    code, sentence = HTTP_SENTENCES.get(status, ("error", marked("Không thực hiện được.")))
    return {
        "type": f"/api/v1/problems/{code}",
        "title": _(sentence),
        "status": status,
        "code": code,
        "detail": _(sentence),
    }


def problem_of_unexpected(incident: str) -> dict[str, Any]:
    """Our own fault, whichever door meets it; `incident` is the id under which it was logged."""
    return {
        "type": "/api/v1/problems/unexpected",
        "title": _("Lỗi ngoài dự kiến."),
        "status": 500,
        "code": "unexpected",
        "detail": _(
            "Hệ thống gặp lỗi ngoài dự kiến; xin báo quản trị viên mã sự cố %(incident)s.", incident=incident
        ),
        "incident": incident,
    }
