"""Recorded values as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from forms import Form
from forms.components import Component, walk
from service.wording import Words, _, marked

# Shown in places of their own: the table by criterion, files with their hashes, the button that was pressed.
_ELSEWHERE = frozenset({"criteria", "filepicker"})


PARTS: Mapping[str, str] = Words(
    {
        "path": marked("đường đã đi"),
        "active": marked("nơi hồ sơ đang ở"),
        "opened": marked("việc được giao và thời hạn"),
        "withdrawn": marked("việc được thu hồi"),
        "timers_set": marked("hẹn giờ được đặt"),
        "timers_cleared": marked("hẹn giờ được bỏ"),
        "timers_moved": marked("hẹn giờ được đổi"),
        "awaited": marked("thông điệp đang chờ"),
        "thrown": marked("thông điệp đã gửi"),
        "jobs": marked("việc tự động"),
        "jobs_withdrawn": marked("việc tự động được thu hồi"),
        "decisions": marked("kết quả và lý do của các cổng"),
        "variables": marked("giá trị quyết định đường đi"),
        "finished": marked("hồ sơ đã kết thúc hay chưa"),
        "outcome": marked("kết quả của hồ sơ"),
        "stuck": marked("hồ sơ dừng bất thường hay không"),
        "state": marked("trạng thái đang lưu của bộ máy quy trình"),
        "error": marked("bước không thực hiện được như đã ghi"),
    }
)


def part_of_record(name: str) -> str:
    """What re-execution found otherwise (see reexecution.Difference), in words."""
    return PARTS.get(name, name)


def fields_of(form: Form) -> dict[str, Component]:
    """{key: field} of those whose values are told as text."""
    return {one.key: one for one in walk(form.components) if one.takes_input and one.type not in _ELSEWHERE}


def field_text(field: Component, value: Any) -> str:
    """An answer in the words of its field: the labels of what was chosen, rows counted."""
    labels = {option.value: option.label for option in field.options}
    if field.type == "dynamiclist":
        return _("%(count)s dòng", count=len(value)) if value else ""
    if isinstance(value, list):
        return "; ".join(labels.get(one, value_text(one)) for one in value)
    return labels.get(value, value_text(value)) if isinstance(value, str) else value_text(value)


def value_text(value: Any) -> str:
    """A recorded value for people: dates by day, yes and no in words, "" for nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("có") if value else _("không")
    if isinstance(value, str):
        return _day(value)
    if isinstance(value, list):
        return ", ".join(value_text(one) for one in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {value_text(one)}" for key, one in value.items())
    return str(value)


def _day(text: str) -> str:
    try:
        return f"{date.fromisoformat(text):%d/%m/%Y}" if len(text) == len("2023-12-04") else text
    except ValueError:
        return text
