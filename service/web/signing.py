"""How somebody signs, as the signature fields of a form say it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask_babel import gettext as _

from service.errors import BadInput
from service.tasks.completion import LONGEST_NUMBER, Signature
from service.web import words


def signature_from(posted: Mapping[str, str]) -> Signature:
    """Number, date and capacity; raises BadInput naming the field. All may be left for the clerk."""
    text = posted.get("issued_on", "").strip()
    try:
        issued_on = date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadInput(
            _("Ngày văn bản chưa đúng."), fields={"issued_on": [_("Ngày văn bản chưa đúng.")]}
        ) from error
    # A page without the field leaves it to what stands in the form.
    number = posted["number"].strip() if "number" in posted else None
    if number is not None and len(number) > LONGEST_NUMBER:
        raise BadInput(
            _("Số, ký hiệu dài quá 60 ký tự."), fields={"number": [_("Số, ký hiệu dài quá 60 ký tự.")]}
        )
    capacity = posted.get("capacity")
    if capacity is not None and capacity not in words.CAPACITIES:
        raise BadInput(_("Tư cách ký không hợp lệ."), fields={"capacity": [_("Hãy chọn tư cách ký.")]})
    return Signature(number=number, issued_on=issued_on, capacity=capacity)
