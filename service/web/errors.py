"""Errors as pages: what happened and what to do next. The API answers its own as problem+json."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from service.database import as_shortage, db
from service.errors import BadInput, DomainError, NotLoggedIn, Unavailable
from service.http.access import viewer_or_none
from service.http.problems import (
    HTTP_SENTENCES,
    headers_of,
    problem_of,
    problem_of_http,
    problem_of_unexpected,
)
from service.web.tasks import work_form_again
from service.wording import marked

log = structlog.get_logger(__name__)

# The one form that people fill in for hours: what is typed there outlives the session.
WORK_FORM = "pages.act"
# Forms that nobody has to be logged in for.
OPEN_FORMS = frozenset({"pages.log_in_now", "pages.log_out"})

# status: (heading, what to do next)
PAGES = {
    400: (marked("Yêu cầu không hợp lệ"), marked("Hãy quay lại trang trước, tải lại trang rồi thử lại.")),
    401: (marked("Cần đăng nhập"), marked("Hãy đăng nhập rồi làm lại thao tác.")),
    403: (
        marked("Không có quyền"),
        marked("Nếu ông/bà cần làm việc này, hãy liên hệ quản trị viên của đơn vị."),
    ),
    404: (marked("Không tìm thấy"), marked("Hãy kiểm tra lại địa chỉ, hoặc tìm hồ sơ trong danh sách.")),
    405: (
        marked("Thao tác không được hỗ trợ"),
        marked("Hãy quay lại trang trước và dùng các nút trên trang."),
    ),
    409: (
        marked("Chưa thực hiện được"),
        marked("Nội dung vừa thay đổi. Hãy quay lại, tải lại trang để xem tình trạng mới nhất."),
    ),
    413: (marked("Nội dung gửi lên quá lớn"), marked("Hãy quay lại, nén hoặc chia nhỏ tệp rồi gửi lại.")),
    415: (marked("Loại tệp không được nhận"), marked("Hãy dùng tệp PDF, ảnh hoặc tài liệu văn phòng.")),
    422: (marked("Nội dung chưa hợp lệ"), marked("Hãy quay lại trang trước, sửa theo lời nhắc rồi gửi lại.")),
    429: (marked("Thao tác quá nhanh"), marked("Hãy chờ một phút rồi thử lại.")),
    500: (
        marked("Hệ thống gặp lỗi"),
        marked(
            "Việc vừa làm chưa được ghi nhận. Hãy thử lại; nếu vẫn lỗi, báo quản trị viên mã lỗi dưới đây."
        ),
    ),
    503: (
        marked("Hệ thống đang bận"),
        marked("Dữ liệu của ông/bà chưa bị thay đổi. Hãy thử lại sau ít giây."),
    ),
}


def register_errors(app: Flask) -> None:
    app.register_error_handler(DomainError, domain_error)
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, unexpected)


def for_api() -> bool:
    return request.path.startswith("/api/")


def domain_error(error: DomainError) -> Any:
    if isinstance(error, Unavailable):
        db.session.rollback()  # the page that says so reads, too
    if for_api():
        return _problem(problem_of(error), error.status, headers_of(error))
    if isinstance(error, NotLoggedIn) and not wants_fragment():
        return _session_over() if request.endpoint == WORK_FORM else _to_login()
    if error.details.get("must_change_password"):
        return redirect(url_for("pages.change_password"))
    fields = error.fields if isinstance(error, BadInput) else {}
    return error_page(error.status, str(error), fields=fields), error.status, headers_of(error)


def stale_form(_error: CSRFError) -> Any:
    """The form's token is not this session's: a page from before the last login, or a foreign page."""
    if for_api():
        return _problem(problem_of_http(_error), 400, {})
    viewer = viewer_or_none()
    if viewer is None and request.endpoint not in OPEN_FORMS:
        return _session_over()
    if request.endpoint == WORK_FORM and viewer is not None:
        try:
            return work_form_again(**(request.view_args or {}))
        except DomainError as error:
            return domain_error(error)
    sentence = _("Trang này được mở từ phiên làm việc khác nên chưa gửi được.")
    if request.accept_mimetypes.best == "application/json":  # the page that saves itself
        told = _("%(sentence)s Hãy bấm Lưu nháp: nội dung vừa gõ vẫn còn.", sentence=sentence)
        return jsonify({"code": "stale-form", "sentence": told}), 400
    advice = _("Hãy quay lại trang trước, tải lại trang rồi gửi lại; bản nháp đã lưu vẫn còn.")
    return error_page(400, sentence, advice=advice), 400


def http_error(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    if for_api():
        if status >= 500:
            return unexpected(error)
        return _problem(problem_of_http(error), status, dict(error.get_headers()) if status == 405 else {})
    sentence = _(HTTP_SENTENCES.get(status, ("", marked("Không thực hiện được.")))[1])
    if status == 415:
        sentence = _("Loại nội dung này không được nhận.")
    headers = {"Retry-After": "60"} if status == 429 else {}
    return error_page(status, sentence), status, headers


def unexpected(error: Exception) -> Any:
    db.session.rollback()
    shortage = as_shortage(error)
    if shortage is not None:
        return domain_error(shortage)
    reference = secrets.token_hex(4)
    log.error("unexpected error", reference=reference, path=request.path, exc_info=error)
    if for_api():
        return _problem(problem_of_unexpected(reference), 500, {})
    return error_page(500, _("Đã xảy ra lỗi ngoài dự kiến."), reference=reference), 500


def wants_fragment() -> bool:
    return request.headers.get("HX-Request") == "true" or request.accept_mimetypes.best == "application/json"


def error_page(
    status: int,
    sentence: str,
    *,
    advice: str = "",
    reference: str = "",
    fields: Any = None,
    kept: bool = False,
) -> str:
    """The page of an error; a fragment where only a part of a page was asked for."""
    heading, what_next = PAGES.get(status, PAGES[400])
    template = "_error.html" if wants_fragment() else "error.html"
    return render_template(
        template,
        status=status,
        heading=_(heading),
        sentence=sentence,
        advice=advice or _(what_next),
        reference=reference,
        fields=fields or {},
        login=url_for("pages.log_in", next=_came_from()) if status == 401 else "",
        kept=kept,
    )


def _session_over() -> Any:
    """A form that came after the session had ended: nothing is done, the way back leads through the login.

    What was typed into the work form is kept by the browser's script, which offers it there again; without
    the script the browser still holds it in this window and can send it again.
    """
    sentence = _("Phiên làm việc đã hết nên nội dung vừa gửi chưa được lưu.")
    if request.accept_mimetypes.best == "application/json":  # the page that saves itself
        return jsonify({"code": NotLoggedIn.code, "sentence": sentence}), 401
    kept = request.endpoint == WORK_FORM
    advice = (
        _(
            "Những gì ông/bà vừa gõ chưa mất: trình duyệt này đang giữ. Hãy đăng nhập lại; trang sẽ trở về "
            "đúng việc này và đề nghị khôi phục từng ô chưa lưu."
        )
        if kept
        else _("Hãy đăng nhập lại; trang sẽ trở về đúng chỗ đang làm để ông/bà gửi lại.")
    )
    return error_page(401, sentence, advice=advice, kept=kept), 401


def _to_login() -> WerkzeugResponse:
    if request.method != "GET":
        flash(
            _("Phiên làm việc đã hết nên việc vừa bấm chưa thực hiện. Hãy đăng nhập rồi làm lại."), "warning"
        )
    return redirect(url_for("pages.log_in", next=_came_from()))


def _came_from() -> str | None:
    """Where somebody goes on after the login: this page, that of the task, or the one the form stood on."""
    if request.method == "GET":
        back = request.full_path.rstrip("?")
        return back if back != "/" else None
    if task_id := (request.view_args or {}).get("task_id"):
        return url_for("pages.task_page", task_id=task_id)
    page = urlsplit(request.referrer or "")
    if page.netloc != request.host or page.path in ("", "/"):
        return None
    return f"{page.path}?{page.query}" if page.query else page.path


def _problem(document: dict[str, Any], status: int, headers: dict[str, str]) -> Response:
    response = jsonify(document)
    response.status_code = status
    response.content_type = "application/problem+json"
    response.headers.update(headers)
    return response
