"""The values that a message carries: scalars, whose kind survives the way through JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from service.engine.step import Scalar
from service.errors import BadInput
from service.processes.record import DECIMAL

MOST_VALUES = 50
LONGEST_TEXT = 2000
LARGEST_INTEGER = 2**53 - 1
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)


def unpacked(payload: Mapping[str, Any]) -> dict[str, Scalar]:
    """The values that `processes.record.packed` wrote."""
    return {
        key: Decimal(value[DECIMAL]) if isinstance(value, dict) else value for key, value in payload.items()
    }


def checked_payload(payload: Mapping[str, Any]) -> dict[str, Scalar]:
    """What somebody outside hands over, if a case can hold it; raises BadInput naming the keys."""
    fields: dict[str, list[str]] = {}
    if len(payload) > MOST_VALUES:
        fields["payload"] = [f"Tối đa {MOST_VALUES} giá trị."]
    for key, value in payload.items():
        where = f"payload.{key}"
        if not isinstance(key, str) or _KEY.fullmatch(key) is None:
            fields[f"payload.{str(key)[:100]}"] = ["Tên chỉ gồm chữ cái không dấu, chữ số và dấu gạch dưới."]
        elif isinstance(value, str):
            if len(value) > LONGEST_TEXT:
                fields[where] = [f"Tối đa {LONGEST_TEXT} ký tự."]
        elif isinstance(value, int) and not isinstance(value, bool):
            if abs(value) > LARGEST_INTEGER:
                fields[where] = ["Số quá lớn."]
        elif not (value is None or isinstance(value, bool | Decimal)):
            fields[where] = ["Chỉ nhận chữ, số nguyên, đúng/sai hoặc để trống."]
    if fields:
        raise BadInput("Nội dung kèm theo chưa dùng được.", fields=fields)
    return dict(payload)
