"""A form-js definition to components: an allow-list, so that nothing unknown is silently ignored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from forms.components import (
    CHOICES,
    DECISIONS,
    INPUTS,
    LEVELS,
    READABLE,
    SCALARS,
    STATIC,
    TEXTS,
    Action,
    Bounds,
    Component,
    Option,
)
from service.engine.expressions import Expression, ExpressionError, Type, parse

MAX_COMPONENTS = 200
MAX_OPTIONS = 100
MAX_PROBLEMS = 50
MAX_ROUTED_LENGTH = 500
MAX_ID = 100
SCHEMA_VERSIONS = range(9, 20)

_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_MARKUP = re.compile(r"<\s*[/!?a-zA-Z]|\{\{|javascript:", re.IGNORECASE)
_RESERVED = frozenset({"action"})
_VALIDATE = frozenset({"required", "minLength", "maxLength", "min", "max"})
_REFUSED_TYPES = {
    "html": "không nhận HTML; hãy dùng “text” (chữ thuần)",
    "iframe": "không nhúng trang ngoài",
    "button": "nút bấm khai báo ở properties.actions của biểu mẫu",
    "table": "chỉ để xem, không nhập được; hãy dùng “dynamiclist”",
    "expression": "không tính giá trị trong biểu mẫu",
    "image": "không nhúng ảnh",
}
_REFUSED_ATTRIBUTES = {
    "valuesKey": "lựa chọn phải liệt kê ở values",
    "valuesExpression": "lựa chọn phải liệt kê ở values",
    "defaultValue": "không dùng giá trị mặc định",
    "path": "nhóm không được đổi đường dẫn dữ liệu",
}
_MAX_LENGTH = {"textfield": 500, "textarea": 10_000}


class DefinitionReader:
    """Reads one definition, collecting every problem instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._ids: set[str] = set()
        self._keys: set[str] = set()
        self._types: dict[str, Type] = {"action": Type.STRING}
        self._count = 0

    def read(self, data: Mapping[str, Any]) -> tuple[str, tuple[Component, ...]]:
        """Form id and components of a whole definition."""
        if data.get("type", "default") != "default":
            self._problem("biểu mẫu", "type phải là “default”")
        if data.get("schemaVersion") not in SCHEMA_VERSIONS:
            self._problem("biểu mẫu", "schemaVersion phải là số nguyên từ 9 đến 19 (form-js)")
        form_id = data.get("id")
        if not isinstance(form_id, str) or not _KEY.fullmatch(form_id):
            self._problem("biểu mẫu", "thiếu id, hoặc id không phải chữ thường không dấu, số và gạch dưới")
            form_id = ""
        components = self._components(data.get("components"), "biểu mẫu")
        if not components:
            self._problem("biểu mẫu", "không có thành phần nào")
        return form_id, components

    def actions(self, properties: Mapping[str, str]) -> tuple[Action, ...]:
        """The form's buttons: `actions` names them, `action.<name>` labels each."""
        names = [name.strip() for name in properties.get("actions", "").split(",") if name.strip()]
        if not names:
            self._problem(
                "biểu mẫu", "properties.actions phải nêu ít nhất một hành động, ví dụ “complete,return”"
            )
        if len(set(names)) < len(names):
            self._problem("biểu mẫu", "properties.actions nêu một hành động hai lần")
        for name in names:
            if not _KEY.fullmatch(name):
                self._problem("biểu mẫu", f"hành động “{name[:60]}” không phải chữ thường không dấu")
            elif not properties.get(f"action.{name}"):
                self._problem("biểu mẫu", f"thiếu nhãn của nút: properties “action.{name}”")
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
            named = tuple(key.strip() for key in keys.split(","))
            if action not in {a.name for a in actions}:
                self._problem("biểu mẫu", f"properties “{name}”: không có hành động “{action}”")
            for key in named:
                if key not in self._keys:
                    self._problem("biểu mẫu", f"properties “{name}”: không có trường “{key}”")
            rules[action] = named
        return rules

    def properties(self, raw: object, place: str) -> Mapping[str, str]:
        """Custom properties: a flat object of short strings."""
        if raw is None:
            return MappingProxyType({})
        if not isinstance(raw, dict) or not all(isinstance(v, str) and len(v) <= 2_000 for v in raw.values()):
            self._problem(place, "properties phải là các cặp tên – chuỗi")
            return MappingProxyType({})
        return MappingProxyType({name: _nfc(value) for name, value in raw.items()})

    # -- components ---------------------------------------------------------------------------------

    def _components(self, raw: object, place: str) -> tuple[Component, ...]:
        if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
            self._problem(place, "components phải là danh sách các thành phần")
            return ()
        found = []
        for item in raw:
            self._count += 1
            if self._count > MAX_COMPONENTS:
                self._problem(place, f"có quá {MAX_COMPONENTS} thành phần")
                break
            component = self._component(item)
            if component is not None:
                found.append(component)
        return tuple(found)

    def _component(self, raw: dict[str, Any]) -> Component | None:
        kind = raw.get("type")
        place = f"thành phần “{_short(raw.get('key') or raw.get('path') or raw.get('id') or kind)}”"
        if not isinstance(kind, str) or kind not in INPUTS | STATIC:
            why = _REFUSED_TYPES.get(str(kind), "không dùng được ở đây")
            self._problem(place, f"loại “{_short(kind)}”: {why}")
            return None
        self._refuse_attributes(raw, kind, place)
        properties = self.properties(raw.get("properties"), place)
        hide = self._hide(raw.get("conditional"), place)
        key = self._key(raw, kind, place)
        children = self._children(raw, kind, place)
        required, bounds = self._validate(raw.get("validate"), kind, place)
        component = Component(
            id=self._id(raw, key, place),
            key=key,
            type=kind,
            label=self._words(raw, "label", place, needed=kind in INPUTS),
            description=self._words(raw, "description", place),
            required=required,
            options=self._options(raw, kind, place),
            hide=hide,
            required_if=self._condition(properties.get("requiredIf"), place),
            valid_message=properties.get("validMessage", ""),
            bounds=bounds,
            subtype=self._subtype(raw, kind, place),
            text=self._words(raw, "text", place, needed=kind == "text", longest=5_000),
            properties=properties,
            children=children,
            # The component's own key is known only from here on.
            valid=self._own_condition(properties.get("valid"), key, kind, place),
        )
        self._check_properties(component, place)
        return component

    def _refuse_attributes(self, raw: dict[str, Any], kind: str, place: str) -> None:
        for name, why in _REFUSED_ATTRIBUTES.items():
            if raw.get(name) not in (None, "") and not (name == "path" and kind == "dynamiclist"):
                self._problem(place, f"thuộc tính “{name}”: {why}")
        for name in ("readonly", "disabled"):
            if raw.get(name) not in (None, False):
                self._problem(place, f"thuộc tính “{name}” không được dùng: mọi trường đều nhập được")

    def _key(self, raw: dict[str, Any], kind: str, place: str) -> str:
        if kind in STATIC:
            return ""
        key = raw.get("path" if kind == "dynamiclist" else "key")
        if not isinstance(key, str) or not key:
            self._problem(place, "thiếu key")
            return ""
        if not _KEY.fullmatch(key) or key in _RESERVED:
            self._problem(place, "key phải là chữ thường không dấu, số, gạch dưới, và khác “action”")
        if key in self._keys:
            self._problem(place, f"key “{key[:60]}” đã dùng cho một thành phần khác")
        self._keys.add(key)
        return key

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
            if child.type not in SCALARS or child.hide or child.required_if or child.valid:
                self._problem(
                    place, f"trong danh sách, “{child.key or child.id}” phải là trường đơn, không điều kiện"
                )
        if not children:
            self._problem(place, "danh sách không có cột nào")
        return children

    def _id(self, raw: dict[str, Any], key: str, place: str) -> str:
        found = raw.get("id") or key
        if not isinstance(found, str) or not found or len(found) > MAX_ID or _MARKUP.search(found):
            self._problem(place, "thiếu id")
            return ""
        if found in self._ids:
            self._problem(place, f"id “{found}” xuất hiện hai lần")
        self._ids.add(found)
        return found

    def _words(
        self, raw: dict[str, Any], name: str, place: str, *, needed: bool = False, longest: int = 500
    ) -> str:
        value = raw.get(name)
        if value is None or value == "":
            if needed:
                self._problem(place, f"thiếu {name}")
            return ""
        if not isinstance(value, str) or len(value) > longest:
            self._problem(place, f"{name} phải là chữ, không quá {longest} ký tự")
            return ""
        if _MARKUP.search(value) or value.lstrip().startswith("="):
            self._problem(place, f"{name} phải là chữ thuần, không có thẻ HTML hay công thức")
            return ""
        return _nfc(value)

    def _options(self, raw: dict[str, Any], kind: str, place: str) -> tuple[Option, ...]:
        if kind not in CHOICES | {"checklist"}:
            return ()
        values = raw.get("values")
        if not isinstance(values, list) or not 0 < len(values) <= MAX_OPTIONS:
            self._problem(place, f"values phải có từ 1 đến {MAX_OPTIONS} lựa chọn")
            return ()
        options = []
        for item in values:
            if not isinstance(item, dict) or not isinstance(item.get("value"), str) or not item["value"]:
                self._problem(place, "mỗi lựa chọn cần value và label là chuỗi")
                continue
            label = self._words(item, "label", place, needed=True)
            options.append(Option(_nfc(item["value"])[:MAX_ROUTED_LENGTH], label))
        if len({option.value for option in options}) < len(options):
            self._problem(place, "hai lựa chọn có cùng value")
        return tuple(options)

    def _validate(self, raw: object, kind: str, place: str) -> tuple[bool, Bounds]:
        raw = {} if raw is None else raw
        if not isinstance(raw, dict):
            self._problem(place, "validate phải là một đối tượng")
            raw = {}
        for name in raw.keys() - _VALIDATE:
            why = "mẫu regex không được nhận" if name == "pattern" else "không hiểu quy tắc này"
            self._problem(place, f"validate.{_short(name)}: {why}")
        required = raw.get("required", False)
        if not isinstance(required, bool):
            self._problem(place, "validate.required phải là true hoặc false")
            required = False
        lengths = [
            self._whole(raw.get(name), f"validate.{name}", place) for name in ("minLength", "maxLength")
        ]
        limits = [self._decimal(raw.get(name), f"validate.{name}", place) for name in ("min", "max")]
        if any(length is not None for length in lengths) and kind not in TEXTS:
            self._problem(place, "minLength và maxLength chỉ dùng cho ô chữ")
        if any(limit is not None for limit in limits) and kind != "number":
            self._problem(place, "min và max chỉ dùng cho ô số")
        (low, high), (least, most) = lengths, limits
        if (low is not None and high is not None and low > high) or (
            least is not None and most is not None and least > most
        ):
            self._problem(place, "giới hạn dưới lớn hơn giới hạn trên")
        ceiling = _MAX_LENGTH.get(kind)
        return required, Bounds(low, min(high or ceiling, ceiling) if ceiling else high, least, most)

    def _whole(self, value: object, name: str, place: str) -> int | None:
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100_000:
            self._problem(place, f"{name} phải là số nguyên từ 0 đến 100000")
            return None
        return value

    def _decimal(self, value: object, name: str, place: str) -> Decimal | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self._problem(place, f"{name} phải là số")
            return None
        return Decimal(value)

    def _subtype(self, raw: dict[str, Any], kind: str, place: str) -> str:
        if kind != "datetime":
            return ""
        subtype = raw.get("subtype", "date")
        if subtype not in ("date", "time"):
            self._problem(place, "subtype phải là “date” (ngày) hoặc “time” (giờ)")
        return str(subtype)

    # -- conditions ---------------------------------------------------------------------------------

    def _hide(self, raw: object, place: str) -> Expression | None:
        if raw is None:
            return None
        if not isinstance(raw, dict) or raw.keys() - {"hide"}:
            self._problem(place, "conditional chỉ nhận “hide”")
            return None
        return self._condition(raw.get("hide"), place)

    def _own_condition(self, raw: object, key: str, kind: str, place: str) -> Expression | None:
        if kind in READABLE:
            self._types[key] = type_of_answer(kind)
        return self._condition(raw, place)

    def _condition(self, raw: object, place: str) -> Expression | None:
        """`=<FEEL>`; may read `action` and the fields above, so that one pass in order settles them all."""
        if raw is None or raw == "":
            return None
        if not isinstance(raw, str) or not raw.startswith("="):
            self._problem(place, "điều kiện phải là biểu thức bắt đầu bằng dấu “=”")
            return None
        try:
            expression = parse(raw[1:])
        except ExpressionError as error:
            self._problem(place, f"điều kiện “{_short(raw)}”: {error}")
            return None
        for problem in expression.check(self._types, {}, expects=Type.BOOLEAN):
            self._problem(
                place, f"điều kiện “{_short(raw)}” (chỉ đọc được action và các trường phía trên): {problem}"
            )
        return expression

    def _check_properties(self, component: Component, place: str) -> None:
        properties = component.properties
        if component.type == "criteria":
            if component.level not in LEVELS:
                self._problem(place, f"properties.level phải là một trong {', '.join(LEVELS)}")
            if set(component.decisions) - set(DECISIONS):
                self._problem(place, f"properties.decisions chỉ gồm {', '.join(DECISIONS)}")
            if set(component.columns) - {"difficulty", "evidence", "agreed"}:
                self._problem(place, "properties.columns chỉ gồm difficulty, evidence, agreed")
        if properties.get("valid") and not component.valid_message:
            self._problem(place, "properties.valid cần properties.validMessage, câu báo cho người nhập")
        if component.routed and not self._may_route(component):
            self._problem(
                place, f"chỉ trường đơn, không quá {MAX_ROUTED_LENGTH} ký tự, được dùng để rẽ nhánh"
            )

    @staticmethod
    def _may_route(component: Component) -> bool:
        longest = component.bounds.max_length or 0
        return component.type in SCALARS and longest <= MAX_ROUTED_LENGTH

    def _problem(self, place: str, sentence: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(f"{place[0].upper()}{place[1:]}: {sentence.rstrip('.')}.")


def type_of_answer(kind: str) -> Type:
    """The kind of value that a field's answer has in a condition; dates and choices are text."""
    kinds = {"number": Type.NUMBER, "checkbox": Type.BOOLEAN, "checklist": Type.LIST, "filepicker": Type.LIST}
    return kinds.get(kind, Type.STRING)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
