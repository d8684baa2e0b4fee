"""A form-js definition to components: an allow-list, so that nothing unknown is silently ignored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from forms.attributes import (
    MAX_TEXT,
    Problems,
    read_options,
    read_properties,
    read_subtype,
    read_validation,
    read_words,
    refuse_unsupported,
    short,
)
from forms.components import DECISIONS, INPUTS, LEVELS, READABLE, SCALARS, STATIC, Action, Component
from service.engine.expressions import Expression, ExpressionError, Type, parse

MAX_COMPONENTS = 200
MAX_ROUTED_LENGTH = 500
SCHEMA_VERSIONS = range(9, 20)

_FORM = "biểu mẫu"
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}", re.ASCII)
# `action` is the button; `constructor` is what every object of a browser has already.
_RESERVED = frozenset({"action", "constructor"})
_KEY_REMEDY = "Đặt khóa như so_van_ban: chữ thường không dấu, số, gạch dưới, bắt đầu bằng chữ."
_REFUSED_TYPES = {
    "html": "không nhận HTML; hãy dùng “text” (chữ thuần)",
    "iframe": "không nhúng trang ngoài",
    "button": "nút bấm khai báo ở properties.actions của biểu mẫu",
    "table": "chỉ để xem, không nhập được; hãy dùng “dynamiclist”",
    "expression": "không tính giá trị trong biểu mẫu",
    "image": "không nhúng ảnh",
}
_OF_DOCUMENT = frozenset({"textfield", "datetime"})
_KINDS = {"number": Type.NUMBER, "checkbox": Type.BOOLEAN, "checklist": Type.LIST, "filepicker": Type.LIST}


class DefinitionReader:
    """Reads one definition, collecting every problem instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems = Problems()
        self._ids: set[str] = set()
        self._keys: set[str] = set()
        # What a condition may read so far, and as which kind.
        self._types: dict[str, Type] = {"action": Type.STRING}
        self._count = 0
        self._of_document: set[str] = set()

    def read(self, data: Mapping[str, Any]) -> tuple[str, tuple[Component, ...]]:
        """Form id and components of a whole definition."""
        if data.get("type", "default") != "default":
            self.problems.add(_FORM, "type phải là “default”")
        if data.get("schemaVersion") not in SCHEMA_VERSIONS:
            self.problems.add(_FORM, "schemaVersion phải là số nguyên từ 9 đến 19 (form-js)")
        form_id = data.get("id")
        if not isinstance(form_id, str) or not _KEY.fullmatch(form_id):
            self.problems.add(_FORM, "thiếu id, hoặc id không phải chữ thường không dấu, số và gạch dưới")
            form_id = ""
        components = self._components(data.get("components"), _FORM)
        if not components:
            self.problems.add(_FORM, "không có thành phần nào", "Thêm ô đầu tiên từ bảng chọn.")
        return form_id, components

    def properties(self, data: Mapping[str, Any]) -> Mapping[str, str]:
        """Custom properties of the form itself."""
        return read_properties(data.get("properties"), _FORM, self.problems)

    def actions(self, properties: Mapping[str, str]) -> tuple[Action, ...]:
        """The form's buttons: `actions` names them, `action.<name>` labels each."""
        names = [name.strip() for name in properties.get("actions", "").split(",") if name.strip()]
        if not names:
            self.problems.add(_FORM, "properties.actions phải nêu ít nhất một hành động: “complete,return”")
        if len(set(names)) < len(names):
            self.problems.add(_FORM, "properties.actions nêu một hành động hai lần")
        for name in names:
            if not _KEY.fullmatch(name):
                self.problems.add(_FORM, f"hành động “{short(name)}” không phải chữ thường không dấu")
            elif not properties.get(f"action.{name}"):
                self.problems.add(_FORM, f"thiếu nhãn của nút: properties “action.{name}”")
        return tuple(Action(name, properties.get(f"action.{name}", name)) for name in names)

    def one_of(
        self, properties: Mapping[str, str], actions: tuple[Action, ...]
    ) -> dict[str, tuple[str, ...]]:
        """`oneOf.<action>`: keys of which at least one must be answered."""
        rules = {}
        for name, keys in properties.items():
            if not name.startswith("oneOf."):
                continue
            action = name.removeprefix("oneOf.")
            rules[action] = tuple(key.strip() for key in keys.split(","))
            if action not in {a.name for a in actions}:
                self.problems.add(_FORM, f"properties “{name}”: không có hành động “{action}”")
            for key in rules[action]:
                if key not in self._keys:
                    self.problems.add(_FORM, f"properties “{name}”: không có trường “{short(key)}”")
        return rules

    def _components(self, raw: object, place: str) -> tuple[Component, ...]:
        if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
            self.problems.add(place, "components phải là danh sách các thành phần")
            return ()
        found = []
        around = self.problems.here
        for number, item in enumerate(raw):
            self._count += 1
            if self._count > MAX_COMPONENTS:
                self.problems.add(place, f"có quá {MAX_COMPONENTS} thành phần", "Chia thành nhiều bước.")
                break
            self.problems.here = (*around, number)
            component = self._component(item)
            self.problems.here = around
            if component is not None:
                found.append(component)
        return tuple(found)

    def _component(self, raw: dict[str, Any]) -> Component | None:
        kind = raw.get("type")
        place = f"thành phần “{short(raw.get('key') or raw.get('path') or raw.get('id') or kind)}”"
        if not isinstance(kind, str) or kind not in INPUTS | STATIC:
            why = _REFUSED_TYPES.get(str(kind), "không dùng được ở đây")
            remedy = "Xóa thành phần này, thêm một ô thuộc loại có trong bảng chọn."
            self.problems.add(place, f"loại “{short(kind)}”: {why}", remedy)
            return None
        refuse_unsupported(raw, kind, place, self.problems)
        properties = read_properties(raw.get("properties"), place, self.problems)
        # In this order: a condition may read only what stands above, `valid` also the field itself.
        key = self._key(raw, kind, place)
        hide = self._hide(raw.get("conditional"), place)
        required_if = self._condition(properties.get("requiredIf"), place)
        children = self._children(raw, kind, place)
        if kind in READABLE:
            self._types[key] = _KINDS.get(kind, Type.STRING)
        required, bounds = read_validation(raw.get("validate"), kind, place, self.problems)
        component = Component(
            id=self._id(raw, key, place),
            key=key,
            type=kind,
            label=read_words(raw, "label", place, self.problems, needed=kind in INPUTS),
            description=read_words(raw, "description", place, self.problems),
            required=required,
            options=read_options(raw, kind, place, self.problems),
            hide=hide,
            required_if=required_if,
            valid=self._condition(properties.get("valid"), place),
            valid_message=properties.get("validMessage", ""),
            bounds=bounds,
            subtype=read_subtype(raw, kind, place, self.problems),
            text=read_words(raw, "text", place, self.problems, needed=kind == "text", longest=MAX_TEXT),
            properties=properties,
            children=children,
        )
        self._check_properties(component, place)
        return component

    def _key(self, raw: dict[str, Any], kind: str, place: str) -> str:
        if kind in STATIC:
            return ""
        key = raw.get("path" if kind == "dynamiclist" else "key")
        if not isinstance(key, str) or not key:
            self.problems.add(place, "thiếu key", _KEY_REMEDY)
            return ""
        if not _KEY.fullmatch(key) or key in _RESERVED:
            others = "khác “action” và “constructor”"
            self.problems.add(
                place, f"key phải là chữ thường không dấu, số, gạch dưới, và {others}", _KEY_REMEDY
            )
        if key in self._keys:
            self.problems.add(
                place, f"key “{short(key)}” đã dùng cho một thành phần khác", "Đặt khóa khác cho một ô."
            )
        self._keys.add(key)
        return key

    def _id(self, raw: dict[str, Any], key: str, place: str) -> str:
        found = raw.get("id") or key
        if not isinstance(found, str) or not _ID.fullmatch(found):
            self.problems.add(place, "thiếu id, hoặc id không phải chữ không dấu, số, gạch dưới")
            return ""
        if found in self._ids:
            self.problems.add(place, f"id “{found}” xuất hiện hai lần", "Đặt khóa khác cho một ô.")
        self._ids.add(found)
        return found

    def _children(self, raw: dict[str, Any], kind: str, place: str) -> tuple[Component, ...]:
        if kind == "group":
            return self._components(raw.get("components"), place)
        if kind != "dynamiclist":
            return ()
        # Keys inside a list are its rows' own: checked apart from the form's.
        outer_keys, outer_types = self._keys, self._types
        self._keys, self._types = set(), {}
        children = self._components(raw.get("components"), place)
        self._keys, self._types = outer_keys, outer_types
        for child in children:
            conditions = (child.hide, child.required_if, child.valid, child.routed, child.not_after_today)
            if child.type not in SCALARS or any(conditions):
                self.problems.add(
                    place,
                    f"cột “{child.key or child.id}” phải là trường đơn, không điều kiện",
                    "Bỏ điều kiện của cột, hoặc đưa ô này ra ngoài bảng.",
                )
        if not children:
            self.problems.add(place, "danh sách không có cột nào", "Thêm cột cho bảng.")
        return children

    def _hide(self, raw: object, place: str) -> Expression | None:
        if raw is None:
            return None
        if not isinstance(raw, dict) or raw.keys() - {"hide"}:
            self.problems.add(place, "conditional chỉ nhận “hide”")
            return None
        return self._condition(raw.get("hide"), place)

    def _condition(self, raw: object, place: str) -> Expression | None:
        """`=<FEEL>` over `action` and the fields above, so that one pass in order settles them all."""
        if raw is None or raw == "":
            return None
        if not isinstance(raw, str) or not raw.startswith("="):
            self.problems.add(place, "điều kiện phải là biểu thức bắt đầu bằng dấu “=”")
            return None
        try:
            expression = parse(raw[1:])
        except ExpressionError as error:
            self.problems.add(place, f"điều kiện “{short(raw)}”: {error}")
            return None
        where = "(chỉ đọc được action và các trường phía trên)"
        for problem in expression.check(self._types, {}, expects=Type.BOOLEAN):
            remedy = "Chọn lại ô mà điều kiện dựa vào, hoặc đưa ô đó lên trên ô này."
            self.problems.add(place, f"điều kiện “{short(raw)}” {where}: {problem}", remedy)
        return expression

    def _check_properties(self, component: Component, place: str) -> None:
        if component.type == "criteria":
            if component.level not in LEVELS:
                self.problems.add(place, f"properties.level phải là một trong {', '.join(LEVELS)}")
            if set(component.decisions) - set(DECISIONS):
                self.problems.add(place, f"properties.decisions chỉ gồm {', '.join(DECISIONS)}")
            if set(component.columns) - {"difficulty", "evidence", "agreed"}:
                self.problems.add(place, "properties.columns chỉ gồm difficulty, evidence, agreed")
        self._check_dates(component, place)
        if component.valid is not None and not component.valid_message:
            self.problems.add(place, "properties.valid cần properties.validMessage, câu báo cho người nhập")
        short_enough = (component.bounds.max_length or 0) <= MAX_ROUTED_LENGTH
        if component.routed and not (component.type in SCALARS and short_enough):
            self.problems.add(
                place, f"chỉ trường đơn, không quá {MAX_ROUTED_LENGTH} ký tự, được dùng để rẽ nhánh"
            )

    def _check_dates(self, component: Component, place: str) -> None:
        """`not_after_today` is of dates; a form gives the number and the date of what is signed once each."""
        is_date = component.type == "datetime" and component.subtype == "date"
        past = component.properties.get("not_after_today")
        if past is not None and (past != "true" or not is_date):
            self.problems.add(place, "properties.not_after_today chỉ là “true”, ở trường ngày")
        part = component.of_document
        if not part:
            return
        if (
            part not in ("number", "date")
            or is_date != (part == "date")
            or component.type not in _OF_DOCUMENT
        ):
            self.problems.add(place, "properties.of_document là “number” ở ô chữ hoặc “date” ở trường ngày")
        elif part in self._of_document:
            self.problems.add(place, f"hai trường cùng có properties.of_document “{part}”")
        self._of_document.add(part)
