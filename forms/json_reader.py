"""JSON from outside, read within bounds: size, depth, duplicate keys, finite numbers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

MAX_BYTES = 200_000
MAX_DEPTH = 20
MAX_DIGITS = 30


def read_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`; numbers with a point become decimals. Raises ValueError with a sentence."""
    if len(raw) > MAX_BYTES:
        raise ValueError(f"Tệp lớn quá {MAX_BYTES // 1000} KB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("Tệp không phải mã UTF-8.") from None
    if _depth(text) > MAX_DEPTH:
        raise ValueError(f"JSON lồng nhau quá {MAX_DEPTH} lớp.")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_float=_number,
            parse_int=_integer,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"JSON sai ở dòng {error.lineno}, cột {error.colno}.") from None
    except RecursionError:
        raise ValueError(f"JSON lồng nhau quá {MAX_DEPTH} lớp.") from None
    if not isinstance(value, dict):
        raise ValueError("Tệp phải là một đối tượng JSON {…}.")
    _refuse_lone_surrogates(text, value)
    return value


def _refuse_lone_surrogates(text: str, value: object) -> None:
    """`\\ud800` alone is legal JSON but no character: it could be neither hashed nor stored."""
    if "\\u" in text:
        try:
            json.dumps(value, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError:
            raise ValueError("Tệp có nửa ký tự (surrogate) đứng lẻ.") from None


def _depth(text: str) -> int:
    """Deepest nesting, counted before parsing so that the parser never recurses far."""
    deepest = depth = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            in_string, escaped = escaped or character != '"', not escaped and character == "\\"
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"Khóa “{twice[:60]}” xuất hiện hai lần trong cùng một đối tượng.")
    if "__proto__" in result:
        # In a browser it would not be a member of the object but what the object is made of.
        raise ValueError("Khóa “__proto__” không được dùng trong tệp.")
    return result


def _number(text: str) -> Decimal:
    if len(text) > MAX_DIGITS or "e" in text.lower():
        raise ValueError(f"Số “{text[:40]}” quá dài hoặc viết dạng lũy thừa.")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"Số “{text[:40]}” quá dài.")
    return int(text)


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"“{text}” không phải là một số.")
