"""The values that a message carries: scalars, whose kind survives the way through JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from service.engine.codec import checked_scalar
from service.engine.errors import InvalidValue
from service.engine.step import Scalar
from service.errors import BadInput
from service.processes.record import DECIMAL
from service.wording import _

MOST_VALUES = 50
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
        fields["payload"] = [_("Tối đa %(most_values)s giá trị.", most_values=MOST_VALUES)]
    for key, value in payload.items():
        where = f"payload.{key}"
        if not isinstance(key, str) or _KEY.fullmatch(key) is None:
            fields[f"payload.{str(key)[:100]}"] = [
                _("Tên chỉ gồm chữ cái không dấu, chữ số và dấu gạch dưới.")
            ]
        else:
            try:
                checked_scalar(value, key)
            except InvalidValue as error:
                fields[where] = [str(error)]
    if fields:
        raise BadInput(_("Nội dung kèm theo chưa dùng được."), fields=fields)
    return dict(payload)
