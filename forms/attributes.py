"""The attributes of one component of a definition: words, options, limits, properties."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from forms.components import CHOICES, TEXTS, Bounds, Option
from forms.errors import FormProblem

MAX_OPTIONS = 100
MAX_PROBLEMS = 50
MAX_LABEL = 500
MAX_TEXT = 5_000
MAX_PROPERTY = 2_000

_MARKUP = re.compile(r"<\s*[/!?a-zA-Z]|\{\{|javascript:", re.IGNORECASE)
# Marks that make text read in another order than it is stored in.
_TURNED = re.compile("[\u202a-\u202e\u2066-\u2069]")
_VALIDATE = frozenset({"required", "minLength", "maxLength", "min", "max"})
_REFUSED = {
    "valuesKey": "lựa chọn phải liệt kê ở values",
    "valuesExpression": "lựa chọn phải liệt kê ở values",
    "defaultValue": "không dùng giá trị mặc định",
    "path": "nhóm không được đổi đường dẫn dữ liệu",
    "readonly": "mọi trường đều nhập được",
    "disabled": "mọi trường đều nhập được",
}
_MISSING = {
    "label": "Ghi nhãn, lời mà người làm đọc ở ô này.",
    "text": "Ghi đoạn chữ sẽ hiện, hoặc xóa thành phần này.",
}
_LONGEST = {"textfield": 500, "textarea": 10_000}


class Problems:
    """What is wrong with a definition, in Vietnamese sentences that name the component."""

    def __init__(self) -> None:
        self.found: list[FormProblem] = []
        # The component that is being read, as `FormProblem.path`.
        self.here: tuple[int, ...] = ()

    def add(self, place: str, sentence: str, remedy: str = "") -> None:
        if len(self.found) < MAX_PROBLEMS:
            said = f"{place[:1].upper()}{place[1:]}: {sentence.rstrip('.')}."
            self.found.append(FormProblem(self.here, said, remedy))


def short(value: object) -> str:
    """A value from the definition as it may stand in a sentence."""
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def refuse_unsupported(raw: Mapping[str, Any], kind: str, place: str, problems: Problems) -> None:
    """Attributes that would change what a form does, and that we would silently ignore."""
    for name, why in _REFUSED.items():
        if raw.get(name) not in (None, "", False) and not (name == "path" and kind == "dynamiclist"):
            problems.add(place, f"thuộc tính “{name}” không được dùng: {why}", f"Bỏ thuộc tính {name}.")


def read_words(
    raw: Mapping[str, Any],
    name: str,
    place: str,
    problems: Problems,
    *,
    needed: bool = False,
    longest: int = MAX_LABEL,
) -> str:
    """A label or text: plain words, neither markup nor a formula."""
    value = raw.get(name)
    if value is None or value == "":
        if needed:
            problems.add(place, f"thiếu {name}", _MISSING.get(name, ""))
        return ""
    if not isinstance(value, str) or len(value) > longest:
        problems.add(place, f"{name} phải là chữ, không quá {longest} ký tự")
        return ""
    if _MARKUP.search(value) or value.lstrip().startswith("="):
        problems.add(place, f"{name} phải là chữ thuần, không có thẻ HTML hay công thức")
        return ""
    if any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in value) or _TURNED.search(value):
        problems.add(place, f"{name} có ký tự điều khiển", "Gõ lại lời này, đừng dán từ nơi khác.")
        return ""
    return unicodedata.normalize("NFC", value).strip()


def read_options(raw: Mapping[str, Any], kind: str, place: str, problems: Problems) -> tuple[Option, ...]:
    """The choices of a select, radio or checklist."""
    if kind not in CHOICES | {"checklist"}:
        return ()
    values = raw.get("values")
    if not isinstance(values, list) or not 0 < len(values) <= MAX_OPTIONS:
        problems.add(
            place, f"values phải có từ 1 đến {MAX_OPTIONS} lựa chọn", "Thêm lựa chọn cho người làm chọn."
        )
        return ()
    options = []
    for item in values:
        if not isinstance(item, dict) or not item.get("value") or not item.get("label"):
            remedy = "Ghi đủ lời và mã của từng lựa chọn, hoặc xóa lựa chọn trống."
            problems.add(place, "mỗi lựa chọn cần value và label là chuỗi", remedy)
            continue
        words = [read_words(item, name, place, problems) for name in ("value", "label")]
        options.append(Option(*words))
    if len({option.value for option in options}) < len(options):
        problems.add(place, "hai lựa chọn có cùng value", "Đặt mã khác cho một trong hai.")
    return tuple(options)


def read_validation(raw: object, kind: str, place: str, problems: Problems) -> tuple[bool, Bounds]:
    """Whether an answer is required, and its limits. Regular expressions are refused."""
    if raw is not None and not isinstance(raw, dict):
        problems.add(place, "validate phải là một đối tượng")
    rules: dict[str, Any] = raw if isinstance(raw, dict) else {}
    for name in sorted(rules.keys() - _VALIDATE):
        why = "mẫu regex không được nhận" if name == "pattern" else "không hiểu quy tắc này"
        remedy = "Bỏ quy tắc này; giới hạn độ dài, hoặc đặt điều kiện hợp lệ bằng biểu thức."
        problems.add(place, f"validate.{short(name)}: {why}", remedy)
    required = rules.get("required", False)
    if not isinstance(required, bool):
        problems.add(place, "validate.required phải là true hoặc false")
    shortest, longest = (_length(rules, name, kind, place, problems) for name in ("minLength", "maxLength"))
    least, most = (_limit(rules, name, kind, place, problems) for name in ("min", "max"))
    if kind in _LONGEST:
        longest = _LONGEST[kind] if longest is None else min(longest, _LONGEST[kind])
    if (shortest or 0) > (longest if longest is not None else shortest or 0):
        problems.add(place, "minLength lớn hơn maxLength")
    if least is not None and most is not None and least > most:
        problems.add(place, "min lớn hơn max")
    return required is True, Bounds(shortest, longest, least, most)


def read_subtype(raw: Mapping[str, Any], kind: str, place: str, problems: Problems) -> str:
    """Whether a datetime asks for a date or a time of day."""
    if kind != "datetime":
        return ""
    subtype = raw.get("subtype", "date")
    if subtype not in ("date", "time"):
        problems.add(place, "subtype phải là “date” (ngày) hoặc “time” (giờ)")
    return str(subtype)


def read_properties(raw: object, place: str, problems: Problems) -> Mapping[str, str]:
    """Custom properties: a flat object of short strings."""
    if raw is None:
        return MappingProxyType({})
    if not isinstance(raw, dict) or not all(
        isinstance(value, str) and len(value) <= MAX_PROPERTY for value in raw.values()
    ):
        problems.add(place, f"properties phải là các cặp tên – chuỗi không quá {MAX_PROPERTY} ký tự")
        return MappingProxyType({})
    return MappingProxyType(
        {name: unicodedata.normalize("NFC", value).strip() for name, value in raw.items()}
    )


def _length(rules: Mapping[str, Any], name: str, kind: str, place: str, problems: Problems) -> int | None:
    value = rules.get(name)
    if value is None:
        return None
    if kind not in TEXTS:
        problems.add(place, f"validate.{name} chỉ dùng cho ô chữ")
    elif not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100_000:
        problems.add(place, f"validate.{name} phải là số nguyên từ 0 đến 100000")
    else:
        return value
    return None


def _limit(rules: Mapping[str, Any], name: str, kind: str, place: str, problems: Problems) -> Decimal | None:
    value = rules.get(name)
    if value is None:
        return None
    if kind != "number":
        problems.add(place, f"validate.{name} chỉ dùng cho ô số")
    elif isinstance(value, bool) or not isinstance(value, int | Decimal):
        problems.add(place, f"validate.{name} phải là số")
    else:
        return Decimal(value)
    return None
