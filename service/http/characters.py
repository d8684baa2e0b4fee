"""Characters that no person types and that PostgreSQL cannot store in text."""

from __future__ import annotations

from flask import Request
from flask_babel import gettext as _

from service.errors import BadInput

NULL = "\0"


def refuse_null_characters(request: Request) -> None:
    """Raises BadInput naming the field. JSON bodies and files have readers of their own that look."""
    if any(NULL in str(value) for value in (request.view_args or {}).values()):
        raise BadInput(_("Địa chỉ có ký tự NUL, không dùng được."))
    for name, value in (*request.args.items(multi=True), *request.form.items(multi=True)):
        if NULL in name or NULL in value:
            field = name.replace(NULL, "")
            sentence = _("Nội dung có ký tự NUL, không lưu được. Hãy gõ lại ô này.")
            raise BadInput(f"“{field}”: {sentence}", fields={field: [sentence]})
