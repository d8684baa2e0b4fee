"""E-mail addresses as we take them: plain letters, nothing that could mean two things. Pure."""

from __future__ import annotations

import re

from service.errors import BadInput
from service.wording import _

LONGEST = 254
# The common subset of RFC 5321: no quotes, comments, spaces or address literals.
_ADDRESS = re.compile(
    r"(?=.{3,254}\Z)(?=.{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]",
    re.ASCII,
)


def is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None


def checked_address(text: str) -> str:
    """The address without blanks around it, "" for none; raises BadInput."""
    text = text.strip()
    if text and not is_address(text):
        sentence = _("Địa chỉ thư điện tử có dạng ten@co-quan.gov.vn, viết bằng chữ không dấu.")
        raise BadInput(sentence, fields={"email": [sentence]})
    return text
