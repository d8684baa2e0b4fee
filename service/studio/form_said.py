"""What an attribute of a form's field is called and how its value reads. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from service.studio.choosing.sentences import Labels
from service.studio.said import condition_of_form
from service.wording import Words, _, marked

KINDS: Words[str] = Words(
    {
        "textfield": marked("Ô chữ một dòng"),
        "textarea": marked("Ô chữ nhiều dòng"),
        "number": marked("Số"),
        "datetime": marked("Ngày, giờ"),
        "select": marked("Chọn một (danh sách)"),
        "radio": marked("Chọn một (nút tròn)"),
        "checkbox": marked("Ô đánh dấu"),
        "checklist": marked("Chọn nhiều"),
        "filepicker": marked("Tệp"),
        "dynamiclist": marked("Bảng nhiều dòng"),
        "group": marked("Nhóm"),
        "text": marked("Đoạn chữ"),
        "separator": marked("Đường kẻ"),
        "criteria": marked("Bảng chỉ tiêu Phụ lục 01"),
        "criteria_reasons": marked("Lý do theo từng chỉ tiêu"),
    }
)
NAMES: Words[str] = Words(
    {
        "label": marked("Tên ô"),
        "key": marked("Khóa"),
        "type": marked("Loại"),
        "description": marked("Chỉ dẫn"),
        "text": marked("Đoạn chữ"),
        "values": marked("Lựa chọn"),
        "validate.required": marked("Phải điền"),
        "validate.minLength": marked("Ít nhất (ký tự)"),
        "validate.maxLength": marked("Nhiều nhất (ký tự)"),
        "validate.min": marked("Nhỏ nhất"),
        "validate.max": marked("Lớn nhất"),
        "conditional.hide": marked("Ẩn khi"),
        "properties.routing": marked("Đưa ra sơ đồ"),
        "properties.required_if": marked("Phải điền khi"),
        "properties.valid": marked("Chỉ nhận khi"),
        "properties.valid_message": marked("Lời báo khi không nhận"),
        "properties.not_after_today": marked("Không sau hôm nay"),
        "properties.level": marked("Kết quả của cấp"),
        "properties.columns": marked("Cột thêm"),
        "properties.decisions": marked("Quyết định được chọn"),
        "properties.title": marked("Tên biểu mẫu"),
        "properties.actions": marked("Các nút"),
        "subtype": marked("Kiểu ngày, giờ"),
    }
)
_CONDITIONS = frozenset({"conditional.hide", "properties.required_if", "properties.valid"})
_YES_OR_NO = frozenset({"validate.required", "properties.routing", "properties.not_after_today"})


def words_of(field: Mapping[str, Any], labels: Labels) -> dict[str, str]:
    """{what it is called: how it reads} of all that is set of a field; `labels` call fields by their keys."""
    return {_name(path): _value(path, value, labels) for path, value in _flat(field, "")}


def _flat(of: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in of.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flat(value, f"{path}.")
        else:
            yield path, value


def _name(path: str) -> str:
    if path.startswith("properties.action."):
        return _("Nút %(name)s", name=path.removeprefix("properties.action."))
    return NAMES.get(path) or path


def _value(path: str, value: Any, labels: Labels) -> str:
    if path in _YES_OR_NO:
        return _("có") if value in (True, "true") else _("không")
    read: Mapping[str, Callable[[], str]] = {
        "type": lambda: KINDS.get(str(value)) or str(value),
        "values": lambda: _options(value),
    }
    if path in _CONDITIONS and isinstance(value, str):
        return condition_of_form(value, labels)
    if path in read:
        return read[path]()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:120]


def _options(values: Any) -> str:
    """The labels of a list of options, each with what it is kept as."""
    if not isinstance(values, list):
        return str(values)
    return ", ".join(
        f"{one.get('label')} ({one.get('value')})" if isinstance(one, dict) else str(one) for one in values
    )
