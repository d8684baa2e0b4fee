# ruff: noqa: N818 - errors are named as facts
"""JSON from outside, read within bounds before any schema sees it."""

from __future__ import annotations

import json
from typing import Any

import orjson
from flask import Request
from flask_babel import gettext as _

from service.api.fields import unwanted_character
from service.errors import BadInput, DomainError, TooLarge

LARGEST_BODY = 2 * 1024 * 1024
DEEPEST = 12
LONGEST_NUMBER = 18


class NotJson(DomainError):
    code, status = "not-json", 400
    default = "Nội dung gửi lên không phải JSON hợp lệ (mã UTF-8)."


class WrongMediaType(DomainError):
    code, status = "unsupported-media-type", 415
    default = "Nội dung gửi lên phải là JSON (Content-Type: application/json)."


def read_json(request: Request) -> Any:
    """The request's JSON; an absent body reads as {}.

    Raises WrongMediaType, NotJson, TooLarge, or BadInput naming the place: nested too deep, a key twice,
    a control character, a fraction (decimals are written as text, so that nothing is rounded on the way).
    """
    if (request.content_length or 0) > LARGEST_BODY:
        raise TooLarge(_("Nội dung gửi lên quá lớn."))
    body = request.get_data(cache=True)
    if not body:
        return {}
    if not request.is_json:
        raise WrongMediaType()
    if len(body) > LARGEST_BODY:
        raise TooLarge(_("Nội dung gửi lên quá lớn."))
    try:
        # orjson is strict about UTF-8, escapes and numbers, and has a recursion limit of its own.
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotJson() from error
    _check(document, "", 1)
    # Read again for what orjson passes over: keys given twice and the exact text of numbers.
    return json.loads(body, object_pairs_hook=_without_duplicates, parse_int=_whole, parse_float=_no_fraction)


def _check(value: Any, path: str, depth: int) -> None:
    """Recursion ends at DEEPEST."""
    if depth > DEEPEST:
        raise BadInput(
            _("JSON lồng nhau quá %(deepest)s lớp.", deepest=DEEPEST),
            fields={path: [_("Lồng nhau quá %(deepest)s lớp.", deepest=DEEPEST)]},
        )
    if isinstance(value, str):
        if unwanted_character(value):
            raise BadInput(fields={path: [_("Không được có ký tự điều khiển.")]})
    elif isinstance(value, dict):
        for key, item in value.items():
            if unwanted_character(key):
                raise BadInput(fields={path: [_("Tên trường không được có ký tự điều khiển.")]})
            _check(item, f"{path}.{key[:60]}" if path else key[:60], depth + 1)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _check(item, f"{path}.{number}" if path else str(number), depth + 1)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadInput(fields={twice[:60]: [_("Trường này xuất hiện hai lần trong cùng một đối tượng.")]})
    return found


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise BadInput(
            _("Số quá lớn."), fields={"": [_("Số %(text)s… quá lớn; hãy ghi dưới dạng chữ.", text=text[:20])]}
        )
    return int(text)


def _no_fraction(text: str) -> Any:
    raise BadInput(
        _("Số thập phân phải viết dưới dạng chữ."),
        fields={
            "": [
                _(
                    'Viết "%(text)s" trong dấu nháy: số thập phân là chữ, để không bị làm tròn.',
                    text=text[:20],
                )
            ]
        },
    )
