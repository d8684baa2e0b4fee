"""Where a posted address may lead: to a page of this site, and to nowhere else."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote, urlsplit

from flask import url_for


def local_address(text: str) -> str:
    """`text` where it is a path of this site, else the worklist's address.

    Browsers and werkzeug drop tabs and newlines and read a backslash as a slash, so that "/<TAB>/example.org"
    would become "//example.org", another site. What only says so once percent-decoded is refused as well.
    """
    return text if _is_local(text) and _is_local(unquote(text)) else url_for("pages.worklist")


def _is_local(text: str) -> bool:
    if not text.startswith("/") or text.startswith("//") or "\\" in text:
        return False
    if any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    # The site's own paths are plain letters: a look-alike of a slash has no business in one.
    return not parts.scheme and not parts.netloc and parts.path.isascii()
