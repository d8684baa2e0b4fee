"""The kinds of values that come in: typed, bounded, refused in Vietnamese."""

from __future__ import annotations

import unicodedata
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate

LARGEST_NUMBER = 2**31 - 1
_MISSING = {"required": "Bắt buộc nhập.", "null": "Không được để trống."}


class Input(Schema):
    """Base of everything that is read from a request: what is not known is refused."""

    error_messages = {  # noqa: RUF012 - as marshmallow has it
        "unknown": "Không có trường này.",
        "type": "Phải là một đối tượng JSON.",
    }


class Text(fields.String):
    """Text of at most `longest` characters, without control characters."""

    default_error_messages = {**_MISSING, "invalid": "Phải là chữ."}  # noqa: RUF012 - as marshmallow has it

    def __init__(self, *, longest: int, shortest: int = 0, **kwargs: Any) -> None:
        error = f"Tối đa {longest} ký tự." if not shortest else f"Từ {shortest} đến {longest} ký tự."
        super().__init__(validate=validate.Length(min=shortest, max=longest, error=error), **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, *args, **kwargs)
        if isinstance(text, str) and unwanted_character(text):
            raise ValidationError(_("Không được có ký tự điều khiển."))
        return text


class Choice(fields.String):
    default_error_messages = {**_MISSING, "invalid": "Phải là chữ."}  # noqa: RUF012 - as marshmallow has it

    def __init__(self, *choices: str, **kwargs: Any) -> None:
        names = ", ".join(choice for choice in choices if choice)
        super().__init__(validate=validate.OneOf(choices, error=f"Chọn một trong: {names}."), **kwargs)


class Whole(fields.Integer):
    """A whole number within bounds that every database holds; never text or a fraction in JSON."""

    default_error_messages = {  # noqa: RUF012 - as marshmallow has it
        **_MISSING,
        "invalid": "Phải là số nguyên.",
        "too_large": "Số quá lớn.",
    }

    def __init__(
        self, *, least: int = 0, most: int = LARGEST_NUMBER, in_query: bool = False, **kwargs: Any
    ) -> None:
        bounds = validate.Range(min=least, max=most, error=f"Phải từ {least} đến {most}.")
        super().__init__(strict=not in_query, validate=bounds, **kwargs)


class Id(fields.UUID):
    default_error_messages = {**_MISSING, "invalid_uuid": "Phải là mã UUID."}  # noqa: RUF012 - as marshmallow has it


class Day(fields.Date):
    """A day as `2023-12-05`."""

    default_error_messages = {  # noqa: RUF012 - as marshmallow has it
        **_MISSING,
        "invalid": "Phải là ngày dạng năm-tháng-ngày, ví dụ 2023-12-05.",
        "format": "Phải là ngày dạng năm-tháng-ngày, ví dụ 2023-12-05.",
    }


class Flag(fields.Boolean):
    default_error_messages = {**_MISSING, "invalid": "Phải là true hoặc false."}  # noqa: RUF012 - as marshmallow has it


class Object(fields.Dict):
    """A JSON object; what is inside is checked by whoever knows it (a form's own schema)."""

    default_error_messages = {**_MISSING, "invalid": "Phải là một đối tượng JSON."}  # noqa: RUF012 - as marshmallow has it


class Items(fields.List):
    default_error_messages = {**_MISSING, "invalid": "Phải là một danh sách."}  # noqa: RUF012 - as marshmallow has it


class Part(fields.Nested):
    """An object within the object."""

    default_error_messages = {**_MISSING, "type": "Phải là một đối tượng JSON."}  # noqa: RUF012 - as marshmallow has it


def unwanted_character(text: str) -> bool:
    """Whether text holds what no database, log or page should: NUL, other controls, half a character.

    Line breaks and tabs are text; people paste them from word processors in several spellings.
    """
    return any(
        character not in "\t\n\v\r\x85" and unicodedata.category(character) in ("Cc", "Cs")
        for character in text
    )
