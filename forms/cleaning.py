"""One answer at a time: from what was sent to the normal form that is stored, or a Vietnamese sentence.

Normal forms are plain JSON: NFC text, decimal strings, ISO dates. Cleaning a clean value changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal

from marshmallow import ValidationError

from forms.components import Component

MAX_FILES = 50
MAX_ROWS = 200
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_PLAIN_NUMBER = re.compile(r"-?\d{1,15}(?:[.,]\d{1,15})?", re.ASCII)
_GROUPED_NUMBER = re.compile(r"-?[1-9]\d{0,2}(?:\.\d{3}){1,4}(?:,\d{1,15})?", re.ASCII)
_AMBIGUOUS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# Word processors paste several kinds of line break.
_LINE_BREAK = re.compile("\r\n|\r|\x0b|\u2028|\u2029")
# Control characters, halves of characters, and marks that make text read differently from what is stored.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)


def clean(component: Component, value: object) -> object:  # noqa: C901, PLR0911 - one case per type
    """The normal form of an answer; None where nothing was answered. Raises ValidationError."""
    if value is None:
        return None
    match component.type:
        case "textfield":
            return clean_text(value, component.label, component.bounds.max_length or 500, lines=False)
        case "textarea":
            return clean_text(value, component.label, component.bounds.max_length or 10_000)
        case "number":
            return _number(component, value)
        case "select" | "radio":
            return _choice(component, value)
        case "checkbox":
            return _yes_no(component, value)
        case "checklist":
            return _choices(component, value)
        case "datetime":
            return _moment(component, value)
        case "filepicker":
            return clean_files(value, component.label)
        case "dynamiclist":
            return _rows(component, value)
    raise ValidationError(f"“{component.label}”: không nhận câu trả lời.")


def is_empty(value: object) -> bool:
    """Whether an answer says nothing; `false` does say something."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def clean_text(value: object, label: str, longest: int, *, lines: bool = True) -> str:
    """NFC text without surrounding space or control characters (line breaks and tabs where `lines`)."""
    if not isinstance(value, str):
        raise ValidationError(f"{_quoted(label)}: phải là chữ.")
    if len(value) > longest + 1_000:
        raise ValidationError(f"{_quoted(label)}: dài quá {longest} ký tự.")
    text = unicodedata.normalize("NFC", _LINE_BREAK.sub("\n", value)).strip()
    if not lines and "\n" in text:
        raise ValidationError(f"{_quoted(label)}: không được xuống dòng.")
    if _FORBIDDEN.search(text):
        raise ValidationError(f"{_quoted(label)}: không được có ký tự điều khiển hoặc ký tự lạ.")
    if len(text) > longest:
        raise ValidationError(f"{_quoted(label)}: dài {len(text)} ký tự, tối đa {longest}.")
    return text


def text_problem(text: str, label: str, longest: int) -> str:
    """Why `clean_text` refuses a text; "" where it does not. For those who look at many first."""
    try:
        clean_text(text, label, longest)
    except ValidationError as error:
        return str(error.messages[0])
    return ""


def clean_files(value: object, label: str) -> list[str]:
    """Ids of uploaded files: UUIDs, each once, in the order given."""
    if not isinstance(value, list) or len(value) > MAX_FILES:
        raise ValidationError(f"{_quoted(label)}: phải là danh sách không quá {MAX_FILES} tệp.")
    files = []
    for item in value:
        if not isinstance(item, str) or not _UUID.fullmatch(item.lower()):
            raise ValidationError(f"{_quoted(label)}: có mã tệp không hợp lệ.")
        files.append(item.lower())
    return list(dict.fromkeys(files))


def _quoted(label: str) -> str:
    """A field by its label; what stands in a table's row comes as “Chỉ tiêu 1.3: kết quả” already."""
    return label if label.startswith("Chỉ tiêu ") else f"“{label}”"


def decimal_text(number: Decimal) -> str:
    """Decimal text that reads back as the same number and never looks like thousands (`712.125`)."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in ("-0", ""):
        return "0"
    return f"{text}0" if _AMBIGUOUS.fullmatch(text) else text


def _number(component: Component, value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValidationError(f"“{component.label}”: phải là số, viết dạng chữ số.")
    text = str(value).strip() if not isinstance(value, int) or abs(value) < 10**15 else "quá lớn"
    if not text:
        return None
    if _AMBIGUOUS.fullmatch(text):
        raise ValidationError(
            f"“{component.label}”: “{text}” có thể hiểu hai cách; viết liền ({text.replace('.', '')}) "
            f"hoặc dùng dấu phẩy thập phân ({text.replace('.', ',')})."
        )
    if _GROUPED_NUMBER.fullmatch(text):
        text = text.replace(".", "")
    elif not _PLAIN_NUMBER.fullmatch(text):
        raise ValidationError(f"“{component.label}”: “{text[:40]}” không phải là số.")
    number = Decimal(text.replace(",", "."))
    bounds = component.bounds
    if bounds.minimum is not None and number < bounds.minimum:
        raise ValidationError(f"“{component.label}”: không được nhỏ hơn {_vietnamese(bounds.minimum)}.")
    if bounds.maximum is not None and number > bounds.maximum:
        raise ValidationError(f"“{component.label}”: không được lớn hơn {_vietnamese(bounds.maximum)}.")
    return decimal_text(number)


def _choice(component: Component, value: object) -> str | None:
    if value == "":
        return None
    if not isinstance(value, str) or value not in {option.value for option in component.options}:
        raise ValidationError(f"“{component.label}”: không có lựa chọn này.")
    return value


def _choices(component: Component, value: object) -> list[str]:
    known = [option.value for option in component.options]
    if not isinstance(value, list) or len(value) > len(known) * 2:
        raise ValidationError(f"“{component.label}”: phải là danh sách các lựa chọn.")
    if not all(isinstance(item, str) and item in known for item in value):
        raise ValidationError(f"“{component.label}”: có lựa chọn không hợp lệ.")
    return [option for option in known if option in value]


def _yes_no(component: Component, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValidationError(f"“{component.label}”: phải là có hoặc không.")


def _moment(component: Component, value: object) -> str | None:
    if value == "":
        return None
    if not isinstance(value, str):
        raise ValidationError(f"“{component.label}”: phải là chữ.")
    if component.subtype == "time":
        if not _TIME.fullmatch(value):
            raise ValidationError(f"“{component.label}”: giờ phải viết dạng GG:PP, ví dụ 08:30.")
        return value
    try:
        return date.fromisoformat(value if _DATE.fullmatch(value) else "").isoformat()
    except ValueError:
        example = "viết dạng năm-tháng-ngày, ví dụ 2023-12-04"
        raise ValidationError(f"“{component.label}”: ngày không đúng; {example}.") from None


def _rows(component: Component, value: object) -> list[dict[str, object]]:
    if not isinstance(value, list) or len(value) > MAX_ROWS:
        raise ValidationError(f"“{component.label}”: phải là danh sách không quá {MAX_ROWS} dòng.")
    rows, errors = [], {}
    for number, item in enumerate(value):
        try:
            row = _row(component, item)
        except ValidationError as error:
            errors[number] = error.messages
            continue
        if row:
            rows.append(row)
    if errors:
        raise ValidationError(errors)
    return rows


def _row(component: Component, item: object) -> dict[str, object]:
    if not isinstance(item, dict):
        raise ValidationError(f"“{component.label}”: mỗi dòng phải là một đối tượng.")
    columns = {child.key: child for child in component.children}
    unknown = [str(key)[:60] for key in item if key not in columns]
    if unknown:
        raise ValidationError(f"“{component.label}”: không có cột “{unknown[0]}”.")
    row: dict[str, object] = {}
    errors = {}
    for key, child in columns.items():
        try:
            cell = clean(child, item.get(key))
        except ValidationError as error:
            errors[key] = error.messages
            continue
        if not is_empty(cell):
            row[key] = cell
    if errors:
        raise ValidationError(errors)
    return row


def _vietnamese(number: Decimal) -> str:
    return format(number, "f").replace(".", ",")
