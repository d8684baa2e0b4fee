"""Forms of a draft as texts: what may be kept, what is wrong with it, how a new one begins. Pure."""

from __future__ import annotations

import hashlib
import json
import re

from forms import Form, FormProblem, InvalidForm, parse_form
from forms.json_reader import MAX_BYTES, read_object
from service.errors import BadInput
from service.wording import _, recorded

MOST_FORMS = 200
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_TAKEN = frozenset({"constructor"})


def form_hash(text: str | None) -> str:
    """What a save says it was made upon; "" of a form that is not there."""
    return "" if text is None else hashlib.sha256(text.encode()).hexdigest()


def readable_text(raw: bytes, name: str) -> str:
    """The text of a JSON object within bounds, right as a form or not; raises BadInput."""
    try:
        read_object(raw)
    except ValueError as error:
        raise BadInput(
            _(
                "Biểu mẫu %(name)s không đọc được: %(why)s Hãy sửa tệp rồi thử lại.",
                name=shown_key(name),
                why=str(error),
            )
        ) from None
    return raw.decode("utf-8-sig")


def checked_key(key: str) -> str:
    """A key that a new form may have; raises BadInput."""
    if not _KEY.fullmatch(key) or key in _TAKEN:
        raise BadInput(
            _(
                "Mã biểu mẫu “%(key)s” không dùng được. Mã là chữ thường không dấu, số và gạch dưới, bắt đầu "
                "bằng chữ, không quá 64 ký tự, ví dụ y_kien_so_tu_phap.",
                key=shown_key(key),
            )
        )
    return key


def shown_key(key: str) -> str:
    """A key from outside as it may stand in a sentence: no marks that turn the text around it."""
    return "".join(one if one.isprintable() else "�" for one in key[:80])


def new_form(key: str, title: str) -> str:
    """The text of a form that asks nothing yet."""
    form = {
        "type": "default",
        "id": key,
        "schemaVersion": 16,
        "properties": {"title": title, "actions": "complete", "action.complete": recorded("Gửi")},
        "components": [],
    }
    return json.dumps(form, ensure_ascii=False, indent=2) + "\n"


def compiled(text: str, key: str) -> tuple[Form | None, tuple[FormProblem, ...]]:
    """The form, or None and everything that is wrong with it."""
    try:
        return parse_form(text.encode(), f"{key}.form"), ()
    except InvalidForm as error:
        return None, error.found


def title_of(text: str) -> str:
    """What the form calls itself, right or wrong as it is; "" where nothing can be read of it."""
    try:
        properties = read_object(text.encode()).get("properties")
    except ValueError:
        return ""
    title = properties.get("title") if isinstance(properties, dict) else None
    return title.strip()[:200] if isinstance(title, str) else ""


def too_many() -> BadInput:
    return BadInput(
        _("Bản thảo đã có %(most)s biểu mẫu. Hãy xóa biểu mẫu không dùng trước.", most=MOST_FORMS)
    )


def largest_kilobytes() -> int:
    return MAX_BYTES // 1000
