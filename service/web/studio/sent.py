"""What the scripts of the studio send as JSON, and how they are told that it was refused."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from flask_babel import gettext as _

from service.errors import BadInput, DomainError
from service.studio.expected import ChangedMeanwhile
from service.web import words

LARGEST_DIAGRAM = 10 * 1024 * 1024


def json_body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadInput(_("Nội dung gửi lên không phải JSON. Hãy tải lại trang."))
    return body


def diagram_in(body: dict[str, Any]) -> bytes:
    text = body.get("diagram")
    if not isinstance(text, str):
        raise BadInput(_("Thiếu sơ đồ. Hãy tải lại trang."))
    try:
        diagram = text.encode()
    except UnicodeEncodeError as error:
        raise BadInput(_("Sơ đồ có ký tự không hợp lệ.")) from error
    if len(diagram) > LARGEST_DIAGRAM:
        raise BadInput(_("Sơ đồ lớn hơn 10 MB. Hãy tách thành nhiều quy trình."))
    return diagram


def refused(error: DomainError) -> tuple[Response, int]:
    """The sentence; where somebody stored something else meanwhile, also who, when and as which rev."""
    if isinstance(error, ChangedMeanwhile):
        told = error.details
        at = words.moment(told["at"])
        return jsonify(sentence=str(error), who=told["who"], at=at, rev=told["rev"]), error.status
    return jsonify(code=error.code, sentence=str(error)), error.status
